// The shop's mapping, and its rows as the operations that the row mapper would make of them. Thread-safe free functions.
#ifndef BINSEEK_TESTS_BENCH_ENGINE_BENCH_SHOP_H_
#define BINSEEK_TESTS_BENCH_ENGINE_BENCH_SHOP_H_

#include <cstdint>
#include <string_view>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "engine/mapping/mapping.h"
#include "tests/bench/engine_bench/corpus.h"
#include "tests/bench/engine_bench/generator.h"

namespace binseek::bench {

inline constexpr char kIndexName[] = "products";

struct ShopFields {
  mapping::FieldId title{}, brand{}, category{}, price{}, stock{}, updated_at{}, rating{};
};

// A synced index: numbers in place, the rest stored as fragments.
Result<mapping::Mapping> MakeShopMapping();
Result<ShopFields> FindShopFields(const mapping::Mapping& mapping);

// The whole document, with an external version and a row hash.
index::Operation MakeUpsert(const ShopFields& fields, index::IndexId index, const Row& row,
                            int64_t version);
// Price, stock and updated_at, each new, with an external version and a row hash.
index::Operation MakeColumnUpdate(const ShopFields& fields, index::IndexId index,
                                  std::string_view id, int64_t version, Random* random);

}  // namespace binseek::bench

#endif  // BINSEEK_TESTS_BENCH_ENGINE_BENCH_SHOP_H_
