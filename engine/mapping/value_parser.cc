#include "engine/mapping/value_parser.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/analysis/analyzer.h"
#include "engine/base/utf8.h"
#include "engine/mapping/document_parser.h"
#include "engine/mapping/geo.h"
#include "engine/mapping/ip.h"
#include "engine/mapping/number.h"
#include "engine/mapping/range_value.h"

namespace binseek::mapping {
namespace {

constexpr size_t kMaxTermBytes = 32'766;  // Lucene's limit of one term

std::string TextOf(const JsonValue& value) {
  if (value.is_string()) {
    return value.AsString();
  }
  if (value.is_bool()) {
    return value.AsBool() ? "true" : "false";
  }
  return std::string(value.number_text());
}

Status Failed(const Field& field, const Status& why) {
  return Status::InvalidArgument("failed to parse field [" + field.name + "] of type [" +
                                 std::string(TypeName(field)) + "]: " + why.message());
}

class TokenCounter final : public analysis::TokenSink {
 public:
  explicit TokenCounter(bool by_position) : by_position_(by_position) {}
  void Add(const analysis::Token& token) override {
    count_ += by_position_ ? token.position_increment : 1;
  }
  void SkipAtEnd(uint32_t positions) override { count_ += by_position_ ? positions : 1; }
  int64_t count() const { return count_; }

