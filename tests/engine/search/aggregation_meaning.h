// What the checks of the aggregation oracle share: a product's values, and comparisons of buckets. Private to aggregation_oracle*.cc.
#ifndef BINSEEK_TESTS_ENGINE_SEARCH_AGGREGATION_MEANING_H_
#define BINSEEK_TESTS_ENGINE_SEARCH_AGGREGATION_MEANING_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/engine/search/aggregation_oracle.h"
#include "tests/engine/search/aggregations.h"

namespace binseek::search::test {

inline constexpr int64_t kHourMs = 3'600'000;
inline constexpr int64_t kFirstDayMs = 1'767'225'600'000;  // 2026-01-01, a Thursday
inline constexpr const char* kNumbers[] = {"stock", "price", "sizes", "day"};

// Dates in milliseconds.
inline std::vector<double> NumbersOf(const Product& product, const std::string& field) {
  if (field == "sizes") {
    return {product.sizes.begin(), product.sizes.end()};
  }
  if (field == "stock" && product.stock) {
    return {static_cast<double>(*product.stock)};
  }
  if (field == "price" && product.price) {
    return {*product.price};
  }
  if (field == "day" && product.day) {
    return {static_cast<double>(*product.day / 1000)};
  }
  return {};
}

// Texts are themselves, and numbers sort as numbers do.
struct Key {
  double number = 0;
  std::string text;
  auto operator<=>(const Key&) const = default;
};

inline std::set<Key> KeysOf(const Product& product, const std::string& field) {
  std::set<Key> keys;
  if (field == "tags") {
    for (const std::string& tag : product.tags) {
      keys.insert({0, tag});
    }
  } else if (field == "active") {
    if (product.active) {
      keys.insert({*product.active ? 1.0 : 0.0, ""});
    }
  } else {
    for (const double number : NumbersOf(product, field)) {
      keys.insert({number, ""});
    }
  }
  return keys;
}

inline Docs Having(const Docs& docs, const std::function<bool(const Product&)>& matches) {
  Docs out;
  for (const Product* product : docs) {
    if (matches(*product)) {
      out.push_back(product);
    }
  }
  return out;
}

inline std::string BucketKey(const AggregationBucket& bucket) {
  return bucket.key_number ? std::to_string(*bucket.key_number) : bucket.key_text;
}
inline std::string KeyText(const Key& key, bool text) {
  return text ? key.text : std::to_string(key.number);
}

inline void ExpectNear(std::optional<double> found, std::optional<double> wanted) {
  ASSERT_EQ(found.has_value(), wanted.has_value());
  if (wanted) {
    EXPECT_NEAR(*found, *wanted, 1e-9 * std::max(1.0, std::abs(*wanted)));
  }
}

struct Summary {
  uint64_t count = 0;
  double sum = 0;
  double squares = 0;
  double min = std::numeric_limits<double>::infinity();
  double max = -std::numeric_limits<double>::infinity();
};
inline Summary Summarize(const Docs& docs, const std::string& field,
                         std::optional<double> missing) {
  Summary out;
  for (const Product* product : docs) {
    std::vector<double> numbers = NumbersOf(*product, field);
    if (numbers.empty() && missing) {
      numbers.push_back(*missing);
    }
    for (const double number : numbers) {
      ++out.count;
      out.sum += number;
      out.squares += number * number;
      out.min = std::min(out.min, number);
      out.max = std::max(out.max, number);
    }
  }
  return out;
}

inline void CheckChildren(const std::vector<MeantAggregation>& children, const Docs& docs,
                          const OracleFacts& facts, const std::vector<AggregationResult>& results) {
  ASSERT_EQ(results.size(), children.size());
  for (size_t i = 0; i < children.size(); ++i) {
    EXPECT_EQ(results[i].name, children[i].spec.name);
    SCOPED_TRACE(children[i].text);
    children[i].check(docs, facts, results[i]);
  }
}

struct Group {
  std::string key;
  Docs docs;
};

inline void CheckBuckets(const std::vector<Group>& groups,
                         const std::vector<MeantAggregation>& children, const OracleFacts& facts,
                         const AggregationResult& result) {
  const std::vector<AggregationBucket>& buckets = Buckets(result);
  ASSERT_EQ(buckets.size(), groups.size());
  for (size_t i = 0; i < groups.size(); ++i) {
    SCOPED_TRACE("bucket " + groups[i].key);
    ASSERT_EQ(BucketKey(buckets[i]), groups[i].key);
    ASSERT_EQ(buckets[i].doc_count, groups[i].docs.size());
    CheckChildren(children, groups[i].docs, facts, buckets[i].children);
  }
}

inline std::vector<AggregationSpec> SpecsOf(const std::vector<MeantAggregation>& children) {
  std::vector<AggregationSpec> specs;
  for (const MeantAggregation& child : children) {
    specs.push_back(child.spec);
  }
  return specs;
}

inline std::string TextOf(const std::string& kind, const std::vector<MeantAggregation>& children) {
  std::string text = kind;
  for (const MeantAggregation& child : children) {
    text += (child.spec.name == children.front().spec.name ? "(" : ", ") + child.text;
  }
  return text + (children.empty() ? "" : ")");
}

}  // namespace binseek::search::test

#endif  // BINSEEK_TESTS_ENGINE_SEARCH_AGGREGATION_MEANING_H_
