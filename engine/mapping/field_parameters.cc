#include "engine/mapping/field_parameters.h"

#include <utility>
#include <variant>

#include "engine/base/coding.h"
#include "engine/mapping/field.h"

namespace binseek::mapping {
namespace {

using Parameters = FieldParameters;
using Member = std::variant<std::string Parameters::*, std::optional<std::string> Parameters::*,
                            std::vector<std::string> Parameters::*, uint32_t Parameters::*,
                            bool Parameters::*>;

constexpr uint64_t Bit(FieldKind kind) { return uint64_t{1} << static_cast<unsigned>(kind); }
template <class... Kinds>
constexpr uint64_t Bits(Kinds... kinds) {
  return (Bit(kinds) | ...);
}

using enum FieldKind;
constexpr uint64_t kNumbers =
    Bits(kLong, kUnsignedLong, kDecimal, kFloat, kHalfFloat, kDouble, kTokenCount);
constexpr uint64_t kDates = Bits(kDate, kDateNanos);
constexpr uint64_t kRanges =
    Bits(kIntegerRange, kLongRange, kFloatRange, kDoubleRange, kDateRange, kIpRange);
constexpr uint64_t kKeywords = Bits(kKeyword, kWildcard);
constexpr uint64_t kObjects = Bits(kObject, kNested);
constexpr uint64_t kScalars =
    kNumbers | kDates | kKeywords | Bits(kText, kBoolean, kIp, kGeoPoint, kBinary);

// How a value is written in JSON, where the member's type leaves it open.
enum class Form : uint8_t { kPlain, kJson, kHidden };

struct Entry {
  uint64_t id;  // persisted: never given to another parameter
  std::string_view name;
  Member member;
  uint64_t kinds;
  Form form = Form::kPlain;
};

const Entry kEntries[] = {
    {1, "type", &Parameters::type_name, 0, Form::kHidden},
    {2, "search_analyzer", &Parameters::search_analyzer, Bits(kText)},
    {3, "search_quote_analyzer", &Parameters::search_quote_analyzer, Bits(kText)},
    {4, "similarity", &Parameters::similarity, Bits(kText, kKeyword)},
    {5, "index_options", &Parameters::index_options, Bits(kText, kKeyword)},
    {6, "term_vector", &Parameters::term_vector, Bits(kText)},
    {7, "format", &Parameters::format, kDates | Bits(kDateRange)},
    {8, "locale", &Parameters::locale, kDates | Bits(kDateRange)},
    {9, "path", &Parameters::path, Bits(kAlias)},
    {10, "value", &Parameters::value, Bits(kConstantKeyword)},
    {11, "index_prefixes", &Parameters::index_prefixes, Bits(kText), Form::kJson},
    {12, "meta", &Parameters::meta, kScalars | kRanges | Bits(kFlattened, kConstantKeyword),
     Form::kJson},
    {13, "null_value", &Parameters::null_value,
     kNumbers | kDates | kKeywords | Bits(kBoolean, kIp, kGeoPoint, kFlattened)},
    {14, "copy_to", &Parameters::copy_to, kScalars | kRanges},
    {15, "position_increment_gap", &Parameters::position_increment_gap, Bits(kText)},
    {16, "depth_limit", &Parameters::depth_limit, Bits(kFlattened)},
    {17, "norms", &Parameters::norms, Bits(kText, kKeyword)},
    {18, "store", &Parameters::store, kScalars | kRanges},
    {19, "coerce", &Parameters::coerce, kNumbers | kRanges},
    {20, "fielddata", &Parameters::fielddata, Bits(kText)},
    {21, "eager_global_ordinals", &Parameters::eager_global_ordinals,
     Bits(kText, kKeyword, kFlattened)},
    {22, "split_queries_on_whitespace", &Parameters::split_queries_on_whitespace,
     Bits(kKeyword, kFlattened)},
    {23, "index_phrases", &Parameters::index_phrases, Bits(kText)},
    {24, "positive_score_impact", &Parameters::positive_score_impact,
     Bits(kRankFeature, kRankFeatures)},
    {25, "ignore_z_value", &Parameters::ignore_z_value, Bits(kGeoPoint)},
    {26, "enabled", &Parameters::enabled, kObjects},
    {27, "enable_position_increments", &Parameters::enable_position_increments, Bits(kTokenCount)},
    {28, "include_in_parent", &Parameters::include_in_parent, Bits(kNested)},
    {29, "include_in_root", &Parameters::include_in_root, Bits(kNested)},
    {30, "in_source", &Parameters::in_source, 0, Form::kHidden},
    {31, "dynamic", &Parameters::dynamic, kObjects},
    {32, "tables", &Parameters::tables, 0, Form::kHidden},
};

const Parameters& Defaults() {
  static const auto* const kDefaults = new Parameters();
  return *kDefaults;
}

bool IsDefault(const Parameters& parameters, const Entry& entry) {
  return std::visit([&](auto member) { return parameters.*member == Defaults().*member; },
                    entry.member);
}

std::string Text(const JsonValue& value) {
  if (value.is_string()) {
    return value.AsString();
  }
  if (value.is_bool()) {
    return value.AsBool() ? "true" : "false";
  }
  if (value.is_number()) {
    return std::string(value.number_text());
  }
  std::string json;
  JsonWriter(&json).Value(value);
  return json;
}

Status Wrong(const std::string& name, const JsonValue& value, const Field& field) {
  return Status::InvalidArgument("Failed to parse parameter [" + name + "] of field [" +
                                 field.name + "] with value [" + Text(value) + "]");
}

// Words that a parameter may have, where not any will do.
struct Words {
  std::string_view name;
  std::vector<std::string_view> words;
};
const std::vector<Words>& AllWords() {
  static const auto* const kWords = new std::vector<Words>{
      {"dynamic", {"true", "false", "strict"}},
      {"index_options", {"docs", "freqs", "positions", "offsets"}},
      {"term_vector",
       {"no", "yes", "with_positions", "with_offsets", "with_positions_offsets",
        "with_positions_payloads", "with_positions_offsets_payloads"}},
  };
  return *kWords;
}

Status CheckWord(const std::string& name, const std::string& text, const Field& field) {
  for (const Words& words : AllWords()) {
    if (words.name != name) {
      continue;
    }
    for (const std::string_view word : words.words) {
      if (word == text) {
        return Status::Ok();
      }
    }
    std::string reason = "Unknown value [";
    reason.append(text).append("] for field [").append(name).append("] of field [");
    reason.append(field.name).append("] - accepted values are [");
    for (const std::string_view& word : words.words) {
      reason.append(&word == words.words.data() ? "" : ", ").append(word);
    }
    return Status::InvalidArgument(reason + "]");
  }
  return Status::Ok();
}

// Reads one value into the member; the overloads are by the member's type.
Status ReadInto(const Entry& entry, const JsonValue& value, const Field& field, std::string* out) {
  if (entry.form == Form::kJson ? !value.is_object() : value.is_object() || value.is_array()) {
    return Wrong(std::string(entry.name), value, field);
  }
  *out = value.is_null() ? "" : Text(value);
  return CheckWord(std::string(entry.name), *out, field);
}

Status ReadInto(const Entry& entry, const JsonValue& value, const Field& field,
                std::optional<std::string>* out) {
  if (value.is_array() || (value.is_object() && field.kind != kGeoPoint)) {
    return Wrong(std::string(entry.name), value, field);
  }
  out->reset();
  if (!value.is_null()) {
    *out = Text(value);
  }
  return Status::Ok();
}

Status ReadInto(const Entry& entry, const JsonValue& value, const Field& field,
                std::vector<std::string>* out) {
  out->clear();
  if (value.is_string()) {
    out->push_back(value.AsString());
    return Status::Ok();
  }
  if (!value.is_array()) {
    return Wrong(std::string(entry.name), value, field);
  }
  for (const JsonValue& element : value.array()) {
    if (!element.is_string()) {
      return Wrong(std::string(entry.name), value, field);
    }
    out->push_back(element.AsString());
  }
  return Status::Ok();
}

Status ReadInto(const Entry& entry, const JsonValue& value, const Field& field, uint32_t* out) {
  const auto number = value.AsInt64();
  if (!number || *number < 0 || *number > INT32_MAX) {
    return Wrong(std::string(entry.name), value, field);
  }
  *out = static_cast<uint32_t>(*number);
  return Status::Ok();
}

Status ReadInto(const Entry& entry, const JsonValue& value, const Field& field, bool* out) {
  const std::string text = value.is_bool() || value.is_string() ? Text(value) : "";
  if (text != "true" && text != "false") {
    return Status::InvalidArgument("Failed to parse value [" + Text(value) +
                                   "] as only [true] or [false] are allowed. (parameter [" +
                                   std::string(entry.name) + "] of field [" + field.name + "])");
  }
  *out = text == "true";
  return Status::Ok();
}

void Write(const Entry& entry, const std::string& value, JsonWriter* json) {
  if (entry.form == Form::kJson) {
    const Result<JsonValue> parsed = ParseJson(value);
    if (parsed.ok()) {
      json->Value(*parsed);
      return;
    }
  }
  json->String(value);
}
void Write(const Entry&, const std::optional<std::string>& value, JsonWriter* json) {
  json->String(*value);
}
void Write(const Entry&, const std::vector<std::string>& value, JsonWriter* json) {
  json->BeginArray();
  for (const std::string& element : value) {
    json->String(element);
  }
  json->EndArray();
}
void Write(const Entry&, uint32_t value, JsonWriter* json) { json->Uint(value); }
void Write(const Entry&, bool value, JsonWriter* json) { json->Bool(value); }

std::string Bytes(const std::string& value) { return value; }
std::string Bytes(const std::optional<std::string>& value) { return *value; }
std::string Bytes(const std::vector<std::string>& value) {
  std::string out;
  for (const std::string& element : value) {
    PutLengthPrefixed(&out, element);
  }
  return out;
}
std::string Bytes(uint32_t value) {
  std::string out;
  PutVarint(&out, value);
  return out;
}
std::string Bytes(bool value) { return std::string(1, value ? '\1' : '\0'); }

// False: bytes that no value has.
bool Decode(std::string_view bytes, std::string* out) {
  *out = bytes;
  return true;
}
bool Decode(std::string_view bytes, std::optional<std::string>* out) {
  *out = std::string(bytes);
  return true;
}
bool Decode(std::string_view bytes, std::vector<std::string>* out) {
  ByteReader reader(bytes);
  while (reader.ok() && !reader.AtEnd()) {
    out->emplace_back(reader.LengthPrefixed());
  }
  return reader.ok();
}
bool Decode(std::string_view bytes, uint32_t* out) {
  ByteReader reader(bytes);
  const uint64_t value = reader.Varint();
  *out = static_cast<uint32_t>(value);
  return reader.ok() && reader.AtEnd() && value <= UINT32_MAX;
}
bool Decode(std::string_view bytes, bool* out) {
  *out = bytes == std::string_view("\1", 1);
  return bytes.size() == 1 && static_cast<uint8_t>(bytes[0]) <= 1;
}

}  // namespace

Result<bool> ReadParameter(const std::string& name, const JsonValue& value, const Field& field,
                           FieldParameters* out) {
  for (const Entry& entry : kEntries) {
    if (entry.name == name && (entry.kinds & Bit(field.kind)) != 0) {
      BINSEEK_RETURN_IF_ERROR(
          std::visit([&](auto member) { return ReadInto(entry, value, field, &(out->*member)); },
                     entry.member));
      return true;
    }
  }
  return false;
}

void WriteParametersJson(const FieldParameters& parameters, JsonWriter* json) {
  for (const Entry& entry : kEntries) {
    if (entry.form == Form::kHidden || IsDefault(parameters, entry)) {
      continue;
    }
    json->Key(entry.name);
    std::visit([&](auto member) { Write(entry, parameters.*member, json); }, entry.member);
  }
}

void EncodeParameters(const FieldParameters& parameters, std::string* out) {
  uint64_t count = 0;
  std::string properties;
  for (const Entry& entry : kEntries) {
    if (IsDefault(parameters, entry)) {
      continue;
    }
    ++count;
    PutVarint(&properties, entry.id);
    PutLengthPrefixed(
        &properties,
        std::visit([&](auto member) { return Bytes(parameters.*member); }, entry.member));
  }
  PutVarint(out, count);
  out->append(properties);
}

FieldParameters DecodeParameters(ByteReader* reader, bool* too_new) {
  FieldParameters parameters;
  uint64_t before = 0;
  for (uint64_t left = reader->Varint(); left > 0 && reader->ok(); --left) {
    const uint64_t id = reader->Varint();
    const std::string_view bytes = reader->LengthPrefixed();
    if (!reader->ok()) {
      break;
    }
    if (id <= before) {
      reader->Fail("properties of a field that are not in order");
      break;
    }
    before = id;
    const Entry* known = nullptr;
    for (const Entry& entry : kEntries) {
      known = entry.id == id ? &entry : known;
    }
    if (known == nullptr) {
      *too_new = true;
      reader->Fail("a property that a newer binseek wrote");
    } else if (!std::visit([&](auto member) { return Decode(bytes, &(parameters.*member)); },
                           known->member) ||
               IsDefault(parameters, *known)) {
      reader->Fail("a property that a field cannot have");
    }
  }
  return parameters;
}

}  // namespace binseek::mapping
