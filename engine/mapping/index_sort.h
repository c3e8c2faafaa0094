// IndexSort: the order in which every segment of an index keeps its documents, given when the index is made and never changed. Blocks are ordered by
// their root's values, and equal ones stand as they came.
//
//   IndexSortSettings settings{.fields = {"brand", "added"}, .orders = {"asc", "desc"}};
//   BINSEEK_ASSIGN_OR_RETURN(IndexSort sort, MakeIndexSort(settings, mapping));
//   mapping.set_index_sort(std::move(sort));
//
// Plain value types, pure functions. Errors: kInvalidArgument in Elasticsearch's words, naming the field.
#ifndef BINSEEK_ENGINE_MAPPING_INDEX_SORT_H_
#define BINSEEK_ENGINE_MAPPING_INDEX_SORT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/mapping/field.h"

namespace binseek::mapping {

class Mapping;

struct IndexSortKey {
  FieldId field{};
  bool descending = false;
  bool missing_first = false;  // whatever the direction
  bool greatest = false;       // of several values the greatest counts, else the smallest
  friend bool operator==(const IndexSortKey&, const IndexSortKey&) = default;
};

struct IndexSort {
  std::vector<IndexSortKey> keys{};  // the first one that tells two documents apart decides
  bool empty() const { return keys.empty(); }
  friend bool operator==(const IndexSort&, const IndexSort&) = default;
};

// index.sort.field, order, mode and missing, as they were given; all but the first may be empty.
struct IndexSortSettings {
  std::vector<std::string> fields{};
  std::vector<std::string> orders{};
  std::vector<std::string> modes{};
  std::vector<std::string> missing{};
};

[[nodiscard]] Result<IndexSort> MakeIndexSort(const IndexSortSettings& settings,
                                              const Mapping& mapping);
// Can segments be kept in the order of this field? Its values must be in a column, and never change in place.
[[nodiscard]] Status CheckSortable(const Field& field);
// Is all of the mapping's own index sort of that kind?
[[nodiscard]] Status CheckIndexSort(const Mapping& mapping);

// A document's place under one key: less is earlier.
struct SortValue {
  int8_t missing = 0;  // -1: before all values, 1: behind them
  int64_t value = 0;
};

// Of two documents, key by key: below 0 where `a` is the earlier one, above 0 where `b` is, 0: none. REQUIRES: as many keys.
inline int CompareSortValues(std::span<const SortValue> a, std::span<const SortValue> b) {
  for (size_t k = 0; k < a.size(); ++k) {
    if (a[k].missing != b[k].missing) {
      return a[k].missing < b[k].missing ? -1 : 1;
    }
    if (a[k].value != b[k].value) {
      return a[k].value < b[k].value ? -1 : 1;
    }
  }
  return 0;
}

// `value`: of a number column, or the rank of a keyword; the one that counts where there are several.
inline SortValue MakeSortValue(const IndexSortKey& key, std::optional<int64_t> value) {
  if (!value) {
    return {.missing = static_cast<int8_t>(key.missing_first ? -1 : 1), .value = 0};
  }
  return {.missing = 0, .value = key.descending ? ~*value : *value};
}

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_INDEX_SORT_H_
