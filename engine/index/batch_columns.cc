// BatchApplier on updates of columns: numbers that change while the rest of a document stays.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/batch_applier.h"

namespace binseek::index {
namespace {

using mapping::FieldId;
using mapping::kOverriddenField;
using mapping::kRowHashField;
using mapping::kSeqNoField;
using mapping::kVersionField;

// Calls visit(field, values, ascending) once for each field: entries of one field stand side by side.
template <class Visit>
void ForEachField(std::span<const ColumnUpdate> columns, const Visit& visit) {
  std::vector<int64_t> several;
  for (size_t i = 0; i < columns.size();) {
    const std::optional<int64_t>& value = columns[i].value;
    const FieldId field = columns[i].field;
    if (i + 1 == columns.size() || columns[i + 1].field != field) {
      visit(field, value ? std::span<const int64_t>(&*value, 1) : std::span<const int64_t>());
      ++i;
      continue;
    }
    several.clear();
    for (; i < columns.size() && columns[i].field == field; ++i) {
      if (columns[i].value) {
        several.push_back(*columns[i].value);
      }
    }
    std::sort(several.begin(), several.end());
    visit(field, std::span<const int64_t>(several));
  }
}

void Insert(FieldId field, std::vector<int64_t>* fields) {
  const auto id = static_cast<int64_t>(field);
  const auto at = std::lower_bound(fields->begin(), fields->end(), id);
  if (at == fields->end() || *at != id) {
    fields->insert(at, id);
  }
}

// The hash before the update was that of another row: an update that does not know its row's hash leaves none.
std::optional<int64_t> KnownHash(uint64_t row_hash) {
  return row_hash == 0 ? std::nullopt : std::optional(static_cast<int64_t>(row_hash));
}

}  // namespace

const mapping::Field* BatchApplier::FieldOf(const Work& work, FieldId id) {
  const FieldRebuild* const rebuild = work.writer->rebuild.get();
  return rebuild != nullptr && !rebuild->switched && id == rebuild->to()
             ? &rebuild->conversion->to()
             : work.index->mapping->Find(id);
}

Status BatchApplier::CheckColumns(const Work& work, std::span<const ColumnUpdate> columns) {
  const mapping::Mapping& mapping = *work.index->mapping;
  for (size_t i = 0; i < columns.size(); ++i) {
    const FieldId id = columns[i].field;
    const mapping::Field* const field = FieldOf(work, id);
    // Beside a source that came as JSON a column may change where nothing but the column was made of the value.
    const bool beside_source =
        field != nullptr && field->is_numeric() && !field->in_place && !mapping.synced() &&
        !field->is_multi_field() && mapping.NestedAround(field->name) == nullptr &&
        mapping.MultiFieldsOf(id).empty() && field->parameters().copy_to.empty();
    if (field == nullptr || !field->is_numeric() || (!field->in_place && !beside_source)) {
      return Status::InvalidArgument("field id " + std::to_string(static_cast<uint32_t>(id)) +
                                     " is no field of index [" + work.index->name +
                                     "] that is updated in place");
    }
    if (i > 0 && columns[i - 1].field == id && field->in_place && !field->several) {
      return Status::InvalidArgument("field [" + field->name +
                                     "] is updated in place and takes one value");
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
      result->outcome = Outcome::kFailed;
      result->status = document.status();
      return;
    }
    Upsert(work, operation, *document, stored, result);
    return;
  }
  std::span<const ColumnUpdate> columns = operation.columns;
  std::vector<ColumnUpdate> rebuilt;
  FieldRebuild* const rebuild = work->writer->rebuild.get();
  if (rebuild != nullptr) {
    rebuilt = rebuild->Columns(operation.key, columns);
    columns = rebuilt;
  }
  Status status = CheckColumns(*work, columns);
  if (!status.ok()) {
    *result = {.outcome = Outcome::kFailed, .status = std::move(status)};
    return;
  }
  result->seq_no = TakeSeqNo(work, operation);
  result->outcome = Outcome::kUpdated;
  if (log_ != nullptr) {
    // A restart before the switch knows the old field alone.
    const bool switched = rebuild != nullptr && rebuild->switched;
    log_->UpdateColumns(Logged(operation, *result), switched ? columns : operation.columns);
  }
  if (stored.pending) {
    UpdatePending(work, columns, operation.row_hash, *stored.pending, *result);
  } else {
    UpdateStored(work, columns, operation.row_hash, stored, *result);
  }
}

void BatchApplier::UpdatePending(Work* work, std::span<const ColumnUpdate> columns,
                                 uint64_t row_hash, DocId doc, const OpResult& result) {
  codec::SegmentBuilder* const builder = work->builder.get();
  ForEachField(columns, [&](FieldId field, std::span<const int64_t> values) {
    if (values.size() <= 1) {
      builder->SetNumber(doc, field,
                         values.empty() ? std::nullopt : std::optional<int64_t>(values.front()));
    } else {
      builder->SetNumbers(doc, field, values);
    }
    if (!FieldOf(*work, field)->in_place) {
      std::vector<int64_t> overridden = builder->Numbers(doc, kOverriddenField);
      Insert(field, &overridden);
      builder->SetNumbers(doc, kOverriddenField, overridden);
    }
  });
  builder->SetNumber(doc, kVersionField, result.version);
  builder->SetNumber(doc, kSeqNoField, result.seq_no);
  if (row_hash != 0 || builder->Number(doc, kRowHashField)) {
    builder->SetNumber(doc, kRowHashField, KnownHash(row_hash));
  }
}

void BatchApplier::UpdateStored(Work* work, std::span<const ColumnUpdate> columns,
                                uint64_t row_hash, const Stored& stored, const OpResult& result) {
  SegmentView* const segment = OwnSegment(work, stored.address->segment);
  const DocId doc = stored.address->doc;
  ForEachField(columns, [&](FieldId field, std::span<const int64_t> values) {
    segment->MutableColumn(field)->Set(doc, values, edit_);
    if (!FieldOf(*work, field)->in_place) {
      NumberPages* const column = segment->MutableColumn(kOverriddenField);
      std::vector<int64_t> scratch;
      const std::span<const int64_t> before = column->GetAll(doc, &scratch);
      std::vector<int64_t> overridden(before.begin(), before.end());
      Insert(field, &overridden);
      column->Set(doc, std::span<const int64_t>(overridden), edit_);
    }
  });
  segment->mutable_system()->Set(doc, {result.version, result.seq_no, KnownHash(row_hash)}, edit_);
}

}  // namespace binseek::index
