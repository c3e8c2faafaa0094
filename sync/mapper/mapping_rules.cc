#include "sync/mapper/mapping_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/base/name_pattern.h"

namespace binseek::mapper {
namespace {

constexpr std::string_view kRuleKeys =
    "table, index, id, include, exclude, rename, where, soft_delete, fields";
// Of a field; what is not among them is a mapping parameter.
constexpr std::array<std::string_view, 4> kFieldKeys = {"column", "value", "constant", "copy_to"};

Status Wanted(const std::string& key, std::string_view what) {
  return Status::InvalidArgument(key + ": " + std::string(what) + " is wanted");
}

Status TakeText(const std::string& key, const JsonValue& value, std::string* out) {
  if (!value.is_string() || value.AsString().empty()) {
    return Wanted(key, "a text");
  }
  *out = value.AsString();
  return Status::Ok();
}

// A list of texts, or one.
Status TakeList(const std::string& key, const JsonValue& value, std::vector<std::string>* out) {
  if (value.is_string()) {
    return TakeText(key, value, &out->emplace_back());
  }
  if (!value.is_array()) {
    return Wanted(key, "a list of names");
  }
  for (const JsonValue& item : value.array()) {
    BINSEEK_RETURN_IF_ERROR(TakeText(key, item, &out->emplace_back()));
  }
  return Status::Ok();
}

Status TakeExpression(const std::string& key, const JsonValue& value,
                      std::optional<Expression>* out) {
  std::string text;
  BINSEEK_RETURN_IF_ERROR(TakeText(key, value, &text));
  Result<Expression> parsed = Expression::Parse(text);
  if (!parsed.ok()) {
    return Status::InvalidArgument(key + ": " + text + ": " + parsed.status().message());
  }
  *out = *std::move(parsed);
  return Status::Ok();
}

Status TakeId(const JsonValue& value, std::vector<IdPart>* out) {
  std::vector<std::string> parts;
  BINSEEK_RETURN_IF_ERROR(TakeList("id", value, &parts));
  for (std::string& part : parts) {
    if (part == "source") {
      out->push_back({IdPart::Kind::kSource, ""});
    } else if (part == "table") {
      out->push_back({IdPart::Kind::kTable, ""});
    } else if (part == "database") {
      out->push_back({IdPart::Kind::kDatabase, ""});
    } else if (part == "key") {
      out->push_back({IdPart::Kind::kKey, ""});
    } else {
      // A column that has the name of one of these words stands in backticks.
      const bool quoted = part.size() > 2 && part.front() == '`' && part.back() == '`';
      out->push_back({IdPart::Kind::kColumn, quoted ? part.substr(1, part.size() - 2) : part});
    }
  }
  const bool tells_rows = std::any_of(out->begin(), out->end(), [](const IdPart& part) {
    return part.kind == IdPart::Kind::kKey || part.kind == IdPart::Kind::kColumn;
  });
  const bool source_behind = std::any_of(out->begin(), out->end(), [&](const IdPart& part) {
    return part.kind == IdPart::Kind::kSource && &part != &out->front();
  });
  if (source_behind) {
    return Wanted("id", "the source, where it is a part, as the first one");
  }
  return tells_rows ? Status::Ok() : Wanted("id", "key, or columns, among the parts");
}

Status TakeRename(const JsonValue& value, std::map<std::string, std::string>* out) {
  if (!value.is_object()) {
    return Wanted("rename", "a map from columns to fields");
  }
  for (const auto& [column, field] : value.members()) {
    BINSEEK_RETURN_IF_ERROR(TakeText("rename." + column, field, &(*out)[column]));
  }
  return Status::Ok();
}

// Those of a field's keys that are mapping parameters, as Elasticsearch has them.
Status TakeParameters(const std::string& field, const JsonValue& definition, FieldRule* rule) {
  JsonValue::Members parameters;
  for (const auto& [key, value] : definition.members()) {
    if (std::find(kFieldKeys.begin(), kFieldKeys.end(), key) == kFieldKeys.end()) {
      parameters.emplace_back(key, value);
    }
  }
  if (parameters.empty()) {
    return Status::Ok();
  }
  JsonValue::Members properties;
  properties.emplace_back(field, JsonValue::FromMembers(std::move(parameters)));
  JsonValue::Members root;
  root.emplace_back("properties", JsonValue::FromMembers(std::move(properties)));
  std::string json;
  JsonWriter(&json).Value(JsonValue::FromMembers(std::move(root)));
  BINSEEK_ASSIGN_OR_RETURN(rule->parameters, mapping::Mapping::FromJson(json));
  return Status::Ok();
}

Status TakeConstant(const JsonValue& value, JsonValue* out) {
  if (!value.is_string() && !value.is_bool() && !value.is_number()) {
    return Status::InvalidArgument("constant: a text, a number, true or false is wanted");
  }
  *out = value;
  return Status::Ok();
}

Result<FieldRule> TakeField(const std::string& field, const JsonValue& definition) {
  FieldRule rule;
  rule.field = field;
  if (field.empty() || field.find('.') != std::string::npos) {
    return Status::InvalidArgument("a field's name cannot be empty or have a '.'");
  }
  if (!definition.is_object()) {
    return Status::InvalidArgument("a map is wanted, such as {type: keyword}");
  }
  int origins = 0;
  if (const JsonValue* column = definition.Find("column")) {
    BINSEEK_RETURN_IF_ERROR(TakeText("column", *column, &rule.column));
    ++origins;
  }
  if (const JsonValue* value = definition.Find("value")) {
    rule.from = FieldRule::From::kValue;
    BINSEEK_RETURN_IF_ERROR(TakeExpression("value", *value, &rule.value));
    ++origins;
  }
  if (const JsonValue* constant = definition.Find("constant")) {
    rule.from = FieldRule::From::kConstant;
    BINSEEK_RETURN_IF_ERROR(TakeConstant(*constant, &rule.constant));
    ++origins;
  }
  if (origins > 1) {
    return Status::InvalidArgument("only one of column, value and constant can be given");
  }
  if (const JsonValue* copy_to = definition.Find("copy_to")) {
    BINSEEK_RETURN_IF_ERROR(TakeList("copy_to", *copy_to, &rule.copy_to));
  }
  BINSEEK_RETURN_IF_ERROR(TakeParameters(field, definition, &rule));
  return rule;
}

Status TakeFields(const JsonValue& value, std::vector<FieldRule>* out) {
  if (!value.is_object()) {
    return Wanted("fields", "a map from fields to what they are");
  }
  for (const auto& [field, definition] : value.members()) {
    Result<FieldRule> rule = TakeField(field, definition);
    if (!rule.ok()) {
      return Status::InvalidArgument("field `" + field + "`: " + rule.status().message());
    }
    out->push_back(*std::move(rule));
  }
  return Status::Ok();
}

// Targets have to be fields of the rule's own, so that a mistyped one is found before there is a table.
Status CheckCopies(const TableRule& rule) {
  for (const FieldRule& field : rule.fields) {
    for (const std::string& target : field.copy_to) {
      const auto found =
          std::find_if(rule.fields.begin(), rule.fields.end(),
                       [&](const FieldRule& other) { return other.field == target; });
      if (found == rule.fields.end()) {
        std::string error = "field `";
        error.append(field.field).append("`: copy_to: there is no field `").append(target);
        error.append("` under fields; declare it: {").append(target).append(": {type: text}}");
        return Status::InvalidArgument(error);
      }
      if (target == field.field) {
        return Status::InvalidArgument("field `" + target + "`: copy_to: it cannot be its own");
      }
    }
  }
  return Status::Ok();
}

Status TakeKey(const std::string& key, const JsonValue& value, TableRule* rule) {
  if (key == "table") {
    return TakeText(key, value, &rule->table);
  }
  if (key == "index") {
    return TakeText(key, value, &rule->index);
  }
  if (key == "id") {
    return TakeId(value, &rule->id);
  }
  if (key == "include") {
    return TakeList(key, value, &rule->include);
  }
  if (key == "exclude") {
    return TakeList(key, value, &rule->exclude);
  }
  if (key == "rename") {
    return TakeRename(value, &rule->rename);
  }
  if (key == "where") {
    return TakeExpression(key, value, &rule->where);
  }
  if (key == "soft_delete") {
    return TakeExpression(key, value, &rule->soft_delete);
  }
  if (key == "fields") {
    return TakeFields(value, &rule->fields);
  }
  return Status::InvalidArgument("unknown key '" + key + "'; there are " + std::string(kRuleKeys));
}

Result<TableRule> TakeRule(const JsonValue& value, size_t number) {
  TableRule rule;
  rule.name = "rule " + std::to_string(number);
  const auto named = [&](const Status& why) {
    return Status::InvalidArgument(rule.name + ": " + why.message());
  };
  if (!value.is_object() || value.Find("table") == nullptr) {
    return named(
        Status::InvalidArgument("a map with a key 'table' is wanted, such as {table: orders}"));
  }
  if (value.Find("table")->is_string()) {
    rule.name += ", table " + value.Find("table")->AsString();
  }
  for (const auto& [key, member] : value.members()) {
    if (const Status taken = TakeKey(key, member, &rule); !taken.ok()) {
      return named(taken);
    }
  }
  if (const Status copies = CheckCopies(rule); !copies.ok()) {
    return named(copies);
  }
  JsonValue::Members text;
  for (const auto& [key, member] : value.members()) {
    if (key != "table") {
      text.emplace_back(key, member);
    }
  }
  JsonWriter(&rule.text).Value(JsonValue::FromMembers(std::move(text)));
  return rule;
}

}  // namespace

bool MatchesPattern(std::string_view pattern, std::string_view name) {
  return binseek::MatchesPattern(pattern, name, "*%");
}

Result<MappingRules> MappingRules::Parse(std::string_view json) {
  MappingRules rules;
  if (json.empty()) {
    return rules;
  }
  BINSEEK_ASSIGN_OR_RETURN(const JsonValue all, ParseJson(json));
  if (!all.is_array()) {
    return Status::InvalidArgument(
        "a list of rules is wanted, such as [{table: orders, index: all_orders}]");
  }
  for (const JsonValue& value : all.array()) {
    BINSEEK_ASSIGN_OR_RETURN(TableRule rule, TakeRule(value, rules.rules_.size() + 1));
    rules.rules_.push_back(std::move(rule));
  }
  return rules;
}

const TableRule* MappingRules::Find(std::string_view database, std::string_view table) const {
  for (const TableRule& rule : rules_) {
    const std::string_view pattern = rule.table;
    const size_t dot = pattern.find('.');
    const bool matches = dot == std::string_view::npos
                             ? MatchesPattern(pattern, table)
                             : MatchesPattern(pattern.substr(0, dot), database) &&
                                   MatchesPattern(pattern.substr(dot + 1), table);
    if (matches) {
      return &rule;
    }
  }
  return nullptr;
}

}  // namespace binseek::mapper
