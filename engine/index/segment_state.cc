#include "engine/index/segment_state.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"

namespace binseek::index {
namespace {

void ReadPage(ByteReader* reader, uint32_t max_doc, EditId edit, ColumnPages* column) {
  const DocId first = reader->U32();
  if (first >= max_doc || first % ValuePage::kDocs != 0) {
    reader->Fail("a page begins at no place for one");
    return;
  }
  const uint32_t docs = std::min(ValuePage::kDocs, max_doc - first);
  std::array<uint64_t, ValuePage::kDocs / 64> present{};
  for (uint32_t i = 0; i < docs; i += 64) {
    present[i / 64] = reader->U64();
  }
  for (uint32_t i = 0; i < docs && reader->ok(); ++i) {
    const auto value = static_cast<int64_t>(reader->U64());
    const bool is_present = ((present[i / 64] >> (i % 64)) & 1) != 0;
    const std::optional<int64_t> wanted = is_present ? std::optional<int64_t>(value) : std::nullopt;
    if (reader->ok() &&
        column->Get(first + i) != wanted) {  // only pages that differ from the segment take memory
      column->Set(first + i, wanted, edit);
    }
  }
}

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
  for (const auto& [field, column] : segment.columns()) {
    if (!column.written()) {
      continue;
    }
    PutU32(&out, static_cast<uint32_t>(field));
    uint32_t pages = 0;
    column.VisitPages([&](DocId, const ValuePage&) { ++pages; });
    PutU32(&out, pages);
    column.VisitPages([&](DocId first, const ValuePage& page) {
      PutU32(&out, first);
      const uint32_t docs = std::min(ValuePage::kDocs, segment.max_doc() - first);
      for (uint32_t i = 0; i < docs; i += 64) {
        PutU64(&out, page.present[i / 64]);
      }
      for (uint32_t i = 0; i < docs; ++i) {
        PutU64(&out, static_cast<uint64_t>(page.values[i]));
      }
    });
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
    const uint32_t pages = reader.U32();
    for (uint32_t page = 0; page < pages && reader.ok(); ++page) {
      ReadPage(&reader, segment->max_doc(), edit, column);
    }
  }
  if (reader.ok() && !reader.AtEnd()) {
    reader.Fail("bytes behind the end");
  }
  return reader.status("segment state");
}

}  // namespace binseek::index
