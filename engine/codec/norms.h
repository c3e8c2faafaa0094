// Norms: a field's length in one byte, as Lucene stores it, so that scores can be equal to its.
//
// Lengths up to 23 are exact, greater ones keep four significant bits ("SmallFloat.intToByte4" of Lucene's util package;
// re-derived here from its description). Monotone: a longer field never gets a smaller byte.
#ifndef BINSEEK_ENGINE_CODEC_NORMS_H_
#define BINSEEK_ENGINE_CODEC_NORMS_H_

#include <cstdint>

namespace binseek::codec {

uint8_t EncodeNorm(uint32_t length);
uint32_t DecodeNorm(uint8_t norm);

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_NORMS_H_
