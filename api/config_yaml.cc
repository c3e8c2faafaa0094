#include "api/config_yaml.h"

#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <set>

#include "engine/base/json.h"

namespace binseek::api {
namespace {

constexpr size_t kMaxValues = 10'000;
constexpr int kMaxDepth = 30;

class JsonMaker {
 public:
  explicit JsonMaker(std::string* out) : json_(out) {}

  Status Add(const YAML::Node& node, int depth) {
    if (++values_ > kMaxValues || depth > kMaxDepth) {
      return Status::InvalidArgument("there is too much of it, or it is nested too deeply");
    }
    if (node.IsSequence()) {
      json_.BeginArray();
      for (const auto& item : node) {
        BINSEEK_RETURN_IF_ERROR(Add(item, depth + 1));
      }
      json_.EndArray();
      return Status::Ok();
    }
    if (node.IsMap()) {
      return AddMap(node, depth);
    }
    if (node.IsScalar()) {
      AddScalar(node);
    } else {
      json_.Null();
    }
    return Status::Ok();
  }

 private:
  Status AddMap(const YAML::Node& node, int depth) {
    std::set<std::string> seen;
    json_.BeginObject();
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        return Status::InvalidArgument("a key must be a name");
      }
      const std::string& key = entry.first.Scalar();
      if (!seen.insert(key).second) {
        return Status::InvalidArgument("'" + key + "' is given twice");
      }
      json_.Key(key);
      BINSEEK_RETURN_IF_ERROR(Add(entry.second, depth + 1));
    }
    json_.EndObject();
    return Status::Ok();
  }

  void AddScalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    const bool quoted = node.Tag() == "!";
    const Result<JsonValue> plain = ParseJson(text);
    if (!quoted && plain.ok() && (plain->is_number() || plain->is_bool() || plain->is_null())) {
      json_.Value(*plain);
    } else {
      json_.String(text);
    }
  }

  JsonWriter json_;
  size_t values_ = 0;
};

}  // namespace

Result<std::string> JsonOfYaml(const YAML::Node& node) {
  std::string json;
  BINSEEK_RETURN_IF_ERROR(JsonMaker(&json).Add(node, 0));
  return json;
}

}  // namespace binseek::api
