// segment_layout: what the writer and the reader of a segment agree upon. Byte table: FORMATS.md, "Segment".
//
// Sections stand one after the other, each at a multiple of 8; behind the last of them the directory: an entry per section, then a trailer.
// Plain constants.
#ifndef BINSEEK_ENGINE_CODEC_SEGMENT_LAYOUT_H_
#define BINSEEK_ENGINE_CODEC_SEGMENT_LAYOUT_H_

#include <cstddef>
#include <cstdint>

namespace binseek::codec {

// Persisted: values are fixed. A reader refuses kinds that it does not know, and a new one raises the format's version.
enum class SectionKind : uint32_t {
  kTermBlocks = 1,  // term_dictionary_writer.h
  kTermIndex = 2,
  kPostings = 3,  // postings_writer.h
  kPositions = 4,
  kOffsets = 5,
  kKeywords = 6,  // ord_column.h: ordinals into the field's terms
  kNumbers = 7,   // number_column.h
  kNorms = 8,     // u8[max_doc]
  // Of no field:
  kRoots = 9,  // u64[(max_doc+63)/64]; absent: every document is a root
  kKeys = 10,  // key_table.h
  kKeyTable = 11,
  kStored = 12,  // stored_fields.h
  // Of a field, in place of kKeywords:
  kKeywordIds = 13,  // ord_column.h: ids that hold for the whole index
};

inline constexpr size_t kSectionEntryBytes = 32;
inline constexpr size_t kSegmentTrailerBytes = 16;
// Doc maps and key maps take their numbers for granted.
inline constexpr uint32_t kMaxSegmentDocs = uint32_t{1} << 30;

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_SEGMENT_LAYOUT_H_
