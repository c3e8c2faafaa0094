// ThingOracle's queries over numbers, moments, places, addresses and ranges.
#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "engine/search/feature_query.h"
#include "engine/search/geo_query.h"
#include "tests/engine/search/thing_oracle_parts.h"

namespace binseek::search::test {

ThingOracle::Function ThingOracle::MakeFunction() {
  using Kind = ScoreFunction::Kind;
  Function out;
  ScoreFunction& f = out.function;
  const double weight = OneIn(2) ? 1 : 2.5;
  if (weight != 1) {
    f.weight = 2.5F;
  }
  switch (Uniform(5)) {
    case 0:
      f.weight = 3;
      out.value = [](const Thing&) { return 3.0; };
      break;
    case 1: {
      f.kind = Kind::kFieldValue;
      f.field = "stock";
      f.factor = 1.5F;
      f.missing = 4;
      using Modifier = ScoreFunction::Modifier;
      const bool log = OneIn(2);
      f.modifier = log ? Modifier::kLog1p : Modifier::kSqrt;
      out.value = [=](const Thing& thing) {
        const double value = 1.5 * static_cast<double>(thing.stock.value_or(4));
        return weight * (log ? std::log10(value + 1) : std::sqrt(value));
      };
      break;
    }
    case 2: {
      f.kind = OneIn(2) ? Kind::kGauss : OneIn(2) ? Kind::kExp : Kind::kLinear;
      f.field = "sizes";
      f.origin = "8";
      f.scale = "4";
      f.offset = "1";
      f.decay = 0.3;
      static constexpr MultiValue kModes[] = {MultiValue::kMin, MultiValue::kMax, MultiValue::kAvg,
                                              MultiValue::kSum};
      f.mode = kModes[Uniform(4)];
      out.value = [kind = f.kind, mode = f.mode, weight](const Thing& thing) {
        double distance = 0;
        double sum = 0;
        double least = 1e9;
        double most = 0;
        for (const int64_t size : thing.sizes) {
          const double d = std::max(0.0, std::abs(static_cast<double>(size) - 8) - 1);
          sum += d;
          least = std::min(least, d);
          most = std::max(most, d);
        }
        if (!thing.sizes.empty()) {
          distance = mode == MultiValue::kMin   ? least
                     : mode == MultiValue::kMax ? most
                     : mode == MultiValue::kSum ? sum
                                                : sum / static_cast<double>(thing.sizes.size());
        }
        return weight * (kind == Kind::kGauss ? std::pow(0.3, distance * distance / 16)
                         : kind == Kind::kExp ? std::pow(0.3, distance / 4)
                                              : std::max(0.0, 1 - distance * 0.7 / 4));
      };
      break;
    }
    case 3: {
      f.kind = Kind::kExp;
      f.field = "made";
      f.origin = Day(100);
      f.scale = "30d";
      f.offset = "24h";
      out.value = [weight](const Thing& thing) {
        const double days =
            thing.made
                ? std::max(0.0,
                           std::abs(MillisOfDay(*thing.made) - MillisOfDay(100)) / 86'400'000 - 1)
                : 0;
        return weight * std::pow(0.5, days / 30);
      };
      break;
    }
    default: {
      const mapping::GeoPoint center = MakePoint();
      f.kind = Kind::kGauss;
      f.field = "places";
      f.origin = "[" + std::to_string(center.lon) + "," + std::to_string(center.lat) + "]";
      f.scale = "500km";
      const mapping::GeoPoint origin{std::stod(std::to_string(center.lat)),
                                     std::stod(std::to_string(center.lon))};
      out.value = [=](const Thing& thing) {
        double least = thing.places.empty() ? 0 : 1e12;
        for (const mapping::GeoPoint& place : thing.places) {
          least = std::min(least, Meters(origin, place));
        }
        return weight * std::pow(0.5, least / 500'000 * least / 500'000);
      };
      break;
    }
  }
  if (OneIn(2)) {
    const std::string word = Word();
    f.filter = MakeTerm("name", word);
    out.filter = NameHas(word);
  }
  return out;
}

MeantThingQuery ThingOracle::FunctionScore() {
  using ScoreMode = FunctionScoreOptions::ScoreMode;
  using BoostMode = FunctionScoreOptions::BoostMode;
  FunctionScoreOptions options;
  const std::string word = Word();
  const bool all = OneIn(2);
  if (!all) {
    options.query = MakeTerm("name", word);
  }
  const ThingMeaning base = all ? Always([](const Thing&) { return true; }) : NameHas(word);
  options.score_mode = static_cast<ScoreMode>(Uniform(6));
  options.boost_mode = static_cast<BoostMode>(Uniform(6));
  if (OneIn(3)) {
    options.max_boost = 2;
  }
  const bool with_min = OneIn(4);
  // Not near any score that is a round number.
  const double min_score = 0.7131;
  if (with_min) {
    options.min_score = static_cast<float>(min_score);
  }
  std::vector<Function> functions;
  for (uint64_t n = 1 + Uniform(3); n > 0; --n) {
    functions.push_back(MakeFunction());
    options.functions.push_back(functions.back().function);
  }
  const auto meaning = [=, score_mode = options.score_mode, boost_mode = options.boost_mode,
                        max_boost = static_cast<double>(options.max_boost)](
                           const Thing& thing) -> std::optional<double> {
    const std::optional<double> score = base(thing);
    if (!score) {
      return score;
    }
    std::vector<double> values;
    double weights = 0;
    for (const Function& function : functions) {
      if (!function.filter || function.filter(thing)) {
        values.push_back(function.value(thing));
        weights += static_cast<double>(function.function.weight.value_or(1));
      }
    }
    double factor = 1;
    // One that always applies is not averaged by its own weight.
    const bool alone = functions.size() == 1 && !functions[0].filter;
    if (!values.empty()) {
      double sum = 0;
      double product = 1;
      for (const double value : values) {
        sum += value;
        product *= value;
      }
      factor = score_mode == ScoreMode::kFirst ? values[0]
               : score_mode == ScoreMode::kMax ? *std::max_element(values.begin(), values.end())
               : score_mode == ScoreMode::kMin ? *std::min_element(values.begin(), values.end())
               : score_mode == ScoreMode::kSum ? sum
               : score_mode == ScoreMode::kAvg && !alone ? sum / weights
                                                         : product;
    }
    factor = std::min(factor, max_boost);
    const double out = boost_mode == BoostMode::kMultiply  ? *score * factor
                       : boost_mode == BoostMode::kReplace ? factor
                       : boost_mode == BoostMode::kSum     ? *score + factor
                       : boost_mode == BoostMode::kAvg     ? (*score + factor) / 2
                       : boost_mode == BoostMode::kMax     ? std::max(*score, factor)
                                                           : std::min(*score, factor);
    return When(!with_min || out >= min_score, out);
  };
  return {MakeFunctionScore(std::move(options)), meaning, "function_score " + word};
}

MeantThingQuery ThingOracle::RankFeature() {
  using Function = RankFeatureOptions::Function;
  RankFeatureOptions options{.field = "rank"};
  options.function = static_cast<Function>(Uniform(4));
  options.boost = 2;
  double pivot = 5;
  if (options.function == Function::kSigmoid || OneIn(2)) {
    options.pivot = 5;
  } else {
    const auto bits = static_cast<uint32_t>(mean_rank_bits_);
    pivot = static_cast<double>(std::bit_cast<float>(bits << 15));
  }
  options.exponent = 0.6F;
  options.scaling_factor = 2;
  return {MakeRankFeature(options),
          [=, function = options.function](const Thing& thing) {
            const double s = static_cast<double>(Kept(thing.rank.value_or(1)));
            const double exponent = static_cast<double>(0.6F);
            return When(
                thing.rank.has_value(),
                2 * (function == Function::kSaturation ? s / (s + pivot)
                     : function == Function::kLog      ? std::log(2 + s)
                     : function == Function::kSigmoid
                         ? std::pow(s, exponent) / (std::pow(s, exponent) + std::pow(5, exponent))
                         : s));
          },
          "rank_feature " + std::to_string(static_cast<int>(options.function))};
}

MeantThingQuery ThingOracle::RankFeatures() {
  const std::string feature = OneIn(2) ? "a" : OneIn(2) ? "ab" : "none";
  RankFeatureOptions options{.field = "features." + feature};
  options.function = RankFeatureOptions::Function::kLinear;
  return {MakeRankFeature(options),
          [=](const Thing& thing) {
            const auto it = thing.features.find(feature);
            return it == thing.features.end() ? std::nullopt
                                              : When(true, static_cast<double>(Kept(it->second)));
          },
          "rank_features " + feature};
}

MeantThingQuery ThingOracle::DistanceFeature() {
  if (OneIn(2)) {
    const auto day = static_cast<int64_t>(Uniform(300));
    return {MakeDistanceFeature({.field = "made", .origin = Day(day), .pivot = "10d", .boost = 3}),
            [=](const Thing& thing) {
              const double last_of_it =
                  MillisOfDay(day) + 86'399'999;  // what a day leaves open is its end
              const double days =
                  std::abs(MillisOfDay(thing.made.value_or(0)) - last_of_it) / 86'400'000;
              return When(thing.made.has_value(), 3 * 10 / (10 + days));
            },
            "near day " + std::to_string(day)};
  }
  return {MakeDistanceFeature({.field = "places", .origin = "48.2,16.4", .pivot = "100km"}),
          [](const Thing& thing) {
            double least = 1e12;
            for (const mapping::GeoPoint& place : thing.places) {
              least = std::min(least, Meters({48.2, 16.4}, place));
            }
            return When(!thing.places.empty(), 100'000 / (100'000 + least));
          },
          "near Vienna"};
}

