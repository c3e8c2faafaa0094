#include "engine/index/log_keeper.h"

#include <utility>

#include "engine/base/log.h"

namespace binseek::index {

LogKeeper::LogKeeper(const EngineLog* log, std::chrono::milliseconds interval, uint64_t flush_bytes,
                     std::function<Status()> sync, std::function<Status()> commit)
    : log_(log),
      interval_(interval),
      flush_bytes_(flush_bytes),
      sync_(std::move(sync)),
      commit_(std::move(commit)) {}

void LogKeeper::Start() {
  thread_ = std::thread([this] { Run(); });
}

void LogKeeper::Stop() {
  {
    const MutexLock lock(&mutex_);
    stopped_ = true;
  }
  stopped_cv_.NotifyAll();
  if (thread_.joinable()) {
    thread_.join();
  }
}

bool LogKeeper::AwaitInterval() {
  const auto until = std::chrono::steady_clock::now() + interval_;
  const MutexLock lock(&mutex_);
  while (!stopped_ && stopped_cv_.WaitUntil(&mutex_, until)) {
  }
  return !stopped_;
}

void LogKeeper::Run() {
  while (AwaitInterval()) {
    const Status synced = sync_();  // costs nothing where all is durable
    if (!synced.ok()) {
      Log(LogLevel::kWarn, "what was logged is not durable yet", {{"error", synced.ToString()}});
    }
    if (log_->refuses() || log_->stats().kept_bytes > flush_bytes_) {
      const Status committed = commit_();
      if (!committed.ok()) {
        Log(LogLevel::kWarn, "commit of a failed or large translog failed",
            {{"error", committed.ToString()}});
      }
    }
  }
}

}  // namespace binseek::index
