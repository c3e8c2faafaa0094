#include "sync/pipeline/index_owners.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "engine/index/system_keywords.h"
#include "sync/change/transaction.h"
#include "sync/pipeline/checkpoint.h"

namespace binseek::pipeline {

void IndexOwners::Claim(const std::string& index_name, IndexOwner owner) {
  const MutexLock lock(&mutex_);
  Claimed& claimed = claims_[{owner.source, owner.table}];
  claimed = {index_name, std::move(owner)};
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

bool IndexOwners::IsFollowed(std::string_view index_name) const {
  const MutexLock lock(&mutex_);
  return std::any_of(claims_.begin(), claims_.end(), [&](const auto& claim) {
    return claim.second.index_name == index_name && claim.second.owner.is_followed;
  });
}

void IndexOwners::ReleaseIndex(std::string_view index_name) {
  const MutexLock lock(&mutex_);
  std::erase_if(claims_, [&](const auto& claim) { return claim.second.index_name == index_name; });
}

std::optional<std::string> IndexOwners::KeyPrefixOf(change::SourceId source,
                                                    std::string_view index_name) const {
  const MutexLock lock(&mutex_);
  bool is_its_own = false;
  bool is_shared = false;
  for (const auto& [table, claimed] : claims_) {
    const IndexOwner& owner = claimed.owner;
    if (claimed.index_name != index_name) {
      continue;
    }
    if (owner.source == source && (owner.layout == nullptr || owner.names_source())) {
      return owner.source_name + ":";
    }
    is_its_own = is_its_own || owner.source == source;
    is_shared = is_shared || owner.source != source;
  }
  return is_its_own && !is_shared ? std::make_optional<std::string>() : std::nullopt;
}

Status ClaimIndices(const index::Engine& engine, change::SourceId source,
                    const std::string& source_name, const mapper::MapperOptions* mapping,
                    IndexOwners* owners) {
  const std::string stored = engine.UserData(CheckpointKey(source));
  if (stored.empty()) {
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(const Checkpoint checkpoint, DecodeCheckpoint(stored));
  const auto view = engine.View();
  for (const auto& [name, table] : checkpoint.tables) {
    if (table.index.empty() || view->Find(table.answering()) == nullptr) {
      continue;
    }
    IndexOwner owner{source, source_name, name, table.answering(), nullptr};
    owner.is_followed = mapping != nullptr;
    if (mapping != nullptr) {
      owner.layout = mapper::LayOut(table.schema, *mapping).value_or(nullptr);
    }
    if (owner.layout == nullptr) {
      index::TableKeys keys(view, table.answering(), change::SourceTable(source, name), INT64_MAX);
      BINSEEK_ASSIGN_OR_RETURN(const auto first, keys.Next(1));
      owner.has_prefix = first.empty() || first.front().starts_with(source_name + ":");
    }
    owners->Claim(table.index, std::move(owner));
  }
  return Status::Ok();
}

Status DropUnfollowedIndex(index::Engine* engine, const index::IndexView& index,
                           IndexOwners* owners) {
  const MutexLock choosing(owners->gate());  // else a source may take it meanwhile
  if (owners->IsFollowed(index.name)) {
    return Status::Aborted("index [" + index.name + "] is that of a source");
  }
  const auto view = engine->View();
  for (const auto& other : view->indices()) {
    if (index::IsGenerationOf(*other, index.name)) {
      BINSEEK_RETURN_IF_ERROR(engine->DropIndex(other->id));
    }
  }
  BINSEEK_RETURN_IF_ERROR(engine->DropIndex(index.id));
  owners->ReleaseIndex(index.name);
  return Status::Ok();
}

}  // namespace binseek::pipeline
