#include "engine/codec/segment_builder.h"

#include <span>
#include <utility>

#include "engine/codec/key_table.h"
#include "engine/codec/segment_writer.h"
#include "engine/codec/stored_fields.h"

namespace binseek::codec {

Result<DocId> SegmentBuilder::Add(std::string_view key, const mapping::Document& document) {
  BINSEEK_ASSIGN_OR_RETURN(AnalyzedDocument analyzed, Analyze(*mapping_, document));
  return Add(key, std::move(analyzed));
}

TermAccumulator* SegmentBuilder::TermsOf(mapping::FieldId field) {
  const auto it = terms_.find(field);
  if (it != terms_.end()) {
    return &it->second;
  }
  const mapping::Field& definition = *mapping_->Find(field);
  const TermAccumulator::Keeps keeps{.text = definition.kind == mapping::FieldKind::kText,
                                     .freqs = mapping::KeepsFrequencies(definition),
                                     .positions = mapping::KeepsPositions(definition),
                                     .lengths = definition.parameters().norms};
  return &terms_.try_emplace(field, keeps).first->second;
}

DocId SegmentBuilder::Add(std::string_view key, AnalyzedDocument document) {
  for (AnalyzedDocument& child : document.children) {
    const std::string child_key = std::move(child.child_key);
    children_.push_back(Add(child_key, std::move(child)));
  }
  const DocId doc = size();
  size_t next = 0;
  for (const AnalyzedDocument::Run& run : document.runs) {
    const auto terms = std::span(document.terms).subspan(next, run.terms);
    next += run.terms;
    TermsOf(run.field)->Add(doc, document, terms, run.length);
  }
  for (const mapping::NumberValue& value : document.numbers) {
    numbers_[value.field].Add(doc, value.value);
  }
  keys_.emplace_back(key);
  sources_.push_back(std::move(document.source));
  return doc;
}

void SegmentBuilder::SetNumber(DocId doc, mapping::FieldId field, std::optional<int64_t> value) {
  numbers_[field].Set(doc, value);
}

void SegmentBuilder::SetNumbers(DocId doc, mapping::FieldId field,
                                std::span<const int64_t> values) {
  numbers_[field].SetAll(doc, values);
}

std::vector<int64_t> SegmentBuilder::Numbers(DocId doc, mapping::FieldId field) const {
  const auto values = numbers_.find(field);
  return values == numbers_.end() ? std::vector<int64_t>() : values->second.GetAll(doc);
}

std::optional<int64_t> SegmentBuilder::Number(DocId doc, mapping::FieldId field) const {
  const auto values = numbers_.find(field);
  return values == numbers_.end() ? std::nullopt : values->second.Get(doc);
}

Status SegmentBuilder::WriteDocuments(SegmentWriter* writer) const {
  if (!children_.empty()) {
    std::vector<uint64_t> roots((size_t{size()} + 63) / 64, ~uint64_t{0});
    if (size() % 64 != 0) {
      roots.back() = (uint64_t{1} << (size() % 64)) - 1;
    }
    for (const DocId doc : children_) {
      roots[doc / 64] &= ~(uint64_t{1} << (doc % 64));
    }
    writer->Begin(SectionKind::kRoots)->AppendArray<uint64_t>(roots);
  }
  ByteSink* const keys_sink = writer->Begin(SectionKind::kKeys);
  KeysWriter keys(keys_sink, writer->Begin(SectionKind::kKeyTable));
  StoredFieldsWriter stored(writer->Begin(SectionKind::kStored),
                            {.form = StoredFormInMemory(size())});
  for (DocId doc = 0; doc < size(); ++doc) {
    BINSEEK_RETURN_IF_ERROR(keys.Add(keys_[doc]));
    BINSEEK_RETURN_IF_ERROR(stored.Add(sources_[doc].verbatim ? 1 : 0, sources_[doc].bytes));
  }
  keys.Finish();
  stored.Finish();
  return writer->End();
}

Result<std::string> SegmentBuilder::Finish(KeywordIdSource* ids) {
  if (!mapping_->index_sort().empty()) {
    Sort();
  }
  StringOutput output;
  SegmentWriter writer(size(), &output);
  for (const auto& [field, terms] : terms_) {
    // What lies below a path of a flattened field is a range of ordinals: ids would not do. Those who read a system field have the segment alone.
    const bool has_ids = field >= mapping::kFirstUserField && mapping_->Find(field)->is_keyword();
    BINSEEK_RETURN_IF_ERROR(terms.Write(field, size(), has_ids ? ids : nullptr, &writer));
  }
  for (const auto& [field, values] : numbers_) {
    values.Write(size(), writer.Begin(field, SectionKind::kNumbers));
    BINSEEK_RETURN_IF_ERROR(writer.End());
  }
  BINSEEK_RETURN_IF_ERROR(WriteDocuments(&writer));
  BINSEEK_RETURN_IF_ERROR(writer.Finish());
  return output.Take();
}

}  // namespace binseek::codec
