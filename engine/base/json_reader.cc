// The one file that knows RapidJSON: its SAX reader, driving a builder of JsonValues.
#include <algorithm>

#include "engine/base/json.h"

// A failed RapidJSON assertion must not depend on the build type.
#include "engine/base/check.h"
#define RAPIDJSON_ASSERT(x) BINSEEK_CHECK(x)
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace binseek {
namespace {

// A container that is still open. `key` is the one whose value comes next.
struct OpenContainer {
  bool object;
  std::string key;
  JsonValue::Array array;
  JsonValue::Members members;
};

// Returns a key that occurs twice, or nullptr. Sorted, since an outsider chooses how many there are.
const std::string* FindDuplicate(const JsonValue::Members& members) {
  std::vector<const std::string*> keys;
  keys.reserve(members.size());
  for (const JsonValue::Member& member : members) {
    keys.push_back(&member.first);
  }
  std::ranges::sort(keys, {}, [](const std::string* key) { return std::string_view(*key); });
  const auto twice = std::ranges::adjacent_find(
      keys, [](const std::string* a, const std::string* b) { return *a == *b; });
  return twice == keys.end() ? nullptr : *twice;
}

// Receives RapidJSON's events; false stops the parse, and failure() says why.
class Builder {
 public:
  explicit Builder(const JsonLimits& limits) : limits_(limits) {}

  bool Null() { return Add(JsonValue()); }
  bool Bool(bool value) { return Add(JsonValue::Bool(value)); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool /*copy*/) {
    return Add(JsonValue::Number(std::string(text, length)));
  }
  bool String(const char* text, rapidjson::SizeType length, bool /*copy*/) {
    return Add(JsonValue::String(std::string(text, length)));
  }
  bool Key(const char* text, rapidjson::SizeType length, bool /*copy*/) {
    open_.back().key.assign(text, length);
    return true;
  }
  bool StartObject() { return Open(true); }
  bool StartArray() { return Open(false); }

  bool EndObject(rapidjson::SizeType /*count*/) {
    JsonValue::Members members = std::move(open_.back().members);
    open_.pop_back();
    if (const std::string* key = FindDuplicate(members)) {
      failure_ = Status::InvalidArgument("duplicate key \"" + *key + "\" in the object that ends");
      return false;
    }
    return Attach(JsonValue::FromMembers(std::move(members)));
  }
  bool EndArray(rapidjson::SizeType /*count*/) {
    JsonValue::Array array = std::move(open_.back().array);
    open_.pop_back();
    return Attach(JsonValue::FromArray(std::move(array)));
  }

  // Numbers arrive as text (kParseNumbersAsStringsFlag), so RapidJSON calls none of these.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

  const Status& failure() const { return failure_; }
  JsonValue TakeRoot() { return std::move(root_); }

 private:
  bool Count() {
    if (++values_ > limits_.max_values) {
      failure_ = Status::ResourceExhausted("JSON of more than " +
                                           std::to_string(limits_.max_values) + " values");
      return false;
    }
    return true;
  }

  bool Open(bool object) {
    if (open_.size() >= limits_.max_depth) {
      failure_ = Status::ResourceExhausted("JSON nested deeper than " +
                                           std::to_string(limits_.max_depth) + " levels");
      return false;
    }
    open_.push_back({object, {}, {}, {}});
    return Count();
  }

  bool Add(JsonValue value) { return Count() && Attach(std::move(value)); }

  bool Attach(JsonValue value) {
    if (open_.empty()) {
      root_ = std::move(value);
    } else if (OpenContainer& parent = open_.back(); parent.object) {
      parent.members.emplace_back(std::move(parent.key), std::move(value));
    } else {
      parent.array.push_back(std::move(value));
    }
    return true;
  }

  const JsonLimits& limits_;
  size_t values_ = 0;
  std::vector<OpenContainer> open_;
  JsonValue root_;
  Status failure_;
};

std::string AtOffset(size_t offset) { return " at offset " + std::to_string(offset); }

}  // namespace

Result<JsonValue> ParseJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.max_bytes) {
    return Status::ResourceExhausted("JSON of " + std::to_string(text.size()) +
                                     " bytes; the limit is " + std::to_string(limits.max_bytes));
  }
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseNumbersAsStringsFlag |
                              rapidjson::kParseValidateEncodingFlag;
  Builder builder(limits);
  rapidjson::Reader reader;
  rapidjson::MemoryStream stream(text.data(), text.size());
  const rapidjson::ParseResult outcome = reader.Parse<kFlags>(stream, builder);
  if (!builder.failure().ok()) {
    return Status::FromCode(builder.failure().code(),
                            builder.failure().message() + AtOffset(outcome.Offset()));
  }
  if (outcome.IsError()) {
    return Status::InvalidArgument(std::string("not JSON: ") +
                                   rapidjson::GetParseError_En(outcome.Code()) +
                                   AtOffset(outcome.Offset()));
  }
  // To RapidJSON a NUL byte is the end of its input.
  if (stream.Tell() != text.size()) {
    return Status::InvalidArgument("not JSON: NUL byte" + AtOffset(stream.Tell()));
  }
  return builder.TakeRoot();
}

}  // namespace binseek
