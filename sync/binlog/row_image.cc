#include "sync/binlog/row_image.h"

#include <utility>

#include "sync/binlog/json_diff.h"

namespace binseek::binlog {
namespace {

bool Bit(std::string_view bitmap, size_t i) {
  return (static_cast<uint8_t>(bitmap[i / 8]) >> (i % 8) & 1) != 0;
}

size_t CountBits(std::string_view bitmap, size_t bits) {
  size_t count = 0;
  for (size_t i = 0; i < bits; ++i) {
    count += Bit(bitmap, i) ? 1 : 0;
  }
  return count;
}

// What an image holds outside the values themselves.
uint64_t HeapBytes(const change::RowImage& image) {
  uint64_t bytes = 0;
  for (const change::Value& value : image) {
    bytes += value.bytes.size();
  }
  return bytes;
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

Status RowDecoder::DecodeImage(std::string_view present, const PartialImage& partial,
                               ByteReader* reader, change::RowImage* image) const {
  const size_t columns = plans_.size();
  image->resize(columns);
  const std::string_view nulls = reader->Bytes((CountBits(present, columns) + 7) / 8);
  if (!reader->ok()) {
    return Status::Ok();  // the caller looks
  }
  size_t nth = 0;
  size_t nth_json = 0;
  for (size_t i = 0; i < columns; ++i) {
    const bool difference = plans_[i].type == WireType::kJson && partial.before != nullptr &&
                            Bit(partial.bits, nth_json++);
    if (!Bit(present, i)) {
      continue;
    }
    change::Value& value = (*image)[i];
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
  return ApplyJsonDiffs(differences, &value->bytes);
}

Status RowDecoder::DecodeRow(const RowsEvent& event, ByteReader* reader,
                             change::RowChange* row) const {
  switch (event.kind) {
    case RowsKind::kWrite:
      row->kind = change::RowChangeKind::kInsert;
      return DecodeImage(event.present, {}, reader, &row->after);
    case RowsKind::kDelete:
      row->kind = change::RowChangeKind::kDelete;
      return DecodeImage(event.present, {}, reader, &row->before);
    case RowsKind::kUpdate:
      break;
  }
  row->kind = change::RowChangeKind::kUpdate;
  BINSEEK_RETURN_IF_ERROR(DecodeImage(event.present, {}, reader, &row->before));
  const PartialImage partial =
      event.partial && reader->ok() ? ReadPartialImage(row->before, reader) : PartialImage();
  return DecodeImage(event.present_after, partial, reader, &row->after);
}

Status RowDecoder::DecodeRows(const RowsEvent& event, uint64_t limit_bytes,
                              std::vector<change::RowChange>* rows, uint64_t* used_bytes) const {
  if (event.columns != plans_.size()) {
    return Status::Corruption("table " + schema_->QualifiedName() + ": rows of " +
                              std::to_string(event.columns) + " columns behind a table map of " +
                              std::to_string(plans_.size()));
  }
  ByteReader reader(event.rows);
  const size_t images = event.kind == RowsKind::kUpdate ? 2 : 1;
  const uint64_t row_bytes =
      sizeof(change::RowChange) + images * plans_.size() * sizeof(change::Value);
  while (!reader.AtEnd()) {
    const size_t left = reader.remaining();
    if (*used_bytes + row_bytes > limit_bytes) {
      return Status::ResourceExhausted("table " + schema_->QualifiedName() +
                                       ": a transaction's rows take more than " +
                                       std::to_string(limit_bytes) + " bytes of memory");
    }
    change::RowChange& row = rows->emplace_back();
    row.table = schema_;
    BINSEEK_RETURN_IF_ERROR(DecodeRow(event, &reader, &row));
    if (reader.ok() && reader.remaining() == left) {
      reader.Fail("a row without bytes");
    }
    *used_bytes += row_bytes + HeapBytes(row.before) + HeapBytes(row.after);
  }
  const Status status = reader.status("rows");
  return status.ok() ? status : status.WithContext("table " + schema_->QualifiedName());
}

}  // namespace binseek::binlog
