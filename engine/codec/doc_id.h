// DocId: a document's place within its segment.
#ifndef BINSEEK_ENGINE_CODEC_DOC_ID_H_
#define BINSEEK_ENGINE_CODEC_DOC_ID_H_

#include <cstdint>
#include <limits>

namespace binseek::codec {

using DocId = uint32_t;
inline constexpr DocId kNoMoreDocs = std::numeric_limits<DocId>::max();

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_DOC_ID_H_
