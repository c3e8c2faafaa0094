// Sort keys of a request, and the cursor that says where a page ended. Plain value types.
#ifndef BINSEEK_ENGINE_SEARCH_SORT_H_
#define BINSEEK_ENGINE_SEARCH_SORT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/mapping/geo.h"
#include "engine/search/query.h"

namespace binseek::search {

// Values are those of a document's nested objects.
struct NestedSort {
  std::string path{};
  QueryPtr filter{};                   // null: all of them count
  uint64_t max_children = UINT64_MAX;  // so many of a document's, the first ones
  std::shared_ptr<const NestedSort>
      nested{};  // null: the objects' own values; else those of objects within them
};

struct SortKey {
  enum class Kind : uint8_t { kField, kScore, kDoc, kGeoDistance };
  // Of a document's several values; default: min ascending, max descending. What is computed of whole numbers is rounded to one, and of decimals to their
  // scale. Sums, means and medians are of numbers alone, and distances have no sum.
  enum class Mode : uint8_t { kDefault, kMin, kMax, kSum, kAvg, kMedian };

  Kind kind = Kind::kField;
  std::string field{};
  bool descending = false;
  bool missing_first = false;   // documents without a value; default: last, whatever the order
  std::string missing_value{};  // not empty: they sort as if they had this
  // Not empty: an index without the field sorts all as missing, instead of an error.
  std::string unmapped_type{};
  // Not empty: dates are shown, and looked for behind a page, as this format writes them (mapping/date_format.h).
  std::string format{};
  Mode mode = Mode::kDefault;
  // Of distances: those from the nearest (by mode: farthest, ...) of these points to the field's. Documents without a point are infinitely far.
  std::vector<mapping::GeoPoint> points{};
  double meters_per_unit = 1;
  bool plane = false;
  bool ignore_unmapped = false;
  std::shared_ptr<const NestedSort> nested{};  // null: the document's own values
};

// A document's value under one sort key, direction already folded in: smaller comes first.
struct SortCell {
  int8_t rank = 0;     // -1: missing, first; 0: has a value; 1: missing, last
  int64_t number = 0;  // folded; of keyword keys TopDocs' own, and no part of the value
  std::string text;    // keyword keys
};

// Place of a hit in the total order of a search.
struct Cursor {
  std::vector<SortCell> cells;
  uint64_t position = 0;  // index ordinal << 48 | segment ordinal << 32 | document, see top_docs.h
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SORT_H_
