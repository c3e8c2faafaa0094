#include "sync/mapper/table_layout.h"

#include <xxhash.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "sync/mapper/column_field.h"
#include "sync/mapper/field_layout.h"

namespace binseek::mapper {
namespace {

using change::Column;
using change::ColumnType;
using change::TableSchema;
using change::Value;
using change::ValueKind;

bool MatchesAny(const std::vector<std::string>& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return MatchesPattern(pattern, name); });
}

class LayoutMaker {
 public:
  LayoutMaker(std::shared_ptr<const TableSchema> table, const MapperOptions& options)
      : options_(options), layout_(std::make_shared<TableLayout>()) {
    layout_->table = std::move(table);
  }

  Result<std::shared_ptr<const TableLayout>> Make() {
    const TableSchema& table = *layout_->table;
    if (table.key.empty()) {
      return Status::InvalidArgument("table " + table.QualifiedName() +
                                     " has no key that tells its rows apart");
    }
    rule_ = options_.rules == nullptr ? nullptr : options_.rules->Find(table.database, table.table);
    if (options_.time_zone != nullptr && !options_.time_zone->is_utc()) {
      layout_->time_zone = options_.time_zone;
    }
    layout_->zero_dates = options_.zero_dates;
    BINSEEK_RETURN_IF_ERROR(AddId());
    for (uint32_t ordinal = 0; ordinal < table.columns.size(); ++ordinal) {
      BINSEEK_RETURN_IF_ERROR(AddColumn(ordinal));
    }
    if (rule_ != nullptr) {
      layout_->has_rule = true;
      layout_->index = rule_->index;
      BINSEEK_RETURN_IF_ERROR(CheckRename());
      BINSEEK_RETURN_IF_ERROR(AddRuledFields());
      BINSEEK_RETURN_IF_ERROR(AddFilter(rule_->where, "where", &layout_->where));
      BINSEEK_RETURN_IF_ERROR(AddFilter(rule_->soft_delete, "soft_delete", &layout_->soft_delete));
    }
    SetFingerprint();
    return std::shared_ptr<const TableLayout>(std::move(layout_));
  }

 private:
  Status Wrong(const std::string& what, std::string_view why) const {
    return Status::InvalidArgument(
        "table " + layout_->table->QualifiedName() + ", " + what + ": " + std::string(why) +
        (rule_ == nullptr ? "" : " (source.mapping, " + rule_->name + ")"));
  }

  int FindColumn(const std::string& name) const { return layout_->table->FindColumn(name); }

  Status AddId() {
    const TableSchema& table = *layout_->table;
    static const std::vector<IdPart> kByKey = {{IdPart::Kind::kKey, ""}};
    const std::vector<IdPart>& parts = rule_ == nullptr || rule_->id.empty() ? kByKey : rule_->id;
    std::set<uint32_t> columns;
    for (const IdPart& part : parts) {
      switch (part.kind) {
        case IdPart::Kind::kSource:
          layout_->id.push_back({std::nullopt, options_.source_name});
          layout_->id_names_source = true;
          break;
        case IdPart::Kind::kDatabase:
          layout_->id.push_back({std::nullopt, table.database});
          layout_->id_names_database = true;
          break;
        case IdPart::Kind::kTable:
          layout_->id.push_back({std::nullopt, table.table});
          layout_->id_names_table = true;
          break;
        case IdPart::Kind::kKey:
          for (const uint32_t ordinal : table.key) {
            layout_->id.push_back({ordinal, ""});
          }
          break;
        case IdPart::Kind::kColumn: {
          const int found = FindColumn(part.column);
          if (found < 0) {
            return Wrong("id", "the table has no column `" + part.column + "`");
          }
          layout_->id.push_back({static_cast<uint32_t>(found), ""});
          break;
        }
      }
    }
    for (const uint32_t ordinal : layout_->IdColumns()) {
      columns.insert(ordinal);
    }
    layout_->id_is_key = columns == std::set<uint32_t>(table.key.begin(), table.key.end());
    return Status::Ok();
  }

  FieldSource SourceOf(uint32_t ordinal) const {
    const auto in_id = layout_->IdColumns();
    const std::vector<uint32_t>& key = layout_->table->key;
    FieldSource source;
    source.column = &layout_->table->columns[ordinal];
    source.has_zone = layout_->time_zone != nullptr;
    source.in_id = std::find(in_id.begin(), in_id.end(), ordinal) != in_id.end() ||
                   std::find(key.begin(), key.end(), ordinal) != key.end();
    return source;
  }

