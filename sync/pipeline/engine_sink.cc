#include "sync/pipeline/engine_sink.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/system_keywords.h"
#include "sync/pipeline/number_lookup.h"

namespace binseek::pipeline {
namespace {

class EngineKeys final : public KeyCursor {
 public:
  explicit EngineKeys(index::TableKeys keys) : keys_(std::move(keys)) {}
  Result<std::vector<std::string>> Next(size_t most) override { return keys_.Next(most); }

 private:
  index::TableKeys keys_;
};
// Full memory empties.
Status WaitsForRoom(const Status& status) {
  return status.code() == StatusCode::kResourceExhausted ? Status::Unavailable(status.message())
                                                         : status;
}

// More than these are as good as all.
constexpr size_t kMaxTablesOfField = 64;

// Has the fields of `wanted`, one table's, be of its documents too, and all others not. Whether that changes anything. A field of all tables stays so.
bool ShareFields(const mapping::Mapping& wanted, mapping::Mapping* shared) {
  if (wanted.fields().empty() || wanted.fields().front().parameters().tables.size() != 1) {
    return false;  // an index of one table
  }
  const std::string& table = wanted.fields().front().parameters().tables.front();
  std::vector<std::pair<mapping::FieldId, std::vector<std::string>>> changes;
  for (const mapping::Field& field : shared->fields()) {
    std::vector<std::string> tables = field.parameters().tables;
    const auto at = std::lower_bound(tables.begin(), tables.end(), table);
    const bool listed = at != tables.end() && *at == table;
    if (tables.empty() || listed == (wanted.Find(field.name) != nullptr)) {
      continue;
    }
    if (listed) {
      tables.erase(at);
    } else {
      tables.insert(at, table);
    }
    if (tables.empty()) {
      tables.emplace_back();  // nobody's: no list at all would have it be everybody's
    } else if (tables.size() > kMaxTablesOfField) {
      tables.clear();
    }
    changes.emplace_back(field.id, std::move(tables));
  }
  for (auto& [id, tables] : changes) {
    shared->SetTables(id, std::move(tables));
  }
  return !changes.empty();
}

}  // namespace

Result<index::ApplyResult> EngineSink::Apply(const index::Batch& batch) {
  Result<index::ApplyResult> result = engine_->Apply(batch);
  if (!result.ok()) {
    return WaitsForRoom(result.status());
  }
  return result;
}

class EngineSink::Staged final : public StagedSink {
 public:
  // The batch comes with Begin.
  Staged(EngineSink* sink, std::vector<index::IndexId> indices)
      : sink_(sink), staged_(sink->owners_->staged()), indices_(std::move(indices)) {
    const MutexLock lock(&staged_->mutex);
    staged_->indices.insert(staged_->indices.end(), indices_.begin(), indices_.end());
  }
  ~Staged() override {
    batch_.reset();
    const MutexLock lock(&staged_->mutex);
    for (const index::IndexId index : indices_) {
      // Once: another source may wait for its turn with the same index.
      staged_->indices.erase(std::find(staged_->indices.begin(), staged_->indices.end(), index));
    }
  }
  Staged(const Staged&) = delete;
  Staged& operator=(const Staged&) = delete;

  Status Begin(const std::vector<index::IndexId>& indices) {
    auto batch = sink_->engine_->Stage(indices);
    if (!batch.ok()) {
      return WaitsForRoom(batch.status());
    }
    batch_ = std::move(*batch);
    return Status::Ok();
  }

  Result<std::vector<index::OpResult>> Add(std::span<const index::Operation> operations) override {
    auto results = batch_->Add(operations);
    if (!results.ok()) {
      return WaitsForRoom(results.status());
    }
    return results;
  }

  Status Finish(std::map<std::string, std::string> user_data) override {
    return WaitsForRoom(batch_->Finish(std::move(user_data), {}).status());
  }

 private:
  EngineSink* const sink_;
  StagedIndices* const staged_;
  const std::vector<index::IndexId> indices_;
  std::unique_ptr<index::StagedBatch> batch_;
};

Result<std::unique_ptr<StagedSink>> EngineSink::Stage(const std::vector<index::IndexId>& indices) {
  auto staged = std::make_unique<Staged>(this, indices);
  BINSEEK_RETURN_IF_ERROR(staged->Begin(indices));
  return std::unique_ptr<StagedSink>(std::move(staged));
}

void EngineSink::ForgetTombstones(index::IndexId id, int64_t below_version) {
  StagedIndices& staged = *owners_->staged();
  const MutexLock lock(&staged.mutex);
  if (std::find(staged.indices.begin(), staged.indices.end(), id) == staged.indices.end()) {
    engine_->ForgetTombstones(id, below_version);
  }
}

void EngineSink::ForgetTombstonesOf(index::IndexId id, std::string_view key_prefix,
                                    int64_t below_version) {
  StagedIndices& staged = *owners_->staged();
  const MutexLock lock(&staged.mutex);
  if (std::find(staged.indices.begin(), staged.indices.end(), id) == staged.indices.end()) {
    engine_->ForgetTombstonesOf(id, key_prefix, below_version);
  }
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
  if (ShareFields(mapping, &extended) || grew) {
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

Status EngineSink::DropGenerations(const std::string& of, std::optional<index::IndexId> keep) {
  const auto view = engine_->View();
  for (const auto& index : view->indices()) {
    if (index::IsGenerationOf(*index, of) && index->id != keep) {
      BINSEEK_RETURN_IF_ERROR(engine_->DropIndex(index->id));
    }
  }
  return Status::Ok();
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

Result<bool> EngineSink::VisitByNumber(index::IndexId id, mapping::FieldId field,
                                       std::span<const int64_t> values,
                                       std::string_view source_table,
                                       const NumberedVisit& visit) const {
  const auto view = engine_->View();
  if (const index::IndexView* index = view->Find(id); index != nullptr) {
    BINSEEK_RETURN_IF_ERROR(pipeline::VisitByNumber(*index, field, values, source_table, visit));
  }
  return true;
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
