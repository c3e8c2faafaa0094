#include "sync/binlog/json_binary.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/base/byte_reader.h"
#include "sync/binlog/decimal.h"
#include "sync/binlog/table_map.h"
#include "sync/mysql/charset.h"
#include "sync/mysql/value_text.h"

namespace binseek::binlog {
namespace {

enum JsonType : uint8_t {
  kSmallObject = 0,
  kLargeObject = 1,
  kSmallArray = 2,
  kLargeArray = 3,
  kLiteral = 4,
  kInt16 = 5,
  kUint16 = 6,
  kInt32 = 7,
  kUint32 = 8,
  kInt64 = 9,
  kUint64 = 10,
  kDouble = 11,
  kString = 12,
  kOpaque = 15,
};

constexpr int kMaxDepth = 100;  // the server's own

// Offsets may point at the same bytes many times over; honest documents grow by less than this.
constexpr size_t kMaxGrowth = 16;
constexpr size_t kMinTextLimit = 4096;

// As the server prints it within a string: broken behind every 76 characters, by a line's end that is escaped.
void AppendBase64(std::string_view bytes, std::string* out) {
  constexpr size_t kLineBytes = 57;
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.size(); i += 3) {
    if (i > 0 && i % kLineBytes == 0) {
      out->append("\\n");
    }
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<uint8_t>(bytes[i + k]) : 0);
    }
    for (size_t k = 0; k < 4; ++k) {
      out->push_back(i + k > bytes.size() ? '=' : kDigits[group >> (18 - 6 * k) & 63]);
    }
  }
}

// As many low 7-bit groups as have the high bit set, and one more; at most five.
uint64_t VariableLength(ByteReader* reader) {
  uint64_t length = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    const uint8_t byte = reader->U8();
    length |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) {
      return length;
    }
  }
  reader->Fail("length of more than five bytes");
  return 0;
}

class JsonPrinter {
 public:
  JsonPrinter(size_t limit, std::string* out) : limit_(limit), out_(out) {}

  // `bytes` begin with the value and end with what contains it.
  Status Print(uint8_t type, std::string_view bytes, int depth) {
    BINSEEK_RETURN_IF_ERROR(CheckSize());
    if (depth > kMaxDepth) {
      return Status::Corruption("JSON: deeper than " + std::to_string(kMaxDepth));
    }
    switch (type) {
      case kSmallObject:
      case kLargeObject:
        return PrintContainer(bytes, true, type == kLargeObject, depth);
      case kSmallArray:
      case kLargeArray:
        return PrintContainer(bytes, false, type == kLargeArray, depth);
      default:
        return PrintScalar(type, bytes);
    }
  }

 private:
  Status CheckSize() const {
    return out_->size() <= limit_ ? Status::Ok()
                                  : Status::Corruption("JSON: more text than its bytes can hold");
  }

  Status PrintContainer(std::string_view bytes, bool object, bool large, int depth) {
    const int offset_bytes = large ? 4 : 2;
    ByteReader reader(bytes);
    const uint64_t count = reader.UintLe(offset_bytes);
    const uint64_t size = reader.UintLe(offset_bytes);
    const uint64_t entry_bytes = (object ? offset_bytes + 2 : 0) + 1 + offset_bytes;
    if (reader.ok() && (size > bytes.size() || count > reader.remaining() / entry_bytes)) {
      reader.Fail("container of " + std::to_string(count) + " values in " + std::to_string(size) +
                  " bytes");
    }
    BINSEEK_RETURN_IF_ERROR(reader.status("JSON"));
    const std::string_view container = bytes.substr(0, size);
    ByteReader keys(container);
    keys.Skip(2 * static_cast<size_t>(offset_bytes));
    ByteReader values = keys;
    if (object) {
      values.Skip(count * (static_cast<size_t>(offset_bytes) + 2));
    }
    out_->push_back(object ? '{' : '[');
    for (uint64_t i = 0; i < count; ++i) {
      if (i > 0) {
        out_->push_back(',');
      }
      if (object) {
        const uint64_t key_offset = keys.UintLe(offset_bytes);
        const uint16_t key_bytes = keys.U16();
        ByteReader key(container.substr(std::min<uint64_t>(key_offset, container.size())));
        AppendJsonString(key.Bytes(key_bytes), out_);
        out_->push_back(':');
        BINSEEK_RETURN_IF_ERROR(key.status("JSON key"));
        BINSEEK_RETURN_IF_ERROR(CheckSize());
      }
      BINSEEK_RETURN_IF_ERROR(PrintEntry(&values, container, large, depth));
      BINSEEK_RETURN_IF_ERROR(CheckSize());  // of what lies within the entry, too
    }
    out_->push_back(object ? '}' : ']');
    BINSEEK_RETURN_IF_ERROR(keys.status("JSON"));
    return values.status("JSON");
  }

  // A value entry: small scalars lie within it, everything else at an offset from the container's start.
  Status PrintEntry(ByteReader* values, std::string_view container, bool large, int depth) {
    const uint8_t type = values->U8();
    const std::string_view inline_value = values->Bytes(large ? 4 : 2);
    BINSEEK_RETURN_IF_ERROR(values->status("JSON"));
    const bool is_inline = type == kLiteral || type == kInt16 || type == kUint16 ||
                           (large && (type == kInt32 || type == kUint32));
    if (is_inline) {
      return PrintScalar(type, inline_value);
    }
    const uint64_t offset = ByteReader(inline_value).UintLe(large ? 4 : 2);
    if (offset >= container.size()) {
      return Status::Corruption("JSON: value at offset " + std::to_string(offset) + " of " +
                                std::to_string(container.size()));
    }
    return Print(type, container.substr(offset), depth + 1);
  }

