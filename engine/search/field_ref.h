// FieldRef: what a name in a request means in one index.
//
// Either a mapped field, or leaves of a flattened one: "attrs" (any leaf) or "attrs.color" (the leaves at that path). Plain value type that
// borrows from the mapping and the view.
#ifndef BINSEEK_ENGINE_SEARCH_FIELD_REF_H_
#define BINSEEK_ENGINE_SEARCH_FIELD_REF_H_

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/codec/segment.h"
#include "engine/index/engine_view.h"
#include "engine/mapping/mapping.h"
#include "engine/search/similarity.h"

namespace binseek::search {

struct FieldRef {
  const mapping::Field* field = nullptr;
  std::string path{};  // of a flattened field: "color\0" before each term; empty = any leaf
  const index::KeywordView* keywords =
      nullptr;  // what ids mean in this index; null: there are none, or nobody asked

  bool has_terms() const {
    return field->kind == mapping::FieldKind::kText ||
           field->kind == mapping::FieldKind::kKeyword ||
           field->kind == mapping::FieldKind::kFlattened;
  }
  bool is_text() const { return field->kind == mapping::FieldKind::kText; }
  bool is_flattened() const { return field->kind == mapping::FieldKind::kFlattened; }
  bool is_numeric() const { return field->is_numeric(); }
};

// nullopt: the index has no such field.
std::optional<FieldRef> FindField(const mapping::Mapping& mapping, std::string_view name);

// The dictionary term that stands for `value`: normalised on keywords, behind its path on flattened fields. REQUIRES: has_terms().
std::string TermFor(const FieldRef& ref, std::string_view value);

struct OrdRange {
  uint32_t begin = 0;  // half-open
  uint32_t end = 0;
};
// Where the field's terms lie in its dictionary; those of a flattened field's path are a part of it.
OrdRange OrdsOf(const FieldRef& ref, const codec::BlockTermDictionary& terms);
// kCorruption where damage was met in the dictionary: a term that it did not give may be there. To be asked after it was read.
[[nodiscard]] Status CheckDictionary(const codec::BlockTermDictionary& terms);
// A flattened field's dictionary holds every leaf twice, alone and behind its path. True where `term` is one of the leaves that `ref` means.
inline bool IsValueTerm(const FieldRef& ref, std::string_view term) {
  return !ref.is_flattened() || !ref.path.empty() || term.find('\0') == std::string_view::npos;
}

// Over all segments of the index, deleted documents included.
FieldStatistics CollectFieldStatistics(const index::IndexView& index, const FieldRef& ref);
uint64_t CollectDocFreq(const index::IndexView& index, mapping::FieldId field,
                        std::string_view term);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_FIELD_REF_H_
