#include "sync/pipeline/engine_sink.h"

#include <utility>

#include "engine/index/system_keywords.h"

namespace binseek::pipeline {
namespace {

class EngineKeys final : public KeyCursor {
 public:
  explicit EngineKeys(index::TableKeys keys) : keys_(std::move(keys)) {}
  Result<std::vector<std::string>> Next(size_t most) override { return keys_.Next(most); }

 private:
  index::TableKeys keys_;
};

}  // namespace

Result<index::ApplyResult> EngineSink::Apply(const index::Batch& batch) {
  Result<index::ApplyResult> result = engine_->Apply(batch);
  if (!result.ok() && result.status().code() == StatusCode::kResourceExhausted) {
    return Status::Unavailable(result.status().message());
  }
  return result;
}

Result<index::IndexId> EngineSink::EnsureIndex(const std::string& name,
                                               const mapping::Mapping& mapping) {
  const auto view = engine_->View();
  const index::IndexView* existing = view->Find(name);
  if (existing == nullptr) {
    return engine_->CreateIndex(name, mapping, "{}");
  }
  mapping::Mapping extended = *existing->mapping;
  bool grew = false;
  for (const mapping::Field& field : mapping.fields()) {
    const mapping::Field* known = extended.Find(field.name);
    if (known == nullptr) {
      mapping::Field added = field;
      if (field.is_multi_field()) {
        const mapping::Field* parent = mapping.Find(field.parent);
        added.parent = extended.Find(parent->name)->id;
      }
      BINSEEK_RETURN_IF_ERROR(extended.AddField(std::move(added)).status());
      grew = true;
    } else if (known->kind != field.kind || known->scale != field.scale ||
               known->in_place != field.in_place) {
      return Status::InvalidArgument("index [" + name + "] has a field [" + field.name +
                                     "] of another type");
    }
  }
  if (grew) {
    BINSEEK_RETURN_IF_ERROR(engine_->UpdateMapping(existing->id, std::move(extended)));
  }
  return existing->id;
}

Status EngineSink::DropIndexNamed(const std::string& name, std::optional<index::IndexId> id) {
  const auto view = engine_->View();
  const index::IndexView* existing = view->Find(name);
  if (existing == nullptr || (id && existing->id != *id) || !existing->mapping->synced()) {
    return Status::Ok();
  }
  return engine_->DropIndex(existing->id);
}

std::shared_ptr<const mapping::Mapping> EngineSink::MappingOf(index::IndexId id) const {
  const auto view = engine_->View();
  const index::IndexView* index = view->Find(id);
  return index == nullptr ? nullptr : index->mapping;
}

bool EngineSink::IsForeign(const std::string& name) const {
  const auto view = engine_->View();
  const index::IndexView* index = view->Find(name);
  return index != nullptr && !index->mapping->synced();
}

Status EngineSink::VisitKeys(index::IndexId id, std::string_view source_table,
                             const std::function<void(std::string_view)>& visit) const {
  const auto view = engine_->View();
  const index::IndexView* index = view->Find(id);
  return index == nullptr ? Status::Ok() : index::VisitKeysOfTable(*index, source_table, visit);
}

std::unique_ptr<KeyCursor> EngineSink::KeysBelow(index::IndexId index,
                                                 std::string_view source_table,
                                                 int64_t version) const {
  return std::make_unique<EngineKeys>(
      index::TableKeys(engine_->View(), index, std::string(source_table), version));
}

std::optional<index::DocAddress> EngineRows::Find(const index::IndexView& index,
                                                  std::string_view key) const {
  const auto address = index.FindKey(key);
  if (!address || stale_ == nullptr) {
    return address;
  }
  const auto below = stale_->find(index.id);
  const bool stale = below != stale_->end() &&
                     index.at(*address).system().Version(address->doc).value_or(0) < below->second;
  return stale ? std::nullopt : address;
}

bool EngineRows::Contains(index::IndexId id, std::string_view key) const {
  const index::IndexView* index = view_->Find(id);
  return index != nullptr && Find(*index, key).has_value();
}

Result<std::optional<std::string>> EngineRows::Source(index::IndexId id,
                                                      std::string_view key) const {
  const index::IndexView* index = view_->Find(id);
  const auto address = index == nullptr ? std::nullopt : Find(*index, key);
  if (!address) {
    return std::optional<std::string>();
  }
  std::string source;
  BINSEEK_RETURN_IF_ERROR(index::AppendSource(*index, *address, &source));
  return std::optional<std::string>(std::move(source));
}

}  // namespace binseek::pipeline
