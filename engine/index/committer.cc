#include "engine/index/committer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/fault_point.h"
#include "engine/index/segment_file.h"
#include "engine/index/segment_state.h"

namespace binseek::index {
namespace {

// A chain of state files longer than this is written anew as one.
constexpr size_t kMaxStates = 8;
// The same for tombstones; and where most edits only undo earlier ones.
constexpr size_t kMaxTombstoneFiles = 16;

int64_t MonotonicMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

uint64_t BytesOf(const std::vector<ManifestState>& states) {
  uint64_t bytes = 0;
  for (const ManifestState& state : states) {
    bytes += state.bytes;
  }
  return bytes;
}

std::vector<uint64_t> MemorySegments(const IndexView& index) {
  std::vector<uint64_t> ids;
  for (const auto& segment : index.segments) {
    if (!segment->on_disk()) {
      ids.push_back(segment->id());
    }
  }
  return ids;
}

ManifestIndex DescribeIndex(const IndexView& index, int64_t seq_no_ceiling) {
  ManifestIndex out;
  out.id = index.id;
  out.name = index.name;
  out.uuid = index.uuid;
  out.created_ms = index.created_ms;
  out.settings_json = index.settings_json;
  out.mapping = *index.mapping;
  out.seq_no_ceiling = seq_no_ceiling;
  out.external_versions = index.external_versions;
  out.manual_refresh = index.manual_refresh;
  return out;
}

}  // namespace

Result<CommitStats> Committer::Commit() {
  const MutexLock lock(&commit_mutex_);
  return CommitLocked();
}

std::shared_ptr<const PinnedCommit> Committer::Pin() {
  const MutexLock lock(&commit_mutex_);
  return std::make_shared<const PinnedCommit>(state_->options.directory, state_->pinned_files,
                                              committed_);
}

Status Committer::MakeDurable(Epoch epoch) {
  if (durable_epoch_ >= epoch) {
    return Status::Ok();
  }
  const MutexLock lock(&commit_mutex_);
  return durable_epoch_ >= epoch ? Status::Ok()  // by the one that was waited for
                                 : CommitLocked().status();
}

bool Committer::HaveSeqNos(const std::vector<IndexId>& indices, uint64_t count) const {
  const auto view = state_->publisher.applied();
  return std::all_of(indices.begin(), indices.end(), [&](IndexId id) {
    const IndexView* index = view->Find(id);
    return index == nullptr || state_->seq_no_ceilings.Covers(id, index->next_seq_no, count);
  });
}

Status Committer::ReserveSeqNos(const std::vector<IndexId>& indices, uint64_t count) {
  const int64_t reserved = state_->options.seq_nos_reserved;
  if (count > static_cast<uint64_t>(reserved)) {
    return Status::InvalidArgument("more than " + std::to_string(reserved) +
                                   " operations in one batch");
  }
  if (HaveSeqNos(indices, count)) {
    return Status::Ok();
  }
  const MutexLock lock(&commit_mutex_);
  return HaveSeqNos(indices, count) ? Status::Ok()  // by the one that was waited for
                                    : CommitLocked(/*whatever=*/true).status();
}

Status Committer::CoverSeqNos(const std::map<IndexId, int64_t>& next) {
  for (const auto& [index, number] : next) {
    state_->seq_no_ceilings.Want(index, number);
  }
  const MutexLock lock(&commit_mutex_);
  return CommitLocked(/*whatever=*/true).status();
}

Status Committer::MakeRoom() {
  const size_t limit = state_->options.memory_limit_bytes;
  if (state_->publisher.memory_bytes() <= limit) {
    return Status::Ok();
  }
  if (state_->publisher.memory_bytes() <= 2 * limit) {
    if (!commit_mutex_.TryLock()) {
      return Status::Ok();
    }
    Status status = CommitLocked().status();
    commit_mutex_.Unlock();
    return status;
  }
  const MutexLock lock(&commit_mutex_);
  return state_->publisher.memory_bytes() <= limit
             ? Status::Ok()
             : CommitLocked().status();  // the one waited for may have made the room
}

Publisher::State Committer::Freeze(std::vector<IndexCommit>* commits, TranslogLocation* translog) {
  const MutexLock lock(&state_->memory_merges);
  Publisher::State state = state_->publisher.Freeze([&] { *translog = state_->log.Roll(); });
  for (const auto& index : state.view->indices()) {
    IndexCommit commit;
    commit.index = index;
    commit.flushed = MemorySegments(*index);
    state_->seq_no_ceilings.RaiseIfNew(index->id,
                                       index->next_seq_no + state_->options.seq_nos_reserved);
    state_->busy.Mark(commit.flushed);
    commits->push_back(std::move(commit));
  }
  return state;
}

Result<CommitStats> Committer::CommitLocked(bool whatever) {
  const int64_t started = MonotonicMicros();
  std::vector<IndexCommit> commits;
  BINSEEK_RETURN_IF_ERROR(state_->log.Repair());
  Manifest manifest;
  Publisher::State state = Freeze(&commits, &manifest.translog);
  std::vector<uint64_t> marked;
  for (const IndexCommit& commit : commits) {
    marked.insert(marked.end(), commit.flushed.begin(), commit.flushed.end());
  }
  const BusyMark busy(&state_->busy, std::move(marked));
  if (!whatever && state.changes == committed_changes_ && state.tombstones.empty() &&
      NamesSegmentsOf(*state.view) && manifest.translog == committed_.translog) {
    durable_epoch_ = state.view->epoch();
    state_->log.Committed(committed_.translog.generation);
    if (attempted_generation_ == committed_.generation) {
      DeleteUnnamedFiles();  // of merges and staged batches that were given up
    }
    return CommitStats{committed_.generation, state.view->epoch(), 0, MonotonicMicros() - started};
  }
  KeywordFiles::Plan keywords;
  Status status = Write(state, &commits, &keywords, &manifest);
  if (!status.ok()) {
    state_->publisher.GiveBack(std::move(state.tombstones));
    DeleteAttempted();
    return status;
  }
  CommitStats stats{manifest.generation, manifest.epoch, 0, 0};
  committed_changes_ = state.changes;
  committed_ = std::move(manifest);
  keyword_files_.Committed(std::move(keywords), *state.view, committed_.generation);
  durable_epoch_ = committed_.epoch;
  states_.clear();
  for (const ManifestIndex& index : committed_.indices) {
    state_->seq_no_ceilings.Raise(index.id, index.seq_no_ceiling);
    for (const ManifestSegment& segment : index.segments) {
      states_[segment.id] = segment.states;
    }
  }
  state_->log.Committed(committed_.translog.generation);
  state.view.reset();
  status = InstallFlushed(&commits, &stats);
  DeleteUnnamedFiles();
  BINSEEK_RETURN_IF_ERROR(std::move(status));
  stats.micros = MonotonicMicros() - started;
  return stats;
}

Status Committer::InstallFlushed(std::vector<IndexCommit>* commits, CommitStats* stats) {
  Status first = Status::Ok();
  for (IndexCommit& commit : *commits) {
    commit.index.reset();
    if (commit.flush == nullptr) {
      continue;
    }
    stats->merged_docs += commit.flush->docs();
    Status status = commit.flush->CatchUp();
    if (status.ok()) {
      status = commit.flush->Install();
    }
    const bool was_dropped = status.code() == StatusCode::kAborted;  // its index
    if (!status.ok() && !was_dropped && first.ok()) {
      first = std::move(status);  // one index must not keep others in memory
    }
  }
  return first;
}

bool Committer::NamesSegmentsOf(const EngineView& view) const {
  size_t named = 0;
  for (const auto& index : view.indices()) {
    for (const auto& segment : index->segments) {
      if (states_.count(segment->id()) == 0) {
        return false;  // in memory, or merged since
      }
      ++named;
    }
  }
  return named == states_.size();
}

Status Committer::Write(const Publisher::State& state, std::vector<IndexCommit>* commits,
                        KeywordFiles::Plan* keywords, Manifest* manifest) {
  manifest->generation = ++attempted_generation_;
  manifest->epoch = state.view->epoch();
  manifest->user_data = state.user_data;
  for (const auto& [name, file] : state.attached) {
    manifest->attached[name] = file->info();
  }
  for (IndexCommit& commit : *commits) {
    if (!commit.flushed.empty()) {
      commit.flush = std::make_unique<MergeRun>(state_, commit.index->id, commit.flushed,
                                                MergeRun::Target::kFile);
      attempted_files_.push_back(SegmentFile(commit.flush->segment_id()));
      BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("commit.before_segment"));
      BINSEEK_RETURN_IF_ERROR(commit.flush->Read(state.view));
      BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("commit.after_segment"));
    }
    BINSEEK_RETURN_IF_ERROR(WriteStates(*state.view, commit, manifest));
  }
  BINSEEK_RETURN_IF_ERROR(WriteKeywords(*state.view, keywords, manifest));
  BINSEEK_RETURN_IF_ERROR(WriteTombstones(state.tombstones, manifest));
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("commit.before_hook"));
  if (state_->options.before_commit) {
    BINSEEK_RETURN_IF_ERROR(state_->options.before_commit());
  }
  manifest->next_index_id = state_->publisher.next_index_id();
  manifest->next_segment_id = state_->publisher.next_segment_id();
  BINSEEK_RETURN_IF_ERROR(state_->log.SyncAll());
  return WriteManifest(*manifest);
}

