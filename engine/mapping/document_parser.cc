#include "engine/mapping/document_parser.h"

#include <string>
#include <utility>
#include <vector>

#include "engine/base/json.h"
#include "engine/mapping/date.h"
#include "engine/mapping/value_parser.h"

namespace binseek::mapping {
namespace {

constexpr size_t kMaxTermBytes = 32'766;  // Lucene's limit of one term
constexpr int kMaxDepth = 20;

std::string TextOf(const JsonValue& value) {
  if (value.is_string()) {
    return value.AsString();
  }
  if (value.is_bool()) {
    return value.AsBool() ? "true" : "false";
  }
  return std::string(value.number_text());
}

// Collects one document; recursion follows the JSON's nesting, which the parser has bounded.
class Parser {
 public:
  Parser(Mapping* mapping, Document* root, uint64_t most_nested)
      : mapping_(mapping), most_nested_(most_nested), levels_{{.prefix = "", .document = root}} {}

  Status Object(const std::string& prefix, const JsonValue& object, int depth) {
    if (depth > kMaxDepth) {
      return Status::InvalidArgument("The depth of the field [" + prefix + "] exceeds the limit [" +
                                     std::to_string(kMaxDepth) + "]");
    }
    for (const auto& [name, value] : object.members()) {
      if (name.empty()) {
        return Status::InvalidArgument("field name cannot be an empty string");
      }
      BINSEEK_RETURN_IF_ERROR(Member(prefix, name, value, depth));
    }
    return Status::Ok();
  }

 private:
  // A document of the block that is being collected: the root, or a nested object within the one before.
  struct Level {
    std::string prefix;  // of the names of its fields
    Document* document = nullptr;
  };

  // "a.b": 1 within or above a nested object `a` is {"a": {"b": 1}}.
  Status Member(const std::string& prefix, const std::string& name, const JsonValue& value,
                int depth) {
    for (size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
      const Field* const field = mapping_->Find(prefix + name.substr(0, dot));
      if (field != nullptr && field->kind == FieldKind::kNested) {
        return Value(field->name, JsonValue::FromMembers({{name.substr(dot + 1), value}}), depth);
      }
    }
    return Value(prefix + name, value, depth);
  }

  Status Value(const std::string& name, const JsonValue& value, int depth) {
    const Field* field = mapping_->Find(name);
    if (value.is_null() && (field == nullptr || field->is_object())) {
      return Status::Ok();
    }
    if (field != nullptr && field->id < kFirstUserField) {
      return Status::InvalidArgument(
          "Field [" + name +
          "] is a metadata field and cannot be added inside a document. Use the index API request "
          "parameters.");
    }
    if (field != nullptr && !field->is_object()) {
      const Field copy = *field;  // adding fields below may move the original
      return Known(copy, value);
    }
    if (field != nullptr && !field->parameters().enabled) {
      return Status::Ok();
    }
    if (value.is_array()) {
      for (const JsonValue& item : value.array()) {
        BINSEEK_RETURN_IF_ERROR(Value(name, item, depth + 1));
      }
      return Status::Ok();
    }
    if (value.is_object()) {
      return ObjectValue(name, value, depth);
    }
    if (field != nullptr) {
      return Status::InvalidArgument("object mapping for [" + name + "] tried to parse field [" +
                                     name + "] as object, but found a concrete value");
    }
    BINSEEK_ASSIGN_OR_RETURN(const bool add, MayAdd(name));
    if (!add) {
      return Status::Ok();
    }
    BINSEEK_ASSIGN_OR_RETURN(const Field added, AddDynamic(name, value));
    return Known(added, value);
  }

  Status ObjectValue(const std::string& name, const JsonValue& value, int depth) {
    const Field* const field = mapping_->Find(name);
    if (field != nullptr && field->kind == FieldKind::kNested) {
      const Field copy = *field;  // what is below may add fields
      return Nested(copy, value, depth);
    }
    if (field == nullptr) {
      BINSEEK_ASSIGN_OR_RETURN(const bool add, MayAdd(name));
      if (!add) {
        return Status::Ok();
      }
      Field object;
      object.name = name;
      object.kind = FieldKind::kObject;
      BINSEEK_RETURN_IF_ERROR(mapping_->AddField(std::move(object)).status());
    }
    return Object(name + ".", value, depth + 1);
  }

  // REQUIRES: `field` is none of the mapping's own.
  Status Nested(const Field& field, const JsonValue& value, int depth) {
    if (++nested_ > most_nested_) {
      return Status::InvalidArgument(
          "The number of nested documents has exceeded the allowed limit of [" +
          std::to_string(most_nested_) +
          "]. This limit can be set by changing the [index.mapping.nested_objects.limit] index "
          "level setting.");
    }
    Document child;
    child.source = {.verbatim = true, .bytes = "{}"};
    levels_.push_back({.prefix = field.name + ".", .document = &child});
    BINSEEK_RETURN_IF_ERROR(Object(field.name + ".", value, depth + 1));
    levels_.pop_back();
    Document* const parent = levels_.back().document;
    Document* const root = levels_.front().document;
    if (field.parameters().include_in_parent) {
      Include(child, parent);
    }
    if (field.parameters().include_in_root &&
        (parent != root || !field.parameters().include_in_parent)) {
      Include(child, root);
    }
    child.texts.push_back({kNestedPathField, std::to_string(static_cast<uint32_t>(field.id))});
    parent->children.push_back(std::move(child));
    return Status::Ok();
  }

  static void Include(const Document& child, Document* in) {
    in->texts.insert(in->texts.end(), child.texts.begin(), child.texts.end());
    in->numbers.insert(in->numbers.end(), child.numbers.begin(), child.numbers.end());
  }

