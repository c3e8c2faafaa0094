// MakeNested: documents some of whose nested objects match a query, which sees each of those objects as a document of its own.
//
//   MakeNested({.path = "offers", .query = MakeRange("offers.price", Bound{"10"}, std::nullopt), .score_mode = NestedScoreMode::kMin})
//
// It gives documents of the level that it stands at (BindContext::level): roots, or within another nested query, or an aggregation of nested objects, the objects of
// that one. A path that does not lie below that level has no objects there. Thread-safe.
// Errors, at Bind: kInvalidArgument where the index has no such path, or no nested object there.
#ifndef BINSEEK_ENGINE_SEARCH_NESTED_QUERY_H_
#define BINSEEK_ENGINE_SEARCH_NESTED_QUERY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/mapping/mapping.h"
#include "engine/search/query.h"

namespace binseek::search {

// What a document's score is made of: those of its matching objects, or nothing (0).
enum class NestedScoreMode : uint8_t { kAvg, kSum, kMin, kMax, kNone };

struct NestedOptions {
  std::string path{};
  QueryPtr query{};
  NestedScoreMode score_mode = NestedScoreMode::kAvg;
  bool ignore_unmapped = false;  // an index without the path matches nothing, instead of an error
  float boost = 1;
  std::shared_ptr<const void>
      inner_hits{};  // of whoever made the query, which gets it back from the tree (Query::AsNested)
};
QueryPtr MakeNested(NestedOptions options);

// The nested field at `path`; null: there is none, and that is no error.
Result<const mapping::Field*> FindNested(const mapping::Mapping& mapping, const std::string& path,
                                         bool ignore_unmapped);
// The objects of `field` that match; null: all of them. `context` is that of the level around it.
Result<std::unique_ptr<Weight>> BindNested(const mapping::Field& field, const QueryPtr& query,
                                           const BindContext& context, float boost);
// Whether objects of `field` are found below `level` (empty: the roots).
bool IsBelow(const mapping::Field& field, std::string_view level);
// The nested field that a level is of; null: there is none, as of roots.
const mapping::Field* FieldOfLevel(const mapping::Mapping& mapping, std::string_view level);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_NESTED_QUERY_H_
