#include "engine/index/engine.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <span>
#include <utility>

#include "engine/base/log.h"
#include "engine/index/batch_applier.h"
#include "engine/index/engine_impl.h"
#include "engine/index/merge_policy.h"
#include "engine/index/staged_batch_impl.h"

namespace binseek::index {
namespace {

constexpr size_t kTombstonesAtOnce = 1000;  // of an index, as others wait for it

std::string RandomUuid() {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::random_device random;
  std::string out;
  for (int i = 0; i < 22; ++i) {
    out.push_back(kAlphabet[random() % 64]);
  }
  return out;
}

int64_t NowMillis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// True: what segments hold of the field reads the same under its new definition.
bool KeepsData(const mapping::Field& field, const mapping::Field& now) {
  return now.id == field.id && now.name == field.name && now.kind == field.kind &&
         now.parent == field.parent && now.analyzer == field.analyzer &&
         now.normalizer == field.normalizer && now.scale == field.scale &&
         now.in_place == field.in_place;
}

// Null, or the first field of `old` whose data could not be read any more. Fields may have been dropped (Mapping::DropField), by one who knew of them.
const mapping::Field* LostField(const mapping::Mapping& old, const mapping::Mapping& now) {
  size_t at = 0;
  for (const mapping::Field& field : old.fields()) {
    if (at < now.fields().size() && KeepsData(field, now.fields()[at])) {
      ++at;
    } else if (now.Find(field.id) != nullptr || now.next_id() < old.next_id()) {
      return &field;
    }
  }
  return nullptr;
}

// Whether `now` has a field under an id that `old` has given to another, which it has replaced, dropped or keeps for later.
bool HasForeignField(const mapping::Mapping& now, const mapping::Mapping& old) {
  return std::any_of(now.fields().begin(), now.fields().end(), [&old](const mapping::Field& field) {
    return field.id < old.next_id() && old.Find(field.id) == nullptr;
  });
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::Open(EngineOptions options) {
  auto engine = std::make_unique<EngineImpl>(std::move(options));
  BINSEEK_RETURN_IF_ERROR(engine->Recover());
  return std::unique_ptr<Engine>(std::move(engine));
}

EngineImpl::~EngineImpl() {
  log_keeper_.Stop();
  merges_.Stop();
}

Status EngineImpl::Recover() {
  BINSEEK_RETURN_IF_ERROR(committer_.Recover());
  const auto view = AppliedView();
  for (const auto& index : view->indices()) {
    const auto claim = state_.claims.Take({index->id});
    tombstones_ += state_.writers.Find(index->id)->tombstones().size();
  }
  BINSEEK_RETURN_IF_ERROR(ReplayLog());
  if (committer_.recovered_generation() == 0) {  // a directory in use has a manifest
    BINSEEK_RETURN_IF_ERROR(committer_.Commit().status());
  }
  if (state_.options.background_merges) {
    merges_.Start();
  }
  log_keeper_.Start();
  return Status::Ok();
}

Result<IndexId> EngineImpl::CreateIndex(const std::string& name, mapping::Mapping mapping,
                                        const std::string& settings_json) {
  return MakeIndex(name, /*generation=*/false, std::move(mapping), settings_json);
}

Result<IndexId> EngineImpl::CreateGeneration(const std::string& of, mapping::Mapping mapping) {
  return MakeIndex(of, /*generation=*/true, std::move(mapping), "{}");
}

Result<IndexId> EngineImpl::MakeIndex(const std::string& of, bool generation,
                                      mapping::Mapping mapping, const std::string& settings_json) {
  BINSEEK_RETURN_IF_ERROR(CheckIndexName(of));
  BINSEEK_RETURN_IF_ERROR(mapping::CheckIndexSort(mapping));
  auto index = std::make_shared<IndexView>();
  index->id = state_.publisher.NextIndexId();
  index->name = generation ? GenerationName(of, index->id) : of;
  index->uuid = RandomUuid();
  index->created_ms = NowMillis();
  index->settings_json = settings_json;
  index->mapping = std::make_shared<const mapping::Mapping>(std::move(mapping));
  const IndexId id = index->id;
  state_.writers.Add(id);
  Publication publication;
  publication.changed.push_back(std::move(index));
  publication.must_be_new = true;
  const Status status = state_.publisher.Publish(std::move(publication)).status();
  if (!status.ok()) {
    state_.writers.Remove(id);
    return status;
  }
  return id;
}

Status EngineImpl::DropIndex(IndexId id) {
  const auto gate = state_.gates.Take({id});
  const auto claim = state_.claims.Take({id});
  IndexWriter* const writer = state_.writers.Find(id);
  if (writer == nullptr) {
    return Status::NotFound("no index with id " + std::to_string(static_cast<uint32_t>(id)));
  }
  Publication publication;
  publication.dropped.push_back(id);
  publication.tombstones.push_back({TombstoneEdit::Kind::kDropIndex, id, "", 0});
  BINSEEK_RETURN_IF_ERROR(state_.publisher.Publish(std::move(publication)).status());
  merges_.Cancel(id);
  tombstones_ -= writer->tombstones().size();
  state_.writers.Remove(id);
  return Status::Ok();
}

Status EngineImpl::UpdateMapping(IndexId id, mapping::Mapping mapping, Durability durability) {
  LogRecord record;
  {
    const auto gate = state_.gates.Take({id});
    const auto claim = state_.claims.Take({id});
    const auto view = AppliedView();
    const IndexView* old = view->Find(id);
    if (old == nullptr) {
      return Status::NotFound("no index with id " + std::to_string(static_cast<uint32_t>(id)));
    }
    if (const mapping::Field* lost = LostField(*old->mapping, mapping)) {
      return Status::InvalidArgument("index [" + old->name +
                                     "]: the new mapping does not extend the old one: field [" +
                                     lost->name + "] is gone or has changed");
    }
    if (mapping.next_id() < old->mapping->next_id() || HasForeignField(mapping, *old->mapping)) {
      return Status::InvalidArgument("index [" + old->name +
                                     "]: the new mapping was made of an older one");
    }
    mapping.set_index_sort(old->index_sort());  // segments have it
    BINSEEK_RETURN_IF_ERROR(mapping::CheckIndexSort(mapping));
    auto index = std::make_shared<IndexView>(*old);
    index->mapping = std::make_shared<const mapping::Mapping>(std::move(mapping));
    Publication publication;
    const bool to_be_logged = durability != Durability::kCommit;
    const bool logged = to_be_logged && !RestsOnUnlogged(*view, {id});
    if (logged) {
      BINSEEK_RETURN_IF_ERROR(
          Prepare(EncodeMappingChange(id, *index->mapping), &record, &publication));
    }
    publication.changed.push_back(std::move(index));
    BINSEEK_ASSIGN_OR_RETURN(const Epoch epoch, state_.publisher.Publish(std::move(publication)));
    if (to_be_logged && !logged) {
      AwaitsCommit(epoch, &record);
    }
  }
  return AwaitSync(record, durability);
}

Result<ApplyResult> EngineImpl::Apply(const Batch& batch) {
  if (!batch.operations.empty() || !batch.takeovers.empty()) {  // user data alone takes none
    BINSEEK_RETURN_IF_ERROR(memory_limiter_.Admit());
  }
  if (memory_bytes() > state_.options.memory_limit_bytes) {
    BINSEEK_RETURN_IF_ERROR(committer_.MakeRoom());
    WakeFileMerges();
  }
  std::vector<IndexId> indices;
  for (const Operation& operation : batch.operations) {
    if (indices.empty() || indices.back() != operation.index) {
      indices.push_back(operation.index);
    }
  }
  for (const Takeover& takeover : batch.takeovers) {
    indices.push_back(takeover.generation);
    indices.push_back(takeover.of);
  }
  LogRecord record;
  Result<ApplyResult> result = ApplyClaimed(batch, &indices, &record);
  if (result.ok()) {
    BINSEEK_RETURN_IF_ERROR(AwaitSync(record, batch.durability));
    KeepSegmentsFew(indices);
  }
  return result;
}

Result<ApplyResult> EngineImpl::ApplyClaimed(const Batch& batch, std::vector<IndexId>* indices,
                                             LogRecord* record) {
  const auto gate = state_.gates.Take(std::move(*indices));
  *indices = gate.indices();
  BINSEEK_RETURN_IF_ERROR(committer_.ReserveSeqNos(*indices, batch.operations.size()));
  const auto claim = state_.claims.Take(*indices);
  const auto view = AppliedView();
  BINSEEK_RETURN_IF_ERROR(CheckTakeovers(*view, batch));
  for (const IndexId id : *indices) {  // as many as may come, or there would be ever more
    ForgetOldTombstones(id, std::max(kTombstonesAtOnce, batch.operations.size()));
  }
  PageEdit edit(state_.publisher.NextEdit(), &state_.memory->pool);
  BatchApplier applier(
      *view, [this](IndexId id) { return state_.writers.Find(id); }, &edit, state_.pool(),
      [this] { return state_.publisher.NextSegmentId(); });
  TranslogBatchEncoder log(batch.user_data);
  const bool to_be_logged = batch.durability != Durability::kCommit;
  const bool logged = to_be_logged && !NeedsCommit(*view, *indices, batch);
  applier.LogTo(logged ? &log : nullptr);
  applier.AnalyzeOn(&state_.analysis);
  ApplyResult result;
  result.results = applier.ApplyAll(batch.operations);
  Publication publication;
  Result<BatchApplier::Changes> changes = applier.Finish();
  Status status = changes.status();
  if (status.ok() && logged && (log.operations() > 0 || !batch.user_data.empty())) {
    status = Prepare(std::move(log).Finish(), record, &publication);
  }
  if (!status.ok()) {
    applier.Abandon();
    return status;
  }
  publication.logged = logged;  // where there was nothing to log nothing has changed
  publication.changed = std::move(changes->changed);
  publication.tombstones = std::move(changes->tombstones);
  publication.user_data = batch.user_data;
  publication.attached = batch.attached;
  publication.edits.push_back(&edit);
  AddTakeovers(*view, batch, &publication);
  Result<Epoch> epoch = state_.publisher.Publish(std::move(publication));
  if (!epoch.ok()) {
    applier.Abandon();
    return epoch.status();
  }
  tombstones_ += applier.Published(state_.options.clock->MonotonicMicros());
  TookOver(batch);
  result.epoch = *epoch;
  if (to_be_logged && !logged) {
    AwaitsCommit(*epoch, record);
  }
  return result;
}

bool EngineImpl::ForgetOldTombstones(IndexId id, size_t at_most) {
  IndexWriter* const writer = state_.writers.Find(id);
  if (writer == nullptr) {
    return false;
  }
  const int64_t until =
      state_.options.clock->MonotonicMicros() -
      std::chrono::duration_cast<std::chrono::microseconds>(state_.options.tombstone_age).count();
  std::vector<std::string> erased;
  const size_t looked_at = writer->EraseTombstonesUntil(until, at_most, &erased);
  tombstones_ -= erased.size();
  for (std::string& key : erased) {
    state_.publisher.AddTombstoneEdit({TombstoneEdit::Kind::kErase, id, std::move(key), 0});
  }
  return looked_at == at_most;
}

void EngineImpl::ForgetAllOldTombstones() {
  const auto view = AppliedView();
  for (const auto& index : view->indices()) {
    for (bool more = true; more;) {
      const auto claim = state_.claims.TryTake({index->id});
      more = claim && ForgetOldTombstones(index->id, kTombstonesAtOnce);
    }
  }
}

Result<std::unique_ptr<StagedBatch>> EngineImpl::Stage(std::vector<IndexId> indices) {
  BINSEEK_RETURN_IF_ERROR(memory_limiter_.Admit());
  BINSEEK_ASSIGN_OR_RETURN(
      std::unique_ptr<StagedBatch> batch,
      StagedBatchImpl::Begin(
          &state_, std::move(indices),
          {.flush = [this] { return committer_.Commit().status(); },
           .cover = [this](const auto& next) { return committer_.CoverSeqNos(next); },
           .published = [this](size_t tombstones) { tombstones_ += tombstones; }}));
  return batch;
}

Result<std::unique_ptr<AttachedFileWriter>> EngineImpl::CreateAttachedFile() {
  return AttachedFileWriter::Begin(state_.options.directory, state_.attached_files,
                                   state_.publisher.NextSegmentId());
}

void EngineImpl::KeepSegmentsFew(const std::vector<IndexId>& indices) {
  // Where merges do not keep up, writers do them: more segments than this would be felt by every search.
  constexpr size_t kTooManyInMemory = 96;
  const auto view = AppliedView();
  for (const IndexId id : indices) {
    const IndexView* index = view->Find(id);
    if (index == nullptr) {
      continue;
    }
    const auto in_memory =
        static_cast<size_t>(std::count_if(index->segments.begin(), index->segments.end(),
                                          [](const auto& segment) { return !segment->on_disk(); }));
    if (state_.options.background_merges) {
      if (in_memory >= kMergeFactor) {
        merges_.Wake(id);
      }
      if (in_memory < kTooManyInMemory) {
        continue;
      }
    }
    for (bool more = in_memory >= kMergeFactor; more;) {
      const Result<bool> merged = merges_.MergeInMemoryOnce(id);
      more = merged.ok() && *merged;
      if (!merged.ok() && merged.status().code() != StatusCode::kAborted) {
        Log(LogLevel::kWarn, "merge failed",
            {{"index", static_cast<uint32_t>(id)}, {"error", merged.status().ToString()}});
      }
    }
  }
}

Result<CommitStats> EngineImpl::Commit() {
  BINSEEK_ASSIGN_OR_RETURN(const CommitStats stats, committer_.Commit());
  if (state_.options.background_merges) {
    WakeFileMerges();
    return stats;
  }
  const auto view = AppliedView();
  for (const auto& index : view->indices()) {
    for (bool merged = true; merged;) {
      BINSEEK_ASSIGN_OR_RETURN(merged, merges_.MergeFilesOnce(index->id));
    }
  }
  return stats;
}

void EngineImpl::WakeFileMerges() {
  const auto view = AppliedView();
  merges_.WakeFiles(*view);
}

void EngineImpl::ForgetTombstones(IndexId id, int64_t below_version) {
  const auto gate = state_.gates.Take({id});
  const auto claim = state_.claims.Take({id});
  IndexWriter* const writer = state_.writers.Find(id);
  if (writer == nullptr) {
    return;
  }
  const size_t gone = writer->ForgetTombstones(below_version);
  if (gone == 0) {
    return;
  }
  tombstones_ -= gone;
  state_.publisher.AddTombstoneEdit({TombstoneEdit::Kind::kForgetBelow, id, "", below_version});
}

void EngineImpl::ForgetTombstonesOf(IndexId id, std::string_view key_prefix,
                                    int64_t below_version) {
  const auto gate = state_.gates.Take({id});
  const auto claim = state_.claims.Take({id});
  IndexWriter* const writer = state_.writers.Find(id);
  if (writer == nullptr) {
    return;
  }
  std::vector<std::string> gone = writer->ForgetTombstonesOf(key_prefix, below_version);
  tombstones_ -= gone.size();
  for (std::string& key : gone) {
    state_.publisher.AddTombstoneEdit({TombstoneEdit::Kind::kErase, id, std::move(key), 0});
  }
}

}  // namespace binseek::index
