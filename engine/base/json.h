// JSON, read within bounds and written straight into a string.
//
//   BINSEEK_ASSIGN_OR_RETURN(const JsonValue body, ParseJson(request_body));
//   const JsonValue* size = body.Find("size");
//
//   JsonWriter writer(&response);
//   writer.BeginObject();
//   writer.Key("took").Int(took_ms);
//   writer.Key("hits").BeginArray();
//   for (const Hit& hit : hits) writer.Raw(hit.source);
//   writer.EndArray();
//   writer.EndObject();
//
// Thread-safety: JsonValue is immutable, so thread-safe; JsonWriter is thread-compatible.
#ifndef BINSEEK_ENGINE_BASE_JSON_H_
#define BINSEEK_ENGINE_BASE_JSON_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/result.h"

namespace binseek {

enum class JsonKind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

// A value and all that is in it. Accessors never abort: asked for another kind than the value has,
// they give false, empty or nullopt, because what kind it has was for an outsider to decide.
class JsonValue {
 public:
  using Array = std::vector<JsonValue>;
  using Member = std::pair<std::string, JsonValue>;
  using Members = std::vector<Member>;

  JsonValue() = default;  // null

  JsonKind kind() const { return kind_; }
  bool is_null() const { return kind_ == JsonKind::kNull; }
  bool is_bool() const { return kind_ == JsonKind::kBool; }
  bool is_number() const { return kind_ == JsonKind::kNumber; }
  bool is_string() const { return kind_ == JsonKind::kString; }
  bool is_array() const { return kind_ == JsonKind::kArray; }
  bool is_object() const { return kind_ == JsonKind::kObject; }

  bool AsBool() const;
  const std::string& AsString() const;

  // Numbers. The text is kept as it was written ("12.50", "18446744073709551616"), so nothing is
  // lost that a caller may need. The integer forms accept what is integral and fits: 12, 12.0, 1e3.
  // AsDouble rounds to the nearest double.
  const std::string& number_text() const;
  std::optional<int64_t> AsInt64() const;
  std::optional<uint64_t> AsUint64() const;
  std::optional<double> AsDouble() const;

  const Array& array() const;
  const Members& members() const;  // of an object, in the order of the text; keys are distinct

  // The member of that key, owned by this value; nullptr where there is none. Cost: linear.
  const JsonValue* Find(std::string_view key) const;

  static JsonValue Null() { return JsonValue(); }
  static JsonValue Bool(bool value) { return {JsonKind::kBool, value}; }
  static JsonValue String(std::string value) { return {JsonKind::kString, std::move(value)}; }
  static JsonValue Int(int64_t value) { return {JsonKind::kNumber, std::to_string(value)}; }
  // REQUIRES: `text` is a JSON number.
  static JsonValue Number(std::string text) { return {JsonKind::kNumber, std::move(text)}; }
  static JsonValue FromArray(Array values) { return {JsonKind::kArray, std::move(values)}; }
  // REQUIRES: the keys are distinct.
  static JsonValue FromMembers(Members members) { return {JsonKind::kObject, std::move(members)}; }

 private:
  using Content = std::variant<std::monostate, bool, std::string, Array, Members>;
  JsonValue(JsonKind kind, Content content) : kind_(kind), content_(std::move(content)) {}

  JsonKind kind_ = JsonKind::kNull;
  Content content_;
};

// What a text may ask for. Memory for a parse stays under about max_bytes + 100 * max_values.
struct JsonLimits {
  size_t max_depth = 100;  // [[1]] has depth 2
  size_t max_bytes = size_t{100} << 20;
  size_t max_values = size_t{1} << 20;
};

// One JSON text (RFC 8259), all of `text`; no comments, no trailing commas, no NaN.
// Errors, all naming the byte offset: kInvalidArgument for what is no JSON, invalid UTF-8, a lone
// surrogate, a duplicate key (named), a number beyond 1e308; kResourceExhausted beyond a limit.
// Cost: linear; does not recurse on the depth of its input.
Result<JsonValue> ParseJson(std::string_view text, const JsonLimits& limits = {});

// Appends to a string, which is borrowed. Calls must form one JSON text, or several one after the
// other (NDJSON); a call out of order is a programmer error and caught by a check.
class JsonWriter {
 public:
  // `pretty`: two spaces of indent and "key" : value, as Elasticsearch's ?pretty.
  explicit JsonWriter(std::string* out, bool pretty = false) : out_(out), pretty_(pretty) {}

  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view key);

  // Escaped; bytes that are no UTF-8 become U+FFFD, so that the output is JSON whatever comes in.
  JsonWriter& String(std::string_view value);
  JsonWriter& Int(int64_t value);
  JsonWriter& Uint(uint64_t value);
  // Shortest text that reads back as the same double (float), always with a point or an exponent
  // (1.0, as Elasticsearch writes it); NaN and infinities become null.
  JsonWriter& Double(double value);
  JsonWriter& Float(float value);
  JsonWriter& Bool(bool value);
  JsonWriter& Null();
  // A value that is JSON already, as it stands. REQUIRES: it is one.
  JsonWriter& Raw(std::string_view json);
  JsonWriter& Value(const JsonValue& value);

 private:
  struct Level {
    bool object;
    bool empty;
  };

  void BeginValue();  // what must stand before a value or a key: comma, newline, indent
  void Separate();
  void NewLine();
  void End(bool object, char bracket);

  std::string* const out_;
  const bool pretty_;
  bool after_key_ = false;
  std::vector<Level> levels_;
};

}  // namespace binseek

#endif  // BINSEEK_ENGINE_BASE_JSON_H_
