#include "api/handlers/drop_indices.h"

#include <utility>

#include "engine/base/log.h"
#include "sync/pipeline/index_owners.h"

namespace binseek::api {
namespace {

Status DropOne(Node* node, const index::IndexView& index) {
  const auto sources = node->sources();
  return index.mapping->synced() && sources->owners != nullptr
             ? pipeline::DropUnfollowedIndex(node->engine(), index, sources->owners.get())
             : node->engine()->DropIndex(index.id);
}

}  // namespace

Status DropIndices(Node* node, std::span<const index::IndexView* const> indices,
                   AliasTable aliases) {
  AliasTable before = *node->aliases();
  const bool renamed = aliases.ToJson() != before.ToJson();
  if (renamed) {
    BINSEEK_RETURN_IF_ERROR(node->SetAliases(std::move(aliases)));
  }
  for (const index::IndexView* const index : indices) {
    Status dropped = DropOne(node, *index);
    if (dropped.ok()) {
      before.RemoveIndex(index->name);
      continue;
    }
    const Status restored = renamed ? node->SetAliases(std::move(before)) : Status::Ok();
    if (!restored.ok()) {
      Log(LogLevel::kError, "aliases of indices that could not be dropped are lost",
          {{"index", index->name}, {"error", restored}});
    }
    return dropped;
  }
  return Status::Ok();
}

}  // namespace binseek::api
