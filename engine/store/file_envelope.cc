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
constexpr size_t kFooterBytes = 12;

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

}  // namespace

std::string WrapInEnvelope(const EnvelopeFormat& format, std::string_view id,
                           std::string_view payload) {
  std::string out;
  out.reserve(kEnvelopeHeaderBytes + payload.size() + kFooterBytes);
  out.append(kMagic);
  PutPadded(&out, format.name, kNameBytes);
  PutU32(&out, format.current);
  PutU32(&out, 0);
  PutPadded(&out, id, kNameBytes);
  PutU64(&out, payload.size());
  PutU64(&out, 0);
  out.append(payload);
  PutU32(&out, Crc32c(out));
  out.append(kFooterMagic);
  return out;
}

Result<std::string_view> OpenEnvelope(const EnvelopeFormat& format, std::string_view id,
                                      std::string_view bytes, const std::string& file) {
  ByteReader reader(bytes);
  if (reader.Bytes(kMagic.size()) != kMagic) {
    return Status::Corruption(file + ": offset 0: not a binseek file");
  }
  const std::string_view name = reader.Bytes(kNameBytes);
  const uint32_t version = reader.U32();
  const uint32_t zero = reader.U32();
  const std::string_view owner = reader.Bytes(kNameBytes);
  const uint64_t length = reader.U64();
  const uint64_t more_zeros = reader.U64();
  if (!reader.ok() || reader.remaining() < kFooterBytes) {
    return Status::Corruption(file + ": offset " + std::to_string(bytes.size()) +
                              ": the file ends too early");
  }
  // The checksum first: behind it, what differs was written so.
  const size_t end = bytes.size() - kFooterBytes;
  ByteReader footer(bytes.substr(end), end);
  const uint32_t crc = footer.U32();
  if (footer.Rest() != kFooterMagic || crc != Crc32c(bytes.substr(0, end))) {
    return Status::Corruption(file + ": offset " + std::to_string(end) +
                              ": checksum does not match");
  }
  if (name != Padded(format.name)) {
    return Status::Corruption(file + ": offset 8: not a file of format " +
                              std::string(format.name));
  }
  if (version < format.oldest) {
    return Status::FormatTooOld(file + ": format " + std::string(format.name) + " version " +
                                std::to_string(version) + "; the oldest that can be read is " +
                                std::to_string(format.oldest));
  }
  if (version > format.current) {
    return Status::FormatTooNew(file + ": format " + std::string(format.name) + " version " +
                                std::to_string(version) + "; the newest that can be read is " +
                                std::to_string(format.current));
  }
  if (owner != Padded(id)) {
    return Status::Corruption(file + ": offset 32: the file belongs to another owner");
  }
  if (zero != 0 || more_zeros != 0 || length != end - kEnvelopeHeaderBytes) {
    return Status::Corruption(file + ": offset 48: header and length do not agree");
  }
  return bytes.substr(kEnvelopeHeaderBytes, length);
}

}  // namespace binseek::store
