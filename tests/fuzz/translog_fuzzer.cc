// Any bytes as the translog of a directory, and as the payload of a record. The first byte chooses: 0 the bytes are translog-1; 1 they
// are what stands behind the head of translog-2, with translog-1 empty; 2 they are a payload; else they are the payloads of sound
// records, so that the decoder is reached through a file.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/check.h"
#include "engine/base/crc32c.h"
#include "engine/index/translog_file.h"
#include "engine/index/translog_record.h"
#include "engine/index/translog_replay.h"
#include "engine/store/ram_directory.h"

namespace {

using binseek::index::TranslogFile;

constexpr size_t kPiece = 40;

void Replay(std::string_view first, std::string_view second) {
  binseek::store::RamDirectory directory;
  BINSEEK_CHECK(binseek::store::WriteFile(&directory, TranslogFile(1), first).ok());
  if (!second.empty()) {
    BINSEEK_CHECK(binseek::store::WriteFile(&directory, TranslogFile(2), second).ok());
  }
  uint64_t records = 0;
  const auto replay = binseek::index::ReplayTranslog(
      directory, {}, [&](std::string_view payload, const binseek::index::TranslogLocation&) {
        ++records;
        // Whatever it says: a payload that cannot be decoded must not keep the rest from being reached.
        binseek::index::DecodeTranslogRecord(payload).status().IgnoreError();
        return binseek::Status::Ok();
      });
  if (replay.ok()) {
    BINSEEK_CHECK(replay->records == records);
    BINSEEK_CHECK(replay->end.offset + replay->dropped_bytes ==
                  (second.empty() ? first : second).size());
  } else {
    BINSEEK_CHECK(!replay.status().message().empty());
  }
}

std::string SoundRecords(std::string_view bytes) {
  std::string file = binseek::index::EncodeTranslogHeader(1, 0);
  while (!bytes.empty()) {
    const std::string_view payload = bytes.substr(0, kPiece);
    bytes.remove_prefix(payload.size());
    binseek::index::PutTranslogFrame(&file,
                                     {.payload_bytes = static_cast<uint32_t>(payload.size()),
                                      .payload_crc = binseek::Crc32c(payload)},
                                     {1, file.size()});
    file.append(payload);
  }
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string head = binseek::index::EncodeTranslogHeader(1, 0);
  switch (data[0]) {
    case 0:
      Replay(bytes, {});
      break;
    case 1: {
      std::string second = binseek::index::EncodeTranslogHeader(2, head.size());
      second.append(bytes);
      Replay(head, second);
      break;
    }
    case 2:
      binseek::index::DecodeTranslogRecord(bytes).status().IgnoreError();
      break;
    default:
      Replay(SoundRecords(bytes), {});
  }
  return 0;
}
