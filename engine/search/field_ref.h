// FieldRef: what a name in a request means in one index.
//
// Either a mapped field, or leaves of a flattened one: "attrs" (any leaf) or "attrs.color" (the leaves at that path). Plain value type that
// borrows from the mapping and the view.
#ifndef BINSEEK_ENGINE_SEARCH_FIELD_REF_H_
#define BINSEEK_ENGINE_SEARCH_FIELD_REF_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/codec/segment.h"
#include "engine/index/engine_view.h"
#include "engine/mapping/mapping.h"
#include "engine/search/similarity_model.h"

namespace binseek::search {

struct BindContext;

struct FieldRef {
  const mapping::Field* field = nullptr;
  std::string path{};  // of a flattened field: "color\0" before each term; empty = any leaf
  const index::KeywordView* keywords =
      nullptr;  // what ids mean in this index; null: there are none, or nobody asked
  // Not null: all documents have its only value, and no segment knows of it. `keywords` is it then.
  std::shared_ptr<const index::KeywordView> constant{};

  // Terms that stand for values one by one; ranges and features have other ones.
  bool has_terms() const { return is_text() || field->is_keyword() || is_flattened(); }
  bool is_text() const { return field->kind == mapping::FieldKind::kText; }
  bool is_flattened() const { return field->kind == mapping::FieldKind::kFlattened; }
  bool is_numeric() const { return field->is_numeric(); }
};

// nullopt: the index has no such field.
std::optional<FieldRef> FindField(const mapping::Mapping& mapping, std::string_view name);

// The dictionary term that stands for `value`: normalised on keywords, behind its path on flattened fields. REQUIRES: has_terms().
std::string TermFor(const FieldRef& ref, std::string_view value);

// kInvalidArgument where exact values of such a field cannot be looked for: geo points and rank features.
[[nodiscard]] Status CheckTermsOn(const FieldRef& ref, std::string_view name);

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
TermStatistics CollectTermStatistics(const index::IndexView& index, mapping::FieldId field,
                                     std::string_view term);
// By the similarity of the field: the score of one of its terms, or of terms as a phrase. Terms that are nowhere do not count. Errors: kInvalidArgument (the
// index's settings name no such similarity).
Result<TermScore> MakeTermScore(const BindContext& context, const FieldRef& ref,
                                const std::vector<std::string>& terms, float boost);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_FIELD_REF_H_
