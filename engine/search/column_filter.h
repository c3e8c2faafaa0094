// ColumnFilterWeight: documents one of whose numbers in a column is wanted by a test that no interval says: shapes on the map. Internal to engine/search.
//
// Pages none of whose values can pass are left out by their zone. Thread-safe where the test is.
#ifndef BINSEEK_ENGINE_SEARCH_COLUMN_FILTER_H_
#define BINSEEK_ENGINE_SEARCH_COLUMN_FILTER_H_

#include <cstdint>
#include <memory>

#include "engine/search/weight.h"

namespace binseek::search {

class ColumnTest {
 public:
  virtual ~ColumnTest() = default;
  virtual bool Wants(int64_t value) const = 0;
  enum class Zone : uint8_t { kNone, kSome, kAll };
  // Of all values from `low` to `high`.
  virtual Zone Look(int64_t low, int64_t high) const = 0;
};

std::unique_ptr<Weight> MakeColumnFilter(mapping::FieldId field,
                                         std::shared_ptr<const ColumnTest> test, bool scores,
                                         float score);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_COLUMN_FILTER_H_