  Status PrintScalar(uint8_t type, std::string_view bytes) {
    ByteReader reader(bytes);
    switch (type) {
      case kLiteral:
        PrintLiteral(&reader);
        break;
      case kInt16:
        out_->append(std::to_string(static_cast<int16_t>(reader.U16())));
        break;
      case kUint16:
        out_->append(std::to_string(reader.U16()));
        break;
      case kInt32:
        out_->append(std::to_string(static_cast<int32_t>(reader.U32())));
        break;
      case kUint32:
        out_->append(std::to_string(reader.U32()));
        break;
      case kInt64:
        out_->append(std::to_string(static_cast<int64_t>(reader.U64())));
        break;
      case kUint64:
        out_->append(std::to_string(reader.U64()));
        break;
      case kDouble: {
        const double value = reader.F64();
        if (!std::isfinite(value)) {
          reader.Fail("double that is no number");
        } else {
          mysql::AppendJsonDouble(value, out_);
        }
        break;
      }
      case kString:
        AppendJsonString(reader.Bytes(VariableLength(&reader)), out_);
        break;
      case kOpaque:
        PrintOpaque(&reader);
        break;
      default:
        reader.Fail("type " + std::to_string(type));
    }
    return reader.status("JSON");
  }

  void PrintLiteral(ByteReader* reader) {
    const uint8_t literal = reader->U8();
    if (literal > 2) {
      reader->Fail("literal " + std::to_string(literal));
      return;
    }
    out_->append(literal == 0 ? "null" : literal == 1 ? "true" : "false");
  }

  void PrintOpaque(ByteReader* reader) {
    const auto type = static_cast<WireType>(reader->U8());
    const std::string_view bytes = reader->Bytes(VariableLength(reader));
    if (!reader->ok()) {
      return;
    }
    ByteReader value(bytes);
    switch (type) {
      case WireType::kDecimal: {
        const int precision = value.U8();
        const int scale = value.U8();
        std::string text;
        if (!IsDecimalShape(precision, scale) ||
            value.remaining() != DecimalBytes(precision, scale) ||
            !DecodeDecimal(value.Rest(), precision, scale, &text)) {
          reader->Fail("bad decimal");
        }
        out_->append(text);
        break;
      }
      case WireType::kDate:
      case WireType::kTimeOld:
      case WireType::kDateTimeOld:
      case WireType::kTimestampOld:
        PrintTemporal(type, static_cast<int64_t>(value.U64()));
        if (!value.ok()) {
          reader->Fail("bad temporal value");
        }
        break;
      default:
        out_->append("\"base64:type" + std::to_string(static_cast<int>(type)) + ":");
        AppendBase64(bytes, out_);
        out_->push_back('"');
    }
  }

  // 24 bits of microseconds below the packed seconds; see change::PackCalendar.
  void PrintTemporal(WireType type, int64_t packed) {
    const bool negative = packed < 0;
    const uint64_t magnitude =
        negative ? 0 - static_cast<uint64_t>(packed) : static_cast<uint64_t>(packed);
    const auto micros = static_cast<unsigned>(magnitude & 0xffffff);
    const uint64_t seconds = magnitude >> 24;
    char text[64];
    if (type == WireType::kTimeOld) {
      std::snprintf(text, sizeof(text), "\"%s%02u:%02u:%02u.%06u\"", negative ? "-" : "",
                    static_cast<unsigned>(seconds >> 12 & 1023),
                    static_cast<unsigned>(seconds >> 6 & 63), static_cast<unsigned>(seconds & 63),
                    micros);
      out_->append(text);
      return;
    }
    const uint64_t days = seconds >> 17;
    const uint64_t months = days >> 5;
    std::snprintf(text, sizeof(text), "\"%04u-%02u-%02u",
                  static_cast<unsigned>(months / 13 % 10000), static_cast<unsigned>(months % 13),
                  static_cast<unsigned>(days & 31));
    out_->append(text);
    if (type != WireType::kDate) {
      std::snprintf(
          text, sizeof(text), " %02u:%02u:%02u.%06u", static_cast<unsigned>(seconds >> 12 & 31),
          static_cast<unsigned>(seconds >> 6 & 63), static_cast<unsigned>(seconds & 63), micros);
      out_->append(text);
    }
    out_->push_back('"');
  }

  const size_t limit_;
  std::string* const out_;
};

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string clean;
  mysql::SanitizeUtf8(text, &clean);
  out->push_back('"');
  for (const char c : clean) {
    const auto byte = static_cast<uint8_t>(c);
    constexpr std::string_view kNamed("btn\0fr", 6);  // of 0x08..0x0d; 0x0b has none
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (byte >= 0x08 && byte <= 0x0d && byte != 0x0b) {
      out->push_back('\\');
      out->push_back(kNamed[byte - 0x08]);
    } else if (byte < 0x20) {
      out->append("\\u00");
      out->push_back(kHex[byte >> 4]);
      out->push_back(kHex[byte & 15]);
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

Status DecodeJsonBinary(std::string_view bytes, std::string* out) {
  out->clear();
  if (bytes.empty()) {
    out->assign("null");
    return Status::Ok();
  }
  ByteReader reader(bytes);
  const uint8_t type = reader.U8();
  JsonPrinter printer(bytes.size() * kMaxGrowth + kMinTextLimit, out);
  return printer.Print(type, reader.Rest(), 0);
}

}  // namespace binseek::binlog
