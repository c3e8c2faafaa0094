#include "sync/mapper/stored_fields.h"

#include <algorithm>

#include "engine/base/byte_reader.h"
#include "engine/base/json.h"
#include "engine/mapping/number.h"

namespace binseek::mapper {
namespace {

constexpr std::string_view kNull = "null";

// Walks the members of an object that AppendSource has rendered, of whose values nothing is read but where they end.
class Members {
 public:
  explicit Members(std::string_view json) : json_(json) {}

  // False behind the last member, or where the text is no such object; then see whole().
  bool Next(std::string_view* name, std::string_view* value) {
    if (at_ == json_.size() || json_[at_] != (at_ == 0 ? '{' : ',')) {
      return false;
    }
    const size_t name_at = ++at_;
    if (at_ == json_.size() || json_[at_] != '"' || !SkipString() || at_ == json_.size() ||
        json_[at_] != ':') {
      at_ = 0;
      return false;
    }
    *name = json_.substr(name_at, at_ - name_at);
    const size_t value_at = ++at_;
    if (!SkipValue() || at_ == value_at) {
      at_ = 0;
      return false;
    }
    *value = json_.substr(value_at, at_ - value_at);
    return true;
  }

  // All of the text was read.
  bool whole() const { return json_ == "{}" || (at_ + 1 == json_.size() && json_[at_] == '}'); }

 private:
  // Behind the string that begins here.
  bool SkipString() {
    for (++at_; at_ < json_.size(); ++at_) {
      if (json_[at_] == '\\') {
        ++at_;
      } else if (json_[at_] == '"') {
        ++at_;
        return true;
      }
    }
    at_ = json_.size();
    return false;
  }

  // To the comma or bracket behind the value; white space of a JSON column belongs to it.
  bool SkipValue() {
    int depth = 0;
    while (at_ < json_.size()) {
      const char c = json_[at_];
      if (c == '"') {
        if (!SkipString()) {
          return false;
        }
        continue;
      }
      if (depth == 0 && (c == ',' || c == '}')) {
        return true;
      }
      depth += c == '{' || c == '[' ? 1 : 0;
      depth -= c == '}' || c == ']' ? 1 : 0;
      ++at_;
    }
    return false;
  }

  const std::string_view json_;
  size_t at_ = 0;
};

}  // namespace

std::optional<StoredFields> StoredFields::OfSource(const TablePlan& plan, std::string_view source) {
  StoredFields fields(plan);
  Members members(source);
  std::string_view name;
  std::string_view value;
  std::string quoted;
  size_t found = 0;
  size_t next = 0;
  while (members.Next(&name, &value)) {
    // In the plan's order but for fields of the index that no column has, and those that were made anew.
    for (size_t tried = 0; tried < plan.columns.size(); ++tried) {
      const size_t nth = (next + tried) % plan.columns.size();
      quoted.clear();
      JsonWriter(&quoted).String(plan.columns[nth].field.name);
      if (quoted == name) {
        found += fields.tokens_[nth].empty() ? 1 : 0;
        fields.tokens_[nth] = value;
        next = nth + 1;
        break;
      }
    }
  }
  return members.whole() && found == plan.columns.size()
             ? std::optional<StoredFields>(std::move(fields))
             : std::nullopt;
}

std::optional<StoredFields> StoredFields::OfDocument(const TablePlan& plan,
                                                     const mapping::Document& document) {
  if (document.source.verbatim) {
    return std::nullopt;
  }
  StoredFields fields(plan);
  std::fill(fields.tokens_.begin(), fields.tokens_.end(), kNull);
  for (const mapping::NumberValue& number : document.numbers) {
    fields.Set(number.field, number.value);
  }
  // Behind the numbers: what has a fragment too is rendered by it.
  ByteReader reader(document.source.bytes);
  while (!reader.AtEnd() && reader.ok()) {
    const auto field = mapping::FieldId{static_cast<uint32_t>(reader.Varint())};
    const std::string_view json = reader.LengthPrefixed();
    if (std::string* token = fields.Find(field); token != nullptr) {
      *token = json;
    }
  }
  return reader.ok() ? std::optional<StoredFields>(std::move(fields)) : std::nullopt;
}

void StoredFields::Set(mapping::FieldId field, std::optional<int64_t> value) {
  std::string* token = Find(field);
  if (token == nullptr) {
    return;
  }
  token->clear();
  if (value) {
    const auto nth = static_cast<size_t>(token - tokens_.data());
    mapping::AppendJson(plan_->columns[nth].field, *value, token);
  } else {
    token->append(kNull);
  }
}

std::string* StoredFields::Find(mapping::FieldId field) {
  const auto it = std::lower_bound(
      plan_->columns.begin(), plan_->columns.end(), field,
      [](const ColumnPlan& plan, mapping::FieldId id) { return plan.field.id < id; });
  return it == plan_->columns.end() || it->field.id != field
             ? nullptr
             : &tokens_[static_cast<size_t>(it - plan_->columns.begin())];
}

}  // namespace binseek::mapper
