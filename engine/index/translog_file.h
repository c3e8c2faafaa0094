// How a file of the translog lies: its name, its head, and the frame around each record.
//
// A frame's own checksum covers the file's generation and the frame's offset, so a frame that was moved or is left over never passes.
// A frame also says how far its file was durable when it was written. Bytes that are damaged although a later frame says that they
// were durable are a disk's fault and corruption; without such a witness they are what a crash leaves of writes that nobody was
// promised anything about, in whatever order the pages reached the disk.
//
// Pure functions and value types; thread-safe. They take any bytes. Layout: engine/codec/FORMATS.md.
#ifndef BINSEEK_ENGINE_INDEX_TRANSLOG_FILE_H_
#define BINSEEK_ENGINE_INDEX_TRANSLOG_FILE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace binseek::index {

// A place in the translog: everything before it in its generation, and all earlier generations.
struct TranslogLocation {
  uint64_t generation = 0;  // generations count from 1; 0: there is none yet
  uint64_t offset = 0;      // in the generation's file
  friend bool operator==(const TranslogLocation&, const TranslogLocation&) = default;
  friend bool operator<(const TranslogLocation& a, const TranslogLocation& b) {
    return a.generation != b.generation ? a.generation < b.generation : a.offset < b.offset;
  }
};

inline constexpr size_t kTranslogHeaderBytes = 64;
inline constexpr size_t kTranslogFrameBytes = 20;
inline constexpr uint64_t kMaxTranslogPayloadBytes = uint64_t{1} << 30;

std::string TranslogFile(uint64_t generation);  // "translog-12"
// nullopt: not the name of a translog file.
std::optional<uint64_t> TranslogGeneration(std::string_view file);

// `previous_end`: where the records of the generation before end; what its file holds behind that is void. 0: there is none before.
std::string EncodeTranslogHeader(uint64_t generation, uint64_t previous_end);
// previous_end of the file. Errors: kCorruption, kFormatTooOld, kFormatTooNew, each naming the file.
[[nodiscard]] Result<uint64_t> DecodeTranslogHeader(std::string_view bytes, uint64_t generation);

struct TranslogFrame {
  uint32_t payload_bytes =
      0;  // 0: no record but the mark that the next generation exists; last in its file
  uint32_t payload_crc = 0;
  uint64_t synced_end =
      kTranslogHeaderBytes;  // the file was durable up to here when this was written
};

// kTranslogFrameBytes bytes, for a frame at `at`.
void PutTranslogFrame(std::string* out, const TranslogFrame& frame, const TranslogLocation& at);
// The frame at `at.offset` of the whole file `bytes`; nullopt where there is none. Its payload may be cut short or damaged.
std::optional<TranslogFrame> ReadTranslogFrame(std::string_view bytes, const TranslogLocation& at);
// The frame's payload; nullopt where it is cut short or damaged.
std::optional<std::string_view> ReadTranslogPayload(std::string_view bytes,
                                                    const TranslogFrame& frame, uint64_t offset);
// Offset of a frame behind `damaged` which says that the bytes there had been durable; nullopt: none does. Cost: linear.
std::optional<uint64_t> FindTranslogWitness(std::string_view bytes,
                                            const TranslogLocation& damaged);

// "translog-3: offset 1234: why".
[[nodiscard]] Status TranslogCorruption(const TranslogLocation& at, std::string_view why);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_TRANSLOG_FILE_H_
