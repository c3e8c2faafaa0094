#include "engine/index/merge_scheduler.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "engine/base/fault_point.h"
#include "engine/base/log.h"
#include "engine/index/merge_policy.h"
#include "engine/index/term_merger.h"

namespace binseek::index {
namespace {

std::vector<SegmentSize> SizesOf(const IndexView& index, bool on_disk,
                                 const std::set<uint64_t>& busy) {
  std::vector<SegmentSize> sizes;
  for (const auto& segment : index.segments) {
    if (segment->on_disk() == on_disk && busy.count(segment->id()) == 0) {
      sizes.push_back({segment->id(), segment->max_doc(), segment->live_count(),
                       segment->segment().size_bytes()});
    }
  }
  return sizes;
}

// About what a merge holds: document maps, their order, one field's ordinals and norms; and buffers of sections.
constexpr uint64_t kMemoryPerDoc = 12;
constexpr uint64_t kMemoryPerMerge = uint64_t{16} << 20;

size_t FileThreads(size_t wanted) {
  constexpr size_t kMax = 4;
  const size_t half = std::thread::hardware_concurrency() / 2;
  return wanted > 0 ? wanted : std::clamp<size_t>(half, 1, kMax);
}

}  // namespace

MergeScheduler::MergeScheduler(EngineState* state)
    : state_(state),
      file_threads_(FileThreads(state->options.merge_threads)),
      running_(state->options.merge_max_bytes_per_second, state->options.memory_limit_bytes / 2) {}

void MergeScheduler::Lane::Start(size_t threads, std::function<Result<bool>(IndexId)> merge_once) {
  merge_once_ = std::move(merge_once);
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Run(); });
  }
}

void MergeScheduler::Lane::Stop() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
}

void MergeScheduler::Lane::Wake(IndexId index) {
  const MutexLock lock(&mutex_);
  if (indices_.insert(index).second) {
    changed_.NotifyOne();
  }
}

bool MergeScheduler::Lane::waiting() {
  const MutexLock lock(&mutex_);
  return !indices_.empty();
}

void MergeScheduler::Lane::Run() {
  while (true) {
    IndexId index{};
    {
      const MutexLock lock(&mutex_);
      while (!stopping_ && indices_.empty()) {
        changed_.Wait(&mutex_);
      }
      if (stopping_) {
        return;
      }
      // The next one round, so that an index that always has something to merge keeps no other one waiting.
      auto next = indices_.upper_bound(last_);
      next = next == indices_.end() ? indices_.begin() : next;
      index = last_ = *next;
      indices_.erase(next);
    }
    const Result<bool> merged = merge_once_(index);
    if (!merged.ok()) {
      if (merged.status().code() != StatusCode::kAborted) {
        Log(LogLevel::kWarn, "merge failed",
            {{"index", static_cast<uint32_t>(index)}, {"error", merged.status().ToString()}});
      }
    } else if (*merged) {
      Wake(index);  // there may be more to do; other indices come first
    }
  }
}

void MergeScheduler::Start() {
  running_.Restart();
  memory_.Start(1, [this](IndexId index) { return MergeInMemoryOnce(index); });
  files_.Start(file_threads_, [this](IndexId index) { return MergeFilesOnce(index); });
}

void MergeScheduler::Stop() {
  running_.Stop();
  memory_.Stop();
  files_.Stop();
}

std::set<uint64_t> MergeScheduler::NotNow() const {
  std::set<uint64_t> segments = state_->busy.All();
  backoff_.AddWaiting(state_->options.clock->MonotonicMicros(), &segments);
  return segments;
}

void MergeScheduler::WakeFiles(const EngineView& view) {
  const std::set<uint64_t> busy = NotNow();
  for (const auto& index : view.indices()) {
    if (!ChooseFileMerge(SizesOf(*index, true, busy)).empty()) {
      files_.Wake(index->id);
    }
  }
}

bool MergeScheduler::Behind(IndexId id) {
  if (running_.awaited()) {
    return true;  // perhaps by writers that have no more memory
  }
  if (running_.throttled() < file_threads_) {
    return false;
  }
  if (files_.waiting()) {
    return true;
  }
  const auto view = state_->publisher.applied();
  const IndexView* index = view->Find(id);
  return index != nullptr && !ChooseFileMerge(SizesOf(*index, true, NotNow())).empty();
}

Result<bool> MergeScheduler::MergeInMemoryOnce(IndexId id) {
  const MutexLock lock(&state_->memory_merges);
  const auto view = state_->publisher.applied();
  const IndexView* index = view->Find(id);
  if (index == nullptr) {
    return false;
  }
  std::vector<uint64_t> sources = ChooseMemoryMerge(SizesOf(*index, false, state_->busy.All()));
  if (sources.empty() || !state_->busy.TryMark(sources)) {
    return false;
  }
  const BusyMark mark(&state_->busy, sources);
  BINSEEK_RETURN_IF_ERROR(
      Merge({.index = id, .sources = std::move(sources), .target = MergeRun::Target::kMemory}));
  return true;
}

Result<bool> MergeScheduler::MergeFilesOnce(IndexId id) {
  const auto view = state_->publisher.applied();
  const IndexView* index = view->Find(id);
  if (index == nullptr) {
    return false;
  }
  const std::vector<SegmentSize> sizes = SizesOf(*index, true, NotNow());
  std::vector<uint64_t> sources = ChooseFileMerge(sizes);
  if (sources.empty() || !state_->busy.TryMark(sources)) {
    return false;
  }
  const BusyMark mark(&state_->busy, sources);
  Job job = FileJob(*index, sizes, sources);
  job.throttled = job.bytes >= state_->options.merge_unthrottled_bytes;
  Status status = Merge(std::move(job));
  if (status.ok()) {
    backoff_.Forget(sources);
    return true;
  }
  if (status.code() != StatusCode::kAborted) {
    backoff_.Failed(sources, state_->options.clock->MonotonicMicros());
  }
  return status;
}

