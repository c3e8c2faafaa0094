// File envelope: the header and footer around every file's payload.
//
//   offset  size  what
//   0       8     magic "BINSEEK\0"
//   8       16    format name, zero-padded ("manifest", "segment")
//   24      4     format version
//   28      4     zero
//   32      16    owner's id (a segment's), zero-padded
//   48      8     payload length
//   56      8     zero: the payload starts at 64, aligned for every kind of array
//   64      n     payload
//   64+n    4     crc32c over everything before
//   68+n    8     magic "SEEKBIN\0"
// Integers are little-endian. Too old, too new and corrupt are three different errors; each names the file.
#ifndef BINSEEK_ENGINE_STORE_FILE_ENVELOPE_H_
#define BINSEEK_ENGINE_STORE_FILE_ENVELOPE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace binseek::store {

struct EnvelopeFormat {
  std::string_view name;  // at most 16 bytes
  uint32_t oldest = 0;    // versions that can be read
  uint32_t current = 0;   // the one that is written
};

inline constexpr size_t kEnvelopeHeaderBytes = 64;

// `id` is at most 16 bytes.
std::string WrapInEnvelope(const EnvelopeFormat& format, std::string_view id,
                           std::string_view payload);

// The payload within `bytes`, checked to the last byte. `file` is for messages. Errors: kFormatTooOld, kFormatTooNew, kCorruption
// (wrong magic, name, id, length or checksum, with the offset).
[[nodiscard]] Result<std::string_view> OpenEnvelope(const EnvelopeFormat& format,
                                                    std::string_view id, std::string_view bytes,
                                                    const std::string& file);

}  // namespace binseek::store

#endif  // BINSEEK_ENGINE_STORE_FILE_ENVELOPE_H_
