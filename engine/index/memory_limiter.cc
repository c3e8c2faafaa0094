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
      bytes("the engine holds ", memory.total()) +
      bytes(" bytes, more than its total_memory_limit of ", limit) +
      bytes(": new documents ", memory.segments) + bytes(", changed columns ", memory.pages) +
      bytes(" (only open scrolls and searches need ", memory.held_pages) +
      bytes("), memory of columns for reuse ", memory.idle_pages) + bytes(", keys ", memory.keys) +
      bytes(", versions of deleted documents ", memory.tombstones) +
      bytes(", values of keyword fields ", memory.keywords));
}

}  // namespace

MemoryLimiter::MemoryLimiter(EngineState* state, std::function<Status()> commit,
                             std::function<Result<bool>()> compact)
    : state_(state),
      limit_(state->options.total_memory_limit_bytes),
      commit_(std::move(commit)),
      compact_(std::move(compact)) {}

Status MemoryLimiter::Admit() {
  if (limit_ == 0 || state_->MemoryBytes() <= limit_) {
    return Status::Ok();
  }
  const MutexLock lock(&mutex_);
  state_->memory->pool.Trim();
  const size_t total = state_->MemoryBytes();
  if (total > limit_ && total != refused_at_) {
    BINSEEK_RETURN_IF_ERROR(MakeRoom());
  }
  const size_t now = state_->MemoryBytes();
  refused_at_ = now <= limit_ ? 0 : now;
  return now <= limit_ ? Status::Ok() : Refusal(state_->Memory(), limit_);
}

Status MemoryLimiter::MakeRoom() {
  if (state_->publisher.memory_bytes() > 0) {
    BINSEEK_RETURN_IF_ERROR(commit_());
  }
  for (bool more = true; more;) {
    const size_t before = state_->MemoryBytes();
    if (before <= limit_) {
      break;
    }
    BINSEEK_ASSIGN_OR_RETURN(more, compact_());
    state_->memory->pool.Trim();
    more = more && state_->MemoryBytes() < before;
  }
  return Status::Ok();
}

}  // namespace binseek::index
