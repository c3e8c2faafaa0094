#include "engine/index/memory_limiter.h"

#include <string>
#include <utility>

namespace binseek::index {
namespace {

Status Refusal(const EngineMemory& memory, size_t limit) {
  const auto bytes = [](const char* what, size_t size) {
    return std::string(what) + std::to_string(size);
  };
  return Status::ResourceExhausted(
      bytes("the engine holds ", memory.used()) +
      bytes(" bytes, more than its total_memory_limit of ", limit) +
      bytes(": new documents ", memory.segments) + bytes(", changed columns ", memory.pages) +
      bytes(" (only open scrolls and searches need ", memory.held_pages) +
      bytes("), keys ", memory.keys) +
      bytes(", versions of deleted documents ", memory.tombstones) +
      bytes(", values of keyword fields ", memory.keywords) +
      bytes("; besides that, memory of columns for reuse ", memory.idle_pages));
}

}  // namespace

MemoryLimiter::MemoryLimiter(EngineState* state, std::function<void()> expire,
                             std::function<Status()> commit, std::function<Result<bool>()> compact)
    : state_(state),
      limit_(state->options.total_memory_limit_bytes),
      expire_(std::move(expire)),
      commit_(std::move(commit)),
      compact_(std::move(compact)) {}

Status MemoryLimiter::Admit() {
  if (limit_ == 0 || state_->UsedBytes() <= limit_) {
    return Status::Ok();
  }
  const MutexLock lock(&mutex_);
  expire_();
  state_->memory->pool.Trim();
  if (Held() != refused_at_) {
    BINSEEK_RETURN_IF_ERROR(MakeRoom());
  }
  const bool fits = state_->UsedBytes() <= limit_;
  refused_at_ = fits ? std::pair<size_t, size_t>() : Held();
  return fits ? Status::Ok() : Refusal(state_->Memory(), limit_);
}

std::pair<size_t, size_t> MemoryLimiter::Held() const {
  const EngineMemory memory = state_->Memory();
  return {memory.total(), memory.used()};
}

Status MemoryLimiter::MakeRoom() {
  if (state_->UsedBytes() > limit_ && state_->publisher.memory_bytes() > 0) {
    BINSEEK_RETURN_IF_ERROR(commit_());
  }
  for (bool more = true; more && state_->UsedBytes() > limit_;) {
    const size_t pages = state_->memory->pool.used_bytes();
    BINSEEK_ASSIGN_OR_RETURN(more, compact_());
    state_->memory->pool.Trim();
    more = more && state_->memory->pool.used_bytes() < pages;
  }
  return Status::Ok();
}

}  // namespace binseek::index