double ThingOracle::Meters(const mapping::GeoPoint& a, const mapping::GeoPoint& b) {
  // By vectors, of the second point as it is kept.
  const double lat = OnGrid(b.lat, 180) * kRadians;
  const double lon = OnGrid(b.lon, 360) * kRadians;
  const double x =
      std::cos(a.lat * kRadians) * std::cos(a.lon * kRadians) - std::cos(lat) * std::cos(lon);
  const double y =
      std::cos(a.lat * kRadians) * std::sin(a.lon * kRadians) - std::cos(lat) * std::sin(lon);
  const double z = std::sin(a.lat * kRadians) - std::sin(lat);
  return 2 * kEarth * std::asin(std::min(1.0, std::sqrt(x * x + y * y + z * z) / 2));
}

MeantThingQuery ThingOracle::GeoDistance() {
  const mapping::GeoPoint center = MakePoint();
  const double meters = std::pow(10.0, 3 + static_cast<double>(Uniform(4000)) / 1000);
  return {MakeGeoDistance({.field = "places", .center = center, .meters = meters}),
          Always([=](const Thing& thing) {
            return std::any_of(
                thing.places.begin(), thing.places.end(),
                [&](const mapping::GeoPoint& place) { return Meters(center, place) <= meters; });
          }),
          "within " + std::to_string(meters) + " m of " + std::to_string(center.lat) + "," +
              std::to_string(center.lon)};
}

