// The kinds with buckets.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/search/filters_aggregation.h"
#include "engine/search/histogram_aggregation.h"
#include "engine/search/metric_aggregation.h"
#include "engine/search/range_aggregation.h"
#include "engine/search/significant_terms_aggregation.h"
#include "engine/search/single_bucket_aggregation.h"
#include "engine/search/terms_aggregation.h"
#include "tests/engine/search/aggregation_meaning.h"
#include "tests/engine/search/aggregation_oracle.h"
#include "tests/engine/search/aggregations.h"

namespace binseek::search::test {
namespace {

// How a bucket of a terms aggregation is ordered.
struct Shown {
  Key key;
  Docs docs;
};

}  // namespace

MeantAggregation AggregationOracle::MakeTerms(int depth) {
  static const char* const kFields[] = {"tags", "stock", "price", "sizes", "day", "active"};
  TermsAggregation options = Terms(kFields[Uniform(std::size(kFields))],
                                   OneIn(2) ? 10'000 : static_cast<uint32_t>(1 + Uniform(6)));
  const std::string field = options.source.field;
  const bool text = field == "tags";
  options.min_doc_count = 1 + Uniform(3);
  if (text && OneIn(3)) {
    options.source.missing = OneIn(2) ? "none" : queries_->MakeTag();
  }
  if (text && OneIn(4)) {
    options.filter.exclude_values = std::vector<std::string>{queries_->MakeTag()};
  }
  if (field == "sizes" && OneIn(3)) {
    options.filter.include_values = std::vector<std::string>{"1", "3", "4", "77"};
  }
  Children children = MakeChildren(depth);
  std::string by;
  if (OneIn(3)) {
    options.order.push_back({.by = BucketOrder::By::kKey, .descending = OneIn(2)});
    by = " by key";
  } else if (OneIn(3)) {
    MetricAggregation most(Metric::kMax);
    most.source.field = "price";
    children.push_back({SpecOf("most", most),
                        [](const Docs& docs, const OracleFacts&, const AggregationResult& result) {
                          const Summary wanted = Summarize(docs, "price", std::nullopt);
                          ExpectNear(Number(result),
                                     wanted.count > 0 ? std::optional(wanted.max) : std::nullopt);
                        },
                        "max price"});
    options.order.push_back(
        {.by = BucketOrder::By::kMetric, .descending = OneIn(2), .metric = "most"});
    by = " by metric";
  }
  const AggregationSpec spec = SpecOf(Name(), options, SpecsOf(children));
  return {spec,
          [=](const Docs& docs, const OracleFacts& facts, const AggregationResult& result) {
            std::map<Key, Docs> groups;
            for (const Product* product : docs) {
              std::set<Key> keys = KeysOf(*product, field);
              if (keys.empty() && options.source.missing) {
                keys.insert({0, *options.source.missing});
              }
              for (const Key& key : keys) {
                groups[key].push_back(product);
              }
            }
            std::vector<Shown> shown;
            uint64_t total = 0;
            for (const auto& [of_group, of_key] : groups) {
              const Key& key = of_group;  // clang++-14 captures no structured bindings
              const auto listed = [&](const std::optional<std::vector<std::string>>& list) {
                const std::string as_text =
                    text ? key.text : std::to_string(static_cast<int64_t>(key.number));
                return list && std::find(list->begin(), list->end(), as_text) != list->end();
              };
              const bool chosen =
                  (!options.filter.include_values || listed(options.filter.include_values)) &&
                  !listed(options.filter.exclude_values);
              if (chosen && of_key.size() >= options.min_doc_count) {
                shown.push_back({key, of_key});
                total += of_key.size();
              }
            }
            std::stable_sort(shown.begin(), shown.end(), [&](const Shown& a, const Shown& b) {
              if (options.order.empty()) {
                return a.docs.size() > b.docs.size();
              }
              const BucketOrder& order = options.order[0];
              if (order.by == BucketOrder::By::kKey) {
                return order.descending ? b.key < a.key : a.key < b.key;
              }
              // The greatest of nothing is less than all others.
              const double left = Summarize(a.docs, "price", std::nullopt).max;
              const double right = Summarize(b.docs, "price", std::nullopt).max;
              return order.descending ? left > right : left < right;
            });
            shown.resize(std::min<size_t>(shown.size(), options.size));
            std::vector<Group> expected;
            for (const Shown& bucket : shown) {
              expected.push_back({KeyText(bucket.key, text), bucket.docs});
              total -= bucket.docs.size();
            }
            CheckBuckets(expected, children, facts, result);
            EXPECT_EQ(result.As<BucketsResult>()->sum_other_doc_count, total);
          },
          TextOf("terms " + field + by, children)};
}

MeantAggregation AggregationOracle::MakeRareTerms(int depth) {
  RareTermsAggregation options;
  options.source.field = OneIn(2) ? "tags" : "price";
  options.max_doc_count = 1 + Uniform(10);
  const std::string field = options.source.field;
  const uint64_t most = options.max_doc_count;
  Children children = MakeChildren(depth);
  return {SpecOf(Name(), options, SpecsOf(children)),
          [=](const Docs& docs, const OracleFacts& facts, const AggregationResult& result) {
            std::map<Key, Docs> groups;
            for (const Product* product : docs) {
              for (const Key& key : KeysOf(*product, field)) {
                groups[key].push_back(product);
              }
            }
            std::vector<Group> expected;
            for (const auto& [key, of_key] : groups) {
              if (of_key.size() <= most) {
                expected.push_back({KeyText(key, field == "tags"), of_key});
              }
            }
            std::stable_sort(expected.begin(), expected.end(), [](const Group& a, const Group& b) {
              return a.docs.size() < b.docs.size();
            });
            CheckBuckets(expected, children, facts, result);
          },
          TextOf("rare_terms " + field, children)};
}

MeantAggregation AggregationOracle::MakeSignificantTerms(int depth) {
  SignificantTermsAggregation options;
  options.source.field = OneIn(2) ? "tags" : "sizes";
  options.min_doc_count = 1 + Uniform(4);
  options.size = static_cast<uint32_t>(1 + Uniform(8));
  MeantQuery background{nullptr, nullptr, ""};
  if (OneIn(2)) {
    background = queries_->MakeQuery(1);
    options.background = background.query;
  }
  const std::string field = options.source.field;
  Children children = MakeChildren(depth);
  return {SpecOf(Name(), options, SpecsOf(children)),
          [=](const Docs& docs, const OracleFacts& facts, const AggregationResult& result) {
            const Docs all = Having(facts.all, [&](const Product& product) {
              return background.query == nullptr || background.meaning(product).has_value();
            });
            std::map<Key, Docs> groups;
            std::map<Key, uint64_t> in_background;
            for (const Product* product : docs) {
              for (const Key& key : KeysOf(*product, field)) {
                groups[key].push_back(product);
              }
            }
            for (const Product* product : all) {
              for (const Key& key : KeysOf(*product, field)) {
                ++in_background[key];
              }
            }
            std::vector<std::pair<double, Group>> scored;
            for (const auto& [key, of_key] : groups) {
              const double fg =
                  static_cast<double>(of_key.size()) / static_cast<double>(docs.size());
              const double bg =
                  all.empty() ? 0
                              : static_cast<double>(std::max<uint64_t>(in_background[key], 1)) /
                                    static_cast<double>(all.size());
              const double score = bg == 0 ? 0 : (fg - bg) * fg / bg;
              if (of_key.size() >= options.min_doc_count && score > 0) {
                scored.push_back({score, {KeyText(key, field == "tags"), of_key}});
              }
            }
            const std::vector<AggregationBucket>& buckets = Buckets(result);
            ASSERT_EQ(buckets.size(), std::min<size_t>(scored.size(), options.size));
            EXPECT_EQ(result.As<BucketsResult>()->background->bg_count, all.size());
            for (size_t i = 0; i < buckets.size(); ++i) {
              const auto it = std::find_if(scored.begin(), scored.end(), [&](const auto& entry) {
                return entry.second.key == BucketKey(buckets[i]);
              });
              ASSERT_NE(it, scored.end()) << BucketKey(buckets[i]);
              ExpectNear(buckets[i].significance->score, it->first);
              EXPECT_EQ(buckets[i].doc_count, it->second.docs.size());
              if (i > 0) {
                EXPECT_GE(buckets[i - 1].significance->score, buckets[i].significance->score);
              }
              CheckChildren(children, it->second.docs, facts, buckets[i].children);
            }
            // Nothing that is left out is more significant than the last that is shown.
            std::sort(scored.begin(), scored.end(),
                      [](const auto& a, const auto& b) { return a.first > b.first; });
            for (size_t i = 0; i < buckets.size(); ++i) {
              ExpectNear(buckets[i].significance->score, scored[i].first);
            }
          },
          TextOf("significant_terms " + field, children)};
}

MeantAggregation AggregationOracle::MakeRange(int depth) {
  const bool dates = OneIn(3);
  RangeAggregation options(dates);
  options.source.field = dates ? "day" : kNumbers[Uniform(3)];
  const std::string field = options.source.field;
  std::vector<std::pair<double, double>> ranges;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (uint64_t n = 1 + Uniform(4); n > 0; --n) {
    AggregationRange range;
    double from = static_cast<double>(Uniform(20)) - 3;
    double to = from + static_cast<double>(Uniform(12));
    if (dates) {
      range.from_text =
          DayText((kFirstDayMs + static_cast<int64_t>(Uniform(480)) * kHourMs) * 1000);
      from = static_cast<double>(kFirstDayMs);
      int day = 0;
      int hour = 0;
      EXPECT_EQ(std::sscanf(range.from_text->c_str(), "2026-01-%2dT%2d", &day, &hour), 2);
      from += static_cast<double>((day - 1) * 24 + hour) * kHourMs;
      to = from + static_cast<double>(5 * 24 * kHourMs);
      range.to_text = *range.from_text + "||+5d";
    } else {
      range.from = from;
      range.to = to;
    }
    if (OneIn(4)) {
      range.from.reset();
      range.from_text.reset();
      from = -kInfinity;
    } else if (OneIn(4)) {
      range.to.reset();
      range.to_text.reset();
      to = kInfinity;
    }
    range.key = "r" + std::to_string(n);
    options.ranges.push_back(range);
    ranges.emplace_back(from, to);
  }
  Children children = MakeChildren(depth);
  const std::vector<AggregationRange> keys = options.ranges;
  return {SpecOf(Name(), options, SpecsOf(children)),
          [=](const Docs& docs, const OracleFacts& facts, const AggregationResult& result) {
            std::vector<size_t> order(ranges.size());
            for (size_t i = 0; i < order.size(); ++i) {
              order[i] = i;
            }
            std::stable_sort(order.begin(), order.end(),
                             [&](size_t a, size_t b) { return ranges[a] < ranges[b]; });
            std::vector<Group> expected;
            for (const size_t i : order) {
              const double from = ranges[i].first;
              const double to = ranges[i].second;
              expected.push_back({keys[i].key, Having(docs, [&](const Product& product) {
                                    const std::vector<double> numbers = NumbersOf(product, field);
                                    return std::any_of(
                                        numbers.begin(), numbers.end(),
                                        [&](double n) { return n >= from && n < to; });
                                  })});
            }
            CheckBuckets(expected, children, facts, result);
          },
          TextOf((dates ? "date_range " : "range ") + field, children)};
}

MeantAggregation AggregationOracle::MakeHistogram(int depth) {
  HistogramAggregation options;
  options.options.source.field = kNumbers[Uniform(3)];
  const std::string field = options.options.source.field;
  options.interval = static_cast<double>(1 + Uniform(12)) / 2;
  options.offset = OneIn(2) ? 0 : static_cast<double>(Uniform(5)) / 4;
  options.options.min_doc_count = Uniform(3);
  if (OneIn(3)) {
    options.options.extended_bounds = {.min = -7.0, .max = 3.0};
  }
  if (OneIn(4)) {
    options.options.hard_bounds = {.min = -8.0, .max = 12.0};
  }
  const bool down = OneIn(3);
  if (down) {
    options.options.order = {{.by = BucketOrder::By::kKey, .descending = true}};
  }
  Children children = MakeChildren(depth);
  return {SpecOf(Name(), options, SpecsOf(children)),
          [=](const Docs& docs, const OracleFacts& facts, const AggregationResult& result) {
            const auto step_of = [&](double number) {
              return static_cast<int64_t>(std::floor((number - options.offset) / options.interval));
            };
            const auto key_of = [&](int64_t step) {
              return static_cast<double>(step) * options.interval + options.offset;
            };
            const HistogramBounds& hard = options.options.hard_bounds;
            const auto inside = [&](int64_t step) {
              return !hard.min || (key_of(step) >= *hard.min && key_of(step) <= *hard.max);
            };
            std::map<int64_t, Docs> groups;
            for (const Product* product : docs) {
              std::set<int64_t> steps;
              for (const double number : NumbersOf(*product, field)) {
                steps.insert(step_of(number));
              }
              for (const int64_t step : steps) {
                if (inside(step)) {
                  groups[step].push_back(product);
                }
              }
            }
            if (options.options.min_doc_count == 0) {
              int64_t first = groups.empty() ? INT64_MAX : groups.begin()->first;
              int64_t last = groups.empty() ? INT64_MIN : groups.rbegin()->first;
              if (options.options.extended_bounds.min) {
                first = std::min(first, step_of(-7));
                last = std::max(last, step_of(3));
              }
              for (int64_t step = first; step <= last; ++step) {
                if (inside(step)) {
                  groups[step];
                }
              }
            }
            std::vector<Group> expected;
            for (const auto& [step, of_step] : groups) {
              if (of_step.size() >= options.options.min_doc_count) {
                expected.push_back({std::to_string(key_of(step)), of_step});
              }
            }
            if (down) {
              std::reverse(expected.begin(), expected.end());
            }
            CheckBuckets(expected, children, facts, result);
          },
          TextOf("histogram " + field, children)};
}

MeantAggregation AggregationOracle::MakeDateHistogram(int depth) {
  DateHistogramAggregation options;
  options.options.source.field = "day";
  options.options.min_doc_count = Uniform(2);
  // January 2026, in which nobody changes clocks: a zone is an offset.
  static const std::pair<const char*, int64_t> kZones[] = {
      {"", 0}, {"Europe/Berlin", 60}, {"+05:30", 330}, {"America/New_York", -300}};
  const auto [zone, minutes] = kZones[Uniform(std::size(kZones))];
  options.options.source.time_zone = zone;
  const int64_t shift = minutes * 60'000;
  int64_t length = 0;
  int64_t anchor = 0;
  switch (Uniform(4)) {
    case 0:
      options.calendar = CalendarUnit::kDay;
      length = 24 * kHourMs;
      break;
    case 1:
      options.calendar = CalendarUnit::kWeek;
      length = 7 * 24 * kHourMs;
      anchor = 4 * 24 * kHourMs;  // the epoch was a Thursday
      break;
    default:
      options.fixed_ms = static_cast<int64_t>(1 + Uniform(50)) * kHourMs;
      length = options.fixed_ms;
      break;
  }
  options.offset_ms = OneIn(2) ? 0 : static_cast<int64_t>(Uniform(10)) * kHourMs / 2;
  const int64_t offset = options.offset_ms;
  const uint64_t least = options.options.min_doc_count;
  Children children = MakeChildren(depth);
  return {SpecOf(Name(), options, SpecsOf(children)),
          [=](const Docs& docs, const OracleFacts& facts, const AggregationResult& result) {
            std::map<int64_t, Docs> groups;
            for (const Product* product : docs) {
              if (product->day) {
                const int64_t local = *product->day / 1000 + shift - offset - anchor;
                const int64_t floored = local - ((local % length) + length) % length;
                groups[floored - shift + offset + anchor].push_back(product);
              }
            }
            if (least == 0 && !groups.empty()) {
              const int64_t last = groups.rbegin()->first;
              for (int64_t key = groups.begin()->first; key <= last; key += length) {
                groups[key];
              }
            }
            std::vector<Group> expected;
            for (const auto& [key, of_key] : groups) {
              if (of_key.size() >= least) {
                expected.push_back({std::to_string(static_cast<double>(key)), of_key});
              }
            }
            CheckBuckets(expected, children, facts, result);
          },
          TextOf("date_histogram", children)};
}

MeantAggregation AggregationOracle::MakeFilters(int depth) {
  const bool matrix = OneIn(3);
  std::vector<NamedFilter> filters;
  std::vector<Meaning> meanings;
  for (uint64_t n = 1 + Uniform(3); n > 0; --n) {
    const MeantQuery query = queries_->MakeQuery(1);
    filters.push_back({"f" + std::to_string(meanings.size()), query.query});
    meanings.push_back(query.meaning);
  }
  Children children = MakeChildren(depth);
  AggregationSpec spec;
  const bool other = OneIn(2);
  if (matrix) {
    AdjacencyMatrixAggregation options;
    options.filters = filters;
    spec = SpecOf(Name(), options, SpecsOf(children));
  } else {
    FiltersAggregation options;
    options.filters = filters;
    options.named = true;
    options.has_other = other;
    spec = SpecOf(Name(), options, SpecsOf(children));
  }
  return {spec,
          [=](const Docs& docs, const OracleFacts& facts, const AggregationResult& result) {
            std::vector<Group> expected;
            const auto matching = [&](size_t i, size_t j) {
              return Having(docs, [&](const Product& product) {
                return meanings[i](product) && meanings[j](product);
              });
            };
            for (size_t i = 0; i < filters.size(); ++i) {
              for (size_t j = i; j < (matrix ? filters.size() : i + 1); ++j) {
                Docs both = matching(i, j);
                if (!matrix || !both.empty()) {
                  expected.push_back(
                      {filters[i].name + (i == j ? "" : "&" + filters[j].name), std::move(both)});
                }
              }
            }
            if (!matrix && other) {
              expected.push_back({"_other_", Having(docs, [&](const Product& product) {
                                    return std::none_of(meanings.begin(), meanings.end(),
                                                        [&](const Meaning& meaning) {
                                                          return meaning(product).has_value();
                                                        });
                                  })});
            }
            CheckBuckets(expected, children, facts, result);
          },
          TextOf(matrix ? "adjacency_matrix" : "filters", children)};
}

MeantAggregation AggregationOracle::MakeSingle(int depth, bool top_level) {
  Children children = MakeChildren(depth);
  if (top_level && OneIn(2)) {
    return {SpecOf(Name(), GlobalAggregation(), SpecsOf(children)),
            [=](const Docs&, const OracleFacts& facts, const AggregationResult& result) {
              const auto* const bucket = result.As<SingleBucketResult>();
              EXPECT_EQ(bucket->doc_count, facts.all.size());
              CheckChildren(children, facts.all, facts, bucket->children);
            },
            TextOf("global", children)};
  }
  std::function<bool(const Product&)> matches;
  AggregationSpec spec;
  if (OneIn(2)) {
    const MeantQuery query = queries_->MakeQuery(1);
    matches = [query](const Product& product) { return query.meaning(product).has_value(); };
    spec = SpecOf(Name(), FilterAggregation(query.query), SpecsOf(children));
  } else {
    MissingAggregation options;
    options.source.field = OneIn(2) ? "tags" : "stock";
    matches = [field = options.source.field](const Product& product) {
      return KeysOf(product, field).empty();
    };
    spec = SpecOf(Name(), options, SpecsOf(children));
  }
  return {spec,
          [=](const Docs& docs, const OracleFacts& facts, const AggregationResult& result) {
            const Docs inside = Having(docs, matches);
            const auto* const bucket = result.As<SingleBucketResult>();
            EXPECT_EQ(bucket->doc_count, inside.size());
            CheckChildren(children, inside, facts, bucket->children);
          },
          TextOf(std::string(spec.what->type()), children)};
}

}  // namespace binseek::search::test
