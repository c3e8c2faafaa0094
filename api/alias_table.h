// AliasTable: other names of indices, each with what it shows of them and where it writes to.
//
// One table for all indices, kept in the engine's user data under kAliasKey, so that a change of several aliases is one step, durable with
// the next commit. Indices are meant by name: a table that its source builds anew keeps its aliases. An index's own name goes before an alias.
//
// A value; immutable once shared. Errors: kCorruption where the stored form cannot be read.
#ifndef BINSEEK_API_ALIAS_TABLE_H_
#define BINSEEK_API_ALIAS_TABLE_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/search/query.h"

namespace binseek::api {

inline constexpr std::string_view kAliasKey = "api/aliases";

// What an alias says of one of its indices.
struct AliasEntry {
  std::string filter;      // JSON of the query that limits what is seen; empty: none
  search::QueryPtr query;  // the same, parsed; null: none
  std::string index_routing;
  std::string search_routing;
  std::optional<bool> is_write_index;
  bool is_hidden = false;
};

class AliasTable {
 public:
  using Members = std::map<std::string, AliasEntry, std::less<>>;  // by index

  static Result<AliasTable> FromJson(std::string_view json);  // "" is an empty table
  std::string ToJson() const;

  // Null: no such alias.
  const Members* Find(std::string_view alias) const;
  const std::map<std::string, Members, std::less<>>& aliases() const { return aliases_; }
  void Add(const std::string& alias, const std::string& index, AliasEntry entry);
  bool Remove(std::string_view alias, std::string_view index);  // false: it was none
  bool RemoveIndex(std::string_view index);                     // false: it had none

  // Where documents go that are written to the alias; empty: nobody says.
  static std::string WriteIndex(const Members& members);

 private:
  std::map<std::string, Members, std::less<>> aliases_;  // none of them is empty
};

// {"filter": ..., "index_routing": ..., "is_write_index": true}
void WriteAliasEntry(const AliasEntry& entry, JsonWriter* writer);

}  // namespace binseek::api

#endif  // BINSEEK_API_ALIAS_TABLE_H_