MeantThingQuery ThingOracle::GeoBox() {
  const mapping::GeoPoint a = MakePoint();
  const mapping::GeoPoint b = MakePoint();
  const mapping::GeoBox box{.south = std::min(a.lat, b.lat),
                            .west = a.lon,
                            .north = std::max(a.lat, b.lat),
                            .east = b.lon};
  return {MakeGeoBoundingBox({.field = "places", .box = box}), Always([=](const Thing& thing) {
            return std::any_of(
                thing.places.begin(), thing.places.end(), [&](const mapping::GeoPoint& place) {
                  const bool between = box.west <= box.east
                                           ? place.lon >= box.west && place.lon <= box.east
                                           : place.lon >= box.west || place.lon <= box.east;
                  return between && place.lat >= box.south && place.lat <= box.north;
                });
          }),
          "in a box"};
}

MeantThingQuery ThingOracle::GeoPolygon() {
  // A triangle: inside is what lies on one side of all its edges.
  std::vector<mapping::GeoPoint> points;
  for (int i = 0; i < 3; ++i) {
    points.push_back(MakePoint());
  }
  return {MakeGeoPolygon({.field = "places", .points = points}), Always([=](const Thing& thing) {
            return std::any_of(
                thing.places.begin(), thing.places.end(), [&](const mapping::GeoPoint& place) {
                  int left = 0;
                  for (size_t i = 0; i < 3; ++i) {
                    const mapping::GeoPoint& from = points[i];
                    const mapping::GeoPoint& to = points[(i + 1) % 3];
                    left += (to.lon - from.lon) * (OnGrid(place.lat, 180) - from.lat) >
                                    (to.lat - from.lat) * (OnGrid(place.lon, 360) - from.lon)
                                ? 1
                                : 0;
                  }
                  return left == 0 || left == 3;
                });
          }),
          "in a triangle"};
}

