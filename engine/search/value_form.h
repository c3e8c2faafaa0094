// ValueForm: the common shape in which one named field is compared and shown over several indices.
//
// The same name may be a long in one index and a double in another; values then meet as doubles. Dates are taken in milliseconds, as
// Elasticsearch shows and compares them; those that are kept in nanoseconds, too, where they meet others or are to be aggregated. Thread-safe value types.
// Errors: kInvalidArgument where the field is text, or terms in one index and numbers in another.
#ifndef BINSEEK_ENGINE_SEARCH_VALUE_FORM_H_
#define BINSEEK_ENGINE_SEARCH_VALUE_FORM_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/search/field_ref.h"

namespace binseek::search {

class ValueForm {
 public:
  enum class Kind : uint8_t {
    kNone,    // no index has the field
    kText,    // terms
    kColumn,  // column values of one field kind
    kDouble,  // numbers of different kinds
  };

  enum class Moments : uint8_t {
    kAsKept,  // nanoseconds, where all indices have them
    kMillis,  // always: aggregations know nothing finer
  };

  // Resolves `name` in every index.
  static Result<ValueForm> Resolve(std::span<const index::IndexView* const> indices,
                                   const std::string& name, Moments moments);

  // Where no index has the field: what its values would be, by the name of a type.
  void Assume(const std::string& type);
  Kind kind() const { return kind_; }
  // Dates, of whatever indices.
  bool is_moment() const { return kind_ == Kind::kColumn && field_->is_date(); }
  // Common numbers are nanoseconds since the epoch; of all other moments they are milliseconds.
  bool in_nanos() const { return is_moment() && nanos_; }
  bool is_number() const { return kind_ == Kind::kColumn || kind_ == Kind::kDouble; }
  // What the name means in the index of that ordinal; nullopt: nothing.
  const std::optional<FieldRef>& ref(size_t index) const { return refs_[index]; }
  // A field that stands for all of them in kind and style. REQUIRES: kind() is not kNone.
  const mapping::Field& field() const { return *field_; }

  // A number that compares as the column value does, in every index.
  int64_t Common(const mapping::Field& field, int64_t column_value) const;
  double ToDouble(int64_t common) const;
  Result<int64_t> Parse(std::string_view text) const;       // to a common number
  void AppendJson(int64_t common, std::string* out) const;  // as in `sort` and as a bucket's key
  // The format that dates are written and read in; empty: the default, or no dates.
  const std::string& date_format() const;
  // Addresses are terms of bytes; as requests and answers have them, and back.
  bool is_ip() const { return kind_ == Kind::kText && field_->kind == mapping::FieldKind::kIp; }
  Result<std::string> TermOf(const std::string& text) const;
  std::string TextOf(const std::string& term) const;

 private:
  Kind kind_ = Kind::kNone;
  const mapping::Field* field_ = nullptr;
  std::shared_ptr<const mapping::Field> assumed_;  // or null; field_ is it then
  std::vector<std::optional<FieldRef>> refs_;
  bool nanos_ = false;
};

// "Text fields are not optimised for operations that require per-document field data like aggregations and sorting ..."
Status FieldDataDisabled(const std::string& field);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_VALUE_FORM_H_
