#include "api/dsl/hit_fields.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>

#include "api/dsl/source_paths.h"
#include "engine/base/name_pattern.h"
#include "engine/base/result.h"
#include "engine/mapping/date.h"
#include "engine/mapping/geo.h"
#include "engine/mapping/ip.h"
#include "engine/mapping/mapping.h"
#include "engine/mapping/number.h"
#include "engine/search/field_ref.h"
#include "engine/search/field_values.h"
#include "engine/search/value_form.h"
#include "engine/search/value_format.h"

namespace binseek::api::dsl {
namespace {

using mapping::Field;
using mapping::FieldKind;

constexpr int kMaxFormatDigits = 30;

std::string Quoted(std::string_view text) {
  std::string out;
  JsonWriter(&out).String(text);
  return out;
}

// A number by a pattern such as "#.00": digits behind the point, at least the zeros and at most all of them.
std::optional<std::string> DecimalText(double value, std::string_view pattern) {
  if (pattern.find_first_not_of("#0.,") != std::string_view::npos) {
    return std::nullopt;
  }
  const size_t point = std::min(pattern.find('.'), pattern.size());
  const std::string_view behind = point < pattern.size() ? pattern.substr(point + 1) : "";
  const auto most = static_cast<int>(std::min<size_t>(behind.size(), kMaxFormatDigits));
  const auto least = std::count(behind.begin(), behind.end(), '0');
  const auto whole = std::count(pattern.begin(), pattern.begin() + static_cast<int>(point), '0');
  char buffer[400];
  std::snprintf(buffer, sizeof(buffer), "%.*f", most, value);
  std::string text = buffer;
  size_t digits = behind.size();
  while (digits > static_cast<size_t>(least) && text.back() == '0') {
    text.pop_back();
    --digits;
  }
  if (!text.empty() && text.back() == '.') {
    text.pop_back();
  }
  if (whole == 0 && text.starts_with("0.")) {
    text.erase(0, 1);
  }
  return text;
}

// Empty format: ISO 8601, with as many digits as there are.
Result<std::string> DateText(const Field& field, int64_t value, std::string_view format) {
  const bool nanos = field.kind == FieldKind::kDateNanos;
  std::string out;
  if (format.empty() && nanos) {
    mapping::AppendJson(field, value, &out);
    return out.substr(1, out.size() - 2);
  }
  if (format.empty()) {
    mapping::AppendIsoDate(value, mapping::DateStyle::kInstant, 3, &out);
    return out;
  }
  BINSEEK_ASSIGN_OR_RETURN(const search::ValueFormatPtr written,
                           search::MakeDateFormat(format, ""));
  const std::optional<std::string> text =
      nanos ? written->TextOfNanos(value)
            : written->Text(static_cast<double>(mapping::MillisFromMicros(value)));
  return text.value_or("");
}

Status BadFormat(const Field& field, std::string_view format) {
  return Status::InvalidArgument(
      "the format [" + std::string(format) + "] of field [" + field.name + "] of type [" +
      std::string(mapping::TypeName(field)) + "] is not supported by binseek");
}

// A column value as one JSON token.
Status AppendNumber(const Field& field, int64_t value, std::string_view format,
                    std::vector<std::string>* out) {
  if (format == "use_field_mapping") {
    format = {};
  }
  if (field.is_date()) {
    const std::string& own = field.parameters().format;
    BINSEEK_ASSIGN_OR_RETURN(const std::string text,
                             DateText(field, value, format.empty() ? own : format));
    out->push_back(Quoted(text));
    return Status::Ok();
  }
  if (!format.empty()) {
    const std::optional<std::string> text =
        field.kind == FieldKind::kBoolean ? std::nullopt
                                          : DecimalText(mapping::ToDouble(field, value), format);
    if (!text) {
      return BadFormat(field, format);
    }
    out->push_back(Quoted(*text));
    return Status::Ok();
  }
  std::string& token = out->emplace_back();
  if (field.kind == FieldKind::kBoolean) {
    token = value != 0 ? "true" : "false";
  } else {
    mapping::AppendSortJson(field, value, &token);
  }
  return Status::Ok();
}

// A field as it was asked for: by its name, an alias, or the path of a flattened one's leaves.
struct NamedField {
  std::string name;
  search::FieldRef ref;

