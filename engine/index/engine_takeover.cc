// Generations that take over the names of other indices: Batch::takeovers.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "engine/index/engine_impl.h"

namespace binseek::index {
namespace {

Status NoIndex(IndexId id) {
  return Status::NotFound("no index with id " + std::to_string(static_cast<uint32_t>(id)));
}

}  // namespace

Status EngineImpl::CheckTakeovers(const EngineView& view, const Batch& batch) {
  for (const Takeover& takeover : batch.takeovers) {
    const IndexView* const generation = view.Find(takeover.generation);
    const IndexView* const of = view.Find(takeover.of);
    if (generation == nullptr || of == nullptr) {
      return NoIndex(generation == nullptr ? takeover.generation : takeover.of);
    }
    if (!IsGenerationOf(*generation, of->name)) {
      return Status::InvalidArgument("index [" + generation->name + "] is no generation of [" +
                                     of->name + "]");
    }
    const bool written = std::any_of(batch.operations.begin(), batch.operations.end(),
                                     [&](const Operation& o) { return o.index == takeover.of; });
    if (written) {
      return Status::InvalidArgument("a batch writes to index [" + of->name + "] and drops it");
    }
  }
  return Status::Ok();
}

void EngineImpl::AddTakeovers(const EngineView& view, const Batch& batch,
                              Publication* publication) {
  for (const Takeover& takeover : batch.takeovers) {
    auto& changed = publication->changed;
    auto it = std::find_if(changed.begin(), changed.end(),
                           [&](const auto& index) { return index->id == takeover.generation; });
    if (it == changed.end()) {
      changed.push_back(std::make_shared<IndexView>(*view.Find(takeover.generation)));
      it = changed.end() - 1;
    }
    const IndexView& of = *view.Find(takeover.of);
    (*it)->name = of.name;
    (*it)->settings_json = of.settings_json;
    (*it)->manual_refresh = of.manual_refresh;
    (*it)->created_ms = of.created_ms;
    publication->dropped.push_back(takeover.generation);  // under the name that it had
    publication->dropped.push_back(takeover.of);
    publication->tombstones.push_back({TombstoneEdit::Kind::kDropIndex, takeover.of, "", 0});
  }
}

void EngineImpl::TookOver(const Batch& batch) {
  for (const Takeover& takeover : batch.takeovers) {
    merges_.Cancel(takeover.of);
    tombstones_ -= state_.writers.Find(takeover.of)->tombstones().size();
    state_.writers.Remove(takeover.of);
  }
}

}  // namespace binseek::index