Status Committer::WriteStates(const EngineView& view, const IndexCommit& commit,
                              Manifest* manifest) {
  static_cast<void>(view);
  const IndexView& index = *commit.index;
  ManifestIndex out =
      DescribeIndex(index, state_->seq_no_ceilings.Above(index.id, index.next_seq_no) +
                               state_->options.seq_nos_reserved);
  for (const auto& segment : commit.index->segments) {
    if (segment->on_disk()) {
      BINSEEK_ASSIGN_OR_RETURN(auto states, WriteState(*segment, manifest->generation));
      out.segments.push_back({segment->id(), std::move(states)});
    }
  }
  if (commit.flush != nullptr && commit.flush->merged() != nullptr) {
    out.segments.push_back({commit.flush->segment_id(), {}});
  }
  manifest->indices.push_back(std::move(out));
  return Status::Ok();
}

Result<std::vector<ManifestState>> Committer::WriteState(const SegmentView& segment,
                                                         uint64_t generation) {
  const auto known = states_.find(segment.id());
  std::vector<ManifestState> states =
      known == states_.end() ? std::vector<ManifestState>() : known->second;
  std::string payload = EncodeSegmentState(segment, committed_.epoch);
  if (payload.empty()) {
    return states;
  }
  if (!states.empty() && (states.size() >= kMaxStates || payload.size() < BytesOf(states))) {
    // Is all of it at once smaller than what the chain repeats? Asked only where the chain is long or outweighs what is new.
    std::string whole = EncodeSegmentState(segment, 0);
    if (states.size() >= kMaxStates || whole.size() * 2 < BytesOf(states) + payload.size()) {
      states.clear();
      payload = std::move(whole);
    }
  }
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("commit.before_state"));
  BINSEEK_RETURN_IF_ERROR(WriteNew(StateFile(segment.id(), generation), kStateFormat,
                                   std::to_string(segment.id()), payload));
  states.push_back({generation, payload.size()});
  return states;
}

