// Points: as they are read, kept and measured.
#include "engine/mapping/geo.h"

#include <cmath>
#include <string>

#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::mapping {
namespace {

TEST(GeoTest, EveryFormOfAPointIsRead) {
  for (const char* json :
       {R"({"lat":41.5,"lon":-71.25})", R"({"lat":"41.5","lon":"-71.25"})", R"("41.5,-71.25")",
        R"("41.5, -71.25")", "[-71.25,41.5]", "[-71.25,41.5,7]", "\"POINT (-71.25 41.5)\"",
        R"({"type":"Point","coordinates":[-71.25,41.5]})"}) {
    const auto point = ParseGeo(*ParseJson(json));
    ASSERT_OK(point);
    EXPECT_EQ(point->lat, 41.5) << json;
    EXPECT_EQ(point->lon, -71.25) << json;
  }
  const auto hash = ParseGeo(*ParseJson(R"("drm3btev3e86")"));
  ASSERT_OK(hash);
  EXPECT_NEAR(hash->lat, 41.12, 1e-6);
  EXPECT_NEAR(hash->lon, -71.34, 1e-6);
  for (const char* json : {"1", R"({"lat":1})", R"({"lat":1,"lon":2,"x":3})", "[1]", "[1,2,3,4]",
                           R"("a,b")", R"("1,2,3,4")", R"("hello!")", "\"POINT (1)\"", "null"}) {
    EXPECT_STATUS(ParseGeo(*ParseJson(json)), kInvalidArgument) << json;
  }
  EXPECT_STATUS(ParseGeo(*ParseJson("[1,2,3]"), false), kInvalidArgument);
}

TEST(GeoTest, DistancesAreThoseOfASphere) {
  EXPECT_NEAR(GeoDistanceMeters({0, 0}, {0, 1}), 111'195.08, 0.01);
  EXPECT_NEAR(GeoDistanceMeters({90, 0}, {-90, 50}), 20'015'114.4, 1);
  EXPECT_EQ(GeoDistanceMeters({48, 16}, {48, 16}), 0);
  EXPECT_EQ(*ParseDistance("12km"), 12'000);
  EXPECT_EQ(*ParseDistance("3 mi"), 3 * 1609.344);
  EXPECT_EQ(*ParseDistance("5mm"), 0.005);
  EXPECT_EQ(*ParseDistance("7"), 7);
  EXPECT_EQ(*ParseDistance("7", "km"), 7000);
  EXPECT_STATUS(ParseDistance("km"), kInvalidArgument);
  EXPECT_STATUS(ParseDistance("1 parsec"), kInvalidArgument);
}

TEST(GeoTest, PointsBeyondPolesAndDateLineGoOn) {
  EXPECT_EQ(NormalizeGeo({91, 0}), (GeoPoint{89, 180}));
  EXPECT_EQ(NormalizeGeo({10, 190}), (GeoPoint{10, -170}));
  EXPECT_EQ(NormalizeGeo({-91, 10}).lat, -89);
}

class GeoRandomTest : public binseek::test::SeededTest {
 protected:
  GeoPoint Point() {
    return {std::uniform_real_distribution<>(-90, 90)(random()),
            std::uniform_real_distribution<>(-180, 180)(random())};
  }
};

TEST_F(GeoRandomTest, ColumnValuesKeepPointsToTheirCellAndBoundsHoldAllBetween) {
  for (uint64_t i = 0; i < Iterations(20'000); ++i) {
    const GeoPoint point = Point();
    const int64_t value = EncodeGeo(point);
    const GeoPoint kept = DecodeGeo(value);
    ASSERT_LE(kept.lat, point.lat);
    ASSERT_LE(kept.lon, point.lon);
    ASSERT_NEAR(kept.lat, point.lat, 4.2e-8);
    ASSERT_NEAR(kept.lon, point.lon, 8.4e-8);
    ASSERT_EQ(EncodeGeo(kept), value);
    const int64_t low = std::min(value, EncodeGeo(Point()));
    const int64_t high = std::max(value, EncodeGeo(Point()));
    const GeoBox box = GeoBoundsOf(low, high);
    ASSERT_LE(box.south, kept.lat);
    ASSERT_LE(box.west, kept.lon);
    ASSERT_GE(box.north, kept.lat);
    ASSERT_GE(box.east, kept.lon);
  }
  EXPECT_NEAR(DecodeGeo(EncodeGeo({90, 180})).lat, 90, 1e-7);
  EXPECT_EQ(DecodeGeo(EncodeGeo({-90, -180})), (GeoPoint{-90, -180}));
}

}  // namespace
}  // namespace binseek::mapping
