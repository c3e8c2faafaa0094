// NestedPath: where in its root's source a nested object stands. Pure functions on immutable views; thread-safe. kCorruption.
#ifndef BINSEEK_ENGINE_SEARCH_NESTED_PATH_H_
#define BINSEEK_ENGINE_SEARCH_NESTED_PATH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/search/searcher.h"

namespace binseek::search {

struct NestedStep {
  std::string field{};  // relative to the object of the step before
  uint32_t offset = 0;  // among the objects that are there
};

// From the root inwards; empty: the document is a root. Cost: that of its block.
Result<std::vector<NestedStep>> NestedPathOf(const index::IndexView& index,
                                             index::DocAddress address);

// The root that a document belongs to; itself where it is one.
index::DocAddress RootOf(const index::IndexView& index, index::DocAddress address);

// A hit of a document without score and sort values; id and version, where wanted, are those of its root.
Hit HitOf(const index::IndexView& index, index::DocAddress address, const HitParts& parts);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_NESTED_PATH_H_
