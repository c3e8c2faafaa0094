// Queries over several fields that patterns name: which those are is known where a query is bound.
//
//   MakeEachField({{"title", 2}, {"meta.*", 1}}, [](const MeantField& field) { return MakePrefix(field.name, "sho", false, field.boost); });
//
// Thread-safe: const after construction, as far as the maker is.
#ifndef BINSEEK_ENGINE_SEARCH_EACH_FIELD_QUERY_H_
#define BINSEEK_ENGINE_SEARCH_EACH_FIELD_QUERY_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/mapping/mapping.h"
#include "engine/search/query.h"

namespace binseek::search {

struct MeantField {
  std::string name;
  float boost = 1;
  bool by_pattern = false;                // it was not named itself
  const mapping::Field* field = nullptr;  // null: the index has no field of that name
};

// Each field once; boosts of one that several patterns name are multiplied. A pattern means fields that a text can be looked for in.
std::vector<MeantField> ExpandFields(const mapping::Mapping& mapping,
                                     const std::vector<std::pair<std::string, float>>& fields);

// What `make` gives for each field (null: leave it out); the best one's score, plus tie_breaker times the others'. A query that cannot be bound to a field which a
// pattern names, or `lenient` to any, matches nothing there.
using FieldQueryMaker = std::function<QueryPtr(const MeantField& field)>;
struct EachFieldOptions {
  std::vector<std::pair<std::string, float>> fields{};  // name (may hold '*') and boost
  float tie_breaker = 0;
  bool lenient = false;
};
QueryPtr MakeEachField(EachFieldOptions options, FieldQueryMaker make);

// The query; where it cannot be bound because a value is none of the field's, nothing.
QueryPtr MakeLenient(QueryPtr query);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_EACH_FIELD_QUERY_H_
