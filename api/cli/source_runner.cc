#include "api/cli/source_runner.h"

#include <algorithm>
#include <chrono>
#include <sstream>
#include <thread>
#include <utility>

#include "api/cli/common.h"
#include "api/cli/data_directory.h"
#include "api/cli/preflight_report.h"
#include "engine/base/log.h"
#include "sync/mapper/mapping_rules.h"
#include "sync/mapper/time_zone.h"
#include "sync/mapper/zero_dates.h"

namespace binseek::api::cli {
namespace {

Result<mapper::MapperOptions> MappingOf(const SourceConfig& source) {
  mapper::MapperOptions mapping;
  mapping.source_name = source.name;
  BINSEEK_ASSIGN_OR_RETURN(auto rules, mapper::MappingRules::Parse(source.mapping.json));
  mapping.rules = std::make_shared<const mapper::MappingRules>(std::move(rules));
  BINSEEK_ASSIGN_OR_RETURN(mapping.time_zone, mapper::TimeZone::Find(source.time_zone));
  mapping.zero_dates =
      std::make_shared<mapper::ZeroDates>(/*refused=*/source.zero_dates == "error");
  return mapping;
}

}  // namespace

Result<std::unique_ptr<SourceRunner>> SourceRunner::Open(const Config& config,
                                                         index::Engine* engine,
                                                         pipeline::StateStore* state) {
  std::unique_ptr<SourceRunner> runner(new SourceRunner(config, engine, state));
  BINSEEK_RETURN_IF_ERROR(runner->Prepare());
  return runner;
}

Status SourceRunner::Prepare() {
  std::vector<std::string> names;
  for (SourceConfig& config : config_.FollowedSources()) {
    Source source;
    source.config = std::move(config);
    BINSEEK_ASSIGN_OR_RETURN(source.connection, SourceOptions(source.config));
    BINSEEK_ASSIGN_OR_RETURN(source.mapping, MappingOf(source.config));
    names.push_back(source.config.name);
    sources_.push_back(std::move(source));
  }
  BINSEEK_ASSIGN_OR_RETURN(const pipeline::SourceIds ids, pipeline::KeepSourceIds(engine_, names));
  for (Source& source : sources_) {
    source.id = ids.at(source.config.name);
  }
  return ClaimAll(ids);
}

Status SourceRunner::ClaimAll(const pipeline::SourceIds& ids) {
  for (const auto& [name, id] : ids) {
    const auto followed = std::find_if(sources_.begin(), sources_.end(),
                                       [id = id](const Source& source) { return source.id == id; });
    if (followed == sources_.end()) {
      Log(LogLevel::kWarn, "source is not followed any more; its documents stay as they were",
          {{"source", name}});
    }
    BINSEEK_RETURN_IF_ERROR(pipeline::ClaimIndices(
        *engine_, id, name, followed == sources_.end() ? nullptr : &followed->mapping,
        owners_.get()));
  }
  return Status::Ok();
}

// Of the only source nobody asks which.
std::string SourceRunner::PrefixOf(const Source& source) const {
  return config_.sources.empty() ? "" : source.config.name + ": ";
}

Status SourceRunner::InSource(const Source& source, const Status& status) const {
  return config_.sources.empty() ? status : status.WithContext("source " + source.config.name);
}

Status SourceRunner::CheckServers(const std::function<void(const std::string&)>& say) const {
  bool passed = true;
  for (const Source& source : sources_) {
    const std::string of = PrefixOf(source);
    auto checks =
        ExamineSource(config_, source.connection, static_cast<uint32_t>(source.config.server_id));
    if (!checks.ok()) {
      return InSource(source, checks.status());
    }
    std::istringstream findings(PreflightText(*checks, false));
    for (std::string line; std::getline(findings, line);) {
      say(of + line);
    }
    passed = passed && mysql::PreflightPassed(*checks);
  }
  return passed ? Status::Ok()
                : Status::InvalidArgument(
                      "the source cannot be followed as it is set up; mend what FAIL says, "
                      "`binseek doctor` checks again");
}

void SourceRunner::LogPreflight() const {
  for (const Source& source : sources_) {
    const auto checks =
        ExamineSource(config_, source.connection, static_cast<uint32_t>(source.config.server_id));
    if (!checks.ok()) {
      Log(LogLevel::kWarn, "preflight not possible",
          {{"source", source.config.name}, {"error", checks.status()}});
      continue;
    }
    for (const mysql::PreflightCheck& check : *checks) {
      if (check.verdict == mysql::PreflightCheck::Verdict::kFail) {
        Log(LogLevel::kWarn, "preflight failed",
            {{"source", source.config.name},
             {"check", check.name},
             {"why", check.why},
             {"fix", check.fix}});
      }
    }
  }
}

pipeline::SupervisorOptions SourceRunner::OptionsOf(const Source& source) const {
  const SourceConfig& config = source.config;
  pipeline::SupervisorOptions sync;
  sync.connection = source.connection;
  sync.source = source.id;
  sync.source_name = config.name;
  sync.log_name = sources_.size() > 1 ? config.name : std::string();
  sync.owners = owners_;
  sync.engine = engine_;
  sync.state = state_;
  sync.include = config.include;
  sync.exclude = config.exclude;
  sync.rename = config.rename;
  sync.mapping = source.mapping;
  sync.server_id = static_cast<uint32_t>(config.server_id);
  sync.chunk_rows = static_cast<uint32_t>(config_.snapshot_chunk_rows);
  sync.parallel_ranges = static_cast<uint32_t>(config_.snapshot_parallel_ranges);
  sync.brief_lock = config_.snapshot_lock == "brief";
  sync.load_limits = {static_cast<uint64_t>(config_.snapshot_max_threads_running),
                      std::chrono::ceil<std::chrono::seconds>(
                          std::chrono::milliseconds(config_.snapshot_max_replica_lag_ms)),
                      static_cast<uint32_t>(config_.snapshot_time_share)};
  sync.spill.folder = SpillDirectory(config_.data_dir);  // files there have no names
  sync.spill.memory_bytes = static_cast<uint64_t>(config.transaction_memory);
  sync.spill.disk_bytes = static_cast<uint64_t>(config.transaction_disk);
  sync.commit_interval = std::chrono::milliseconds(config_.engine_commit_interval_ms);
  sync.dead_letter_limit = static_cast<uint64_t>(config.dead_letter_limit);
  sync.max_waiters = static_cast<size_t>(config_.server.threads);  // WaitSlots lets fewer wait
  return sync;
}

Status SourceRunner::Start(Node* node) {
  FollowedSources followed;
  followed.named = !config_.sources.empty();
  followed.owners = owners_;
  for (Source& source : sources_) {
    auto supervisor = pipeline::Supervisor::Start(OptionsOf(source));
    if (!supervisor.ok()) {
      return InSource(source, supervisor.status());
    }
    source.supervisor = *std::move(supervisor);
    followed.list.push_back({source.config.name, source.id, source.supervisor.get()});
  }
  node->SetSources(std::move(followed));
  return Status::Ok();
}

std::vector<NamedStatus> SourceRunner::Statuses() const {
  std::vector<NamedStatus> all;
  for (const Source& source : sources_) {
    if (source.supervisor != nullptr) {
      all.push_back(
          {config_.sources.empty() ? "" : source.config.name, source.supervisor->status()});
    }
  }
  return all;
}

void SourceRunner::Stop() {
  std::vector<std::jthread> stopping;
  for (Source& source : sources_) {
    if (source.supervisor != nullptr) {
      stopping.emplace_back([&source] { source.supervisor->Stop(); });
    }
  }
}

}  // namespace binseek::api::cli