  // The rule's words about a field that is a column's own.
  const FieldRule* RuleOf(const std::string& field) const {
    if (rule_ == nullptr) {
      return nullptr;
    }
    for (const FieldRule& rule : rule_->fields) {
      if (rule.field == field && rule.from == FieldRule::From::kColumn && rule.column.empty()) {
        return &rule;
      }
    }
    return nullptr;
  }

  Status AddColumn(uint32_t ordinal) {
    const Column& column = layout_->table->columns[ordinal];
    std::string name = column.name;
    if (rule_ != nullptr) {
      if ((!rule_->include.empty() && !MatchesAny(rule_->include, name)) ||
          MatchesAny(rule_->exclude, name)) {
        return Status::Ok();
      }
      const auto renamed = rule_->rename.find(name);
      name = renamed == rule_->rename.end() ? name : renamed->second;
    }
    if (name.empty() || name.find('.') != std::string::npos) {
      return Wrong("column `" + column.name + "`", "a field's name cannot be empty or have a '.'");
    }
    return AddField("column `" + column.name + "`", name, ordinal, SourceOf(ordinal), RuleOf(name));
  }

  Status AddField(const std::string& what, const std::string& name, uint32_t ordinal,
                  const FieldSource& source, const FieldRule* rule) {
    FieldLayout layout;
    if (rule != nullptr && rule->parameters) {
      Result<FieldLayout> ruled = RuledField(source, *rule->parameters);
      if (!ruled.ok()) {
        return Wrong(what + ", field `" + name + "`", ruled.status().message());
      }
      layout = *std::move(ruled);
    } else {
      layout = OwnField(name, source);
    }
    layout.ordinal = ordinal;
    if (rule != nullptr) {
      layout.copy_to = rule->copy_to;
      laid_out_.insert(rule);
    }
    return Add(what, std::move(layout));
  }

  Status Add(const std::string& what, FieldLayout layout) {
    const auto [known, added] = origins_.emplace(layout.field.name, what);
    if (!added) {
      return Wrong(
          what, "its field `" + layout.field.name + "` is that of " + known->second + " already");
    }
    layout_->fields.push_back(std::move(layout));
    return Status::Ok();
  }

  Status CheckRename() const {
    for (const auto& [column, field] : rule_->rename) {
      if (FindColumn(column) < 0) {
        return Wrong("rename", "the table has no column `" + column + "`");
      }
    }
    return Status::Ok();
  }

  // Those that are no column's own.
  Status AddRuledFields() {
    for (const FieldRule& rule : rule_->fields) {
      if (laid_out_.count(&rule) != 0) {
        continue;
      }
      switch (rule.from) {
        case FieldRule::From::kColumn:
          BINSEEK_RETURN_IF_ERROR(AddFurtherField(rule));
          break;
        case FieldRule::From::kValue:
          BINSEEK_RETURN_IF_ERROR(AddComputed(rule));
          break;
        case FieldRule::From::kConstant:
          BINSEEK_RETURN_IF_ERROR(AddConstant(rule));
          break;
      }
    }
    return CheckCopies();
  }

  bool IsCopiedTo(const std::string& field) const {
    return std::any_of(rule_->fields.begin(), rule_->fields.end(), [&](const FieldRule& rule) {
      return std::find(rule.copy_to.begin(), rule.copy_to.end(), field) != rule.copy_to.end();
    });
  }

  Status AddFurtherField(const FieldRule& rule) {
    const std::string what = "field `" + rule.field + "`";
    if (rule.column.empty() && IsCopiedTo(rule.field) && rule.copy_to.empty()) {
      if (!rule.parameters) {
        return Wrong(what, "what is only copied to needs a type: {type: text}");
      }
      Result<FieldLayout> copied = CopiedField(*rule.parameters);
      return copied.ok() ? Add(what, *std::move(copied)) : Wrong(what, copied.status().message());
    }
    const std::string& column = rule.column.empty() ? rule.field : rule.column;
    const int found = FindColumn(column);
    if (found < 0) {
      return Wrong(what, "the table has no column `" + column +
                             "`; give column, value or constant, or leave the field out");
    }
    if (rule.column.empty()) {
      return Wrong(what,
                   "its column is renamed or not included: give it under its new name, or "
                   "{column: " +
                       column + "}");
    }
    const auto ordinal = static_cast<uint32_t>(found);
    return AddField(what + " of column `" + column + "`", rule.field, ordinal, SourceOf(ordinal),
                    &rule);
  }

