// A small shop of five products that the query tests share: in two segments, one product deleted. Made once per test.
#ifndef BINSEEK_TESTS_ENGINE_SEARCH_SHOP_H_
#define BINSEEK_TESTS_ENGINE_SEARCH_SHOP_H_

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/engine/search/test_engine.h"

namespace binseek::search::test {

using Ids = std::vector<std::string>;

class ShopTest : public ::testing::Test {
 protected:
  ShopTest() {
    shop_.CreateIndex("products", R"({"properties": {
      "name": {"type": "text", "fields": {"keyword": {"type": "keyword"}}},
      "brand": {"type": "keyword", "normalizer": "lowercase"},
      "tags": {"type": "keyword"}, "stock": {"type": "long"}, "price": {"type": "double"},
      "made": {"type": "date"}, "active": {"type": "boolean"}, "sizes": {"type": "long"},
      "attrs": {"type": "flattened"}, "shop": {"properties": {"city": {"type": "keyword"}, "floor": {"type": "long"}}}}})",
                      {"stock"});
    shop_.Put(
        "products", "shoe",
        R"({"name": "Red running shoe", "brand": "Acme", "tags": ["sport", "sale"], "stock": 3,
      "price": 59.5, "made": "2026-01-02T10:00:00Z", "active": true, "sizes": [41, 42], "attrs": {"color": "red", "sole": {"kind": "gum"}},
      "shop": {"city": "Wien"}})");
    shop_.Put(
        "products", "boot",
        R"({"name": "Red boot", "brand": "ACME", "tags": ["winter"], "stock": 12, "price": 120,
      "made": "2026-01-02T23:59:59.999Z", "active": false, "sizes": [42, 43, 44], "attrs": {"color": "brown"}})");
    shop_.Put("products", "gone", R"({"name": "red red red", "stock": 7})");
    shop_.Apply();
    shop_.Put(
        "products", "lamp",
        R"({"name": "Desk lamp, red shade", "brand": "Lumo", "tags": ["home", "sale"], "price": 25,
      "made": "2026-02-01", "active": true, "attrs": {"color": "blue", "watt": 40}, "shop": {"floor": 2}})");
    shop_.Put("products", "desk", R"({"name": "Desk", "stock": -1, "attrs": {}})");
    shop_.Put("products", "bare", R"({})");
    shop_.Delete("products", "gone");
    shop_.Apply();
  }

  TestEngine shop_;
};

}  // namespace binseek::search::test

#endif  // BINSEEK_TESTS_ENGINE_SEARCH_SHOP_H_
