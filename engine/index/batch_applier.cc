#include "engine/index/batch_applier.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "engine/index/segment_merger.h"

namespace binseek::index {
namespace {

using mapping::kRowHashField;
using mapping::kSeqNoField;
using mapping::kVersionField;

// Memory segments are merged by this many (a power of two), and not beyond this size: larger ones wait for the commit.
constexpr std::ptrdiff_t kMergeFactor = 8;
constexpr uint64_t kMaxDocsMergedInMemory = 32'768;

int64_t ColumnValue(const SegmentView& segment, mapping::FieldId field, DocId doc) {
  const ColumnPages* column = segment.Column(field);
  return column == nullptr ? 0 : column->Get(doc).value_or(0);
}

// Order of magnitude of a segment, to the base of kMergeFactor. REQUIRES: a document lives.
int LevelOf(const SegmentView& segment) {
  constexpr int kBits = std::bit_width(static_cast<uint64_t>(kMergeFactor)) - 1;
  return (static_cast<int>(std::bit_width(segment.live_count())) - 1) / kBits;
}

OpResult Failed(Status status) {
  OpResult result;
  result.outcome = Outcome::kFailed;
  result.status = std::move(status);
  return result;
}

}  // namespace

Result<std::shared_ptr<SegmentView>> OpenInMemory(uint64_t id, std::string payload) {
  auto owner = std::make_shared<const std::string>(std::move(payload));
  BINSEEK_ASSIGN_OR_RETURN(auto segment, codec::Segment::Open(*owner, owner));
  return std::make_shared<SegmentView>(id, /*on_disk=*/false, std::move(segment));
}

BatchApplier::Work* BatchApplier::WorkOn(IndexId index) {
  const auto it = works_.find(index);
  if (it != works_.end()) {
    return &it->second;
  }
  const IndexView* base = base_.Find(index);
  if (base == nullptr) {
    return nullptr;
  }
  Work work;
  work.index = std::make_shared<IndexView>(*base);
  work.builder = std::make_unique<codec::SegmentBuilder>(work.index->mapping.get());
  work.external_versions = tombstones_.count(index) != 0;
  return &works_.emplace(index, std::move(work)).first->second;
}

BatchApplier::Stored BatchApplier::Lookup(const Work& work, const std::string& key) const {
  Stored stored;
  const auto pending = work.pending.find(key);
  if (pending != work.pending.end()) {
    stored.pending = pending->second;
    stored.version = work.builder->Number(pending->second, kVersionField).value_or(0);
    stored.seq_no = work.builder->Number(pending->second, kSeqNoField).value_or(0);
    return stored;
  }
  stored.address = work.index->FindKey(key);
  if (stored.address) {
    const SegmentView& segment = work.index->at(*stored.address);
    stored.version = ColumnValue(segment, kVersionField, stored.address->doc);
    stored.seq_no = ColumnValue(segment, kSeqNoField, stored.address->doc);
  }
  return stored;
}

std::optional<int64_t> BatchApplier::TombstoneOf(const Work& work, const std::string& key) const {
  const auto edited = work.tombstones.find(key);
  if (edited != work.tombstones.end()) {
    return edited->second;
  }
  const auto index = tombstones_.find(work.index->id);
  if (index == tombstones_.end()) {
    return std::nullopt;
  }
  const auto it = index->second.find(key);
  return it == index->second.end() ? std::nullopt : std::optional<int64_t>(it->second);
}

SegmentView* BatchApplier::OwnSegment(Work* work, size_t ordinal) {
  std::shared_ptr<SegmentView>& owned = work->owned[ordinal];
  if (owned == nullptr) {
    owned = std::make_shared<SegmentView>(*work->index->segments[ordinal]);
    work->index->segments[ordinal] = owned;
  }
  return owned.get();
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
  if (!Admit(*work, operation, stored, &result)) {
    return result;
  }
  work->external_versions |= operation.version_type != VersionType::kInternal;
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

void BatchApplier::Kill(Work* work, const std::string& key, const Stored& stored) {
  if (stored.pending) {
    work->pending_dead.push_back(*stored.pending);
    work->pending.erase(key);
  } else if (stored.address) {
    OwnSegment(work, stored.address->segment)->mutable_live()->Delete(stored.address->doc, edit_);
  }
}

void BatchApplier::Upsert(Work* work, const Operation& operation, const mapping::Document& document,
                          const Stored& stored, OpResult* result) {
  Result<DocId> doc = work->builder->Add(operation.key, document);
  if (!doc.ok()) {
    *result = Failed(doc.status());
    return;
  }
  Kill(work, operation.key, stored);
  result->seq_no = work->index->next_seq_no++;
  work->builder->SetNumber(*doc, kVersionField, result->version);
  work->builder->SetNumber(*doc, kSeqNoField, result->seq_no);
  if (operation.row_hash != 0) {
    work->builder->SetNumber(*doc, kRowHashField, static_cast<int64_t>(operation.row_hash));
  }
  work->pending[operation.key] = *doc;
  if (TombstoneOf(*work, operation.key)) {
    work->tombstones[operation.key] = std::nullopt;
  }
  result->outcome = stored.exists() ? Outcome::kUpdated : Outcome::kCreated;
}

void BatchApplier::Delete(Work* work, const Operation& operation, const Stored& stored,
                          OpResult* result) {
  Kill(work, operation.key, stored);
  // External versions leave one for keys too that are not here: an older write may still be on its way. Internal ones follow a
  // version that may have been external; where all versions are internal nothing is on its way.
  const bool known = stored.exists() || TombstoneOf(*work, operation.key).has_value();
  if (operation.version_type != VersionType::kInternal || (work->external_versions && known)) {
    work->tombstones[operation.key] = result->version;
  }
  result->seq_no = work->index->next_seq_no++;
  result->outcome = stored.exists() ? Outcome::kDeleted : Outcome::kMissing;
}

Status BatchApplier::CheckColumns(const Work& work, const Operation& operation,
                                  const Stored& stored) const {
  for (const ColumnUpdate& update : operation.columns) {
    const mapping::Field* field = work.index->mapping->Find(update.field);
    if (field == nullptr || !field->is_numeric() || !field->in_place) {
      return Status::InvalidArgument(
          "field id " + std::to_string(static_cast<uint32_t>(update.field)) +
          " is no field of index [" + work.index->name + "] that is updated in place");
    }
    const ColumnPages* column =
        stored.address ? work.index->at(*stored.address).Column(update.field) : nullptr;
    if (column != nullptr && column->multi_valued()) {
      return Status::InvalidArgument("field [" + field->name +
                                     "] has several values and cannot be updated in place");
    }
  }
  return Status::Ok();
}

void BatchApplier::UpdateColumns(Work* work, const Operation& operation, const Stored& stored,
                                 OpResult* result) {
  if (!stored.exists()) {
    if (!operation.if_missing) {
      result->outcome = Outcome::kMissing;
      return;
    }
    const Result<mapping::Document> document = operation.if_missing();
    if (!document.ok()) {
      *result = Failed(document.status());
      return;
    }
    Upsert(work, operation, *document, stored, result);
    return;
  }
  Status status = CheckColumns(*work, operation, stored);
  if (!status.ok()) {
    *result = Failed(std::move(status));
    return;
  }
  result->seq_no = work->index->next_seq_no++;
  result->outcome = Outcome::kUpdated;
  const auto set = [&](mapping::FieldId field, std::optional<int64_t> value) {
    if (stored.pending) {
      work->builder->SetNumber(*stored.pending, field, value);
    } else {
      OwnSegment(work, stored.address->segment)
          ->MutableColumn(field)
          ->Set(stored.address->doc, value, edit_);
    }
  };
  for (const ColumnUpdate& update : operation.columns) {
    set(update.field, update.value);
  }
  set(kVersionField, result->version);
  set(kSeqNoField, result->seq_no);
  if (operation.row_hash != 0) {
    set(kRowHashField, static_cast<int64_t>(operation.row_hash));
  }
}

Status BatchApplier::Seal(Work* work) {
  IndexView* index = work->index.get();
  if (!work->pending.empty()) {
    BINSEEK_ASSIGN_OR_RETURN(std::string payload, work->builder->Finish());
    BINSEEK_ASSIGN_OR_RETURN(auto segment, OpenInMemory((*next_segment_id_)++, std::move(payload)));
    for (const DocId doc : work->pending_dead) {
      segment->mutable_live()->Delete(doc, edit_);
    }
    index->segments.push_back(std::move(segment));
  }
  std::erase_if(index->segments, [&](const auto& segment) {
    return segment->live_count() == 0 && !segment->on_disk() && frozen_.count(segment->id()) == 0;
  });
  return MergeInMemory(index);
}

// Keeps the number of memory segments logarithmic, in whatever order sizes come: eight of one order of magnitude become one of
// the next. Documents of one index have no order that matters, so the eight need not be neighbours.
Status BatchApplier::MergeInMemory(IndexView* index) const {
  std::map<int, std::vector<std::shared_ptr<const SegmentView>>> levels;
  for (const auto& segment : index->segments) {
    if (!segment->on_disk() && frozen_.count(segment->id()) == 0) {
      levels[LevelOf(*segment)].push_back(segment);
    }
  }
  for (auto& [level, segments] :
       levels) {  // ascending; what a level gives up joins the next one before that is looked at
    while (std::ssize(segments) >= kMergeFactor) {
      const std::vector<std::shared_ptr<const SegmentView>> oldest(segments.begin(),
                                                                   segments.begin() + kMergeFactor);
      uint64_t docs = 0;
      for (const auto& segment : oldest) {
        docs += segment->live_count();
      }
      if (docs > kMaxDocsMergedInMemory) {
        break;
      }
      BINSEEK_ASSIGN_OR_RETURN(MergedSegment merged, MergeSegments(oldest));
      BINSEEK_ASSIGN_OR_RETURN(auto segment,
                               OpenInMemory((*next_segment_id_)++, std::move(merged.payload)));
      segments.erase(segments.begin(), segments.begin() + kMergeFactor);
      std::erase_if(index->segments, [&](const auto& old) {
        return std::find(oldest.begin(), oldest.end(), old) != oldest.end();
      });
      levels[LevelOf(*segment)].push_back(segment);
      index->segments.push_back(std::move(segment));
    }
  }
  return Status::Ok();
}

Result<BatchApplier::Changes> BatchApplier::Finish() {
  Changes changes;
  for (auto& [id, work] : works_) {
    BINSEEK_RETURN_IF_ERROR(Seal(&work));
    changes.changed.push_back(work.index);
    if (work.external_versions) {
      changes.tombstones.emplace(id, std::move(work.tombstones));
    }
  }
  return changes;
}

}  // namespace binseek::index
