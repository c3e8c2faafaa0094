#include "sync/mapper/value_json.h"

#include <bit>
#include <cmath>

#include "engine/base/coding.h"
#include "engine/base/json.h"
#include "sync/mapper/value_text.h"

namespace binseek::mapper {
namespace {

using change::Column;
using change::ColumnType;
using change::Value;
using change::ValueKind;

void AppendString(std::string_view text, std::string* out) { JsonWriter(out).String(text); }

// Text of characters that JSON takes as they are.
Status AppendPlainString(const Column& column, const Value& value, std::string* out) {
  out->push_back('"');
  BINSEEK_RETURN_IF_ERROR(AppendValueText(column, value, out));
  out->push_back('"');
  return Status::Ok();
}

void AppendSet(std::string_view labels, std::string* out) {
  JsonWriter json(out);
  json.BeginArray();
  while (!labels.empty()) {
    const size_t comma = labels.find(',');
    json.String(labels.substr(0, comma));
    labels.remove_prefix(comma == std::string_view::npos ? labels.size() : comma + 1);
  }
  json.EndArray();
}

double LoadDouble(const char* from, bool big_endian) {
  const uint64_t bits = LoadU64(from);
  return std::bit_cast<double>(big_endian ? __builtin_bswap64(bits) : bits);
}

// SRID (4 bytes), then WKB: byte order (0 = big-endian), type (1 = point), x, y.
Status AppendPoint(std::string_view bytes, std::string* out) {
  constexpr size_t kOrder = 4;
  constexpr size_t kType = 5;
  constexpr size_t kX = 9;
  constexpr size_t kY = 17;
  constexpr size_t kSize = 25;
  if (bytes.size() != kSize) {
    return Status::InvalidArgument("a point of " + std::to_string(bytes.size()) + " bytes");
  }
  const bool big_endian = bytes[kOrder] == 0;
  const uint32_t type = LoadU32(bytes.data() + kType);
  if ((big_endian ? __builtin_bswap32(type) : type) != 1) {
    return Status::InvalidArgument("a geometry that is no point");
  }
  const double x = LoadDouble(bytes.data() + kX, big_endian);
  const double y = LoadDouble(bytes.data() + kY, big_endian);
  if (!std::isfinite(x) || !std::isfinite(y)) {
    return Status::InvalidArgument("a point whose coordinates are not finite");
  }
  constexpr uint32_t kWgs84 = 4326;
  const uint32_t srid = LoadU32(bytes.data());
  JsonWriter json(out);
  json.BeginObject();
  if (srid == 0 || srid == kWgs84) {
    json.Key("lat").Double(y);
    json.Key("lon").Double(x);
  } else {  // of metres, say: no names that would make a place on Earth of them
    json.Key("x").Double(x);
    json.Key("y").Double(y);
    json.Key("srid").Uint(srid);
  }
  json.EndObject();
  return Status::Ok();
}

Status AppendVector(std::string_view bytes, std::string* out) {
  if (bytes.size() % sizeof(float) != 0) {
    return Status::InvalidArgument("a vector of " + std::to_string(bytes.size()) + " bytes");
  }
  JsonWriter json(out);
  json.BeginArray();
  for (size_t i = 0; i < bytes.size(); i += sizeof(float)) {
    const auto number = std::bit_cast<float>(LoadU32(bytes.data() + i));
    if (!std::isfinite(number)) {
      return Status::InvalidArgument("a vector with a number that is not finite");
    }
    json.Float(number);
  }
  json.EndArray();
  return Status::Ok();
}

// The text goes into the document as a number, so it must be one.
Status AppendDecimal(std::string_view text, std::string* out) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  const size_t point = digits.find('.');
  const std::string_view whole = digits.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? "0" : digits.substr(point + 1);
  constexpr std::string_view kDigits = "0123456789";
  if (whole.empty() || fraction.empty() || (whole.size() > 1 && whole.front() == '0') ||
      whole.find_first_not_of(kDigits) != std::string_view::npos ||
      fraction.find_first_not_of(kDigits) != std::string_view::npos) {
    return Status::InvalidArgument("the text is no decimal number");
  }
  out->append(text);
  return Status::Ok();
}

}  // namespace

Status AppendValueJson(const Column& column, const Value& value, std::string* out) {
  switch (value.kind) {
    case ValueKind::kText:
    case ValueKind::kEnum:
      AppendString(value.bytes, out);
      return Status::Ok();
    case ValueKind::kSet:
      AppendSet(value.bytes, out);
      return Status::Ok();
    case ValueKind::kJson:
      out->append(value.bytes);
      return Status::Ok();
    case ValueKind::kDecimal:
      return AppendDecimal(value.bytes, out);
    case ValueKind::kGeometry:
      return column.geometry == "point" ? AppendPoint(value.bytes, out)
                                        : AppendPlainString(column, value, out);
    case ValueKind::kVector:
      return AppendVector(value.bytes, out);
    case ValueKind::kBytes:
    case ValueKind::kTime:
      return AppendPlainString(column, value, out);
    default:
      return Status::InvalidArgument("the value is not of the column's type");
  }
}

}  // namespace binseek::mapper
