#include "sync/mapper/document_builder.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/json.h"
#include "engine/mapping/document_parser.h"
#include "engine/mapping/number.h"
#include "sync/mapper/column_field.h"
#include "sync/mapper/value_json.h"
#include "sync/mapper/value_number.h"
#include "sync/mapper/value_text.h"

namespace binseek::mapper {
namespace {

using change::Column;
using change::ColumnType;
using change::Value;
using change::ValueKind;
using mapping::Document;
using mapping::Field;
using mapping::FieldKind;

size_t CountCharacters(std::string_view utf8) {
  size_t count = 0;
  for (const char c : utf8) {
    count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  }
  return count;
}

// Fewer bytes are surely few enough characters, so most values are never counted.
bool IsIgnored(const Field& field, std::string_view term) {
  return term.size() > kMaxTermBytes ||
         (field.ignore_above != 0 && term.size() > field.ignore_above &&
          CountCharacters(term) > field.ignore_above);
}

// One document's making; `token` is the scratch that its JSON is written to.
class Builder {
 public:
  explicit Builder(Document* out) : out_(out) {}

  Status Add(const ColumnPlan& plan, const Column& column, const Value& value) {
    if (value.is_null()) {
      return Status::Ok();  // rendered as null for want of a value
    }
    if (plan.field.is_numeric()) {
      return AddNumber(plan.field, column, value);
    }
    if ((value.kind == ValueKind::kJson) != (plan.field.kind == FieldKind::kFlattened)) {
      return Status::InvalidArgument("the value is not of the column's type");
    }
    token_.clear();
    BINSEEK_RETURN_IF_ERROR(AppendValueJson(column, value, &token_));
    out_->source.AppendFragment(plan.field.id, token_);
    switch (plan.field.kind) {
      case FieldKind::kFlattened:
        return mapping::AppendFlattened(plan.field.id, value.bytes, &out_->texts);
      case FieldKind::kText:
      case FieldKind::kKeyword:
        return AddTerms(plan, column, value);
      default:
        return Status::Ok();  // in _source only
    }
  }

  // What Add did with the value that the token was made of. False where no value makes it.
  bool AddStored(const ColumnPlan& plan, const Column& column, std::string_view token) {
    if (token == "null") {
      return true;
    }
    if (plan.field.is_numeric()) {
      return AddStoredNumber(plan.field, column, token);
    }
    out_->source.AppendFragment(plan.field.id, token);
    switch (plan.field.kind) {
      case FieldKind::kFlattened:
        return mapping::AppendFlattened(plan.field.id, token, &out_->texts).ok();
      case FieldKind::kText:
      case FieldKind::kKeyword:
        return AddStoredTerms(plan, column, token);
      default:
        return true;
    }
  }

 private:
  bool AddStoredNumber(const Field& field, const Column& column, std::string_view token) {
    std::string_view text = token;
    if (text.size() >= 2 && text.front() == '"') {
      text = text.substr(1, text.size() - 2);  // a date, which needs no escapes
    }
    const Result<int64_t> number = mapping::ParseColumnValue(field, text);
    if (!number.ok()) {
      return false;
    }
    // The digits of a decimal are not those of the double that finds it.
    if (column.type != ColumnType::kDecimal || field.kind == FieldKind::kDecimal) {
      token_.clear();
      mapping::AppendJson(field, *number, &token_);
      if (token_ != token) {
        return false;
      }
    }
    out_->numbers.push_back({field.id, *number});
    if (!field.in_place) {
      out_->source.AppendFragment(field.id, token);
    }
    return true;
  }

  bool AddStoredTerms(const ColumnPlan& plan, const Column& column, std::string_view token) {
    const Result<JsonValue> value = ParseJson(token);
    if (!value.ok() || value->is_array() != (column.type == ColumnType::kSet)) {
      return false;
    }
    token_.clear();
    JsonWriter(&token_).Value(*value);
    if (token_ != token) {
      return false;
    }
    for (const JsonValue& label : value->array()) {
      AddTerm(plan, label.AsString());
    }
    if (value->is_string()) {
      AddTerm(plan, value->AsString());
    }
    return value->is_string() || value->is_array();
  }

