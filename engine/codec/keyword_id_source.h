// KeywordIdSource: who gives the values of keyword fields ids that hold for a whole index, while a segment is built.
//
// Interface; the caller's thread. Asked once per field and segment, so its cost is one of distinct values and not of documents.
#ifndef BINSEEK_ENGINE_CODEC_KEYWORD_ID_SOURCE_H_
#define BINSEEK_ENGINE_CODEC_KEYWORD_ID_SOURCE_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/mapping/field.h"

namespace binseek::codec {

class KeywordIdSource {
 public:
  virtual ~KeywordIdSource() = default;
  // Sets `ids` to an id for each of `values`, which are all of the field in the segment, distinct and ascending; ids are below kNoOrd. False: this
  // field's values have none, and the segment keeps ordinals.
  virtual bool Give(mapping::FieldId field, std::span<const std::string_view> values,
                    std::vector<uint32_t>* ids) = 0;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_KEYWORD_ID_SOURCE_H_