  // As the innermost object around the field says that says something.
  Result<bool> MayAdd(const std::string& name) const {
    std::string around = "_doc";
    Dynamic dynamic = mapping_->dynamic();
    for (size_t dot = name.rfind('.'); dot != std::string::npos && dot > 0;
         dot = name.rfind('.', dot - 1)) {
      const Field* const object = mapping_->Find(std::string_view(name).substr(0, dot));
      if (object != nullptr && object->is_object() && !object->parameters().dynamic.empty()) {
        const std::string& said = object->parameters().dynamic;
        dynamic = said == "strict"  ? Dynamic::kStrict
                  : said == "false" ? Dynamic::kFalse
                                    : Dynamic::kTrue;
        around = object->name;
        break;
      }
    }
    if (dynamic == Dynamic::kStrict) {
      const std::string shown = around == "_doc" ? name : name.substr(around.size() + 1);
      return Status::InvalidArgument("mapping set to strict, dynamic introduction of [" + shown +
                                     "] within [" + around + "] is not allowed");
    }
    return dynamic == Dynamic::kTrue;
  }

  Result<Field> AddDynamic(const std::string& name, const JsonValue& value) {
    Field field;
    field.name = name;
    if (value.is_bool()) {
      field.kind = FieldKind::kBoolean;
    } else if (value.is_number()) {
      field.kind = value.AsInt64() ? FieldKind::kLong : FieldKind::kDouble;
    } else if (LooksLikeDate(value.AsString())) {
      field.kind = FieldKind::kDate;
    } else {
      field.kind = FieldKind::kText;
    }
    field.ignore_malformed = mapping_->ignores_malformed() && field.is_numeric();
    BINSEEK_ASSIGN_OR_RETURN(field.id, mapping_->AddField(field));
    if (field.kind == FieldKind::kText) {
      Field keyword;
      keyword.name = name + ".keyword";
      keyword.kind = FieldKind::kKeyword;
      keyword.parent = field.id;
      keyword.ignore_above = 256;
      BINSEEK_RETURN_IF_ERROR(mapping_->AddField(std::move(keyword)).status());
    }
    return field;
  }

  // Dates are recognised only in full ("2026-01-02" at least), so that "2026" stays text.
  static bool LooksLikeDate(std::string_view text) {
    return text.size() >= 10 && text[4] == '-' && text[7] == '-' && ParseDate(text).ok();
  }

  // Into the innermost document whose fields are named so.
  Status Add(const Field& field, const JsonValue& value) {
    size_t level = levels_.size() - 1;
    while (level > 0 && !field.name.starts_with(levels_[level].prefix)) {
      --level;
    }
    return ValueParser(mapping_, levels_[level].document, levels_.front().document)
        .Add(field, value);
  }

  Status Known(const Field& field, const JsonValue& value) {
    BINSEEK_RETURN_IF_ERROR(Add(field, value));
    for (const std::string& name : field.parameters().copy_to) {
      BINSEEK_RETURN_IF_ERROR(Copy(name, value));
    }
    return Status::Ok();
  }

  // What is copied is not copied on.
  Status Copy(const std::string& name, const JsonValue& value) {
    if (value.is_array()) {
      for (const JsonValue& element : value.array()) {
        BINSEEK_RETURN_IF_ERROR(Copy(name, element));
      }
      return Status::Ok();
    }
    if (value.is_null()) {
      return Status::Ok();
    }
    if (const Field* const target = mapping_->Find(name); target != nullptr) {
      const Field copy = *target;
      return Add(copy, value);
    }
    BINSEEK_ASSIGN_OR_RETURN(const bool add, MayAdd(name));
    if (!add || value.is_object()) {
      return Status::Ok();
    }
    BINSEEK_ASSIGN_OR_RETURN(const Field added, AddDynamic(name, value));
    return Add(added, value);
  }

  Mapping* const mapping_;
  const uint64_t most_nested_;
  uint64_t nested_ = 0;
  std::vector<Level> levels_;  // from the root to the one at hand
};

void AppendLeaves(FieldId field, const std::string& path, const JsonValue& value,
                  std::vector<TextValue>* out) {
  if (value.is_object()) {
    const std::string prefix = path.empty() ? path : path + ".";
    for (const auto& [name, member] : value.members()) {
      std::string member_path = prefix;
      member_path += name;
      AppendLeaves(field, member_path, member, out);
    }
  } else if (value.is_array()) {
    for (const JsonValue& item : value.array()) {
      AppendLeaves(field, path, item, out);
    }
  } else if (!value.is_null()) {
    const std::string text = TextOf(value);
    if (path.size() + 1 + text.size() <= kMaxTermBytes) {
      out->push_back({field, text});
      if (!path.empty()) {
        out->push_back({field, path + '\0' + text});
      }
    }
  }
}

}  // namespace

Result<Document> ParseDocument(std::string_view json, Mapping* mapping, uint64_t most_nested) {
  BINSEEK_ASSIGN_OR_RETURN(const JsonValue value, ParseJson(json));
  if (!value.is_object()) {
    return Status::InvalidArgument("a document must be a JSON object");
  }
  Document document;
  BINSEEK_RETURN_IF_ERROR(Parser(mapping, &document, most_nested).Object("", value, 1));
  AddConstants(*mapping, &document);
  document.source.verbatim = true;
  document.source.bytes = json;
  return document;
}

Status AppendFlattened(FieldId field, std::string_view json, std::vector<TextValue>* out) {
  BINSEEK_ASSIGN_OR_RETURN(const JsonValue value, ParseJson(json));
  AppendLeaves(field, "", value, out);
  return Status::Ok();
}

}  // namespace binseek::mapping
