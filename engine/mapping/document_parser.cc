#include "engine/mapping/document_parser.h"

#include <optional>
#include <utility>

#include "engine/base/json.h"
#include "engine/mapping/date.h"
#include "engine/mapping/number.h"

namespace binseek::mapping {
namespace {

constexpr size_t kMaxTermBytes = 32'766;  // Lucene's limit of one term
constexpr int kMaxDepth = 20;

size_t CountCharacters(std::string_view utf8) {
  size_t count = 0;
  for (const char c : utf8) {
    count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  }
  return count;
}

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
  Parser(Mapping* mapping, Document* out) : mapping_(mapping), out_(out) {}

  Status Object(const std::string& prefix, const JsonValue& object, int depth) {
    if (depth > kMaxDepth) {
      return Status::InvalidArgument("The depth of the field [" + prefix + "] exceeds the limit [" +
                                     std::to_string(kMaxDepth) + "]");
    }
    for (const auto& [name, value] : object.members()) {
      if (name.empty()) {
        return Status::InvalidArgument("field name cannot be an empty string");
      }
      BINSEEK_RETURN_IF_ERROR(Member(prefix + name, value, depth));
    }
    return Status::Ok();
  }

 private:
  Status Member(const std::string& name, const JsonValue& value, int depth) {
    if (value.is_null()) {
      return Status::Ok();
    }
    const Field* field = mapping_->Find(name);
    if (field != nullptr && field->id < kFirstUserField) {
      return Status::InvalidArgument(
          "Field [" + name +
          "] is a metadata field and cannot be added inside a document. Use the index API request "
          "parameters.");
    }
    if (field != nullptr && field->kind != FieldKind::kObject) {
      const Field copy = *field;  // adding fields below may move the original
      return Known(copy, value);
    }
    if (value.is_array()) {
      for (const JsonValue& item : value.array()) {
        BINSEEK_RETURN_IF_ERROR(Member(name, item, depth + 1));
      }
      return Status::Ok();
    }
    if (value.is_object()) {
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

  Result<bool> MayAdd(const std::string& name) const {
    if (mapping_->dynamic() == Dynamic::kStrict) {
      return Status::InvalidArgument("mapping set to strict, dynamic introduction of [" + name +
                                     "] within [_doc] is not allowed");
    }
    return mapping_->dynamic() == Dynamic::kTrue;
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

  Status Known(const Field& field, const JsonValue& value) {
    if (field.kind == FieldKind::kFlattened) {
      if (!value.is_object()) {
        return Failed(field, Status::InvalidArgument("a flattened field takes an object"));
      }
      std::string json;
      JsonWriter writer(&json);
      writer.Value(value);
      return AppendFlattened(field.id, json, &out_->texts);
    }
    if (field.kind == FieldKind::kBinary || field.kind == FieldKind::kGeoPoint) {
      return Status::Ok();
    }
    if (value.is_array()) {
      for (const JsonValue& item : value.array()) {
        if (!item.is_null()) {
          BINSEEK_RETURN_IF_ERROR(Known(field, item));
        }
      }
      return Status::Ok();
    }
    if (value.is_object()) {
      return Failed(field, Status::InvalidArgument("Can't get text on a START_OBJECT"));
    }
    const std::string text = TextOf(value);
    BINSEEK_RETURN_IF_ERROR(Scalar(field, text));
    for (const Field* sub : mapping_->MultiFieldsOf(field.id)) {
      BINSEEK_RETURN_IF_ERROR(Scalar(*sub, text));
    }
    return Status::Ok();
  }

  Status Scalar(const Field& field, const std::string& text) {
    if (!field.is_numeric()) {
      return Text(field, text);
    }
    const Result<int64_t> number = ParseColumnValue(field, text);
    if (!number.ok()) {
      return field.ignore_malformed ? Ignored(field) : Failed(field, number.status());
    }
    out_->numbers.push_back({field.id, *number});
    return Status::Ok();
  }

  Status Text(const Field& field, const std::string& text) {
    if (field.kind == FieldKind::kKeyword) {
      if (field.ignore_above != 0 && CountCharacters(text) > field.ignore_above) {
        return Ignored(field);
      }
      if (text.size() > kMaxTermBytes) {
        return Failed(field, Status::InvalidArgument("the term is longer than 32766 bytes"));
      }
    }
    out_->texts.push_back({field.id, text});
    return Status::Ok();
  }

  // The document has a value that its field leaves out.
  Status Ignored(const Field& field) {
    out_->AddIgnored(field);
    return Status::Ok();
  }

  static Status Failed(const Field& field, const Status& why) {
    return Status::InvalidArgument("failed to parse field [" + field.name + "] of type [" +
                                   std::string(TypeName(field)) + "]: " + why.message());
  }

  Mapping* const mapping_;
  Document* const out_;
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

Result<Document> ParseDocument(std::string_view json, Mapping* mapping) {
  BINSEEK_ASSIGN_OR_RETURN(const JsonValue value, ParseJson(json));
  if (!value.is_object()) {
    return Status::InvalidArgument("a document must be a JSON object");
  }
  Document document;
  BINSEEK_RETURN_IF_ERROR(Parser(mapping, &document).Object("", value, 1));
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
