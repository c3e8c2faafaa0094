// ProbeSegment: opens bytes as a segment and, where that succeeds, calls every accessor with every argument that it allows. What
// the tests with hostile bytes and the fuzzer do alike.
#ifndef BINSEEK_TESTS_ENGINE_CODEC_SEGMENT_PROBE_H_
#define BINSEEK_TESTS_ENGINE_CODEC_SEGMENT_PROBE_H_

#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace binseek::codec {

// The bytes are copied to an aligned block of just their size, so that a sanitizer sees any read beyond it.
[[nodiscard]] Status ProbeSegment(std::string_view bytes);

// Gives the directory the checksum of what stands in it, where there is one: the bytes of somebody who can compute it.
void SealDirectory(std::string* bytes);

}  // namespace binseek::codec

#endif  // BINSEEK_TESTS_ENGINE_CODEC_SEGMENT_PROBE_H_
