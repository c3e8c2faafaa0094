#include "engine/index/batch_applier.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "engine/base/check.h"

namespace binseek::index {
namespace {

using mapping::kRowHashField;
using mapping::kSeqNoField;
using mapping::kVersionField;

OpResult Failed(Status status) {
  OpResult result;
  result.outcome = Outcome::kFailed;
  result.status = std::move(status);
  return result;
}

}  // namespace

BatchApplier::Work* BatchApplier::WorkOn(IndexId index) {
  const auto it = works_.find(index);
  if (it != works_.end()) {
    return &it->second;
  }
  const IndexView* base = base_.Find(index);
  IndexWriter* const writer = base == nullptr ? nullptr : writer_of_(index);
  if (writer == nullptr) {
    return nullptr;
  }
  Work work;
  work.writer = writer;
  work.index = std::make_shared<IndexView>(*base);
  for (const auto& segment : base->segments) {
    work.segment_ids.push_back(segment->id());
  }
  work.base_segments = work.segment_ids.size();
  work.builder = std::make_unique<codec::SegmentBuilder>(work.index->mapping.get());
  return &works_.emplace(index, std::move(work)).first->second;
}

BatchApplier::Stored BatchApplier::Lookup(const Work& work, const std::string& key) const {
  Stored stored;
  const auto pending = work.pending.find(key);
  if (pending != work.pending.end()) {
    stored.pending = pending->second;
    stored.version = work.builder->Number(*stored.pending, kVersionField).value_or(0);
    stored.seq_no = work.builder->Number(*stored.pending, kSeqNoField).value_or(0);
    return stored;
  }
  std::optional<KeyPlace> place;
  if (work.spilled_keys != nullptr) {
    place = work.spilled_keys->Find(key);
  }
  if (!place) {
    place = work.writer->keys.Find(key);
  }
  if (!place) {
    return stored;
  }
  const auto at = std::find(work.segment_ids.begin(), work.segment_ids.end(), place->segment_id);
  BINSEEK_CHECK(at != work.segment_ids.end(), "the key map names a segment that the index lacks");
  const DocAddress address{static_cast<uint32_t>(at - work.segment_ids.begin()), place->doc};
  if (!work.index->at(address).IsLive(address.doc)) {
    return stored;  // killed by this batch
  }
  stored.address = address;
  const SystemRow row = work.index->at(*stored.address).System(place->doc);
  stored.version = row.version.value_or(0);
  stored.seq_no = row.seq_no.value_or(0);
  return stored;
}

std::optional<int64_t> BatchApplier::TombstoneOf(const Work& work, const std::string& key) const {
  const auto edited = work.tombstones.find(key);
  if (edited != work.tombstones.end()) {
    return edited->second;
  }
  return work.writer->TombstoneOf(key);
}

SegmentView* BatchApplier::OwnSegment(Work* work, size_t ordinal) {
  std::shared_ptr<SegmentView>& owned = work->owned[ordinal];
  if (owned == nullptr) {
    owned = std::make_shared<SegmentView>(*work->index->segments[ordinal]);
    work->index->segments[ordinal] = owned;
  }
  return owned.get();
}

void BatchApplier::Foresee(std::span<const Operation> next) {
  struct Guessed {
    const SegmentView* segment = nullptr;  // null: a new key, or none can tell
    DocId doc = 0;
  };
  BINSEEK_DCHECK(next.size() <= kForeseen);
  std::array<Guessed, kForeseen> guessed;
  for (const Operation& operation : next) {
    if (const Work* work = WorkOn(operation.index)) {
      work->writer->keys.Prefetch(operation.key);
    }
  }
  for (size_t i = 0; i < next.size(); ++i) {
    const Work* const work = WorkOn(next[i].index);
    const auto place = work == nullptr ? std::nullopt : work->writer->keys.Guess(next[i].key);
    if (!place) {
      continue;
    }
    const auto at =
        std::find(work->segment_ids.begin(), work->segment_ids.end(), place->segment_id);
    BINSEEK_CHECK(at != work->segment_ids.end(),
                  "the key map names a segment that the index lacks");
    const auto ordinal = static_cast<size_t>(at - work->segment_ids.begin());
    guessed[i] = {work->index->segments[ordinal].get(), place->doc};
    __builtin_prefetch(guessed[i].segment->segment().Key(place->doc).data());
    guessed[i].segment->system().PrefetchNode(place->doc);
    for (const ColumnUpdate& update : next[i].columns) {
      if (const NumberPages* column = guessed[i].segment->Column(update.field)) {
        column->PrefetchNode(place->doc);
      }
    }
  }
  for (size_t i = 0; i < next.size(); ++i) {
    if (guessed[i].segment == nullptr) {
      continue;
    }
    guessed[i].segment->system().PrefetchPage(guessed[i].doc);
    for (const ColumnUpdate& update : next[i].columns) {
      if (const NumberPages* column = guessed[i].segment->Column(update.field)) {
        column->PrefetchPage(guessed[i].doc);
      }
    }
  }
}

bool BatchApplier::Admit(const Work& work, const Operation& operation, const Stored& stored,
                         OpResult* result) const {
  if (operation.if_seq_no && (!stored.exists() || stored.seq_no != *operation.if_seq_no)) {
    result->outcome = Outcome::kConflict;
    result->version = stored.version;
    result->seq_no = stored.seq_no;
    result->status = Status::Aborted(
        "[" + operation.key + "]: version conflict, required seqNo [" +
        std::to_string(*operation.if_seq_no) + "], but " +
        (stored.exists() ? "current document has seqNo [" + std::to_string(stored.seq_no) + "]"
                         : "no document was found"));
    return false;
  }
  const std::optional<int64_t> known =
      stored.exists() ? stored.version : TombstoneOf(work, operation.key);
  if (operation.version_type == VersionType::kInternal) {
    if (known == std::numeric_limits<int64_t>::max()) {
      result->outcome = Outcome::kConflict;
      result->version = *known;
      result->seq_no = stored.seq_no;
      result->status = Status::Aborted(
          "[" + operation.key + "]: version conflict, no version is higher than the current [" +
          std::to_string(*known) + "]");
      return false;
    }
    result->version = known.value_or(0) + 1;
    return true;
  }
  result->version = operation.version;
  const bool newer =
      !known || operation.version > *known ||
      (operation.version_type == VersionType::kExternalGte && operation.version == *known);
  if (!newer) {
    result->outcome = Outcome::kStale;
    result->version = *known;
    result->seq_no = stored.seq_no;
  }
  return newer;
}

OpResult BatchApplier::Apply(const Operation& operation) {
  Work* work = WorkOn(operation.index);
  if (work == nullptr) {
    return Failed(Status::NotFound("no index with id " +
                                   std::to_string(static_cast<uint32_t>(operation.index))));
  }
  const Stored stored = Lookup(*work, operation.key);
  OpResult result;
  if (operation.kind == OpKind::kCreate && stored.exists()) {
    result.outcome = Outcome::kConflict;
    result.version = stored.version;
    result.seq_no = stored.seq_no;
    result.status = Status::Aborted(
        "[" + operation.key + "]: version conflict, document already exists (current version [" +
        std::to_string(stored.version) + "])");
    return result;
  }
  if (operation.kind != OpKind::kUpdateColumns && IsChild(*work, stored)) {
    return Failed(Status::InvalidArgument("[" + operation.key +
                                          "] is part of another document and changes with it"));
  }
  if (!Admit(*work, operation, stored, &result)) {
    return result;
  }
  switch (operation.kind) {
    case OpKind::kUpsert:
    case OpKind::kCreate:
      Upsert(work, operation, operation.document, stored, &result);
      break;
    case OpKind::kDelete:
      Delete(work, operation, stored, &result);
      break;
    case OpKind::kUpdateColumns:
      UpdateColumns(work, operation, stored, &result);
      break;
  }
  return result;
}

std::vector<OpResult> BatchApplier::ApplyAll(std::span<const Operation> operations) {
  constexpr size_t kFewOperations = 4;  // are not worth a look ahead
  std::vector<OpResult> results;
  results.reserve(operations.size());
  BeginAhead(operations);
  for (size_t i = 0; i < operations.size(); ++i) {
    if (i % kForeseen == 0 && operations.size() - i > kFewOperations) {
      Foresee(operations.subspan(i, std::min(operations.size() - i, kForeseen)));
    }
    results.push_back(Apply(operations[i]));
  }
  EndAhead();
  return results;
}

void BatchApplier::BeginAhead(std::span<const Operation> operations) {
  ahead_ = BatchAnalysis::Begin(analysis_pool_, operations, [this](IndexId id) {
    const IndexView* const index = base_.Find(id);
    return index == nullptr ? nullptr : index->mapping.get();
  });
}

void BatchApplier::Upsert(Work* work, const Operation& operation, const mapping::Document& given,
                          const Stored& stored, OpResult* result) {
  // What was made before a field was changed names it as it was.
  FieldRebuild* const rebuild = work->writer->rebuild.get();
  std::optional<mapping::Document> translated;
  if (rebuild != nullptr && rebuild->switched && rebuild->Names(given)) {
    translated = rebuild->Translate(operation.key, given);
  }
  const mapping::Document& document = translated ? *translated : given;
  if (!document.children.empty()) {
    std::unordered_set<std::string_view> keys{operation.key};
    Status children = CheckChildKeys(*work, document, &keys);
    if (!children.ok()) {
      *result = Failed(std::move(children));
      return;
    }
  }
  const DocId first = work->builder->size();
  const bool ahead =
      ahead_ != nullptr && ahead_->Has(operation) && &document == &operation.document;
  Result<codec::AnalyzedDocument> analyzed =
      ahead ? ahead_->Take(operation) : codec::Analyze(*work->index->mapping, document);
  if (!analyzed.ok()) {
    *result = Failed(analyzed.status());
    return;
  }
  if (rebuild != nullptr && !rebuild->switched) {
    rebuild->AddTo(operation.key, &*analyzed);
  }
  if (!operation.source_table.empty()) {
    analyzed->AddKeyword(mapping::kSourceTableField, operation.source_table);
  }
  const DocId doc = work->builder->Add(operation.key, *std::move(analyzed));
  Kill(work, operation.key, stored);
  result->seq_no = TakeSeqNo(work, operation);
  work->builder->SetNumber(doc, kVersionField, result->version);
  work->builder->SetNumber(doc, kSeqNoField, result->seq_no);
  if (operation.row_hash != 0) {
    work->builder->SetNumber(doc, kRowHashField, static_cast<int64_t>(operation.row_hash));
  }
  work->pending[operation.key] = doc;
  if (doc != first) {
    AddChildKeys(work, document, first, doc, *result);
  }
  work->builder_bytes += operation.key.size() + document.source.bytes.size();
  for (const mapping::TextValue& value : document.texts) {
    work->builder_bytes += value.text.size() * 2;  // terms and their postings
  }
  work->builder_bytes += document.numbers.size() * sizeof(int64_t) * 2;
  if (TombstoneOf(*work, operation.key)) {
    work->tombstones[operation.key] = std::nullopt;
  }
  result->outcome = stored.exists() ? Outcome::kUpdated : Outcome::kCreated;
  if (log_ != nullptr) {
    log_->Upsert(Logged(operation, *result), document);
  }
}

void BatchApplier::Delete(Work* work, const Operation& operation, const Stored& stored,
                          OpResult* result) {
  Kill(work, operation.key, stored);
  // External versions leave one for keys too that are not here: an older write may still be on its way. Internal ones go on counting where the key comes
  // back, and an external one that comes late must not beat them.
  const bool known = stored.exists() || TombstoneOf(*work, operation.key).has_value();
  const bool leaves_tombstone =
      replayed_ !=
              nullptr  // what is forgotten is not logged, so a replay may know of more than there was
          ? replayed_->leaves_tombstone
          : !operation.is_settled && (operation.version_type != VersionType::kInternal || known);
  if (leaves_tombstone) {
    work->tombstones[operation.key] = result->version;
  }
  result->seq_no = TakeSeqNo(work, operation);
  result->outcome = stored.exists() ? Outcome::kDeleted : Outcome::kMissing;
  if (log_ != nullptr) {
    LoggedOp logged = Logged(operation, *result);
    logged.leaves_tombstone = leaves_tombstone;
    log_->Delete(logged);
  }
}

}  // namespace binseek::index
