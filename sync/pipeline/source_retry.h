// SourceRetry: tries a step of the stream again for as long as it fails because a server or the sink is away.
//
// Thread: that of the stream. Borrows the progress, which tells of failures, and wakes no pause early but for a change.
#ifndef BINSEEK_SYNC_PIPELINE_SOURCE_RETRY_H_
#define BINSEEK_SYNC_PIPELINE_SOURCE_RETRY_H_

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <string>
#include <utility>

#include "engine/base/log.h"
#include "engine/base/status.h"
#include "sync/change/stop_code.h"
#include "sync/pipeline/sync_progress.h"

namespace binseek::pipeline {

class SourceRetry {
 public:
  // `source`: for messages.
  SourceRetry(std::string source, SyncProgress* progress)
      : source_(std::move(source)), progress_(progress) {}

  // Runs `step` until it succeeds or fails for good. kAborted where stopped.
  template <class Step>
  Status Run(const std::stop_token& stop, Step step) {
    for (bool failed = false;; failed = true) {
      Status status = step();
      if (!status.retryable()) {
        if (failed && status.ok()) {
          progress_->Mended();
        }
        return status;
      }
      static LogEvery every(std::chrono::seconds(10));
      const auto code = StopCodeOf(status, change::StopCode::kSourceAway);
      every.Log(LogLevel::kWarn, "source is away",
                {{"server", source_}, {"code", StopCodeName(code)}, {"error", status}});
      progress_->Failing({code, status.message()});
      if (!Pause(stop)) {
        return Status::Aborted("stopped");
      }
    }
  }

  // The same for a step that writes to the sink: what fails without a code of its own has failed there.
  template <class Step>
  Status Write(const std::stop_token& stop, Step step) {
    return Run(stop, [&] { return Because(change::StopCode::kIndexWriteFailed, step()); });
  }

 private:
  static constexpr std::chrono::milliseconds kPause{1000};
  static constexpr std::chrono::milliseconds kLook{50};

  // Ends early when stopped; false then.
  bool Pause(const std::stop_token& stop) {
    const auto until = std::chrono::steady_clock::now() + kPause;
    while (!stop.stop_requested() && std::chrono::steady_clock::now() < until) {
      progress_->AwaitChange(kLook);
    }
    return !stop.stop_requested();
  }

  const std::string source_;
  SyncProgress* const progress_;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_SOURCE_RETRY_H_