  Status AddNumber(const Field& field, const Column& column, const Value& value) {
    std::optional<int64_t> number;
    BINSEEK_RETURN_IF_ERROR(ColumnValueOf(field, value, &number));
    if (number) {
      out_->numbers.push_back({field.id, *number});
      if (!field.in_place) {
        token_.clear();
        if (value.kind == ValueKind::kDecimal) {
          BINSEEK_RETURN_IF_ERROR(
              AppendValueJson(column, value, &token_));  // exact, whatever the field is
        } else {
          mapping::AppendJson(field, *number, &token_);
        }
        out_->source.AppendFragment(field.id, token_);
      }
    }
    return Status::Ok();
  }

  Status AddTerms(const ColumnPlan& plan, const Column& column, const Value& value) {
    if (value.kind == ValueKind::kSet) {
      std::string_view labels = value.bytes;
      while (!labels.empty()) {
        const size_t comma = labels.find(',');
        AddTerm(plan, labels.substr(0, comma));
        labels.remove_prefix(comma == std::string_view::npos ? labels.size() : comma + 1);
      }
      return Status::Ok();
    }
    if (value.kind == ValueKind::kText || value.kind == ValueKind::kEnum) {
      AddTerm(plan, value.bytes);
      return Status::Ok();
    }
    token_.clear();
    BINSEEK_RETURN_IF_ERROR(AppendValueText(column, value, &token_));
    AddTerm(plan, token_);
    return Status::Ok();
  }

  void AddTerm(const ColumnPlan& plan, std::string_view term) {
    const auto add = [&](const Field& field) {
      if (field.kind != FieldKind::kText && IsIgnored(field, term)) {
        out_->AddIgnored(field);
      } else {
        out_->texts.push_back({field.id, std::string(term)});
      }
    };
    add(plan.field);
    for (const Field& field : plan.subfields) {
      add(field);
    }
  }

  Document* const out_;
  std::string token_;
};

}  // namespace

Status ColumnError(const Column& column, const Status& why) {
  return Status::InvalidArgument("column `" + column.name + "` of type " +
                                 std::string(SqlTypeName(column.type)) + ": " + why.message());
}

namespace {

// `stored` may be null. nullopt: a stored token is none.
Result<std::optional<Document>> Build(const TablePlan& plan, const change::RowImage& after,
                                      const change::RowImage& before, const StoredFields* stored) {
  Document document;
  Builder builder(&document);
  for (size_t nth = 0; nth < plan.columns.size(); ++nth) {
    const ColumnPlan& column_plan = plan.columns[nth];
    const Column& column = plan.column(column_plan);
    const Value* value = &after[column_plan.ordinal];
    if (value->is_absent() && !before.empty()) {
      value = &before[column_plan.ordinal];
    }
    if (value->is_absent() && stored != nullptr) {
      if (!builder.AddStored(column_plan, column, stored->token(nth))) {
        return std::optional<Document>();
      }
      continue;
    }
    const Status status = value->is_absent()
                              ? Status::InvalidArgument("the row image does not carry it")
                              : builder.Add(column_plan, column, *value);
    if (!status.ok()) {
      return ColumnError(column, status);
    }
  }
  return std::optional<Document>(std::move(document));
}

}  // namespace

Result<Document> BuildDocument(const TablePlan& plan, const change::RowImage& after,
                               const change::RowImage& before) {
  BINSEEK_ASSIGN_OR_RETURN(std::optional<Document> document, Build(plan, after, before, nullptr));
  return *std::move(document);
}

Result<std::optional<Document>> CompleteDocument(const TablePlan& plan,
                                                 const change::RowImage& after,
                                                 const change::RowImage& before,
                                                 const StoredFields& stored) {
  return Build(plan, after, before, &stored);
}

}  // namespace binseek::mapper
