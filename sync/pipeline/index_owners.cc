#include "sync/pipeline/index_owners.h"

#include "sync/pipeline/checkpoint.h"

namespace binseek::pipeline {

void IndexOwners::Claim(const std::string& index_name, IndexOwner owner) {
  const MutexLock lock(&mutex_);
  claims_[{owner.source, owner.table}] = {index_name, owner};
}

void IndexOwners::Release(change::SourceId source, const std::string& table) {
  const MutexLock lock(&mutex_);
  claims_.erase({source, table});
}

std::vector<IndexOwner> IndexOwners::OthersOf(std::string_view index_name,
                                              change::SourceId source) const {
  const MutexLock lock(&mutex_);
  std::vector<IndexOwner> others;
  for (const auto& [table, claimed] : claims_) {
    if (claimed.index_name == index_name && claimed.owner.source != source) {
      others.push_back(claimed.owner);
    }
  }
  return others;
}

std::string IndexOwners::KeyPrefixOf(change::SourceId source, index::IndexId index) const {
  const MutexLock lock(&mutex_);
  std::string prefix;
  for (const auto& [table, claimed] : claims_) {
    if (claimed.owner.source != source || claimed.owner.index != index) {
      continue;
    }
    const auto& layout = claimed.owner.layout;
    if (layout == nullptr || !layout->id_names_source) {
      return {};
    }
    prefix = layout->IdPrefix();
  }
  return prefix;
}

Status ClaimIndices(const index::Engine& engine, change::SourceId source,
                    const std::string& source_name, const mapper::MapperOptions& mapping,
                    IndexOwners* owners) {
  const std::string stored = engine.UserData(CheckpointKey(source));
  if (stored.empty()) {
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(const Checkpoint checkpoint, DecodeCheckpoint(stored));
  const auto view = engine.View();
  for (const auto& [name, table] : checkpoint.tables) {
    const index::IndexView* const index = view->Find(table.answering());
    if (index == nullptr || table.index.empty()) {
      continue;
    }
    owners->Claim(table.index, {source, source_name, name, table.answering(),
                                mapper::LayOut(table.schema, mapping).value_or(nullptr)});
  }
  return Status::Ok();
}

}  // namespace binseek::pipeline
