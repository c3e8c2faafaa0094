#include "engine/index/translog_file.h"

#include <array>
#include <charconv>
#include <cstring>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"
#include "engine/base/crc32c.h"

namespace binseek::index {
namespace {

constexpr std::string_view kMagic("BINSEEK\0", 8);
constexpr std::string_view kFormatName("translog\0\0\0\0\0\0\0\0", 16);
constexpr uint32_t kVersion = 1;
constexpr size_t kHeaderCrcAt = 60;
constexpr std::string_view kPrefix = "translog-";

// In a frame.
constexpr size_t kSyncedEndAt = 8;
constexpr size_t kFrameCrcAt = 16;

// Over the frame before its checksum, and over where it stands.
uint32_t FrameCrc(std::string_view head, const TranslogLocation& at) {
  std::array<char, 16> place{};
  std::memcpy(place.data(), &at.generation, sizeof(at.generation));
  std::memcpy(place.data() + sizeof(at.generation), &at.offset, sizeof(at.offset));
  return Crc32c({place.data(), place.size()}, Crc32c(head));
}

}  // namespace

std::string TranslogFile(uint64_t generation) {
  return std::string(kPrefix) + std::to_string(generation);
}

std::optional<uint64_t> TranslogGeneration(std::string_view file) {
  if (!file.starts_with(kPrefix)) {
    return std::nullopt;
  }
  file.remove_prefix(kPrefix.size());
  uint64_t generation = 0;
  const auto [end, error] = std::from_chars(file.data(), file.data() + file.size(), generation);
  if (error != std::errc() || end != file.data() + file.size() || file.front() == '0') {
    return std::nullopt;
  }
  return generation;
}

std::string EncodeTranslogHeader(uint64_t generation, uint64_t previous_end) {
  std::string out(kMagic);
  out.append(kFormatName);
  PutU32(&out, kVersion);
  PutU32(&out, 0);
  PutU64(&out, generation);
  PutU64(&out, previous_end);
  out.append(kHeaderCrcAt - out.size(), '\0');
  PutU32(&out, Crc32c(out));
  return out;
}

Result<uint64_t> DecodeTranslogHeader(std::string_view bytes, uint64_t generation) {
  if (bytes.substr(0, kMagic.size()) != kMagic) {
    return TranslogCorruption({generation, 0}, "not a binseek file");
  }
  if (bytes.size() < kTranslogHeaderBytes) {
    return TranslogCorruption({generation, bytes.size()}, "the file ends too early");
  }
  ByteReader reader(bytes.substr(0, kTranslogHeaderBytes));
  reader.Skip(kMagic.size());
  const std::string_view name = reader.Bytes(kFormatName.size());
  const uint32_t version = reader.U32();
  reader.Skip(sizeof(uint32_t));
  const uint64_t written_generation = reader.U64();
  const uint64_t previous_end = reader.U64();
  if (LoadU32(bytes.data() + kHeaderCrcAt) != Crc32c(bytes.substr(0, kHeaderCrcAt))) {
    return TranslogCorruption({generation, kHeaderCrcAt}, "checksum does not match");
  }
  if (name != kFormatName) {
    return TranslogCorruption({generation, kMagic.size()}, "not a file of format translog");
  }
  if (version > kVersion) {
    return Status::FormatTooNew(TranslogFile(generation) + ": format translog version " +
                                std::to_string(version) + "; the newest that can be read is " +
                                std::to_string(kVersion));
  }
  if (version < kVersion) {
    return Status::FormatTooOld(TranslogFile(generation) + ": format translog version " +
                                std::to_string(version) + "; the oldest that can be read is " +
                                std::to_string(kVersion));
  }
  // What was written with this name and checksum is as EncodeTranslogHeader makes it, or was not made by us.
  if (written_generation != generation ||
      bytes.substr(0, kTranslogHeaderBytes) != EncodeTranslogHeader(generation, previous_end)) {
    return TranslogCorruption({generation, 32}, "the file belongs to another generation");
  }
  return previous_end;
}

void PutTranslogFrame(std::string* out, const TranslogFrame& frame, const TranslogLocation& at) {
  const size_t begin = out->size();
  PutU32(out, frame.payload_bytes);
  PutU32(out, frame.payload_crc);
  PutU64(out, frame.synced_end);
  PutU32(out, FrameCrc(std::string_view(*out).substr(begin), at));
}

std::optional<TranslogFrame> ReadTranslogFrame(std::string_view bytes, const TranslogLocation& at) {
  if (at.offset > bytes.size() || bytes.size() - at.offset < kTranslogFrameBytes) {
    return std::nullopt;
  }
  ByteReader reader(bytes.substr(at.offset, kTranslogFrameBytes));
  TranslogFrame frame;
  frame.payload_bytes = reader.U32();
  frame.payload_crc = reader.U32();
  frame.synced_end = reader.U64();
  if (frame.payload_bytes > kMaxTranslogPayloadBytes || frame.synced_end > at.offset ||
      reader.U32() != FrameCrc(bytes.substr(at.offset, kFrameCrcAt), at)) {
    return std::nullopt;
  }
  return frame;
}

std::optional<std::string_view> ReadTranslogPayload(std::string_view bytes,
                                                    const TranslogFrame& frame, uint64_t offset) {
  const std::string_view rest = bytes.substr(offset + kTranslogFrameBytes);
  const std::string_view payload = rest.substr(0, frame.payload_bytes);
  if (payload.size() < frame.payload_bytes || Crc32c(payload) != frame.payload_crc) {
    return std::nullopt;
  }
  return payload;
}

std::optional<uint64_t> FindTranslogWitness(std::string_view bytes,
                                            const TranslogLocation& damaged) {
  for (uint64_t offset = damaged.offset + 1; offset + kTranslogFrameBytes <= bytes.size();
       ++offset) {
    // Hardly any eight bytes are such a number, so that this is fast. A sound frame is enough: its payload may be damaged too.
    const uint64_t synced_end = LoadU64(bytes.data() + offset + kSyncedEndAt);
    if (synced_end > damaged.offset && synced_end <= offset &&
        ReadTranslogFrame(bytes, {damaged.generation, offset}).has_value()) {
      return offset;
    }
  }
  return std::nullopt;
}

Status TranslogCorruption(const TranslogLocation& at, std::string_view why) {
  return Status::Corruption(TranslogFile(at.generation) + ": offset " + std::to_string(at.offset) +
                            ": " + std::string(why));
}

}  // namespace binseek::index
