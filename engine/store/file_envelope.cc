#include "engine/store/file_envelope.h"

#include "engine/base/byte_reader.h"
#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/base/crc32c.h"

namespace binseek::store {
namespace {

constexpr std::string_view kMagic("BINSEEK\0", 8);
constexpr std::string_view kFooterMagic("SEEKBIN\0", 8);
constexpr size_t kNameBytes = 16;
constexpr size_t kCrcInFooter = 12;
constexpr size_t kGatheredBytes = size_t{64} << 10;

void PutPadded(std::string* out, std::string_view text, size_t size) {
  BINSEEK_CHECK(text.size() <= size, "a name or id is too long for its place in the envelope");
  out->append(text);
  out->append(size - text.size(), '\0');
}

std::string Padded(std::string_view text) {
  std::string out;
  PutPadded(&out, text, kNameBytes);
  return out;
}

void PutHeader(std::string* out, const EnvelopeFormat& format, std::string_view id) {
  out->append(kMagic);
  PutPadded(out, format.name, kNameBytes);
  PutU32(out, format.current);
  PutU32(out, 0);
  PutPadded(out, id, kNameBytes);
  PutU64(out, 0);
  PutU64(out, 0);
}

Status Corrupt(const std::string& file, size_t offset, std::string_view why) {
  return Status::Corruption(file + ": offset " + std::to_string(offset) + ": " + std::string(why));
}

// What the header says, as far as it does not depend on the format that is asked for.
struct Header {
  std::string_view name;
  uint32_t version;
  std::string_view owner;
  bool zeros;
};

Header ReadHeader(std::string_view bytes) {
  ByteReader reader(bytes);
  reader.Skip(kMagic.size());
  Header header{};
  header.name = reader.Bytes(kNameBytes);
  header.version = reader.U32();
  const uint32_t zero = reader.U32();
  header.owner = reader.Bytes(kNameBytes);
  const uint64_t first = reader.U64();
  header.zeros = (zero | first | reader.U64()) == 0;
  return header;
}

// Both magics are there, and room for what stands between.
Status CheckFrame(std::string_view bytes, const std::string& file) {
  if (bytes.substr(0, kMagic.size()) != kMagic) {
    return Corrupt(file, 0, "not a binseek file");
  }
  if (bytes.size() < kEnvelopeHeaderBytes + kEnvelopeFooterBytes) {
    return Corrupt(file, bytes.size(), "the file ends too early");
  }
  if (!bytes.ends_with(kFooterMagic)) {
    return Corrupt(file, bytes.size() - kFooterMagic.size(), "the file does not end as it should");
  }
  return Status::Ok();
}

Status CheckVersion(const EnvelopeFormat& format, uint32_t version, const std::string& file) {
  const std::string what =
      file + ": format " + std::string(format.name) + " version " + std::to_string(version);
  if (version < format.oldest) {
    return Status::FormatTooOld(what + "; the oldest that can be read is " +
                                std::to_string(format.oldest));
  }
  if (version > format.current) {
    return Status::FormatTooNew(what + "; the newest that can be read is " +
                                std::to_string(format.current));
  }
  return Status::Ok();
}

}  // namespace

std::string WrapInEnvelope(const EnvelopeFormat& format, std::string_view id,
                           std::string_view payload) {
  std::string out;
  out.reserve(kEnvelopeHeaderBytes + payload.size() + kEnvelopeFooterBytes);
  PutHeader(&out, format, id);
  out.append(payload);
  PutU64(&out, payload.size());
  PutU32(&out, 0);
  PutU32(&out, Crc32c(out));
  out.append(kFooterMagic);
  return out;
}

Result<EnvelopeWriter> EnvelopeWriter::Begin(WritableFile* file, const EnvelopeFormat& format,
                                             std::string_view id) {
  EnvelopeWriter writer(file);
  PutHeader(&writer.pending_, format, id);
  BINSEEK_RETURN_IF_ERROR(writer.Flush());
  return writer;
}

Status EnvelopeWriter::Append(std::string_view bytes) {
  payload_bytes_ += bytes.size();
  if (bytes.size() < kGatheredBytes) {
    pending_.append(bytes);
    return pending_.size() < kGatheredBytes ? Status::Ok() : Flush();
  }
  BINSEEK_RETURN_IF_ERROR(Flush());
  crc_ = Crc32c(bytes, crc_);
  return file_->Append(bytes);
}

Status EnvelopeWriter::Finish() {
  PutU64(&pending_, payload_bytes_);
  PutU32(&pending_, 0);
  PutU32(&pending_, Crc32c(pending_, crc_));
  pending_.append(kFooterMagic);
  return Flush();
}

Status EnvelopeWriter::Flush() {
  crc_ = Crc32c(pending_, crc_);
  Status status = file_->Append(pending_);
  pending_.clear();
  return status;
}

Result<std::string_view> OpenEnvelope(const EnvelopeFormat& format, std::string_view id,
                                      std::string_view bytes, const std::string& file,
                                      Verify verify) {
  BINSEEK_RETURN_IF_ERROR(CheckFrame(bytes, file));
  if (verify == Verify::kWhole) {
    // First of all: behind it, what differs was written so.
    BINSEEK_RETURN_IF_ERROR(VerifyEnvelopeChecksum(bytes, file));
  }
  const Header header = ReadHeader(bytes);
  if (header.name != Padded(format.name)) {
    return Corrupt(file, 8, "not a file of format " + std::string(format.name));
  }
  BINSEEK_RETURN_IF_ERROR(CheckVersion(format, header.version, file));
  if (header.owner != Padded(id)) {
    return Corrupt(file, 32, "the file belongs to another owner");
  }
  if (!header.zeros) {
    return Corrupt(file, 48, "there is something where zeros should be");
  }
  const size_t end = bytes.size() - kEnvelopeFooterBytes;
  ByteReader footer(bytes.substr(end), end);
  const uint64_t length = footer.U64();
  const uint32_t zero = footer.U32();
  if (zero != 0 || length != end - kEnvelopeHeaderBytes) {
    return Corrupt(file, end, "the length of the file is not the one that was written");
  }
  return bytes.substr(kEnvelopeHeaderBytes, length);
}

Status VerifyEnvelopeChecksum(std::string_view bytes, const std::string& file) {
  BINSEEK_RETURN_IF_ERROR(CheckFrame(bytes, file));
  const size_t at = bytes.size() - kEnvelopeFooterBytes + kCrcInFooter;
  if (LoadU32(bytes.data() + at) != Crc32c(bytes.substr(0, at))) {
    return Corrupt(file, at, "checksum does not match");
  }
  return Status::Ok();
}

}  // namespace binseek::store
