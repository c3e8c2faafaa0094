#include "sync/binlog/compression.h"

#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include <algorithm>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"
#include "sync/binlog/event.h"

namespace binseek::binlog {
namespace {

constexpr size_t kSizeAt = 9;  // of the event's size within its header

// Fields of a payload event; type 0 ends them.
enum PayloadField : uint64_t {
  kPayloadEnd = 0,
  kPayloadSize = 1,
  kPayloadCompression = 2,
  kPayloadPlainSize = 3
};
constexpr uint64_t kCompressionZstd = 0;
constexpr uint64_t kCompressionNone = 255;

struct FreeZstd {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};

class PayloadReaderImpl final : public PayloadReader {
 public:
  PayloadReaderImpl(std::string_view packed, bool compressed, uint64_t event_limit)
      : packed_(packed), compressed_(compressed), event_limit_(event_limit) {}

  Status Init() {
    if (compressed_) {
      stream_.reset(ZSTD_createDStream());
      if (stream_ == nullptr || ZSTD_isError(ZSTD_initDStream(stream_.get()))) {
        return Status::ResourceExhausted("no memory for a zstd stream");
      }
    }
    return Status::Ok();
  }

  Result<std::string_view> Next() override {
    if (!compressed_) {
      return NextPlain();
    }
    BINSEEK_RETURN_IF_ERROR(Fill(kEventHeaderBytes));
    if (filled_ == 0) {
      return std::string_view();
    }
    BINSEEK_ASSIGN_OR_RETURN(const size_t size,
                             EventSize(std::string_view(buffer_.data(), filled_)));
    BINSEEK_RETURN_IF_ERROR(Fill(size));
    if (filled_ < size) {
      return Status::Corruption("TRANSACTION_PAYLOAD: ends within an event");
    }
    filled_ = 0;
    return std::string_view(buffer_.data(), size);
  }

 private:
  Result<size_t> EventSize(std::string_view header) const {
    const size_t size = header.size() < kEventHeaderBytes ? 0 : LoadU32(header.data() + kSizeAt);
    if (size < kEventHeaderBytes) {
      return Status::Corruption("TRANSACTION_PAYLOAD: no event header");
    }
    if (size > event_limit_) {
      return Status::ResourceExhausted("TRANSACTION_PAYLOAD: an event of " + std::to_string(size) +
                                       " bytes is above the limit of " +
                                       std::to_string(event_limit_));
    }
    return size;
  }

  Result<std::string_view> NextPlain() {
    if (packed_.empty()) {
      return std::string_view();
    }
    BINSEEK_ASSIGN_OR_RETURN(const size_t size, EventSize(packed_));
    if (size > packed_.size()) {
      return Status::Corruption("TRANSACTION_PAYLOAD: ends within an event");
    }
    const std::string_view event = packed_.substr(0, size);
    packed_.remove_prefix(size);
    return event;
  }

  // Unpacks until the buffer holds `want` bytes, or the stream ends. The buffer grows by what really comes out.
  Status Fill(size_t want) {
    constexpr size_t kStep = 256 << 10;
    while (filled_ < want) {
      buffer_.resize(std::max(buffer_.size(), std::min(want, filled_ + kStep)));
      ZSTD_inBuffer in{packed_.data(), packed_.size(), 0};
      ZSTD_outBuffer out{buffer_.data(), std::min(want, buffer_.size()), filled_};
      const size_t hint = ZSTD_decompressStream(stream_.get(), &out, &in);
      if (ZSTD_isError(hint)) {
        return Status::Corruption(std::string("TRANSACTION_PAYLOAD: ") + ZSTD_getErrorName(hint));
      }
      packed_.remove_prefix(in.pos);
      const bool progress = in.pos > 0 || out.pos > filled_;
      filled_ = out.pos;
      if (!progress) {
        return Status::Ok();
      }
    }
    return Status::Ok();
  }

