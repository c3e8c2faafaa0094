#include "engine/mapping/range_value.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/base/json.h"
#include "engine/mapping/date.h"

namespace binseek::mapping {
namespace {

// "first .. last", or why there is none.
std::string Ends(const std::string& json, const std::string& format = "") {
  Field field;
  field.name = "when";
  field.kind = FieldKind::kDateRange;
  field.more = std::make_shared<const FieldParameters>(FieldParameters{.format = format});
  const Result<JsonValue> value = ParseJson(json);
  if (!value.ok()) {
    return value.status().message();
  }
  const Result<RangeBytes> range = ParseRangeValue(field, *value);
  if (!range.ok()) {
    return range.status().message();
  }
  std::string out;
  AppendIsoDate(ColumnValueOfEnd(range->first), DateStyle::kLocal, 6, &out);
  out += " .. ";
  AppendIsoDate(ColumnValueOfEnd(range->last), DateStyle::kLocal, 6, &out);
  return out;
}

TEST(RangeValueTest, TheLastDayOfADateRangeBelongsToIt) {
  EXPECT_EQ(Ends(R"({"gte": "2026-01-01", "lte": "2026-01-31"})"),
            "2026-01-01T00:00:00.000000 .. 2026-01-31T23:59:59.999999");
  EXPECT_EQ(Ends(R"({"gt": "2026-01-01", "lt": "2026-01-31"})"),
            "2026-01-02T00:00:00.000000 .. 2026-01-30T23:59:59.999999");
  EXPECT_EQ(Ends(R"({"gte": "2026-01-01", "lte": "2026-01-01"})"),
            "2026-01-01T00:00:00.000000 .. 2026-01-01T23:59:59.999999");
  EXPECT_EQ(Ends(R"({"from": "2026-01-01", "to": "2026-01-31T12"})"),
            "2026-01-01T00:00:00.000000 .. 2026-01-31T12:59:59.999999");
  EXPECT_EQ(Ends(R"({"gte": "01.2026", "lte": "02.2026"})", "MM.yyyy"),
            "2026-01-01T00:00:00.000000 .. 2026-02-01T23:59:59.999999");
  EXPECT_EQ(Ends(R"({"gte": 1000, "lte": 2000})", "epoch_millis"),
            "1970-01-01T00:00:01.000000 .. 1970-01-01T00:00:02.000999");
  EXPECT_EQ(Ends(R"({"gt": "2026-01-01", "lte": "2026-01-01"})"),
            "min value is greater than max value");
  EXPECT_NE(Ends(R"({"gte": "9223372036854775807"})").find("failed to parse date"),
            std::string::npos);
}

}  // namespace
}  // namespace binseek::mapping
