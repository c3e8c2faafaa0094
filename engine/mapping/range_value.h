// Values that are two numbers at once, as terms of a dictionary: ranges, and features with their weights.
//
// A range is its first and its last value, both included, each in bytes whose order is the values': 8 of a column value, or an address's 16. A
// feature is its name, a zero byte, and 3 bytes of its weight, of which 9 bits behind the point are kept, as Lucene keeps them.
// Thread-safe free functions. Errors: kInvalidArgument in Elasticsearch's words.
#ifndef BINSEEK_ENGINE_MAPPING_RANGE_VALUE_H_
#define BINSEEK_ENGINE_MAPPING_RANGE_VALUE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/mapping/field.h"

namespace binseek::mapping {

struct RangeBytes {
  std::string first{};
  std::string last{};
  std::string Term() const { return first + last; }
};

// The field that a range's ends are values of: of a date_range a date. REQUIRES: field.is_range().
Field EndField(const Field& range);
size_t EndBytes(const Field& range);
std::string EndOfColumnValue(int64_t value);  // eight bytes
int64_t ColumnValueOfEnd(std::string_view bytes);

// {"gte": 1, "lt": 5}; of an ip_range also "10.0.0.0/8".
Result<RangeBytes> ParseRangeValue(const Field& field, const JsonValue& json);
// The two halves of a term. REQUIRES: as many bytes as EndBytes() twice.
inline RangeBytes SplitRange(std::string_view term) {
  return {std::string(term.substr(0, term.size() / 2)), std::string(term.substr(term.size() / 2))};
}

// A positive weight as it is kept.
float TruncateFeature(float value);
std::string FeatureTerm(std::string_view name, float value);
// What begins all terms of a feature.
std::string FeaturePrefix(std::string_view name);
// Of a term behind its prefix; nullopt: no feature's.
std::optional<float> FeatureOfTerm(std::string_view suffix);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_RANGE_VALUE_H_
