// TermInfo: what a term dictionary knows of a term: its statistics and where its postings lie.
//
// Plain value type. A term of one document has no postings of its own: the document and its frequency are in here.
#ifndef BINSEEK_ENGINE_CODEC_TERM_INFO_H_
#define BINSEEK_ENGINE_CODEC_TERM_INFO_H_

#include <cstdint>

#include "engine/codec/doc_id.h"

namespace binseek::codec {

// What a field's postings carry; fixed for a field within a segment.
struct PostingsShape {
  bool freqs = false;      // false: every frequency is 1
  bool positions = false;  // REQUIRES: freqs
  bool offsets = false;    // start and end of each occurrence in the text; REQUIRES: positions
  bool position_lengths = false;  // absent: every length is 1; REQUIRES: positions
  friend bool operator==(const PostingsShape&, const PostingsShape&) = default;
};

struct TermInfo {
  uint32_t doc_freq = 0;
  uint64_t total_term_freq = 0;  // doc_freq where the field has no frequencies
  DocId only_doc = 0;            // doc_freq == 1: the document; its frequency is total_term_freq
  // Offsets within the field's sections; postings are only there for doc_freq > 1, the others where the shape says so.
  uint64_t postings_start = 0;
  uint64_t positions_start = 0;
  uint64_t offsets_start = 0;
  friend bool operator==(const TermInfo&, const TermInfo&) = default;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_TERM_INFO_H_