 private:
  const bool by_position_;
  int64_t count_ = 0;
};

Result<float> PositiveFloat(const JsonValue& value, std::string_view type) {
  std::optional<double> real = value.AsDouble();
  if (value.is_string()) {
    const Result<JsonValue> parsed = ParseJson(value.AsString());
    real = parsed.ok() ? parsed->AsDouble() : std::nullopt;
  }
  const auto narrow = static_cast<float>(real.value_or(0));
  if (!real || !std::isfinite(narrow) || narrow < std::numeric_limits<float>::min()) {
    return Status::InvalidArgument(
        "[" + std::string(type) + "] fields only support positive normal floats, got: [" +
        (value.is_number() || value.is_string() ? TextOf(value) : "no number") + "]");
  }
  return narrow;
}

}  // namespace

Status ValueParser::Malformed(const Field& field, const Status& why) {
  if (!field.ignore_malformed) {
    return Failed(field, why);
  }
  root_->AddIgnored(field);
  return Status::Ok();
}

Status ValueParser::Add(const Field& field, const JsonValue& value) {
  if (field.kind == FieldKind::kAlias) {
    return Status::InvalidArgument("Cannot write to a field alias [" + field.name + "].");
  }
  if (value.is_null()) {
    const auto& null_value = field.parameters().null_value;
    return null_value ? Add(field, JsonValue::String(*null_value)) : Status::Ok();
  }
  switch (field.kind) {
    case FieldKind::kFlattened: {
      if (!value.is_object()) {
        return Failed(field, Status::InvalidArgument("a flattened field takes an object"));
      }
      std::string json;
      JsonWriter writer(&json);
      writer.Value(value);
      return AppendFlattened(field.id, json, &out_->texts);
    }
    case FieldKind::kBinary:
      out_->texts.push_back({field.id, ""});
      return Status::Ok();
    case FieldKind::kGeoPoint:
      return AddGeo(field, value);
    case FieldKind::kRankFeatures:
      return AddFeatures(field, value);
    default:
      break;
  }
  if (value.is_array()) {
    for (const JsonValue& item : value.array()) {
      BINSEEK_RETURN_IF_ERROR(Add(field, item));
    }
    return Status::Ok();
  }
  if (field.is_range()) {
    return AddRange(field, value);
  }
  if (value.is_object() && field.is_completion()) {
    return AddCompletion(field, value);
  }
  if (value.is_object()) {
    return Failed(field, Status::InvalidArgument("Can't get text on a START_OBJECT"));
  }
  BINSEEK_RETURN_IF_ERROR(AddOne(field, value));
  for (const Field* sub : mapping_->MultiFieldsOf(field.id)) {
    BINSEEK_RETURN_IF_ERROR(AddOne(*sub, value));
  }
  return Status::Ok();
}

Status ValueParser::AddOne(const Field& field, const JsonValue& value) {
  const std::string text = TextOf(value);
  switch (field.kind) {
    case FieldKind::kGeoPoint:
      return AddGeo(field, value);
    case FieldKind::kRankFeature:
      return AddFeature(field, value);
    case FieldKind::kTokenCount:
      return AddTokenCount(field, text);
    case FieldKind::kIp: {
      Result<std::string> ip = ParseIp(text);
      if (!ip.ok()) {
        return Malformed(field, ip.status());
      }
      out_->texts.push_back({field.id, *std::move(ip)});
      return Status::Ok();
    }
    default:
      return field.is_numeric() ? AddNumber(field, value, text) : AddText(field, text);
  }
}

Status ValueParser::AddNumber(const Field& field, const JsonValue& value, const std::string& text) {
  const bool whole = field.kind == FieldKind::kLong || field.kind == FieldKind::kUnsignedLong;
  if (!field.parameters().coerce && value.is_string()) {
    return Malformed(field, Status::InvalidArgument((whole ? "Long" : "Double") +
                                                    std::string(" value passed as String")));
  }
  if (!field.parameters().coerce && whole) {
    const std::optional<double> real = value.AsDouble();
    if (real && std::trunc(*real) != *real) {
      return Malformed(field, Status::InvalidArgument("Value [" + text + "] has a decimal part"));
    }
  }
  const Result<int64_t> number = ParseColumnValue(field, text);
  if (!number.ok()) {
    return Malformed(field, number.status());
  }
  out_->numbers.push_back({field.id, *number});
  return Status::Ok();
}

Status ValueParser::AddText(const Field& field, const std::string& text) {
  if (field.is_keyword()) {
    if (field.ignore_above != 0 && CountUtf16Units(text) > field.ignore_above) {
      root_->AddIgnored(field);
      return Status::Ok();
    }
    if (text.size() > kMaxTermBytes) {
      return Failed(field, Status::InvalidArgument("the term is longer than 32766 bytes"));
    }
  }
  const std::string& constant = field.parameters().value;
  if (field.kind == FieldKind::kConstantKeyword && !constant.empty()) {
    if (text != constant) {
      return Failed(field, Status::InvalidArgument(
                               "[constant_keyword] field [" + field.name +
                               "] only accepts values that are equal to the value defined in the "
                               "mappings [" +
                               constant + "], but got [" + text + "]"));
    }
    return Status::Ok();  // all documents have it
  }
  out_->texts.push_back({field.id, text});
  return Status::Ok();
}

Status ValueParser::AddCompletion(const Field& field, const JsonValue& value) {
  for (const auto& [key, member] : value.members()) {
    if (key == "input") {
      if (!member.is_string() && !member.is_array()) {
        return Failed(field, Status::InvalidArgument("[input] must be a text or a list of texts"));
      }
      BINSEEK_RETURN_IF_ERROR(Add(field, member));
    } else if (key != "weight") {
      return Failed(field, Status::InvalidArgument("unknown field name [" + key +
                                                   "], must be one of [weight, input]"));
    }
  }
  return Status::Ok();
}

Status ValueParser::AddTokenCount(const Field& field, const std::string& text) {
  const analysis::Analyzer* const analyzer = analysis::AnalysisRegistry::Find(field.analyzer);
  if (analyzer == nullptr) {
    return Failed(field, Status::InvalidArgument("analyzer [" + field.analyzer + "] not found"));
  }
  TokenCounter counter(field.parameters().enable_position_increments);
  analyzer->Analyze(text, &counter);
  out_->numbers.push_back({field.id, counter.count()});
  return Status::Ok();
}

Status ValueParser::AddGeo(const Field& field, const JsonValue& value) {
  const Result<std::vector<GeoPoint>> points =
      ParseGeoPoints(value, field.parameters().ignore_z_value);
  if (!points.ok()) {
    return Malformed(field, points.status());
  }
  for (const GeoPoint& point : *points) {
    const Status valid = CheckGeo(point, field.name);
    if (!valid.ok()) {
      BINSEEK_RETURN_IF_ERROR(Malformed(field, valid));
      continue;
    }
    out_->numbers.push_back({field.id, EncodeGeo(point)});
  }
  return Status::Ok();
}

Status ValueParser::AddRange(const Field& field, const JsonValue& value) {
  const Result<RangeBytes> range = ParseRangeValue(field, value);
  if (!range.ok()) {
    return Malformed(field, range.status());
  }
  out_->texts.push_back({field.id, range->Term()});
  return Status::Ok();
}

Status ValueParser::AddFeature(const Field& field, const JsonValue& value) {
  Result<float> weight = PositiveFloat(value, "rank_feature");
  if (!weight.ok()) {
    return Failed(field, weight.status());
  }
  const bool several =
      std::any_of(out_->numbers.begin(), out_->numbers.end(),
                  [&](const NumberValue& other) { return other.field == field.id; });
  if (several) {
    return Failed(field, Status::InvalidArgument(
                             "[rank_feature] fields do not support indexing multiple values for "
                             "the same field [" +
                             field.name + "] in the same document"));
  }
  const float kept =
      TruncateFeature(field.parameters().positive_score_impact ? *weight : 1 / *weight);
  out_->numbers.push_back({field.id, SortableFromDouble(static_cast<double>(kept))});
  return Status::Ok();
}

Status ValueParser::AddFeatures(const Field& field, const JsonValue& value) {
  if (!value.is_object()) {
    return Failed(field,
                  Status::InvalidArgument("[rank_features] fields must be json objects, expected a "
                                          "START_OBJECT"));
  }
  for (const auto& [name, feature] : value.members()) {
    if (feature.is_null()) {
      continue;
    }
    if (name.find('.') != std::string::npos) {
      return Failed(field, Status::InvalidArgument(
                               "[rank_features] fields do not support dots in feature names but "
                               "found [" +
                               name + "]"));
    }
    Result<float> weight = PositiveFloat(feature, "rank_features");
    if (!weight.ok()) {
      return Failed(field, weight.status());
    }
    const float kept = field.parameters().positive_score_impact ? *weight : 1 / *weight;
    out_->texts.push_back({field.id, FeatureTerm(name, kept)});
  }
  return Status::Ok();
}

void AddConstants(const Mapping& mapping, Document* document) {
  for (const Field& field : mapping.fields()) {
    if (field.kind == FieldKind::kConstantKeyword && !field.parameters().value.empty()) {
      document->texts.push_back({field.id, field.parameters().value});
    }
  }
}

}  // namespace binseek::mapping