  Status AddComputed(const FieldRule& rule) {
    const std::string what = "field `" + rule.field + "`";
    Result<BoundExpression> bound = BoundExpression::Bind(*rule.value, *layout_->table);
    if (!bound.ok()) {
      return Wrong(what, "value: " + bound.status().message());
    }
    if (bound->type() == ExpressionType::kNull) {
      return Wrong(what, "value: it is always NULL");
    }
    ComputedColumn computed;
    computed.column = bound->column();
    const ExpressionType type = bound->type();
    computed.expression = *std::move(bound);
    return AddComputedColumn(what, rule, type, std::move(computed));
  }

  Status AddConstant(const FieldRule& rule) {
    ComputedColumn computed;
    ExpressionType type = ExpressionType::kText;
    if (rule.constant.is_bool()) {
      type = ExpressionType::kBool;
      computed.column.type = ColumnType::kTinyInt;
      computed.constant = Value::Int(rule.constant.AsBool() ? 1 : 0);
    } else if (rule.constant.is_number()) {
      type = ExpressionType::kNumber;
      const auto number = rule.constant.AsInt64();
      computed.column.type = number ? ColumnType::kBigInt : ColumnType::kDouble;
      computed.constant =
          number ? Value::Int(*number)
                 : Value::Real(ValueKind::kDouble, rule.constant.AsDouble().value_or(0));
    } else {
      // A keyword where the rule says nothing else.
      computed.column.type = ColumnType::kEnum;
      computed.constant = Value::Bytes(ValueKind::kEnum, rule.constant.AsString());
    }
    return AddComputedColumn("field `" + rule.field + "`", rule, type, std::move(computed));
  }

  Status AddComputedColumn(const std::string& what, const FieldRule& rule, ExpressionType type,
                           ComputedColumn computed) {
    computed.column.name = rule.field;
    FieldSource source;
    source.column = &computed.column;
    source.type = type;
    source.has_zone = layout_->time_zone != nullptr;
    const auto ordinal =
        static_cast<uint32_t>(layout_->table->columns.size() + layout_->computed.size());
    BINSEEK_RETURN_IF_ERROR(AddField(what, rule.field, ordinal, source, &rule));
    layout_->computed.push_back(std::move(computed));
    return Status::Ok();
  }

  Status CheckCopies() const {
    for (const FieldLayout& field : layout_->fields) {
      for (const std::string& target : field.copy_to) {
        const auto found =
            std::find_if(layout_->fields.begin(), layout_->fields.end(),
                         [&](const FieldLayout& other) { return other.field.name == target; });
        const auto kind =
            found == layout_->fields.end() ? mapping::FieldKind::kBinary : found->field.kind;
        if (kind != mapping::FieldKind::kText && kind != mapping::FieldKind::kKeyword) {
          return Wrong("field `" + field.field.name + "`",
                       "copy_to: `" + target + "` is no field of type text or keyword here");
        }
      }
    }
    return Status::Ok();
  }

  Status AddFilter(const std::optional<Expression>& expression, const char* key,
                   std::optional<BoundExpression>* out) const {
    if (!expression) {
      return Status::Ok();
    }
    Result<BoundExpression> bound = BoundExpression::BindCondition(*expression, *layout_->table);
    if (!bound.ok()) {
      return Wrong(key, bound.status().message());
    }
    *out = *std::move(bound);
    return Status::Ok();
  }

  void SetFingerprint() {
    std::string text = rule_ == nullptr ? "" : rule_->text;
    const auto& columns = layout_->table->columns;
    const bool has_wall_clock =
        std::any_of(columns.begin(), columns.end(),
                    [](const Column& column) { return column.type == ColumnType::kDateTime; });
    if (layout_->time_zone != nullptr && has_wall_clock) {
      text += "\n" + layout_->time_zone->name();
    }
    const bool has_dates = std::any_of(columns.begin(), columns.end(), [](const Column& column) {
      return column.type == ColumnType::kDate || column.type == ColumnType::kDateTime ||
             column.type == ColumnType::kTimestamp;
    });
    if (layout_->zero_dates != nullptr && layout_->zero_dates->refused() && has_dates) {
      text += "\nzero dates refused";
    }
    if (layout_->id_names_source) {
      text += "\nsource " + options_.source_name;
    }
    if (!text.empty()) {
      layout_->fingerprint = std::max<uint64_t>(XXH3_64bits(text.data(), text.size()), 1);
    }
  }

  const MapperOptions& options_;
  const TableRule* rule_ = nullptr;
  std::shared_ptr<TableLayout> layout_;
  std::map<std::string, std::string> origins_;  // of fields, for messages
  std::set<const FieldRule*> laid_out_;
};

}  // namespace

Result<std::shared_ptr<const TableLayout>> LayOut(std::shared_ptr<const TableSchema> table,
                                                  const MapperOptions& options) {
  return LayoutMaker(std::move(table), options).Make();
}

}  // namespace binseek::mapper
