#include "api/cli/server_process.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <mutex>
#include <sstream>
#include <utility>

#include "api/cli/data_directory.h"
#include "api/cli/preflight_report.h"
#include "api/handlers/handlers.h"
#include "engine/base/log.h"
#include "engine/base/system_memory.h"
#include "engine/index/manifest.h"
#include "engine/store/posix_directory.h"

namespace binseek::api::cli {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kTickNanos = 200'000'000;  // how often progress is looked at
constexpr change::SourceId kSource{1};
constexpr std::chrono::seconds kDrainGrace{5};

void LogPreflight(const Config& config, const mysql::ConnectionOptions& options,
                  uint32_t server_id) {
  const Result<std::vector<mysql::PreflightCheck>> checks =
      ExamineSource(config, options, server_id);
  if (!checks.ok()) {
    Log(LogLevel::kWarn, "preflight not possible", {{"error", checks.status()}});
    return;
  }
  for (const mysql::PreflightCheck& check : *checks) {
    if (check.verdict == mysql::PreflightCheck::Verdict::kFail) {
      Log(LogLevel::kWarn, "preflight failed",
          {{"check", check.name}, {"why", check.why}, {"fix", check.fix}});
    }
  }
}

}  // namespace

Status ServerProcess::Run(const ConfigFlags& flags) {
  // Taken by WaitForEnd alone; threads inherit the mask.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  ServerProcess process(flags);
  Status status = process.Start();
  if (status.ok()) {
    process.WaitForEnd(signals);
  }
  process.Stop();
  return status;
}

Status ServerProcess::Start() {
  BINSEEK_ASSIGN_OR_RETURN(config_, flags_.Load());
  BINSEEK_ASSIGN_OR_RETURN(const LogLevel level, ParseLogLevel(config_.log_level));
  SetLogLevel(level);
  progress_ = std::make_unique<Progress>(isatty(STDERR_FILENO) == 1);
  BINSEEK_RETURN_IF_ERROR(OpenStores());
  node_ = std::make_unique<Node>(engine_.get(), state_.get(), config_.search);
  node_->scrolls()->StartSweeping(std::chrono::seconds(1));
  router_ = MakeRouter(node_.get());
  if (config_.source.url.empty()) {
    return StartHttp();
  }
  node_->set_source_configured();
  BINSEEK_ASSIGN_OR_RETURN(const mysql::ConnectionOptions options, SourceOptions(config_));
  const auto server_id = static_cast<uint32_t>(config_.source.server_id);
  if (first_start_) {
    BINSEEK_RETURN_IF_ERROR(CheckSource(options, server_id));
    BINSEEK_RETURN_IF_ERROR(StartSync(options, server_id));
    return StartHttp();
  }
  // What is there already is served at once, whatever the source says.
  BINSEEK_RETURN_IF_ERROR(StartHttp());
  BINSEEK_RETURN_IF_ERROR(StartSync(options, server_id));
  preflight_ = std::thread(
      [config = config_, options, server_id] { LogPreflight(config, options, server_id); });
  return Status::Ok();
}

Status ServerProcess::OpenStores() {
  BINSEEK_ASSIGN_OR_RETURN(std::shared_ptr<store::Directory> directory,
                           store::OpenPosixDirectory(IndexDirectory(config_.data_dir)));
  std::error_code ignored;
  first_start_ = !std::filesystem::exists(
      IndexDirectory(config_.data_dir) + "/" + std::string(index::kManifestFile), ignored);
  index::EngineOptions options;
  options.directory = std::move(directory);
  options.memory_limit_bytes = static_cast<size_t>(config_.engine_memory_limit);
  // The rest is for searches, requests and the page cache.
  options.total_memory_limit_bytes = config_.engine_total_memory_limit != 0
                                         ? static_cast<size_t>(config_.engine_total_memory_limit)
                                         : SystemMemoryBytes() / 4 * 3;
  options.translog_sync_interval =
      std::chrono::milliseconds(config_.engine_translog_sync_interval_ms);
  options.translog_flush_bytes = static_cast<uint64_t>(config_.engine_translog_flush_size);
  options.merge_threads = static_cast<size_t>(config_.engine_merge_threads);
  options.merge_max_bytes_per_second = static_cast<uint64_t>(config_.engine_merge_max_rate);
  // The engine's lock is what keeps two processes apart, so it is taken before the state store is opened.
  options.before_commit = [this] { return state_ == nullptr ? Status::Ok() : state_->Flush(); };
  BINSEEK_ASSIGN_OR_RETURN(engine_, index::Engine::Open(std::move(options)));
  BINSEEK_ASSIGN_OR_RETURN(state_, pipeline::StateStore::Open(StateFile(config_.data_dir)));
  return Status::Ok();
}

Status ServerProcess::CheckSource(const mysql::ConnectionOptions& options, uint32_t server_id) {
  BINSEEK_ASSIGN_OR_RETURN(const std::vector<mysql::PreflightCheck> checks,
                           ExamineSource(config_, options, server_id));
  std::istringstream findings(PreflightText(checks, false));
  for (std::string line; std::getline(findings, line);) {
    progress_->Say(line);
  }
  if (!mysql::PreflightPassed(checks)) {
    return Status::InvalidArgument(
        "the source cannot be followed as it is set up; mend what FAIL says, `binseek doctor` "
        "checks again");
  }
  return Status::Ok();
}

