#include "sync/pipeline/applied_position.h"

#include <utility>

namespace binseek::pipeline {

void AppliedPosition::Set(const change::SourcePosition& position) {
  const MutexLock lock(&mutex_);
  position_ = position;
  known_ = true;
  WakeWhoIsDone();
}

void AppliedPosition::SetBinlog(const change::BinlogPosition& binlog) {
  const MutexLock lock(&mutex_);
  if (position_.binlog < binlog) {
    position_.binlog = binlog;
    WakeWhoIsDone();
  }
}

void AppliedPosition::MoveTo() {
  const MutexLock lock(&mutex_);
  position_.binlog = change::BinlogPosition();
}

void AppliedPosition::End(std::string why) {
  const MutexLock lock(&mutex_);
  if (ended_.empty()) {
    ended_ = std::move(why);
    WakeWhoIsDone();
  }
}

Result<bool> AppliedPosition::Look(const AwaitedPosition& awaited) const {
  if (known_) {
    auto is_in = awaited.IsIn(position_);
    if (!is_in.ok() || *is_in) {
      return is_in;
    }
  }
  if (!ended_.empty()) {
    return Status::Unavailable(ended_);
  }
  return false;
}

void AppliedPosition::WakeWhoIsDone() {
  for (Waiter* waiter : waiters_) {
    if (waiter->done) {
      continue;
    }
    waiter->outcome = Look(*waiter->awaited);
    waiter->done = !waiter->outcome.ok() || *waiter->outcome;
    if (waiter->done) {
      waiter->wake.NotifyOne();
    }
  }
}

Result<bool> AppliedPosition::Await(const AwaitedPosition& awaited,
                                    std::chrono::steady_clock::time_point deadline) {
  Waiter waiter(&awaited);
  const MutexLock lock(&mutex_);
  waiter.outcome = Look(awaited);
  if (!waiter.outcome.ok() || *waiter.outcome || std::chrono::steady_clock::now() >= deadline) {
    return std::move(waiter.outcome);
  }
  if (waiters_.size() >= max_waiters_) {
    return Status::ResourceExhausted("too many requests wait for the source already, " +
                                     std::to_string(waiters_.size()));
  }
  const auto place = waiters_.insert(waiters_.end(), &waiter);
  while (!waiter.done && std::chrono::steady_clock::now() < deadline) {
    waiter.wake.WaitUntil(&mutex_, deadline);
  }
  waiters_.erase(place);
  return std::move(waiter.outcome);
}

size_t AppliedPosition::waiters() const {
  const MutexLock lock(&mutex_);
  return waiters_.size();
}

}  // namespace binseek::pipeline
