#include "engine/index/running_merges.h"

#include <ctime>

#include <algorithm>
#include <utility>

namespace binseek::index {
namespace {

using std::chrono::milliseconds;

// Pauses are made of portions of work at least this long, so that timers do not matter; and how often a merge looks whether others wait.
constexpr milliseconds kLeastPause{2};
constexpr std::chrono::seconds kAdaptInterval{1};

MergeThrottle::Duration ThreadCpu() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

Status Aborted() { return Status::Aborted("the merge was cancelled"); }

}  // namespace

RunningMerges::Ticket::~Ticket() { owner_->End(this); }

Status RunningMerges::Ticket::Check() {
  const auto now = std::chrono::steady_clock::now();
  if (!work_.throttled) {
    return owner_->Sleep(*this, now);
  }
  if (now - adapted_ >= kAdaptInterval) {
    adapted_ = now;
    if (work_.behind && work_.behind()) {
      owner_->throttle_.Adapt(/*behind=*/true);
    }
  }
  const MergeThrottle::Duration cpu = ThreadCpu() - cpu_;
  if (wrote_ == 0 && cpu < kLeastPause) {
    return owner_->Sleep(*this, now);
  }
  const auto pause = owner_->throttle_.Pause(std::exchange(wrote_, 0), cpu, now);
  Status status = owner_->Sleep(*this, now + pause);
  cpu_ = ThreadCpu();
  return status;
}

Result<std::unique_ptr<RunningMerges::Ticket>> RunningMerges::Begin(Work work) {
  const MutexLock lock(&mutex_);
  while (!stopping_ && work.memory_bytes > 0 && memory_ > 0 &&
         memory_ + work.memory_bytes > memory_limit_) {
    ++waiting_;
    changed_.Wait(&mutex_);
    --waiting_;
  }
  if (stopping_) {
    return Aborted();
  }
  memory_ += work.memory_bytes;
  std::unique_ptr<Ticket> ticket(new Ticket(this, std::move(work)));
  ticket->cpu_ = ThreadCpu();
  ticket->adapted_ = std::chrono::steady_clock::now();
  tickets_.push_back(ticket.get());
  return ticket;
}

void RunningMerges::End(const Ticket* ticket) {
  {
    const MutexLock lock(&mutex_);
    memory_ -= ticket->work_.memory_bytes;
    tickets_.remove_if([ticket](const Ticket* other) { return other == ticket; });
  }
  changed_.NotifyAll();
}

Status RunningMerges::Sleep(const Ticket& ticket, MergeThrottle::Time until) {
  const MutexLock lock(&mutex_);
  while (!stopping_ && !ticket.cancelled_ && std::chrono::steady_clock::now() < until) {
    changed_.WaitUntil(&mutex_, until);
  }
  return stopping_ || ticket.cancelled_ ? Aborted() : Status::Ok();
}

void RunningMerges::Cancel(IndexId index) {
  {
    const MutexLock lock(&mutex_);
    for (Ticket* ticket : tickets_) {
      ticket->cancelled_ = ticket->cancelled_ || ticket->work_.index == index;
    }
  }
  changed_.NotifyAll();
}

void RunningMerges::Stop() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
}

void RunningMerges::Restart() {
  const MutexLock lock(&mutex_);
  stopping_ = false;
}

bool RunningMerges::stopping() const {
  const MutexLock lock(&mutex_);
  return stopping_;
}

bool RunningMerges::awaited() const {
  const MutexLock lock(&mutex_);
  return waiting_ > 0;
}

size_t RunningMerges::throttled() const {
  const MutexLock lock(&mutex_);
  return static_cast<size_t>(std::count_if(tickets_.begin(), tickets_.end(),
                                           [](const Ticket* t) { return t->work_.throttled; }));
}

}  // namespace binseek::index