Result<bool> MergeScheduler::CompactPages() {
  const std::set<uint64_t> busy = state_->busy.All();
  const auto view = state_->publisher.applied();
  const IndexView* index = nullptr;
  uint64_t id = 0;
  size_t most = 0;
  for (const auto& each : view->indices()) {
    for (const auto& segment : each->segments) {
      const size_t bytes = segment->page_bytes();
      if (segment->on_disk() && bytes > most && busy.count(segment->id()) == 0) {
        index = each.get();
        id = segment->id();
        most = bytes;
      }
    }
  }
  if (index == nullptr || !state_->busy.TryMark({id})) {
    return false;
  }
  const BusyMark mark(&state_->busy, {id});
  const Status status = Merge(FileJob(*index, SizesOf(*index, true, {}), {id}));
  if (!status.ok() && status.code() != StatusCode::kAborted) {
    return status;
  }
  return true;
}

Status MergeScheduler::ForceMerge(IndexId id, uint64_t max_segments) {
  bool cleaned = false;
  while (true) {
    const auto view = state_->publisher.applied();
    const IndexView* index = view->Find(id);
    if (index == nullptr) {
      return Status::NotFound("no index with id " + std::to_string(static_cast<uint32_t>(id)));
    }
    const std::vector<SegmentSize> sizes = SizesOf(*index, true, {});
    const std::vector<uint64_t> sources = ChooseForcedMerge(sizes, max_segments);
    // What dies while a segment is written anew stays in it: else this would never end beside a steady writer.
    if (sources.empty() || (sources.size() == 1 && cleaned)) {
      return Status::Ok();
    }
    Status status = MergeForced(*index, sizes, sources);
    if (!status.ok() && (status.code() != StatusCode::kAborted || running_.stopping())) {
      return status;
    }
    cleaned = cleaned || (sources.size() == 1 && status.ok());
    // Aborted: while this waited, another merge has taken some of them; look again.
  }
}

Status MergeScheduler::ExpungeDeletes(IndexId id) {
  const auto view = state_->publisher.applied();
  const IndexView* index = view->Find(id);
  if (index == nullptr) {
    return Status::NotFound("no index with id " + std::to_string(static_cast<uint32_t>(id)));
  }
  const std::vector<SegmentSize> sizes = SizesOf(*index, true, {});
  for (const uint64_t segment : ChooseExpunge(sizes)) {
    Status status = MergeForced(*index, sizes, {segment});
    // Aborted: another merge has taken it, so its dead documents are gone.
    if (!status.ok() && (status.code() != StatusCode::kAborted || running_.stopping())) {
      return status;
    }
  }
  return Status::Ok();
}

Status MergeScheduler::MergeForced(const IndexView& index, const std::vector<SegmentSize>& sizes,
                                   std::vector<uint64_t> sources) {
  state_->busy.Mark(sources);
  const BusyMark mark(&state_->busy, sources);
  return Merge(FileJob(index, sizes, std::move(sources)));
}

MergeScheduler::Job MergeScheduler::FileJob(const IndexView& index,
                                            const std::vector<SegmentSize>& sizes,
                                            std::vector<uint64_t> sources) {
  Job job{.index = index.id, .sources = std::move(sources), .target = MergeRun::Target::kFile};
  for (const SegmentSize& size : sizes) {
    if (std::count(job.sources.begin(), job.sources.end(), size.id) > 0) {
      job.bytes += size.bytes;
      job.memory_bytes += size.docs * kMemoryPerDoc;
    }
  }
  std::vector<std::shared_ptr<const SegmentView>> segments;
  for (const auto& segment : index.segments) {
    if (std::count(job.sources.begin(), job.sources.end(), segment->id()) > 0) {
      segments.push_back(segment);
    }
  }
  job.memory_bytes += kMemoryPerMerge + BytesForIds(index.keywords.get(), segments);
  return job;
}

Status MergeScheduler::Merge(Job job) {
  if (job.throttled) {
    running_.throttle()->Adapt(Behind(job.index));
  }
  BINSEEK_ASSIGN_OR_RETURN(
      const auto ticket, running_.Begin({.index = job.index,
                                         .memory_bytes = job.memory_bytes,
                                         .throttled = job.throttled,
                                         .behind = [this, id = job.index] { return Behind(id); }}));
  MergeRun run(state_, job.index, std::move(job.sources), job.target,
               {.check = [&ticket] { return ticket->Check(); },
                .wrote = [&ticket](uint64_t bytes) { ticket->Wrote(bytes); }});
  std::vector<uint64_t> made{run.segment_id()};
  state_->busy.Mark(made);  // its file is nobody's until it is installed
  const BusyMark mark(&state_->busy, std::move(made));
  Status status = Run(&run, ticket.get());
  if (!status.ok()) {
    run.Discard();
  }
  return status;
}

Status MergeScheduler::Run(MergeRun* run, RunningMerges::Ticket* ticket) {
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("merge.before_read"));
  BINSEEK_RETURN_IF_ERROR(run->Read(state_->publisher.applied()));
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("merge.before_catch_up"));
  BINSEEK_RETURN_IF_ERROR(run->CatchUp());
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("merge.before_install"));
  BINSEEK_RETURN_IF_ERROR(ticket->Check());
  return run->Install();
}

}  // namespace binseek::index
