#include "engine/index/segment_state.h"

#include <algorithm>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"

namespace binseek::index {
namespace {

constexpr uint32_t kStep = ValuePage::kDocs;

}  // namespace

std::string EncodeSegmentState(const SegmentView& segment) {
  std::string out;
  PutU32(&out, segment.max_doc());
  for (DocId doc = 0; doc < segment.max_doc(); doc += 64) {
    PutU64(&out, segment.live().Word(doc));
  }
  uint32_t written = 0;
  for (const auto& [field, column] : segment.columns()) {
    written += column.written() ? 1 : 0;
  }
  PutU32(&out, written);
  int64_t values[kStep];
  uint64_t present[kStep / 64];
  for (const auto& [field, column] : segment.columns()) {
    if (!column.written()) {
      continue;
    }
    PutU32(&out, static_cast<uint32_t>(field));
    for (DocId first = 0; first < segment.max_doc(); first += kStep) {
      const uint32_t n = std::min(kStep, segment.max_doc() - first);
      column.Read(first, n, values, present);
      for (uint32_t i = 0; i < n; ++i) {
        PutU8(&out, (present[i / 64] >> (i % 64)) & 1);
        PutU64(&out, static_cast<uint64_t>(values[i]));
      }
    }
  }
  return out;
}

Status ApplySegmentState(std::string_view payload, EditId edit, SegmentView* segment) {
  ByteReader reader(payload);
  if (reader.U32() != segment->max_doc()) {
    reader.Fail("it belongs to a segment of another size");
  }
  for (DocId first = 0; first < segment->max_doc() && reader.ok(); first += 64) {
    const uint64_t word = reader.U64();
    for (DocId doc = first; doc < std::min(segment->max_doc(), first + 64); ++doc) {
      if (((word >> (doc % 64)) & 1) == 0) {
        segment->mutable_live()->Delete(doc, edit);
      }
    }
  }
  const uint32_t columns = reader.U32();
  for (uint32_t i = 0; i < columns && reader.ok(); ++i) {
    ColumnPages* column = segment->MutableColumn(mapping::FieldId{reader.U32()});
    if (column->multi_valued()) {
      reader.Fail("an updated column has several values per document");
      break;
    }
    for (DocId doc = 0; doc < segment->max_doc() && reader.ok(); ++doc) {
      const bool present = reader.U8() != 0;
      const int64_t value = static_cast<int64_t>(reader.U64());
      const std::optional<int64_t> wanted = present ? std::optional<int64_t>(value) : std::nullopt;
      if (column->Get(doc) != wanted) {  // only pages that differ from the segment take memory
        column->Set(doc, wanted, edit);
      }
    }
  }
  return reader.status("segment state");
}

}  // namespace binseek::index
