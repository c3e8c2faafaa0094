// LogKeeper: a thread that asks for a sync every interval, for batches that do not wait for their own, and for a commit when the translog has grown too large,
// or has failed: writers are let in again by a commit, and where no source is followed nobody else may ask for one.
//
// Thread-safe; owner: the engine. Start once; Stop may be called again.
#ifndef BINSEEK_ENGINE_INDEX_LOG_KEEPER_H_
#define BINSEEK_ENGINE_INDEX_LOG_KEEPER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>

#include "engine/base/mutex.h"
#include "engine/base/status.h"
#include "engine/index/engine_log.h"

namespace binseek::index {

class LogKeeper {
 public:
  // `log` is borrowed. `sync` (makes durable what has been logged) and `commit` are called on the keeper's thread.
  LogKeeper(const EngineLog* log, std::chrono::milliseconds interval, uint64_t flush_bytes,
            std::function<Status()> sync, std::function<Status()> commit);
  ~LogKeeper() { Stop(); }
  LogKeeper(const LogKeeper&) = delete;
  LogKeeper& operator=(const LogKeeper&) = delete;

  void Start();
  void Stop() BINSEEK_EXCLUDES(mutex_);

 private:
  void Run() BINSEEK_EXCLUDES(mutex_);
  bool AwaitInterval() BINSEEK_EXCLUDES(mutex_);  // false: stopped

  const EngineLog* const log_;
  const std::chrono::milliseconds interval_;
  const uint64_t flush_bytes_;
  const std::function<Status()> sync_;
  const std::function<Status()> commit_;

  Mutex mutex_;
  CondVar stopped_cv_;
  bool stopped_ BINSEEK_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // touched by Start and Stop alone
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_LOG_KEEPER_H_
