// File envelope: the header and footer around every file's payload. All that depends on the payload stands behind it, so that a file can
// be written as a stream.
//
//   offset  size  what
//   0       8     magic "BINSEEK\0"
//   8       16    format name, zero-padded ("manifest", "segment")
//   24      4     format version
//   28      4     zero
//   32      16    owner's id (a segment's), zero-padded
//   48      16    zero: the payload starts at 64, aligned for every kind of array
//   64      n     payload
//   64+n    8     payload length n
//   72+n    4     zero
//   76+n    4     crc32c over everything before
//   80+n    8     magic "SEEKBIN\0"
// Integers are little-endian. Too old, too new and corrupt are three different errors; each names the file.
#ifndef BINSEEK_ENGINE_STORE_FILE_ENVELOPE_H_
#define BINSEEK_ENGINE_STORE_FILE_ENVELOPE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/store/directory.h"

namespace binseek::store {

struct EnvelopeFormat {
  std::string_view name;  // at most 16 bytes
  uint32_t oldest = 0;    // versions that can be read
  uint32_t current = 0;   // the one that is written
};

inline constexpr size_t kEnvelopeHeaderBytes = 64;
inline constexpr size_t kEnvelopeFooterBytes = 24;

// `id` is at most 16 bytes.
std::string WrapInEnvelope(const EnvelopeFormat& format, std::string_view id,
                           std::string_view payload);

// Writes the same bytes piece by piece:
//
//   BINSEEK_ASSIGN_OR_RETURN(auto writer, EnvelopeWriter::Begin(file.get(), format, id));
//   BINSEEK_RETURN_IF_ERROR(writer.Append(bytes));  // as often as wanted
//   BINSEEK_RETURN_IF_ERROR(writer.Finish());
//   BINSEEK_RETURN_IF_ERROR(file->Sync());
//
// Small pieces are gathered, so that they need not be the caller's care; without Finish the file's end is missing and opening it fails.
// Single-threaded. Borrows the file; syncing and closing it are the caller's. Errors: the file's; after one nothing more is to be called.
class EnvelopeWriter {
 public:
  [[nodiscard]] static Result<EnvelopeWriter> Begin(WritableFile* file,
                                                    const EnvelopeFormat& format,
                                                    std::string_view id);

  [[nodiscard]] Status Append(std::string_view bytes);
  [[nodiscard]] Status Finish();  // once, last

  uint64_t payload_bytes() const { return payload_bytes_; }  // appended so far

 private:
  explicit EnvelopeWriter(WritableFile* file) : file_(file) {}
  Status Flush();

  WritableFile* file_;
  std::string pending_;  // not yet in the file, nor in crc_
  uint32_t crc_ = 0;
  uint64_t payload_bytes_ = 0;
};

enum class Verify {
  kWhole,      // every byte, by the checksum
  kStructure,  // header, footer and length only: no byte of the payload is read
};

// The payload within `bytes`. `file` is for messages. Errors: kFormatTooOld, kFormatTooNew, kCorruption (wrong magic, name, id, length
// or, unless only the structure is looked at, checksum; with the offset). Cost: of kWhole, reading the file; of kStructure, nothing.
[[nodiscard]] Result<std::string_view> OpenEnvelope(const EnvelopeFormat& format,
                                                    std::string_view id, std::string_view bytes,
                                                    const std::string& file,
                                                    Verify verify = Verify::kWhole);

// What Verify::kStructure leaves out, for later. kCorruption.
[[nodiscard]] Status VerifyEnvelopeChecksum(std::string_view bytes, const std::string& file);

}  // namespace binseek::store

#endif  // BINSEEK_ENGINE_STORE_FILE_ENVELOPE_H_
