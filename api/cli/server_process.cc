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
#include "api/descriptor_limit.h"
#include "api/handlers/handlers.h"
#include "engine/base/log.h"
#include "engine/base/system_memory.h"
#include "engine/index/manifest.h"
#include "engine/store/posix_directory.h"

namespace binseek::api::cli {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kTickNanos = 200'000'000;  // how often progress is looked at
constexpr std::chrono::seconds kDrainGrace{5};

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
  if (status.ok() && !EndAsked()) {
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
  if (EndAsked()) {  // here and below: the caller ends what has begun
    return Status::Ok();
  }
  node_ = std::make_unique<Node>(engine_.get(), state_.get(), config_.search);
  // Half of the threads stay for requests that do not wait.
  node_->wait_slots()->set_most(
      static_cast<size_t>(std::max<int64_t>(1, config_.server.threads / 2)));
  node_->scrolls()->StartSweeping(std::chrono::seconds(1));
  router_ = MakeRouter(node_.get());
  if (config_.FollowedSources().empty()) {
    return StartHttp();
  }
  node_->set_source_configured();
  BINSEEK_ASSIGN_OR_RETURN(sources_, SourceRunner::Open(config_, engine_.get(), state_.get()));
  if (first_start_) {
    // What the preflight finds decides; later ones only log it, beside the running server.
    BINSEEK_RETURN_IF_ERROR(
        sources_->CheckServers([this](const std::string& line) { progress_->Say(line); }));
    if (EndAsked()) {
      return Status::Ok();
    }
    BINSEEK_RETURN_IF_ERROR(sources_->Start(node_.get()));
    return EndAsked() ? Status::Ok() : StartHttp();
  }
  // What is there already is served at once, whatever the sources say.
  BINSEEK_RETURN_IF_ERROR(StartHttp());
  BINSEEK_RETURN_IF_ERROR(sources_->Start(node_.get()));
  preflight_ = std::thread([this] { sources_->LogPreflight(); });
  return Status::Ok();
}

bool ServerProcess::EndAsked() {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1;
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

Status ServerProcess::StartHttp() {
  BINSEEK_ASSIGN_OR_RETURN(const ListenAddress address, ParseListenAddress(config_.server.listen));
  HttpServerOptions options;
  options.host = address.host;
  options.port = address.port;
  options.loopback_names_only = !config_.server.trust_network;
  options.max_body_bytes = static_cast<size_t>(config_.server.max_body_bytes);
  options.connections.threads = static_cast<size_t>(config_.server.threads);
  const auto wanted = static_cast<size_t>(config_.server.max_connections);
  options.connections.max_connections = ConnectionsWithin(wanted, RaiseDescriptorLimit());
  if (options.connections.max_connections < wanted) {
    Log(LogLevel::kWarn, "fewer connections than server.max_connections: the limit of open files",
        {{"connections", options.connections.max_connections}});
  }
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
    if (sources_ != nullptr) {
      progress_->Show(sources_->Statuses());
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
  const int64_t threads_per_search = config_.search.threads_per_search;
  config_.search = wanted->search;
  config_.search.max_scrolls = max_scrolls;
  config_.search.max_scroll_memory = max_scroll_memory;
  config_.search.filter_cache_bytes = filter_cache_bytes;
  config_.search.threads_per_search = threads_per_search;
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
  if (sources_ != nullptr) {
    progress_->Say("stopping");
    sources_->Stop();
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
    node_->SetSources({});
  }
}

}  // namespace binseek::api::cli
