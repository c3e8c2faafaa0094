#include <gtest/gtest.h>

#include <string>

#include "engine/search/feature_query.h"
#include "tests/engine/search/test_engine.h"

namespace binseek::search::test {
namespace {

TEST(DistanceFeatureTest, AnOriginBeyondNanosIsRefused) {
  TestEngine engine;
  engine.CreateIndex("things",
                     R"({"properties": {"at": {"type": "date_nanos"}, "day": {"type": "date"}}})");
  engine.Put("things", "1", R"({"at": "2026-01-02", "day": "2026-01-02"})");
  engine.Apply();
  const auto near = [](const std::string& field, const std::string& origin) {
    DistanceFeatureOptions options;
    options.field = field;
    options.origin = origin;
    options.pivot = "1d";
    return MakeDistanceFeature(options);
  };
  for (const char* origin : {"2500-01-01", "1960-01-01"}) {
    EXPECT_NE(engine.ErrorOf(near("at", origin)).find("date[" + std::string(origin)),
              std::string::npos)
        << engine.ErrorOf(near("at", origin));
    EXPECT_EQ(engine.Ids(near("day", origin)).size(), 1U);
  }
  EXPECT_EQ(engine.Ids(near("at", "2026-01-01")).size(), 1U);
}

}  // namespace
}  // namespace binseek::search::test