  const Field& field() const { return *ref.field; }
};

// What the pattern names of the mapping: fields that hold values, in the order of the mapping.
std::vector<NamedField> FieldsOf(const index::IndexView& index, const std::string& pattern) {
  std::vector<NamedField> found;
  const auto add = [&](const std::string& name) {
    if (auto ref = search::FindField(*index.mapping, name);
        ref && ref->field->kind != FieldKind::kObject) {
      found.push_back({name, *std::move(ref)});
    }
  };
  if (pattern.find('*') == std::string::npos) {
    add(pattern);
    return found;
  }
  for (const Field& field : index.mapping->fields()) {
    if (MatchesPattern(pattern, field.name)) {
      add(field.name);
    }
  }
  return found;
}

bool Has(const std::vector<FieldValues>& all, std::string_view name) {
  return std::any_of(all.begin(), all.end(),
                     [name](const FieldValues& field) { return field.first == name; });
}

Status AppendSourceValue(const Field& field, const JsonValue& value, const std::string& format,
                         std::vector<std::string>* out) {
  if (field.is_numeric()) {
    const Result<int64_t> number = mapping::ParseColumnValue(field, TextOf(value));
    return number.ok() ? AppendNumber(field, *number, format, out) : Status::Ok();  // malformed
  }
  const std::string text = TextOf(value);
  if (HasRoomFor(field, text)) {
    out->push_back(Quoted(text));
  }
  return Status::Ok();
}

// Ranges as the document has them.
void AppendRanges(const JsonValue& source, const std::vector<std::string_view>& paths,
                  std::vector<std::string>* out) {
  for (const JsonValue* const range : ValuesAt(source, paths, Take::kObjects)) {
    JsonWriter(&out->emplace_back()).Value(*range);
  }
}

// Places as GeoJSON, or by the format "wkt"; however the document writes them.
Status AppendPlaces(const Field& field, const JsonValue& source,
                    const std::vector<std::string_view>& paths, std::string_view format,
                    std::vector<std::string>* out) {
  if (!format.empty() && format != "geojson" && format != "wkt") {
    return BadFormat(field, format);
  }
  for (const JsonValue* const value : ValuesAt(source, paths, Take::kWhole)) {
    const Result<std::vector<mapping::GeoPoint>> points = mapping::ParseGeoPoints(*value);
    if (!points.ok()) {
      continue;  // malformed
    }
    for (const mapping::GeoPoint& point : *points) {
      JsonWriter writer(&out->emplace_back());
      if (format == "wkt") {
        std::string text = "POINT (";
        JsonWriter(&text).Double(point.lon);
        JsonWriter(&text.append(" ")).Double(point.lat);
        writer.String(text + ")");
        continue;
      }
      writer.BeginObject();
      writer.Key("coordinates").BeginArray();
      writer.Double(point.lon).Double(point.lat);
      writer.EndArray();
      writer.Key("type").String("Point");
      writer.EndObject();
    }
  }
  return Status::Ok();
}

Status ReadTerms(const index::IndexView& index, index::DocAddress address, search::FieldRef ref,
                 std::vector<std::string>* out) {
  const bool is_ip = ref.field->kind == FieldKind::kIp;
  ref.keywords = index.Keywords(ref.field->id);
  const auto reader = std::make_unique<search::OrdReader>(index.at(address), ref);  // 17 KB
  const codec::DocId first = address.doc / search::Window::kDocs * search::Window::kDocs;
  reader->Open(first, 1);
  Status status;
  std::vector<std::string> texts;
  reader->ForEach(address.doc - first, [&](uint32_t ord) {
    std::string text;
    if (Status read = reader->Text(ord, &text); !read.ok()) {
      status = std::move(read);
    }
    texts.push_back(std::move(text));
  });
  BINSEEK_RETURN_IF_ERROR(std::move(status));
  std::sort(texts.begin(), texts.end());
  for (const std::string& text : texts) {
    out->push_back(Quoted(is_ip ? mapping::FormatIp(text) : text));
  }
  return reader->status();
}

Status ReadDocValues(const index::IndexView& index, index::DocAddress address,
                     const search::FieldRef& ref, const std::string& format,
                     std::vector<std::string>* out) {
  const Field& field = *ref.field;
  if (field.is_numeric()) {
    if (!field.doc_values) {
      return Status::Ok();
    }
    const index::NumberPages* const column = index.at(address).Column(field.id);
    std::vector<int64_t> scratch;
    if (column != nullptr) {
      for (const int64_t value : column->GetAll(address.doc, &scratch)) {
        BINSEEK_RETURN_IF_ERROR(AppendNumber(field, value, format, out));
      }
    }
    return Status::Ok();
  }
  if (field.kind == FieldKind::kConstantKeyword) {
    if (!field.parameters().value.empty()) {
      out->push_back(Quoted(field.parameters().value));
    }
    return Status::Ok();
  }
  if (field.is_keyword() || ref.is_flattened()) {
    return ReadTerms(index, address, ref, out);
  }
  return field.kind == FieldKind::kText ? search::FieldDataDisabled(field.name) : Status::Ok();
}

Status ReadSourceField(const index::IndexView& index, index::DocAddress address,
                       const JsonValue& source, const SourcePaths& paths, const NamedField& named,
                       const std::string& format, std::vector<std::string>* values) {
  const Field& field = named.field();
  if (field.kind == FieldKind::kTokenCount || field.kind == FieldKind::kConstantKeyword) {
    // What the document has is the text that is counted, or nothing.
    return ReadDocValues(index, address, named.ref, format, values);
  }
  if (field.is_range()) {
    AppendRanges(source, paths.Of(field), values);
    return Status::Ok();
  }
  if (field.kind == FieldKind::kGeoPoint) {
    return AppendPlaces(field, source, paths.Of(field), format, values);
  }
  const bool is_leaf = named.ref.is_flattened() && !named.ref.path.empty();
  const std::vector<std::string_view> at =
      is_leaf ? std::vector<std::string_view>{named.name} : paths.Of(field);
  for (const JsonValue* const value : ValuesAt(source, at, Take::kScalars)) {
    BINSEEK_RETURN_IF_ERROR(AppendSourceValue(field, *value, format, values));
  }
  return Status::Ok();
}

}  // namespace

Status ReadSourceFields(const index::IndexView& index, index::DocAddress address,
                        const JsonValue& source, const std::vector<FieldPattern>& patterns,
                        std::vector<FieldValues>* out) {
  const SourcePaths paths(*index.mapping);
  for (const FieldPattern& wanted : patterns) {
    for (const NamedField& named : FieldsOf(index, wanted.pattern)) {
      if (Has(*out, named.name)) {
        continue;
      }
      std::vector<std::string> values;
      BINSEEK_RETURN_IF_ERROR(
          ReadSourceField(index, address, source, paths, named, wanted.format, &values));
      if (!values.empty()) {
        out->emplace_back(named.name, std::move(values));
      }
    }
  }
  return Status::Ok();
}

Status ReadDocValueFields(const index::IndexView& index, index::DocAddress address,
                          const std::vector<FieldPattern>& patterns,
                          std::vector<FieldValues>* out) {
  for (const FieldPattern& wanted : patterns) {
    const bool pattern = wanted.pattern.find('*') != std::string::npos;
    for (const NamedField& named : FieldsOf(index, wanted.pattern)) {
      if (Has(*out, named.name) || (pattern && named.ref.is_text())) {
        continue;
      }
      std::vector<std::string> values;
      BINSEEK_RETURN_IF_ERROR(ReadDocValues(index, address, named.ref, wanted.format, &values));
      if (!values.empty()) {
        out->emplace_back(named.name, std::move(values));
      }
    }
  }
  return Status::Ok();
}

}  // namespace binseek::api::dsl
