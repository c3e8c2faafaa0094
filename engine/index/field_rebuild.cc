#include "engine/index/field_rebuild.h"

#include <algorithm>
#include <utility>

#include "engine/mapping/date_format.h"
#include "engine/mapping/document_parser.h"
#include "engine/mapping/number.h"

namespace binseek::index {
namespace {

using mapping::Field;
using mapping::FieldId;

// The new field alone, under its own name, so that a document is read for it as a new index would read it.
mapping::Mapping OnlyThis(const mapping::Mapping& mapping, Field field, bool lenient) {
  mapping::Mapping only;
  only.set_dynamic(mapping::Dynamic::kFalse);
  for (size_t dot = field.name.find('.'); dot != std::string::npos;
       dot = field.name.find('.', dot + 1)) {
    const Field* const object = mapping.Find(std::string_view(field.name).substr(0, dot));
    if (object != nullptr && object->kind == mapping::FieldKind::kObject) {
      BINSEEK_CHECK(only.AddField(*object).ok(), "an object that cannot be added");
    }
  }
  field.ignore_malformed = lenient;
  BINSEEK_CHECK(only.AddField(std::move(field)).ok(), "a field that cannot be added");
  return only;
}

}  // namespace

FieldConversion::FieldConversion(const mapping::Mapping& mapping, Field from, Field to)
    : from_(std::move(from)),
      to_(std::move(to)),
      strict_(OnlyThis(mapping, to_, false)),
      lenient_(OnlyThis(mapping, to_, true)) {}

void FieldConversion::Limit(Converted* converted) const {
  std::sort(converted->values.begin(), converted->values.end());
  if (to_.in_place && !to_.several && converted->values.size() > 1) {
    converted->values.clear();
    converted->failure = Status::InvalidArgument("field [" + to_.name + "] takes one value");
  }
}

FieldConversion::Converted FieldConversion::FromNumbers(std::span<const int64_t> numbers) const {
  Converted converted;
  std::string text;
  for (const int64_t number : numbers) {
    text.clear();
    mapping::AppendJson(from_, std::span<const int64_t>(&number, 1), &text);
    std::string_view plain = text;
    if (plain.size() >= 2 && plain.front() == '"') {
      plain = plain.substr(1, plain.size() - 2);  // a date, which has nothing to escape
    }
    const Result<int64_t> value = mapping::ParseCanonicalValue(to_, plain);
    if (value.ok()) {
      converted.values.push_back(*value);
    } else if (converted.failure.ok()) {
      converted.failure = value.status();
    }
  }
  Limit(&converted);
  return converted;
}

FieldConversion::Converted FieldConversion::FromJson(std::string_view json) const {
  Converted converted;
  mapping::Mapping strict = strict_;
  Result<mapping::Document> document = mapping::ParseDocument(json, &strict);
  if (!document.ok()) {
    converted.failure = document.status();
    mapping::Mapping lenient = lenient_;
    document = mapping::ParseDocument(json, &lenient);
  }
  if (document.ok()) {
    for (const mapping::NumberValue& number : document->numbers) {
      converted.values.push_back(number.value);
    }
  }
  Limit(&converted);
  return converted;
}

FieldConversion::Converted FieldConversion::FromDocument(
    const mapping::StoredSource& source, std::span<const mapping::NumberValue> numbers) const {
  if (source.verbatim && !source.bytes.empty() && !from_.in_place) {
    return FromJson(source.bytes);
  }
  std::vector<int64_t> values;
  for (const mapping::NumberValue& number : numbers) {
    if (number.field == from_.id) {
      values.push_back(number.value);
    }
  }
  return FromNumbers(values);
}

Result<FieldConversion::Converted> FieldConversion::FromSegment(const SegmentView& segment,
                                                                DocId doc,
                                                                codec::StoredFieldsReader* stored,
                                                                bool* overridden) const {
  std::vector<int64_t> scratch;
  const NumberPages* const changed = segment.Column(mapping::kOverriddenField);
  const auto fields =
      changed == nullptr ? std::span<const int64_t>() : changed->GetAll(doc, &scratch);
  *overridden =
      std::find(fields.begin(), fields.end(), static_cast<int64_t>(from_.id)) != fields.end();
  if (!from_.in_place && !*overridden) {
    BINSEEK_ASSIGN_OR_RETURN(const codec::StoredDocument document, stored->Get(doc));
    if (document.form != 0 && !document.bytes.empty()) {
      return FromJson(document.bytes);
    }
  }
  const NumberPages* const column = segment.Column(from_.id);
  return FromNumbers(column == nullptr ? std::span<const int64_t>()
                                       : column->GetAll(doc, &scratch));
}

void FieldRebuild::AddTo(std::string_view key, codec::AnalyzedDocument* document) {
  const FieldConversion::Converted converted =
      conversion->FromDocument(document->source, document->numbers);
  for (const int64_t value : converted.values) {
    document->numbers.push_back({to(), value});
  }
  Note(key, converted.failure);
  for (codec::AnalyzedDocument& child : document->children) {
    AddTo(child.child_key, &child);
  }
}

bool FieldRebuild::Names(const mapping::Document& document) const {
  return std::any_of(document.numbers.begin(), document.numbers.end(),
                     [this](const auto& number) { return number.field == from(); }) ||
         std::any_of(document.children.begin(), document.children.end(),
                     [this](const auto& child) { return Names(child); });
}

mapping::Document FieldRebuild::Translate(std::string_view key, mapping::Document document) {
  const FieldConversion::Converted converted =
      conversion->FromDocument(document.source, document.numbers);
  std::erase_if(document.numbers, [this](const auto& number) { return number.field == from(); });
  for (const int64_t value : converted.values) {
    document.numbers.push_back({to(), value});
  }
  Note(key, converted.failure);
  for (mapping::Document& child : document.children) {
    const std::string child_key = child.child_key;
    child = Translate(child_key, std::move(child));
  }
  return document;
}

std::vector<ColumnUpdate> FieldRebuild::Columns(std::string_view key,
                                                std::span<const ColumnUpdate> columns) {
  std::vector<ColumnUpdate> out;
  std::vector<int64_t> numbers;
  bool named = false;
  for (const ColumnUpdate& update : columns) {
    if (update.field != from() || !switched) {
      out.push_back(update);
    }
    if (update.field == from()) {
      named = true;
      if (update.value) {
        numbers.push_back(*update.value);
      }
    }
  }
  if (!named) {
    return out;
  }
  const FieldConversion::Converted converted = conversion->FromNumbers(numbers);
  for (const int64_t value : converted.values) {
    out.push_back({to(), value});
  }
  if (converted.values.empty()) {
    out.push_back({to(), std::nullopt});
  }
  Note(key, converted.failure);
  return out;
}

void FieldRebuild::Cover(std::span<const uint64_t> segments) {
  if (!switched) {
    covered.insert(segments.begin(), segments.end());
  }
}

void FieldRebuild::Merged(std::span<const uint64_t> sources, std::optional<uint64_t> segment) {
  size_t were_covered = 0;
  for (const uint64_t source : sources) {
    were_covered += covered.erase(source);
  }
  if (segment && were_covered == sources.size()) {
    Cover({&*segment, 1});
  }
}

void FieldRebuild::Switch() {
  switched = true;
  covered.clear();
}

void FieldRebuild::Note(std::string_view key, const Status& failure) {
  std::map<std::string, std::string>& failures = report.failures;
  if (failure.ok()) {
    if (!failures.empty()) {
      failures.erase(std::string(key));
    }
    return;
  }
  if (failures.size() < FieldChangeReport::kMaxShown) {
    failures.insert_or_assign(std::string(key), failure.message());
  } else if (failures.count(std::string(key)) == 0) {
    ++unshown;
  }
}

}  // namespace binseek::index
