#include "engine/index/segment_state.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"

namespace binseek::index {
namespace {

// Persisted: values are fixed.
constexpr uint8_t kHasVersion = 1;
constexpr uint8_t kHasSeqNo = 2;
constexpr uint8_t kHasRowHash = 4;
constexpr uint64_t kNumberColumn = 0;  // kinds of columns; the only one yet

// Documents of a page, as a file says; never trusted beyond the segment.
struct PageRange {
  DocId first = 0;
  uint32_t docs = 0;
};

template <class Pages>
void PutRange(const Pages& pages, uint32_t page, std::string* out) {
  PutVarint(out, pages.first_doc(page));
  PutVarint(out, pages.docs_of(page));
}

PageRange ReadRange(ByteReader* reader, uint32_t max_doc) {
  const uint64_t first = reader->Varint();
  const uint64_t docs = reader->Varint();
  if (reader->ok() && (first % 32 != 0 || first >= max_doc || docs > max_doc - first)) {
    reader->Fail("a page of documents that the segment does not have");
  }
  return reader->ok() ? PageRange{static_cast<DocId>(first), static_cast<uint32_t>(docs)}
                      : PageRange{};
}

SystemRow ReadSystemRow(ByteReader* reader) {
  SystemRow row;
  const uint8_t flags = reader->U8();
  if (flags > (kHasVersion | kHasSeqNo | kHasRowHash)) {
    reader->Fail("unknown flags of a document");
  }
  const int64_t version = ZigZagDecode(reader->Varint());
  const int64_t seq_no = ZigZagDecode(reader->Varint());
  if ((flags & kHasVersion) != 0) {
    row.version = version;
  }
  if ((flags & kHasSeqNo) != 0) {
    row.seq_no = seq_no;
  }
  if ((flags & kHasRowHash) != 0) {
    row.row_hash = static_cast<int64_t>(reader->U64());
  }
  return row;
}

template <class Pages>
uint32_t CountChanged(const Pages& pages, Epoch epoch) {
  uint32_t count = 0;
  pages.VisitChangedSince(epoch, [&](uint32_t) { ++count; });
  return count;
}

void PutValues(const NumberPages& column, uint32_t page, std::string* out) {
  PutRange(column, page, out);
  const DocId first = column.first_doc(page);
  std::vector<int64_t> scratch;
  for (DocId doc = first; doc < first + column.docs_of(page); ++doc) {
    const std::span<const int64_t> values = column.GetAll(doc, &scratch);
    PutVarint(out, values.size());
    int64_t before = 0;
    for (const int64_t value : values) {  // ascending: distances are small; modulo 2^64
      PutVarint(out, ZigZagEncode(static_cast<int64_t>(static_cast<uint64_t>(value) -
                                                       static_cast<uint64_t>(before))));
      before = value;
    }
  }
}

void ReadValues(ByteReader* reader, uint32_t max_doc, PageEdit* edit, NumberPages* column) {
  const PageRange range = ReadRange(reader, max_doc);
  std::vector<int64_t> values;
  for (DocId doc = range.first; doc < range.first + range.docs && reader->ok(); ++doc) {
    values.clear();
    const uint64_t count = reader->Varint();
    int64_t value = 0;
    for (uint64_t i = 0; i < count && reader->ok(); ++i) {
      const int64_t before = value;
      value = static_cast<int64_t>(static_cast<uint64_t>(value) +
                                   static_cast<uint64_t>(ZigZagDecode(reader->Varint())));
      if (i > 0 && value < before) {
        reader->Fail("values of a document that do not ascend");
      }
      values.push_back(value);
    }
    if (reader->ok()) {
      column->Set(doc, std::span<const int64_t>(values), edit);
    }
  }
}

}  // namespace

std::string EncodeSegmentState(const SegmentView& segment, Epoch epoch) {
  std::string out;
  PutU32(&out, segment.max_doc());
  uint64_t pages = CountChanged(segment.live(), epoch);
  PutVarint(&out, pages);
  segment.live().VisitChangedSince(epoch, [&](uint32_t page) {
    PutRange(segment.live(), page, &out);
    const DocId first = segment.live().first_doc(page);
    for (DocId doc = first; doc < first + segment.live().docs_of(page); doc += 64) {
      PutU64(&out, segment.live().Word(doc));
    }
  });
  const uint32_t system_pages = CountChanged(segment.system(), epoch);
  pages += system_pages;
  PutVarint(&out, system_pages);
  segment.system().VisitChangedSince(epoch, [&](uint32_t page) {
    PutRange(segment.system(), page, &out);
    const DocId first = segment.system().first_doc(page);
    for (DocId doc = first; doc < first + segment.system().docs_of(page); ++doc) {
      const SystemRow row = segment.System(doc);
      out.push_back(static_cast<char>((row.version ? kHasVersion : 0) |
                                      (row.seq_no ? kHasSeqNo : 0) |
                                      (row.row_hash ? kHasRowHash : 0)));
      PutVarint(&out, ZigZagEncode(row.version.value_or(0)));
      PutVarint(&out, ZigZagEncode(row.seq_no.value_or(0)));
      if (row.row_hash) {
        PutU64(&out, static_cast<uint64_t>(*row.row_hash));
      }
    }
  });
  std::vector<const std::pair<mapping::FieldId, NumberPages>*> changed;
  for (const auto& entry : segment.columns()) {
    if (CountChanged(entry.second, epoch) > 0) {
      changed.push_back(&entry);
    }
  }
  PutVarint(&out, changed.size());
  for (const auto* entry : changed) {
    const NumberPages& column = entry->second;
    PutVarint(&out, static_cast<uint32_t>(entry->first));
    PutVarint(&out, kNumberColumn);
    PutVarint(&out, CountChanged(column, epoch));
    column.VisitChangedSince(epoch, [&](uint32_t page) { PutValues(column, page, &out); });
    ++pages;
  }
  return pages == 0 ? std::string() : out;
}

Status ApplySegmentState(std::string_view payload, PageEdit* edit, SegmentView* segment) {
  ByteReader reader(payload);
  const uint32_t max_doc = segment->max_doc();
  if (reader.U32() != max_doc) {
    reader.Fail("it belongs to a segment of another size");
  }
  const uint64_t live_pages = reader.Varint();
  for (uint64_t i = 0; i < live_pages && reader.ok(); ++i) {
    const PageRange range = ReadRange(&reader, max_doc);
    for (uint32_t at = 0; at < range.docs && reader.ok(); at += 64) {
      const uint64_t word = reader.U64();
      for (uint32_t bit = 0; bit < std::min<uint32_t>(64, range.docs - at); ++bit) {
        if (reader.ok() && ((word >> bit) & 1) == 0) {
          segment->mutable_live()->Delete(range.first + at + bit, edit);
        }
      }
    }
  }
  const uint64_t system_pages = reader.Varint();
  for (uint64_t i = 0; i < system_pages && reader.ok(); ++i) {
    const PageRange range = ReadRange(&reader, max_doc);
    for (DocId doc = range.first; doc < range.first + range.docs && reader.ok(); ++doc) {
      const SystemRow row = ReadSystemRow(&reader);
      if (reader.ok()) {
        segment->mutable_system()->Set(doc, row, edit);
      }
    }
  }
  const uint64_t columns = reader.Varint();
  for (uint64_t i = 0; i < columns && reader.ok(); ++i) {
    const mapping::FieldId field{static_cast<uint32_t>(reader.Varint())};
    if (reader.Varint() != kNumberColumn) {
      reader.Fail("a column of a kind that a newer binseek wrote");
    }
    const uint64_t pages = reader.Varint();
    if (reader.ok() && !mapping::HasColumn(field)) {
      reader.Fail("a column of a field that has none");
    }
    if (!reader.ok()) {
      break;
    }
    NumberPages* column = segment->MutableColumn(field);
    for (uint64_t page = 0; page < pages && reader.ok(); ++page) {
      ReadValues(&reader, max_doc, edit, column);
    }
  }
  if (reader.ok() && !reader.AtEnd()) {
    reader.Fail("bytes behind the end");
  }
  return reader.status("segment state");
}

}  // namespace binseek::index
