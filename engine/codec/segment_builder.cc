#include "engine/codec/segment_builder.h"

#include <algorithm>
#include <functional>
#include <span>
#include <utility>

#include "engine/analysis/analyzer.h"
#include "engine/base/check.h"
#include "engine/codec/norms.h"
#include "engine/codec/segment_encoder.h"

namespace binseek::codec {
namespace {

using mapping::Field;
using mapping::FieldKind;

class TermCounter final : public analysis::TokenSink {
 public:
  explicit TermCounter(std::function<void(std::string_view)> add) : add_(std::move(add)) {}
  void Add(const analysis::Token& token) override {
    add_(token.term);
    length_ += token.position_increment > 0
                   ? 1
                   : 0;  // tokens at the same place count once, as Lucene discounts overlaps
  }
  uint32_t length() const { return length_; }

 private:
  std::function<void(std::string_view)> add_;
  uint32_t length_ = 0;
};

bool HasTerms(FieldKind kind) {
  return kind == FieldKind::kText || kind == FieldKind::kKeyword || kind == FieldKind::kFlattened;
}

}  // namespace

Status SegmentBuilder::Check(const mapping::Document& document) const {
  for (const mapping::TextValue& value : document.texts) {
    const Field* field = mapping_->Find(value.field);
    if (field == nullptr || !HasTerms(field->kind)) {
      return Status::InvalidArgument(
          "field id " + std::to_string(static_cast<uint32_t>(value.field)) + " takes no text");
    }
    if (field->kind == FieldKind::kText &&
        analysis::AnalysisRegistry::Find(field->analyzer) == nullptr) {
      return Status::InvalidArgument("analyzer [" + field->analyzer + "] of field [" + field->name +
                                     "] not found");
    }
  }
  for (const mapping::NumberValue& value : document.numbers) {
    const Field* field = mapping_->Find(value.field);
    if (field == nullptr || !field->is_numeric()) {
      return Status::InvalidArgument(
          "field id " + std::to_string(static_cast<uint32_t>(value.field)) + " takes no numbers");
    }
    const auto before =
        std::span(document.numbers.data(), static_cast<size_t>(&value - document.numbers.data()));
    if (field->in_place && std::any_of(before.begin(), before.end(), [&](const auto& other) {
          return other.field == value.field;
        })) {
      return Status::InvalidArgument("field [" + field->name +
                                     "] is updated in place and takes one value");
    }
  }
  return Status::Ok();
}

Result<DocId> SegmentBuilder::Add(std::string_view key, const mapping::Document& document) {
  BINSEEK_RETURN_IF_ERROR(Check(document));
  const DocId doc = size();
  for (const mapping::TextValue& value : document.texts) {
    const Field& field = *mapping_->Find(value.field);
    if (field.indexed || field.doc_values) {
      AddText(field, doc, value.text);
    }
  }
  for (const mapping::NumberValue& value : document.numbers) {
    numbers_[value.field].emplace(doc, value.value);
  }
  keys_.emplace_back(key);
  sources_.push_back(document.source);
  return doc;
}

void SegmentBuilder::AddTerm(TermsOfField* field, DocId doc, std::string_view term) {
  Postings& postings = field->terms[std::string(term)];
  if (postings.docs.empty() || postings.docs.back() != doc) {
    postings.docs.push_back(doc);
    postings.freqs.push_back(0);
  }
  ++postings.freqs.back();
  ++field->sum_total_term_freq;
}

void SegmentBuilder::AddText(const Field& field, DocId doc, const std::string& text) {
  TermsOfField& terms = terms_[field.id];
  const auto count_document = [&] {
    terms.doc_count += terms.last_doc != doc ? 1 : 0;
    terms.last_doc = doc;
  };
  if (field.kind == FieldKind::kText) {
    TermCounter counter([&](std::string_view term) { AddTerm(&terms, doc, term); });
    analysis::AnalysisRegistry::Find(field.analyzer)->Analyze(text, &counter);
    if (counter.length() > 0) {
      count_document();
      terms.lengths[doc] += counter.length();
    }
    return;
  }
  count_document();
  const std::string term = field.normalizer == "lowercase" ? analysis::Lowercase(text) : text;
  Postings& postings = terms.terms[term];
  if (postings.docs.empty() || postings.docs.back() != doc) {  // a value counts once per document
    postings.docs.push_back(doc);
    postings.freqs.push_back(1);
    ++terms.sum_total_term_freq;
  }
}

void SegmentBuilder::SetNumber(DocId doc, mapping::FieldId field, std::optional<int64_t> value) {
  auto& values = numbers_[field];
  values.erase(doc);
  if (value) {
    values.emplace(doc, *value);
  }
}

std::optional<int64_t> SegmentBuilder::Number(DocId doc, mapping::FieldId field) const {
  const auto values = numbers_.find(field);
  if (values == numbers_.end()) {
    return std::nullopt;
  }
  const auto it = values->second.find(doc);
  return it == values->second.end() ? std::nullopt : std::optional<int64_t>(it->second);
}

void SegmentBuilder::EncodeTerms(mapping::FieldId id, const TermsOfField& terms,
                                 SegmentEncoder* encoder) const {
  std::vector<const std::pair<const std::string, Postings>*> sorted;
  sorted.reserve(terms.terms.size());
  for (const auto& entry : terms.terms) {
    sorted.push_back(&entry);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  encoder->BeginTerms(id);
  for (const auto* entry : sorted) {
    encoder->AddTerm(entry->first, entry->second.docs, entry->second.freqs);
  }
  encoder->EndTerms(terms.doc_count, terms.sum_total_term_freq);

  const Field& field = *mapping_->Find(id);
  if (field.kind == FieldKind::kText) {
    std::vector<uint8_t> norms(size(), 0);
    for (const auto& [doc, length] : terms.lengths) {
      norms[doc] = EncodeNorm(length);
    }
    encoder->AddNorms(id, norms);
    return;
  }
  // Ordinals per document: count, then place; terms in order give ascending ordinals.
  std::vector<uint32_t> starts(size_t{size()} + 1, 0);
  for (const auto* entry : sorted) {
    for (const DocId doc : entry->second.docs) {
      ++starts[doc + 1];
    }
  }
  for (size_t doc = 1; doc < starts.size(); ++doc) {
    starts[doc] += starts[doc - 1];
  }
  std::vector<uint32_t> ords(starts.back());
  std::vector<uint32_t> next(starts.begin(), starts.end() - 1);
  for (uint32_t ord = 0; ord < sorted.size(); ++ord) {
    for (const DocId doc : sorted[ord]->second.docs) {
      ords[next[doc]++] = ord;
    }
  }
  encoder->AddKeywords(id, starts, ords);
}

void SegmentBuilder::EncodeNumbers(mapping::FieldId field,
                                   const std::multimap<DocId, int64_t>& values,
                                   SegmentEncoder* encoder) const {
  std::vector<int64_t> column(size(), 0);
  std::vector<uint64_t> present((size_t{size()} + 63) / 64, 0);
  std::vector<std::pair<DocId, int64_t>> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  bool multi = false;
  for (size_t i = sorted.size(); i-- > 0;) {  // backwards, so that the smallest value stays
    const auto [doc, value] = sorted[i];
    multi = multi || (i > 0 && sorted[i - 1].first == doc);
    column[doc] = value;
    present[doc / 64] |= uint64_t{1} << (doc % 64);
  }
  std::vector<uint32_t> multi_starts;
  std::vector<int64_t> multi_values;
  if (multi) {
    multi_starts.assign(size_t{size()} + 1, 0);
    for (const auto& [doc, value] : sorted) {
      ++multi_starts[doc + 1];
      multi_values.push_back(value);
    }
    for (size_t doc = 1; doc < multi_starts.size(); ++doc) {
      multi_starts[doc] += multi_starts[doc - 1];
    }
  }
  encoder->AddNumbers(field, column, present, multi_starts, multi_values);
}

Result<std::string> SegmentBuilder::Finish() const {
  SegmentEncoder encoder(size());
  for (const auto& [field, terms] : terms_) {
    EncodeTerms(field, terms, &encoder);
  }
  for (const auto& [field, values] : numbers_) {
    EncodeNumbers(field, values, &encoder);
  }
  for (DocId doc = 0; doc < size(); ++doc) {
    encoder.AddDocument(keys_[doc], sources_[doc].verbatim, sources_[doc].bytes);
  }
  return encoder.Finish();
}

}  // namespace binseek::codec