Status ServerProcess::StartSync(const mysql::ConnectionOptions& options, uint32_t server_id) {
  pipeline::SupervisorOptions sync;
  sync.connection = options;
  sync.source = kSource;
  sync.engine = engine_.get();
  sync.state = state_.get();
  sync.include = config_.source.include;
  sync.exclude = config_.source.exclude;
  sync.rename = config_.source.rename;
  BINSEEK_ASSIGN_OR_RETURN(auto rules, mapper::MappingRules::Parse(config_.source.mapping.json));
  sync.mapping.rules = std::make_shared<const mapper::MappingRules>(std::move(rules));
  BINSEEK_ASSIGN_OR_RETURN(sync.mapping.time_zone,
                           mapper::TimeZone::Find(config_.source.time_zone));
  sync.mapping.zero_dates =
      std::make_shared<mapper::ZeroDates>(/*refused=*/config_.source.zero_dates == "error");
  sync.server_id = server_id;
  sync.chunk_rows = static_cast<uint32_t>(config_.snapshot_chunk_rows);
  sync.brief_lock = config_.snapshot_lock == "brief";
  sync.spill.folder = SpillDirectory(config_.data_dir);
  sync.spill.memory_bytes = static_cast<uint64_t>(config_.source.transaction_memory);
  sync.spill.disk_bytes = static_cast<uint64_t>(config_.source.transaction_disk);
  sync.commit_interval = milliseconds(config_.engine_commit_interval_ms);
  sync.dead_letter_limit = static_cast<uint64_t>(config_.source.dead_letter_limit);
  // Each holds a thread that serves requests: half of them stay for those that do not wait.
  sync.max_waiters = static_cast<size_t>(std::max<int64_t>(1, config_.server.threads / 2));
  BINSEEK_ASSIGN_OR_RETURN(supervisor_, pipeline::Supervisor::Start(std::move(sync)));
  node_->set_sync(supervisor_.get());
  return Status::Ok();
}

Status ServerProcess::StartHttp() {
  BINSEEK_ASSIGN_OR_RETURN(const ListenAddress address, ParseListenAddress(config_.server.listen));
  HttpServerOptions options;
  options.host = address.host;
  options.port = address.port;
  options.max_body_bytes = static_cast<size_t>(config_.server.max_body_bytes);
  options.connections.threads = static_cast<size_t>(config_.server.threads);
  options.connections.max_connections = static_cast<size_t>(config_.server.max_connections);
  options.connections.max_header_bytes = static_cast<size_t>(config_.server.max_header_bytes);
  options.connections.request_timeout = milliseconds(config_.server.request_timeout_ms);
  options.connections.idle_timeout = milliseconds(config_.server.idle_timeout_ms);
  BINSEEK_ASSIGN_OR_RETURN(http_, HttpServer::Start(options, [this](Request request) {
                             return router_.Dispatch(std::move(request));
                           }));
  const bool v6 = address.host.find(':') != std::string::npos;
  progress_->Say("serving on http://" + (v6 ? "[" + address.host + "]" : address.host) + ":" +
                 std::to_string(http_->port()));
  return Status::Ok();
}

void ServerProcess::WaitForEnd(const sigset_t& signals) {
  const timespec tick{0, kTickNanos};
  for (;;) {
    const int signal = sigtimedwait(&signals, nullptr, &tick);
    if (signal == SIGINT || signal == SIGTERM) {
      return;
    }
    if (signal == SIGHUP) {
      Reload();
    }
    if (supervisor_ != nullptr) {
      progress_->Show(supervisor_->status());
    }
  }
}

void ServerProcess::Reload() {
  const Result<Config> wanted = flags_.Load();
  if (!wanted.ok()) {
    std::istringstream lines(wanted.status().message());
    for (std::string line; std::getline(lines, line);) {
      Log(LogLevel::kError, "config refused, the one before stays", {{"error", line}});
    }
    return;
  }
  const Result<LogLevel> level = ParseLogLevel(wanted->log_level);
  SetLogLevel(level.value_or(LogLevel::kInfo));
  node_->SetLimits(wanted->search);
  for (const std::string& key : KeysThatNeedRestart(config_, *wanted)) {
    Log(LogLevel::kWarn, "config key needs a restart", {{"key", key}});
  }
  config_.log_level = wanted->log_level;
  const int64_t max_scrolls = config_.search.max_scrolls;
  const int64_t max_scroll_memory = config_.search.max_scroll_memory;
  const int64_t filter_cache_bytes = config_.search.filter_cache_bytes;
  config_.search = wanted->search;
  config_.search.max_scrolls = max_scrolls;
  config_.search.max_scroll_memory = max_scroll_memory;
  config_.search.filter_cache_bytes = filter_cache_bytes;
  Log(LogLevel::kInfo, "config read again");
}

// Requests that run get some time to end by themselves.
void ServerProcess::DrainHttp() {
  std::mutex mutex;
  std::condition_variable_any ended;
  std::jthread grace([&](const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    if (!ended.wait_for(lock, stop, kDrainGrace, [&] { return stop.stop_requested(); })) {
      node_->CancelSearches();
    }
  });
  http_->Stop();
}

void ServerProcess::Stop() {
  if (supervisor_ != nullptr) {
    progress_->Say("stopping");
    supervisor_->Stop();
  }
  if (http_ != nullptr) {
    DrainHttp();
    // What was answered without waiting for its sync is lost by a crash alone.
    if (const Status synced = engine_->SyncLog(); !synced.ok()) {
      Log(LogLevel::kError, "what was written last may be lost", {{"error", synced}});
    }
  }
  if (preflight_.joinable()) {
    preflight_.join();
  }
  if (node_ != nullptr) {
    node_->set_sync(nullptr);
  }
}

}  // namespace binseek::api::cli
