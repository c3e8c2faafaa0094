#include "api/alias_table.h"

#include <utility>

#include "api/dsl/query_parser.h"

namespace binseek::api {
namespace {

// A filter that cannot be read hides everything: it was there to hide something.
AliasEntry EntryFrom(const JsonValue& json) {
  AliasEntry entry;
  for (const auto& [key, value] : json.members()) {
    if (key == "filter") {
      JsonWriter(&entry.filter).Value(value);
      dsl::DslResult<search::QueryPtr> query = dsl::ParseQuery(value);
      entry.query = query.ok() ? *std::move(query) : search::MakeMatchNone();
    } else if (key == "index_routing") {
      entry.index_routing = value.AsString();
    } else if (key == "search_routing") {
      entry.search_routing = value.AsString();
    } else if (key == "is_write_index") {
      entry.is_write_index = value.is_bool() && value.AsBool();
    } else if (key == "is_hidden") {
      entry.is_hidden = value.is_bool() && value.AsBool();
    }
  }
  return entry;
}

}  // namespace

Result<AliasTable> AliasTable::FromJson(std::string_view json) {
  AliasTable table;
  if (json.empty()) {
    return table;
  }
  const Result<JsonValue> parsed = ParseJson(json);
  if (!parsed.ok() || !parsed->is_object()) {
    return Status::Corruption("the stored aliases cannot be read");
  }
  for (const auto& [alias, members] : parsed->members()) {
    for (const auto& [index, entry] : members.members()) {
      table.Add(alias, index, EntryFrom(entry));
    }
  }
  return table;
}

std::string AliasTable::ToJson() const {
  if (aliases_.empty()) {
    return "";
  }
  std::string out;
  JsonWriter writer(&out);
  writer.BeginObject();
  for (const auto& [alias, members] : aliases_) {
    writer.Key(alias).BeginObject();
    for (const auto& [index, entry] : members) {
      writer.Key(index);
      WriteAliasEntry(entry, &writer);
    }
    writer.EndObject();
  }
  writer.EndObject();
  return out;
}

const AliasTable::Members* AliasTable::Find(std::string_view alias) const {
  const auto found = aliases_.find(alias);
  return found == aliases_.end() ? nullptr : &found->second;
}

void AliasTable::Add(const std::string& alias, const std::string& index, AliasEntry entry) {
  aliases_[alias].insert_or_assign(index, std::move(entry));
}

bool AliasTable::Remove(std::string_view alias, std::string_view index) {
  const auto found = aliases_.find(alias);
  if (found == aliases_.end()) {
    return false;
  }
  const auto member = found->second.find(index);
  if (member == found->second.end()) {
    return false;
  }
  found->second.erase(member);
  if (found->second.empty()) {
    aliases_.erase(found);
  }
  return true;
}

bool AliasTable::RemoveIndex(std::string_view index) {
  bool removed = false;
  for (auto alias = aliases_.begin(); alias != aliases_.end();) {
    if (const auto member = alias->second.find(index); member != alias->second.end()) {
      alias->second.erase(member);
      removed = true;
    }
    alias = alias->second.empty() ? aliases_.erase(alias) : std::next(alias);
  }
  return removed;
}

std::string AliasTable::WriteIndex(const Members& members) {
  for (const auto& [index, entry] : members) {
    if (entry.is_write_index.value_or(false)) {
      return index;
    }
  }
  const auto& [only, entry] = *members.begin();
  return members.size() == 1 && entry.is_write_index.value_or(true) ? only : "";
}

void WriteAliasEntry(const AliasEntry& entry, JsonWriter* writer) {
  writer->BeginObject();
  if (!entry.filter.empty()) {
    writer->Key("filter").Raw(entry.filter);
  }
  if (!entry.index_routing.empty()) {
    writer->Key("index_routing").String(entry.index_routing);
  }
  if (!entry.search_routing.empty()) {
    writer->Key("search_routing").String(entry.search_routing);
  }
  if (entry.is_write_index) {
    writer->Key("is_write_index").Bool(*entry.is_write_index);
  }
  if (entry.is_hidden) {
    writer->Key("is_hidden").Bool(true);
  }
  writer->EndObject();
}

}  // namespace binseek::api
