#include "sync/pipeline/source_ids.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "engine/base/json.h"
#include "engine/index/batch.h"
#include "sync/pipeline/checkpoint.h"

namespace binseek::pipeline {
namespace {

// {"eu": 2, "us": 3}
constexpr std::string_view kKey = "source_ids";
constexpr change::SourceId kDefaultId{1};

Result<SourceIds> Decode(const std::string& stored) {
  SourceIds ids;
  if (stored.empty()) {
    return ids;
  }
  BINSEEK_ASSIGN_OR_RETURN(const JsonValue json, ParseJson(stored));
  if (!json.is_object()) {
    return Status::Corruption("ids of sources: no object");
  }
  for (const auto& [name, value] : json.members()) {
    const std::optional<int64_t> id = value.AsInt64();
    if (!id || *id <= static_cast<int64_t>(kDefaultId) ||
        *id > std::numeric_limits<uint16_t>::max()) {
      return Status::Corruption("ids of sources: that of " + name);
    }
    ids.emplace(name, change::SourceId{static_cast<uint16_t>(*id)});
  }
  return ids;
}

std::string Encode(const SourceIds& ids) {
  std::string out;
  JsonWriter writer(&out);
  writer.BeginObject();
  for (const auto& [name, id] : ids) {
    writer.Key(name).Uint(static_cast<uint64_t>(id));
  }
  writer.EndObject();
  return out;
}

}  // namespace

Result<SourceIds> KeepSourceIds(index::Engine* engine, const std::vector<std::string>& names) {
  BINSEEK_ASSIGN_OR_RETURN(SourceIds ids, Decode(engine->UserData(kKey)));
  uint64_t last = static_cast<uint64_t>(kDefaultId);
  for (const auto& [name, id] : ids) {
    last = std::max(last, static_cast<uint64_t>(id));
  }
  bool grew = false;
  for (const std::string& name : names) {
    if (name == kDefaultSource || ids.contains(name)) {
      continue;
    }
    if (last >= std::numeric_limits<uint16_t>::max()) {
      return Status::ResourceExhausted("no id is left for source " + name);
    }
    ids.emplace(name, change::SourceId{static_cast<uint16_t>(++last)});
    grew = true;
  }
  if (grew) {
    index::Batch batch;
    batch.user_data[std::string(kKey)] = Encode(ids);
    BINSEEK_RETURN_IF_ERROR(engine->Apply(batch).status());
    BINSEEK_RETURN_IF_ERROR(engine->Commit().status());
  }
  const bool is_named = std::find(names.begin(), names.end(), kDefaultSource) != names.end();
  if (is_named || !engine->UserData(CheckpointKey(kDefaultId)).empty()) {
    ids.emplace(kDefaultSource, kDefaultId);
  }
  return ids;
}

}  // namespace binseek::pipeline
