// EngineImpl::Commit: memory segments to disk, dirty state beside them, and the manifest that names it all.
//
// The writer goes on while segments are merged and written; what it changed meanwhile is laid over the merged segment in
// SwapMerged, by comparing pages with those that the merge has seen.
#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/fault_point.h"
#include "engine/index/engine_impl.h"
#include "engine/index/segment_state.h"

namespace binseek::index {
namespace {

using codec::kNoMoreDocs;
using Segments = std::vector<std::shared_ptr<const SegmentView>>;

constexpr uint64_t kMaxMergedBytes = uint64_t{1} << 30;

int64_t MonotonicMicros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool MostlyDead(const SegmentView& segment) { return segment.live_count() * 2 < segment.max_doc(); }

// Bytes of pages that the segment's next state file would only repeat. `committed`: as its last one has it, or null.
uint64_t RepeatedBytes(const SegmentView& now, const SegmentView* committed) {
  if (committed == nullptr || committed == &now) {
    return 0;
  }
  uint64_t pages = 0;
  for (const auto& [field, column] : now.columns()) {
    const ColumnPages* before = committed->Column(field);
    if (before != nullptr) {
      pages += column.written_pages() - column.CountDifferentPages(*before);
    }
  }
  return pages * sizeof(ValuePage);
}

// All memory segments, disk segments that are mostly dead or `outgrown`, and, from the smallest up, those disk segments that are not
// much larger than what is merged anyway: sizes then grow geometrically, so a document is rewritten a logarithmic number of times.
// Up to a size: a merge holds its result in memory.
Segments ChooseMerge(const IndexView& index, const std::set<uint64_t>& outgrown) {
  const auto must = [&](const SegmentView& segment) {
    return !segment.on_disk() || MostlyDead(segment) || outgrown.count(segment.id()) != 0;
  };
  std::vector<std::shared_ptr<const SegmentView>> by_size = index.segments;
  std::stable_sort(by_size.begin(), by_size.end(), [&](const auto& a, const auto& b) {
    return std::pair(!must(*a), a->live_count()) < std::pair(!must(*b), b->live_count());
  });
  uint64_t docs = 0;
  uint64_t bytes = 0;
  std::set<uint64_t> chosen;
  for (const auto& segment : by_size) {
    bytes += segment->segment().size_bytes();
    if (!must(*segment) &&
        (chosen.empty() || segment->live_count() > 2 * docs || bytes > kMaxMergedBytes)) {
      break;
    }
    docs += segment->live_count();
    chosen.insert(segment->id());
  }
  Segments out;
  for (const auto& segment : index.segments) {
    if (chosen.count(segment->id()) != 0) {
      out.push_back(segment);
    }
  }
  return out;
}

// Lays over `to` what happened to `now` since the merge read `then`. False: nothing did.
bool CatchUp(const SegmentView& then, const SegmentView& now, const std::vector<DocId>& doc_map,
             EditId edit, SegmentView* to) {
  bool changed = false;
  now.live().VisitDifferentPages(then.live(), [&](DocId doc) {
    if (doc_map[doc] != kNoMoreDocs && !now.IsLive(doc)) {
      to->mutable_live()->Delete(doc_map[doc], edit);
      changed = true;
    }
  });
  for (const auto& [field, column] : now.columns()) {
    const ColumnPages* seen = then.Column(field);
    const ColumnPages none(nullptr, then.max_doc());
    column.VisitDifferentPages(
        seen == nullptr ? none : *seen, [&, id = field, &values = column](DocId doc) {
          if (doc_map[doc] == kNoMoreDocs) {
            return;
          }
          const auto value = values.Get(doc);
          const ColumnPages* merged = to->Column(id);
          if ((merged == nullptr ? std::nullopt : merged->Get(doc_map[doc])) != value) {
            to->MutableColumn(id)->Set(doc_map[doc], value, edit);
            changed = true;
          }
        });
  }
  return changed;
}

}  // namespace

Result<CommitStats> EngineImpl::Commit() {
  const MutexLock lock(&commit_mutex_);
  return CommitLocked();
}

Status EngineImpl::MakeRoom() {
  const size_t limit = options_.memory_limit_bytes;
  if (memory_bytes() <= limit) {
    return Status::Ok();
  }
  if (memory_bytes() <= 2 * limit) {
    if (!commit_mutex_.TryLock()) {
      return Status::Ok();
    }
    Status status = CommitLocked().status();
    commit_mutex_.Unlock();
    return status;
  }
  const MutexLock lock(&commit_mutex_);
  return memory_bytes() <= limit
             ? Status::Ok()
             : CommitLocked().status();  // the one waited for may have made the room
}

EngineImpl::Frozen EngineImpl::Freeze(Manifest* manifest) {
  const MutexLock lock(&apply_mutex_);
  Frozen frozen{View(), {}, tombstone_edits_};
  if (frozen.view == committed_view_ && user_data_ == committed_user_data_ &&
      tombstone_edits_ == committed_tombstone_edits_) {
    return {};
  }
  manifest->user_data = user_data_;
  manifest->epoch = epoch_;
  manifest->generation = ++attempted_generation_;
  manifest->tombstone_generation = tombstone_generation_;
  if (tombstone_edits_ != committed_tombstone_edits_) {
    const bool any = !tombstones_.empty();
    frozen.tombstones = any ? EncodeTombstones(tombstones_) : std::string();
    manifest->tombstone_generation = any ? manifest->generation : 0;
  }
  for (const auto& index : frozen.view->indices()) {
    for (const auto& segment : index->segments) {
      if (!segment->on_disk()) {
        frozen_.insert(segment->id());
      }
    }
  }
  return frozen;
}

Result<CommitStats> EngineImpl::CommitLocked() {
  const int64_t started = MonotonicMicros();
  Manifest manifest;
  const Frozen frozen = Freeze(&manifest);
  if (frozen.view == nullptr) {
    return CommitStats{generation_, committed_view_->epoch(), 0, MonotonicMicros() - started};
  }
  std::vector<IndexCommit> commits;
  Status status = WriteIndices(*frozen.view, &manifest, &commits);
  if (status.ok()) {
    status = WriteTombstones(frozen, &manifest);
  }
  if (status.ok()) {
    status = BINSEEK_FAULT_POINT("commit.before_hook");
  }
  if (status.ok() && options_.before_commit) {
    status = options_.before_commit();
  }
  if (status.ok()) {
    {
      const MutexLock lock(&apply_mutex_);
      manifest.next_index_id = next_index_id_;
      manifest.next_segment_id = next_segment_id_;
    }
    status = WriteManifest(manifest);
  }
  {
    const MutexLock lock(&apply_mutex_);
    frozen_.clear();
    if (status.ok()) {
      const bool unchanged = View() == frozen.view;
      SwapMerged(&commits);
      committed_view_ = unchanged ? View() : nullptr;
    }
  }
  if (!status.ok()) {
    DeleteAttempted();
    return status;
  }
  generation_ = manifest.generation;
  tombstone_generation_ = manifest.tombstone_generation;
  committed_tombstone_edits_ = frozen.tombstone_edits;
  committed_user_data_ = manifest.user_data;
  CommitStats stats{manifest.generation, manifest.epoch, 0, 0};
  for (const IndexCommit& commit : commits) {
    stats.merged_docs += commit.merged.docs;
    for (const auto& [segment, state] : commit.written) {
      committed_[segment] = state;
    }
  }
  DeleteUnnamedFiles(manifest);
  stats.micros = MonotonicMicros() - started;
  return stats;
}

Status EngineImpl::WriteIndices(const EngineView& view, Manifest* manifest,
                                std::vector<IndexCommit>* commits) {
  for (const auto& index : view.indices()) {
    IndexCommit commit;
    commit.index = index;
    commit.merged_from = ChooseMerge(*index, Outgrown(*index));
    BINSEEK_RETURN_IF_ERROR(WriteMerged(&commit));
    manifest->indices.emplace_back();
    BINSEEK_RETURN_IF_ERROR(WriteStates(manifest->generation, &commit, &manifest->indices.back()));
    commits->push_back(std::move(commit));
  }
  return Status::Ok();
}

std::set<uint64_t> EngineImpl::Outgrown(const IndexView& index) const {
  std::set<uint64_t> outgrown;
  for (const auto& segment : index.segments) {
    const auto committed = committed_.find(segment->id());
    const uint64_t size = segment->segment().size_bytes();
    if (committed != committed_.end() && size <= kMaxMergedBytes &&
        RepeatedBytes(*segment, committed->second.first.get()) > size / 4) {
      outgrown.insert(segment->id());
    }
  }
  return outgrown;
}

Status EngineImpl::WriteMerged(IndexCommit* commit) {
  if (commit->merged_from.empty()) {
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(commit->merged, MergeSegments(commit->merged_from));
  if (commit->merged.docs == 0) {
    return Status::Ok();
  }
  uint64_t id = 0;
  {
    const MutexLock lock(&apply_mutex_);
    id = next_segment_id_++;
  }
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("commit.before_segment"));
  BINSEEK_RETURN_IF_ERROR(
      WriteNew(SegmentFile(id), kSegmentFormat, std::to_string(id), commit->merged.payload));
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("commit.after_segment"));
  commit->merged.payload.clear();
  commit->merged.payload.shrink_to_fit();
  BINSEEK_ASSIGN_OR_RETURN(commit->merged_into, LoadSegment(*options_.directory, {id, 0}));
  return Status::Ok();
}

