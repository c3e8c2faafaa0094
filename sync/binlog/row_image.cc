#include "sync/binlog/row_image.h"

#include <utility>

#include "sync/binlog/json_diff.h"

namespace binseek::binlog {
namespace {

bool Bit(std::string_view bitmap, size_t i) {
  return (static_cast<uint8_t>(bitmap[i / 8]) >> (i % 8) & 1) != 0;
}

// Absent. The memory of its text stays.
void Blank(change::Value* value) {
  value->kind = change::ValueKind::kAbsent;
  value->integer = 0;
  value->real = 0;
  value->bytes.clear();
}

size_t CountBits(std::string_view bitmap, size_t bits) {
  size_t count = 0;
  for (size_t i = 0; i < bits; ++i) {
    count += Bit(bitmap, i) ? 1 : 0;
  }
  return count;
}

}  // namespace

Result<std::unique_ptr<RowDecoder>> RowDecoder::Make(
    const TableMap& map, std::shared_ptr<const change::TableSchema> schema) {
  std::unique_ptr<RowDecoder> decoder(new RowDecoder());
  if (map.columns.size() != schema->columns.size()) {
    return Status::Aborted("table " + schema->QualifiedName() + ": the binlog's rows have " +
                           std::to_string(map.columns.size()) + " columns, the known table has " +
                           std::to_string(schema->columns.size()));
  }
  decoder->plans_.reserve(map.columns.size());
  for (size_t i = 0; i < map.columns.size(); ++i) {
    auto plan = MakeColumnPlan(map.columns[i], schema->columns[i], map.has_names);
    if (!plan.ok()) {
      return plan.status().WithContext("table " + schema->QualifiedName());
    }
    decoder->json_columns_ += plan->type == WireType::kJson ? 1 : 0;
    decoder->plans_.push_back(std::move(plan).value());
  }
  decoder->schema_ = std::move(schema);
  return decoder;
}

// Which of the table's JSON columns come as differences to the image before.
struct RowDecoder::PartialImage {
  const change::RowImage* before = nullptr;  // null: none do
  std::string_view bits;                     // by JSON column, absent ones too
};

// value_options, and where they say so, a bit for every JSON column of the table.
RowDecoder::PartialImage RowDecoder::ReadPartialImage(const change::RowImage& before,
                                                      ByteReader* reader) const {
  constexpr uint64_t kPartialJson = 1;
  PartialImage partial;
  const uint64_t options = reader->LenEnc();
  if (options > kPartialJson) {
    reader->Fail("value options " + std::to_string(options));
  }
  if (options == kPartialJson) {
    partial.before = &before;
    partial.bits = reader->Bytes((json_columns_ + 7) / 8);
  }
  return partial;
}

RowDecoder::Carried RowDecoder::CarriedBy(std::string_view present) const {
  return {present, present.empty() ? 0 : CountBits(present, plans_.size())};
}

Status RowDecoder::DecodeImage(const Carried& carried, const PartialImage& partial,
                               ByteReader* reader, change::RowImage* image) const {
  const size_t columns = plans_.size();
  image->resize(columns);
  const std::string_view nulls = reader->Bytes((carried.count + 7) / 8);
  if (!reader->ok()) {
    return Status::Ok();  // the caller looks
  }
  size_t nth = 0;
  size_t nth_json = 0;
  for (size_t i = 0; i < columns; ++i) {
    const bool difference = plans_[i].type == WireType::kJson && partial.before != nullptr &&
                            Bit(partial.bits, nth_json++);
    change::Value& value = (*image)[i];
    Blank(&value);
    if (!Bit(carried.bits, i)) {
      continue;
    }
    if (Bit(nulls, nth++)) {
      value.kind = change::ValueKind::kNull;
      continue;
    }
    const Status decoded = difference ? DecodeDifference(i, *partial.before, reader, &value)
                                      : DecodeColumnValue(plans_[i], reader, &value);
    if (!decoded.ok() || !reader->ok()) {
      const Status status = decoded.ok() ? reader->status("rows") : decoded;
      return status.WithContext("table " + schema_->QualifiedName() + ", column " +
                                schema_->columns[i].name);
    }
  }
  return Status::Ok();
}

Status RowDecoder::DecodeDifference(size_t column, const change::RowImage& before,
                                    ByteReader* reader, change::Value* value) const {
  const std::string_view differences = reader->Bytes(reader->UintLe(plans_[column].length));
  if (!reader->ok()) {
    return Status::Ok();
  }
  if (before[column].kind != change::ValueKind::kJson) {
    value->kind = change::ValueKind::kUnknown;  // what it is a difference to is not told
    return Status::Ok();
  }
  *value = before[column];
  if (!ApplyJsonDiffs(differences, &value->bytes).ok()) {
    Blank(value);  // one that does not fit tells no more than one to what is not known
    value->kind = change::ValueKind::kUnknown;
  }
  return Status::Ok();
}

Status RowDecoder::DecodeRow(const RowsEvent& event, const Carried& first, const Carried& after,
                             ByteReader* reader, change::RowChange* row) const {
  switch (event.kind) {
    case RowsKind::kWrite:
      row->kind = change::RowChangeKind::kInsert;
      return DecodeImage(first, {}, reader, &row->after);
    case RowsKind::kDelete:
      row->kind = change::RowChangeKind::kDelete;
      return DecodeImage(first, {}, reader, &row->before);
    case RowsKind::kUpdate:
      break;
  }
  row->kind = change::RowChangeKind::kUpdate;
  BINSEEK_RETURN_IF_ERROR(DecodeImage(first, {}, reader, &row->before));
  const PartialImage partial =
      event.partial && reader->ok() ? ReadPartialImage(row->before, reader) : PartialImage();
  return DecodeImage(after, partial, reader, &row->after);
}

Status RowDecoder::DecodeRows(const RowsEvent& event, RowBuffer* buffer) const {
  if (event.columns != plans_.size()) {
    return Status::Corruption("table " + schema_->QualifiedName() + ": rows of " +
                              std::to_string(event.columns) + " columns behind a table map of " +
                              std::to_string(plans_.size()));
  }
  const Carried first = CarriedBy(event.present);
  const Carried after = CarriedBy(event.present_after);
  ByteReader reader(event.rows);
  // Rows that were left to their defaults have no bytes, nor does the event tell how many they are: one stands for all, as nothing of it is known.
  bool of_defaults = event.kind == RowsKind::kWrite && first.count == 0 && reader.AtEnd();
  for (; of_defaults || !reader.AtEnd(); of_defaults = false) {
    const size_t left = reader.remaining();
    change::RowChange row;
    row.table = schema_;
    if (event.kind != RowsKind::kWrite) {
      row.before = buffer->NewImage();
    }
    if (event.kind != RowsKind::kDelete) {
      row.after = buffer->NewImage();
    }
    BINSEEK_RETURN_IF_ERROR(DecodeRow(event, first, after, &reader, &row));
    if (reader.ok() && reader.remaining() == left && !of_defaults) {
      reader.Fail("a row without bytes");
    }
    const Status added = reader.ok() ? buffer->Add(std::move(row)) : reader.status("rows");
    if (!added.ok()) {
      return added.WithContext("table " + schema_->QualifiedName());
    }
  }
  return Status::Ok();
}

}  // namespace binseek::binlog
