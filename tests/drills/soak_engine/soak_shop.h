// The shop of the soak: documents in two indices, and the ledger that says what each has to be.
//
// A document lives in one of the two indices at a time, and a transaction moves stock from one document to another or a document from one
// index to the other: the number of documents and the sum of their stock never change.
// Plain values and free functions. A Ledger belongs to its writer; others read it once that has ended.
#ifndef BINSEEK_TESTS_DRILLS_SOAK_ENGINE_SOAK_SHOP_H_
#define BINSEEK_TESTS_DRILLS_SOAK_ENGINE_SOAK_SHOP_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/index/engine.h"

namespace binseek::soak {

inline constexpr std::array kIndexNames = {"products", "variants"};
inline constexpr int64_t kStartStock = 1000;
using IndexIds = std::array<index::IndexId, 2>;

struct Entry {
  uint8_t side = 0;  // of kIndexNames
  uint32_t title = 0;
  int64_t stock = kStartStock;
  int64_t cents = 999;
  int64_t revision = 0;  // version of the operation that wrote it last
};
using Ledger = std::vector<Entry>;  // by document number

mapping::Mapping ShopMapping();
std::string KeyOf(uint32_t document);
mapping::Document DocumentOf(uint32_t document, const Entry& entry);
std::string SourceOf(uint32_t document, const Entry& entry);  // as AppendSource renders it

// Operations that make a document what its entry says, under the version entry.revision.
index::Operation Upsert(const IndexIds& ids, uint32_t document, const Entry& entry);
index::Operation UpdateColumns(const IndexIds& ids, uint32_t document, const Entry& entry);
index::Operation Delete(const IndexIds& ids, uint32_t document, const Entry& entry);

// The first few ways in which the view is not what the ledger says; none: they are equal.
std::vector<std::string> Compare(const index::EngineView& view, const Ledger& ledger);

}  // namespace binseek::soak

#endif  // BINSEEK_TESTS_DRILLS_SOAK_ENGINE_SOAK_SHOP_H_