Status EngineImpl::WriteStates(uint64_t generation, IndexCommit* commit, ManifestIndex* out) {
  const IndexView& index = *commit->index;
  out->id = index.id;
  out->name = index.name;
  out->uuid = index.uuid;
  out->created_ms = index.created_ms;
  out->settings_json = index.settings_json;
  out->mapping = *index.mapping;
  out->next_seq_no = index.next_seq_no;
  for (const auto& segment : index.segments) {
    if (std::find(commit->merged_from.begin(), commit->merged_from.end(), segment) !=
        commit->merged_from.end()) {
      continue;
    }
    auto [view, state_generation] = committed_[segment->id()];
    if (view != segment) {
      BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("commit.before_state"));
      BINSEEK_RETURN_IF_ERROR(WriteNew(StateFile(segment->id(), generation), kStateFormat,
                                       std::to_string(segment->id()),
                                       EncodeSegmentState(*segment)));
      state_generation = generation;
      commit->written[segment->id()] = {segment, generation};
    }
    out->segments.push_back({segment->id(), state_generation});
  }
  if (commit->merged_into != nullptr) {
    out->segments.push_back({commit->merged_into->id(), 0});
  }
  return Status::Ok();
}

Status EngineImpl::WriteTombstones(const Frozen& frozen, Manifest* manifest) {
  if (frozen.tombstones.empty()) {
    return Status::Ok();
  }
  return WriteNew(TombstoneFile(manifest->tombstone_generation), kTombstoneFormat, "",
                  frozen.tombstones);
}

