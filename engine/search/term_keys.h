// TermKeys: the values of any field as integers that mean the same in all segments and indices of a search: numbers as they are (ValueForm's common ones), texts by a number that they are given
// at their first occurrence. For aggregations that keep values over segments; where counting alone matters, terms_aggregation.cc is faster.
//
// Single-threaded, owner: an aggregator. Borrows the context. Errors: kInvalidArgument (field, missing value, format), kResourceExhausted, kCorruption.
#ifndef BINSEEK_ENGINE_SEARCH_TERM_KEYS_H_
#define BINSEEK_ENGINE_SEARCH_TERM_KEYS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/search/aggregation.h"
#include "engine/search/aggregator.h"
#include "engine/search/field_values.h"
#include "engine/search/include_exclude.h"
#include "engine/search/value_form.h"
#include "engine/search/value_format.h"

namespace binseek::search {

class TermKeys {
 public:
  static Result<std::unique_ptr<TermKeys>> Make(const ValuesSource& source,
                                                AggregationContext* context);

  const ValueForm& form() const { return form_; }
  const ValueFormatPtr& format() const { return format_; }
  bool is_number() const { return form_.is_number(); }
  Status OpenSegment(size_t index, const index::SegmentView& segment);
  void Open(DocId first, size_t wanted);
  // The document's values, each once; what stands in for a document without any is among them.
  Status Read(uint32_t offset, std::vector<int64_t>* keys);

  // The key of a text, or of a number's text; a new one where it is not known yet.
  Result<int64_t> KeyOf(const std::string& text);
  int Compare(int64_t a, int64_t b) const;
  const std::string& Text(int64_t key) const { return *texts_[static_cast<size_t>(key)]; }
  // Whether the filter lets the key's value in.
  bool Passes(const TermFilter& filter, int64_t key) const {
    return is_number() ? filter.Accepts(key) : filter.Accepts(Text(key));
  }
  // key_json, key_text, key_as_string, key_number.
  void Show(int64_t key, AggregationBucket* out) const;
  void AppendJson(int64_t key, std::string* out) const;

 private:
  explicit TermKeys(AggregationContext* context) : context_(context) {}
  Result<int64_t> Intern(const std::string& text);

  static constexpr uint32_t kUnknown = UINT32_MAX;

  AggregationContext* const context_;
  ValueForm form_;
  ValueFormatPtr format_;
  std::optional<int64_t> missing_;
  const mapping::Field* field_ = nullptr;
  std::unique_ptr<NumberReader> numbers_;
  std::unique_ptr<OrdReader> ords_;
  std::vector<uint32_t> key_of_ord_;
  std::unordered_map<std::string, uint32_t> keys_;
  std::vector<const std::string*> texts_;  // nodes of keys_ do not move
  std::string text_;
};

// "sterms", "lterms", ... with another ending: "sigsterms" is "sig" + it.
std::string TermsTypeName(const ValueForm& form);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TERM_KEYS_H_
