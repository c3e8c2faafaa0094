// What the engine's tests write: small shop documents, as a synced index holds them, and the operations on them.
#ifndef BINSEEK_TESTS_ENGINE_INDEX_SHOP_H_
#define BINSEEK_TESTS_ENGINE_INDEX_SHOP_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/index/engine.h"
#include "engine/store/directory.h"

namespace binseek::index::test {

// title (text), brand (keyword), price (decimal, 2 digits) and stock (long), the latter two updated in place.
mapping::Mapping ShopMapping();
mapping::Field MakeField(const std::string& name,
                         mapping::FieldKind kind);  // numbers are updated in place
inline constexpr mapping::FieldId kTitle{16};
inline constexpr mapping::FieldId kBrand{17};
inline constexpr mapping::FieldId kPrice{18};
inline constexpr mapping::FieldId kStock{19};

struct Product {
  std::string title;
  std::string brand;
  std::optional<int64_t> cents;
  std::optional<int64_t> stock;

  mapping::Document ToDocument() const;
  std::string ToSource() const;  // as AppendSource renders it
};

// External versions are given; 0 is an internal one.
Operation Upsert(IndexId index, std::string key, const Product& product, int64_t version = 0);
Operation Delete(IndexId index, std::string key, int64_t version = 0);
Operation SetStock(IndexId index, std::string key, std::optional<int64_t> stock,
                   int64_t version = 0);

// Apply of a batch that must succeed as a whole.
ApplyResult MustApply(Engine* engine, std::vector<Operation> operations);
Outcome MustApplyOne(Engine* engine, Operation operation);

std::unique_ptr<Engine> MustOpen(std::shared_ptr<store::Directory> directory,
                                 bool background_merges = true);

// _source of the document, or nothing where the key is not there.
std::optional<std::string> SourceOf(const IndexView& index, const std::string& key);
std::optional<int64_t> NumberOf(const IndexView& index, const std::string& key,
                                mapping::FieldId field);
// All live documents: key to _source, version and sequence number.
std::map<std::string, std::string> ContentsOf(const IndexView& index);
// Live documents with this exact term.
uint64_t CountTerm(const IndexView& index, mapping::FieldId field, const std::string& term);

// Fails the running test where CheckDirectory finds anything; a directory without a commit is sound.
void ExpectSound(const store::Directory& directory);

}  // namespace binseek::index::test

#endif  // BINSEEK_TESTS_ENGINE_INDEX_SHOP_H_