  std::string_view packed_;  // borrowed; what is still to be unpacked
  const bool compressed_;
  const uint64_t event_limit_;
  std::unique_ptr<ZSTD_DStream, FreeZstd> stream_;
  std::string buffer_;
  size_t filled_ = 0;
};

// Unpacks all of `packed` to exactly `length` bytes.
Status Inflate(std::string_view packed, int window_bits, uint64_t length, uint64_t limit,
               std::string* out) {
  if (length > limit) {
    return Status::ResourceExhausted(std::to_string(length) + " bytes are above the limit of " +
                                     std::to_string(limit));
  }
  // No deflate stream unpacks to more than 1032 times its size.
  if (length > packed.size() * uint64_t{1040} + 64 || length > UINT32_MAX ||
      packed.size() > UINT32_MAX) {
    return Status::Corruption("claims " + std::to_string(length) + " bytes");
  }
  z_stream stream = {};
  if (inflateInit2(&stream, window_bits) != Z_OK) {
    return Status::ResourceExhausted("no memory to unpack it");
  }
  out->resize(length);
  stream.next_in = reinterpret_cast<const Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out->data());
  stream.avail_out = static_cast<uInt>(length);
  const int outcome = inflate(&stream, Z_FINISH);
  const bool whole = outcome == Z_STREAM_END && stream.total_out == length;
  inflateEnd(&stream);
  return whole ? Status::Ok()
               : Status::Corruption("does not unpack (zlib " + std::to_string(outcome) + ")");
}

}  // namespace

Status InflateColumn(std::string_view stored, uint64_t limit, std::string* out) {
  out->clear();
  if (stored.empty()) {
    return Status::Ok();
  }
  ByteReader reader(stored);
  const uint8_t header = reader.U8();
  if (header == 0) {
    out->assign(reader.Rest());
    return Status::Ok();
  }
  constexpr uint8_t kZlib = 8;
  const int length_bytes = header & 7;
  const uint64_t length = reader.UintBe(length_bytes);
  if (reader.ok() && (header >> 4 != kZlib || length_bytes == 0)) {
    reader.Fail("unknown compression header " + std::to_string(header));
  }
  const std::string_view packed = reader.Rest();
  BINSEEK_RETURN_IF_ERROR(reader.status("compressed column"));
  const int window_bits = (header & 8) != 0 ? -MAX_WBITS : MAX_WBITS;
  return Inflate(packed, window_bits, length, limit, out).WithContext("compressed column");
}

Status InflateMariadb(std::string_view block, uint64_t limit, std::string* out) {
  ByteReader reader(block);
  const uint8_t header = reader.U8();
  const int length_bytes = header & 7;
  const uint64_t length = reader.UintBe(length_bytes);
  if (reader.ok() && ((header & 0x80) == 0 || (header >> 4 & 7) != 0 || length_bytes == 0)) {
    reader.Fail("unknown compression header " + std::to_string(header));
  }
  const std::string_view packed = reader.Rest();
  BINSEEK_RETURN_IF_ERROR(reader.status("compressed event"));
  return Inflate(packed, MAX_WBITS, length, limit, out).WithContext("compressed event");
}

Result<std::unique_ptr<PayloadReader>> PayloadReader::Open(std::string_view body,
                                                           uint64_t event_limit) {
  ByteReader reader(body);
  uint64_t compression = kCompressionNone;
  uint64_t size = 0;
  for (;;) {
    const uint64_t field = reader.LenEnc();
    if (!reader.ok() || field == kPayloadEnd) {
      break;
    }
    ByteReader value(reader.LenEncBytes());
    if (field == kPayloadSize) {
      size = value.LenEnc();
    } else if (field == kPayloadCompression) {
      compression = value.LenEnc();
    }
    BINSEEK_RETURN_IF_ERROR(value.status("TRANSACTION_PAYLOAD field"));
  }
  if (reader.ok() && size != reader.remaining()) {
    reader.Fail("payload of " + std::to_string(size) + " bytes is claimed");
  }
  if (compression != kCompressionZstd && compression != kCompressionNone) {
    reader.Fail("unknown compression " + std::to_string(compression));
  }
  const std::string_view packed = reader.Rest();
  BINSEEK_RETURN_IF_ERROR(reader.status("TRANSACTION_PAYLOAD"));
  auto payload =
      std::make_unique<PayloadReaderImpl>(packed, compression == kCompressionZstd, event_limit);
  BINSEEK_RETURN_IF_ERROR(payload->Init());
  return payload;
}

}  // namespace binseek::binlog
