#include "api/dsl/aggregation_arguments.h"

#include <utility>

#include "engine/mapping/field_checks.h"

namespace binseek::api::dsl {
namespace {

DslStatus ReadOrder(const ArgumentValue& of, const JsonValue& json,
                    std::vector<search::BucketOrder>* orders) {
  if (!json.is_object() || json.members().size() != 1) {
    return ParsingError("Must specify at least one field for [order]");
  }
  const auto& [key, value] = json.members()[0];
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string direction, ReadText(value, of.place()));
  const std::string lower = LowerAscii(direction);
  if (lower != "asc" && lower != "desc") {
    return ParsingError("Unknown order direction [" + direction + "]");
  }
  search::BucketOrder order;
  order.descending = lower == "desc";
  if (key == "_key" || key == "_term" || key == "_time") {
    order.by = search::BucketOrder::By::kKey;
  } else if (key != "_count") {
    order.by = search::BucketOrder::By::kMetric;
    order.metric = key;
  }
  orders->push_back(std::move(order));
  return std::nullopt;
}

}  // namespace

DslError UnsupportedArgument(std::string_view type, std::string_view key) {
  return Unsupported("[" + std::string(key) + "] of a [" + std::string(type) + "] aggregation");
}

DslStatus WithPlace(DslStatus status, std::string_view type, std::string_view key) {
  if (status && status->type == "number_format_exception") {
    return ContentParseError("[" + std::string(type) + "] failed to parse field [" +
                             std::string(key) + "]");
  }
  return status;
}

DslStatus CheckNothing(const ArgumentValue& value) {
  return IsScalar(value.json) ? std::nullopt : DslStatus(WrongToken(value.json, value.place()));
}

DslStatus ReadSource(const ArgumentValue& value, search::ValuesSource* source) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(std::string text, ReadText(value.json, value.place()));
  if (value.key == "field") {
    source->field = std::move(text);
  } else if (value.key == "missing") {
    source->missing = std::move(text);
    source->missing_is_number = value.json.is_number();
  } else if (value.key == "format") {
    source->format = std::move(text);
  } else if (value.key == "value_type") {
    mapping::Field field;
    if (text == "string") {
      return std::nullopt;
    }
    text = text == "number" || text == "numeric" ? "double" : text;
    if (!mapping::SetType(text, &field)) {
      return ContentParseError("[" + std::string(value.body.type) +
                               "] failed to parse field [value_type]: Unknown value type [" + text +
                               "]");
    }
    source->value_type = std::move(text);
  } else {
    source->time_zone = std::move(text);
  }
  return std::nullopt;
}

DslStatus CheckField(const search::ValuesSource& source) {
  if (source.field.empty()) {
    return IllegalArgument("Required one of fields [field, script], but none were specified. ");
  }
  return std::nullopt;
}

DslResult<int32_t> ReadAtLeast(const ArgumentValue& value, int32_t least,
                               std::string_view shown_key) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t number, ReadInt(value.json, value.place()));
  if (number < least) {
    return IllegalArgument("[" + std::string(shown_key.empty() ? value.key : shown_key) +
                           "] must be greater than " +
                           (least == 0 ? "or equal to 0" : std::to_string(least - 1)) +
                           ". Found [" + std::to_string(number) + "] in [" + value.body.name + "]");
  }
  return number;
}

DslResult<std::vector<double>> ReadDoubles(const ArgumentValue& value) {
  std::vector<double> numbers;
  if (!value.json.is_array()) {
    return WrongToken(value.json, value.place());
  }
  for (const JsonValue& element : value.json.array()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const double number, ReadDouble(element, value.place()));
    numbers.push_back(number);
  }
  return numbers;
}

DslStatus ReadOrders(const ArgumentValue& value, std::vector<search::BucketOrder>* orders) {
  if (!value.json.is_array()) {
    return ReadOrder(value, value.json, orders);
  }
  for (const JsonValue& element : value.json.array()) {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadOrder(value, element, orders));
  }
  return std::nullopt;
}

}  // namespace binseek::api::dsl