Status Committer::WriteTombstones(const std::vector<TombstoneEdit>& edits, Manifest* manifest) {
  manifest->tombstone_generations = committed_.tombstone_generations;
  if (edits.empty()) {
    return Status::Ok();
  }
  std::string payload = EncodeTombstoneEdits(edits);
  uint64_t total = tombstone_edits_ + edits.size();
  // Files are written anew, from files: the writers' own tombstones are theirs.
  if (manifest->tombstone_generations.size() >= kMaxTombstoneFiles ||
      edits.size() >= tombstone_edits_) {
    uint64_t ignored = 0;
    BINSEEK_ASSIGN_OR_RETURN(Tombstones all,
                             LoadTombstones(*state_->options.directory, committed_, &ignored));
    for (const TombstoneEdit& edit : edits) {
      ApplyTombstoneEdit(edit, &all);
    }
    const std::vector<TombstoneEdit> whole = AsEdits(all);
    manifest->tombstone_generations.clear();
    payload = EncodeTombstoneEdits(whole);
    total = whole.size();
    if (whole.empty()) {
      tombstone_edits_ = 0;
      return Status::Ok();
    }
  }
  BINSEEK_RETURN_IF_ERROR(
      WriteNew(TombstoneFile(manifest->generation), kTombstoneFormat, "", payload));
  manifest->tombstone_generations.push_back(manifest->generation);
  tombstone_edits_ = total;  // only says when to write anew, so a commit that fails does no harm
  return Status::Ok();
}

Status Committer::WriteKeywords(const EngineView& view, KeywordFiles::Plan* plan,
                                Manifest* manifest) {
  *plan = keyword_files_.MakePlan(view);
  manifest->keyword_files = keyword_files_.Named(*plan, manifest->generation);
  if (plan->payload.empty()) {
    return Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("commit.before_keywords"));
  return WriteNew(KeywordFile(manifest->generation), kKeywordFormat, "", plan->payload);
}

Status Committer::WriteManifest(const Manifest& manifest) {
  const std::string file(kManifestFile);
  store::Directory* directory = state_->options.directory.get();
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("commit.after_hook"));
  BINSEEK_RETURN_IF_ERROR(WriteNew(file + ".new", kManifestFormat, "", manifest.Encode()));
  BINSEEK_RETURN_IF_ERROR(directory->Sync());  // segments are durable before they are named
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("commit.before_rename"));
  // Whatever is reported from here on: the new manifest may be what a restart finds.
  attempted_files_.clear();
  BINSEEK_RETURN_IF_ERROR(directory->Rename(file + ".new", file));
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("commit.after_rename"));
  BINSEEK_RETURN_IF_ERROR(directory->Sync());
  return BINSEEK_FAULT_POINT("commit.after_sync");
}

Status Committer::WriteNew(const std::string& file, const store::EnvelopeFormat& format,
                           std::string_view id, std::string_view payload) {
  attempted_files_.push_back(file);
  return store::WriteFile(state_->options.directory.get(), file,
                          store::WrapInEnvelope(format, id, payload));
}

}  // namespace binseek::index
