#include "api/commit_gate.h"

namespace binseek::api {

Status CommitGate::AwaitDurable() {
  uint64_t mine = 0;
  {
    const MutexLock lock(&mutex_);
    const uint64_t wanted = started_ + 1;  // one that runs already may have passed what we applied
    while (finished_ < wanted && running_) {
      finished_cv_.Wait(&mutex_);
    }
    if (finished_ >= wanted) {
      outcome_.IgnoreError();  // several may wait for it; each looks at its own copy
      return outcome_;
    }
    running_ = true;
    mine = ++started_;
  }
  Status status = engine_->Commit().status();
  const MutexLock lock(&mutex_);
  running_ = false;
  finished_ = mine;
  outcome_ = status;
  outcome_.IgnoreError();
  finished_cv_.NotifyAll();
  return status;
}

}  // namespace binseek::api