MeantThingQuery ThingOracle::Hosts() {
  const auto low = static_cast<uint8_t>(Uniform(64));
  const auto high = static_cast<uint8_t>(low + Uniform(20));
  const auto any = [](std::function<bool(uint8_t)> wanted) {
    return Always([wanted = std::move(wanted)](const Thing& thing) {
      return std::any_of(thing.hosts.begin(), thing.hosts.end(), wanted);
    });
  };
  const std::string from = "10.0.0." + std::to_string(low);
  switch (Uniform(4)) {
    case 0:
      return {MakeConstantScore(MakeTerm("hosts", from)),
              any([=](uint8_t host) { return host == low; }), "host " + from};
    case 1: {
      const int bits = 26 + static_cast<int>(Uniform(7));
      const auto block = static_cast<uint8_t>(0xFF << (32 - bits));
      return {MakeTerms("hosts", {from + "/" + std::to_string(bits), "::1"}),
              any([=](uint8_t host) { return (host & block) == (low & block); }),
              "block " + from + "/" + std::to_string(bits)};
    }
    default: {
      const bool inclusive = OneIn(2);
      return {MakeRange("hosts", Bound{from, inclusive},
                        Bound{"10.0.0." + std::to_string(high), inclusive}),
              any([=](uint8_t host) {
                return inclusive ? host >= low && host <= high : host > low && host < high;
              }),
              "hosts from " + from};
    }
  }
}

MeantThingQuery ThingOracle::Ranges() {
  const auto low = static_cast<int64_t>(Uniform(30)) - 10;
  const int64_t high = low + static_cast<int64_t>(Uniform(10));
  const auto relation = static_cast<RangeRelation>(Uniform(3));
  if (OneIn(4)) {
    return {MakeTerm("ranges", std::to_string(low)), Always([=](const Thing& thing) {
              return std::any_of(thing.ranges.begin(), thing.ranges.end(), [&](const auto& range) {
                return range.first <= low && low <= range.second;
              });
            }),
            "ranges with " + std::to_string(low)};
  }
  return {MakeRange("ranges", Bound{std::to_string(low)}, Bound{std::to_string(high + 1), false}, 1,
                    relation),
          Always([=](const Thing& thing) {
            return std::any_of(thing.ranges.begin(), thing.ranges.end(), [&](const auto& range) {
              return relation == RangeRelation::kIntersects
                         ? range.first <= high && range.second >= low
                     : relation == RangeRelation::kWithin
                         ? range.first >= low && range.second <= high
                         : range.first <= low && range.second >= high;
            });
          }),
          "ranges by " + std::to_string(low) + " to " + std::to_string(high)};
}

}  // namespace binseek::search::test