Status EngineImpl::WriteManifest(const Manifest& manifest) {
  const std::string file(kManifestFile);
  store::Directory* directory = options_.directory.get();
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

Status EngineImpl::WriteNew(const std::string& file, const store::EnvelopeFormat& format,
                            std::string_view id, std::string_view payload) {
  attempted_files_.push_back(file);
  return store::WriteFile(options_.directory.get(), file,
                          store::WrapInEnvelope(format, id, payload));
}

// Without this a full disk would stay full: every further attempt writes under other names.
void EngineImpl::DeleteAttempted() {
  for (const std::string& file : attempted_files_) {
    const Status ignored = options_.directory->Delete(file);  // or the next commit that succeeds
    static_cast<void>(ignored.ok());
  }
  attempted_files_.clear();
}

void EngineImpl::SwapMerged(std::vector<IndexCommit>* commits) {
  const EditId edit = next_edit_++;
  const auto view = View();
  std::vector<std::shared_ptr<const IndexView>> changed;
  for (IndexCommit& commit : *commits) {
    const IndexView* now = view->Find(commit.index->id);
    if (now == nullptr || commit.merged_from.empty()) {
      continue;
    }
    auto index = std::make_shared<IndexView>(*now);
    Segments kept;
    bool placed = commit.merged_into == nullptr;
    bool caught_up = false;
    for (const auto& segment : now->segments) {
      const auto from =
          std::find_if(commit.merged_from.begin(), commit.merged_from.end(),
                       [&](const auto& merged) { return merged->id() == segment->id(); });
      if (from == commit.merged_from.end()) {
        kept.push_back(segment);
        continue;
      }
      if (commit.merged_into != nullptr) {
        const auto ordinal = static_cast<size_t>(from - commit.merged_from.begin());
        caught_up |= CatchUp(**from, *segment, commit.merged.doc_maps[ordinal], edit,
                             commit.merged_into.get());
        if (!placed) {
          kept.push_back(commit.merged_into);
          placed = true;
        }
      }
    }
    if (commit.merged_into != nullptr && !caught_up) {  // else the next commit writes its state
      commit.written[commit.merged_into->id()] = {commit.merged_into, 0};
    }
    index->segments = std::move(kept);
    changed.push_back(std::move(index));
  }
  Publish(std::make_shared<const EngineView>(view->epoch(), With(std::move(changed))));
}

void EngineImpl::DeleteUnnamedFiles(const Manifest& manifest) {
  std::set<std::string> named{std::string(kManifestFile),
                              TombstoneFile(manifest.tombstone_generation)};
  std::set<uint64_t> segments;
  for (const ManifestIndex& index : manifest.indices) {
    for (const ManifestSegment& segment : index.segments) {
      segments.insert(segment.id);
      named.insert(SegmentFile(segment.id));
      named.insert(StateFile(segment.id, segment.state_generation));
    }
  }
  std::erase_if(committed_, [&](const auto& entry) { return segments.count(entry.first) == 0; });
  const auto files = options_.directory->List();
  if (!files.ok()) {
    return;  // they cost room, nothing else; the next commit tries again
  }
  for (const std::string& file : *files) {
    const bool ours = file.starts_with("segment-") || file.starts_with("tombstones-") ||
                      file == std::string(kManifestFile) + ".new";
    if (ours && named.count(file) == 0) {
      const Status ignored = options_.directory->Delete(file);
      static_cast<void>(ignored.ok());
    }
  }
}

}  // namespace binseek::index
