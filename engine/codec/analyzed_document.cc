#include "engine/codec/analyzed_document.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "engine/analysis/analyzer.h"
#include "engine/codec/key_hash.h"
#include "engine/codec/term_block.h"

namespace binseek::codec {
namespace {

using mapping::Field;
using mapping::FieldId;
using mapping::FieldKind;
using mapping::Mapping;

std::string IdOf(FieldId field) { return std::to_string(static_cast<uint32_t>(field)); }

Status CheckNumbers(const Mapping& mapping, const mapping::Document& document) {
  for (const mapping::NumberValue& value : document.numbers) {
    const Field* field = mapping.Find(value.field);
    if (field == nullptr || !field->has_column()) {
      return Status::InvalidArgument("field id " + IdOf(value.field) + " takes no numbers");
    }
    const auto before =
        std::span(document.numbers.data(), static_cast<size_t>(&value - document.numbers.data()));
    if (field->in_place && !field->several &&
        std::any_of(before.begin(), before.end(),
                    [&](const auto& other) { return other.field == value.field; })) {
      return Status::InvalidArgument("field [" + field->name +
                                     "] is updated in place and takes one value");
    }
  }
  return Status::Ok();
}

// The terms of one document, in the order of its values.
class Terms final : public analysis::TokenSink {
 public:
  Terms(const Mapping& mapping, AnalyzedDocument* out) : mapping_(mapping), out_(out) {}

  Status Add(const mapping::TextValue& value) {
    const Field* field = mapping_.Find(value.field);
    if (field == nullptr || !field->has_terms()) {
      return Status::InvalidArgument("field id " + IdOf(value.field) + " takes no text");
    }
    const analysis::Analyzer* analyzer = nullptr;
    if (field->kind == FieldKind::kText) {
      analyzer = analysis::AnalysisRegistry::Find(field->analyzer);
      if (analyzer == nullptr) {
        return Status::InvalidArgument("analyzer [" + field->analyzer + "] of field [" +
                                       field->name + "] not found");
      }
    }
    if (!field->indexed && !field->doc_values) {
      return Status::Ok();
    }
    if (out_->runs.empty() || out_->runs.back().field != field->id) {
      out_->runs.push_back({.field = field->id});
    }
    field_ = field;
    if (analyzer != nullptr) {
      AddText(*analyzer, value.text);
    } else if (field->normalizer == "lowercase") {
      AddTerm(analysis::Lowercase(value.text), 0, 1);
    } else {
      AddTerm(value.text, 0, 1);
    }
    return std::exchange(error_, Status::Ok());
  }

  void Add(const analysis::Token& token) override {
    // The first one of a value stands somewhere.
    position_ += first_ ? std::max(token.position_increment, 1u) : token.position_increment;
    out_->runs.back().length += first_ || token.position_increment > 0 ? 1 : 0;
    first_ = false;
    // Below 0 at the start of a field, modulo 2^32.
    AddTerm(token.term, position_, std::max(token.position_length, 1u));
  }
  void SkipAtEnd(uint32_t positions) override { position_ += positions; }

 private:
  void AddText(const analysis::Analyzer& analyzer, const std::string& text) {
    const auto place = std::find_if(ends_.begin(), ends_.end(), [this](const auto& entry) {
      return entry.first == field_->id;
    });
    first_ = true;
    position_ = place == ends_.end() ? kBeforeFirst
                                     : place->second + field_->parameters().position_increment_gap;
    analyzer.Analyze(text, this);
    if (place != ends_.end()) {
      place->second = position_;
    } else {
      ends_.emplace_back(field_->id, position_);
    }
  }

  void AddTerm(std::string_view term, uint32_t position, uint32_t position_length) {
    if (term.size() > kMaxTermBytes) {
      if (!mapping_.synced()) {
        error_ = Status::InvalidArgument("Document contains at least one immense term in field=\"" +
                                         field_->name +
                                         "\" (whose UTF8 encoding is longer than the max length " +
                                         std::to_string(kMaxTermBytes) + ")");
      }
      return;
    }
    if (out_->bytes.size() > std::numeric_limits<uint32_t>::max() - term.size()) {
      error_ = Status::ResourceExhausted("the terms of one document exceed 4 GiB");
      return;
    }
    out_->terms.push_back({.begin = static_cast<uint32_t>(out_->bytes.size()),
                           .size = static_cast<uint32_t>(term.size()),
                           .hash = TermHash(term),
                           .position = position,
                           .position_length = position_length});
    out_->bytes.append(term);
    ++out_->runs.back().terms;
  }

  static constexpr uint32_t kBeforeFirst = std::numeric_limits<uint32_t>::max();

  const Mapping& mapping_;
  AnalyzedDocument* const out_;
  const Field* field_ = nullptr;
  Status error_;
  std::vector<std::pair<FieldId, uint32_t>> ends_;  // of text fields: where their values so far end
  uint32_t position_ = 0;
  bool first_ = true;  // no token of the value came yet
};

}  // namespace

uint32_t TermHash(std::string_view term) { return static_cast<uint32_t>(TableHash(term)); }

void AnalyzedDocument::AddKeyword(mapping::FieldId field, std::string_view term) {
  runs.push_back({.field = field, .terms = 1});
  terms.push_back({.begin = static_cast<uint32_t>(bytes.size()),
                   .size = static_cast<uint32_t>(term.size()),
                   .hash = TermHash(term)});
  bytes.append(term);
}

Result<AnalyzedDocument> Analyze(const Mapping& mapping, const mapping::Document& document) {
  AnalyzedDocument out;
  BINSEEK_RETURN_IF_ERROR(CheckNumbers(mapping, document));
  Terms terms(mapping, &out);
  for (const mapping::TextValue& value : document.texts) {
    BINSEEK_RETURN_IF_ERROR(terms.Add(value));
  }
  out.numbers = document.numbers;
  out.source = document.source;
  out.child_key = document.child_key;
  for (const mapping::Document& child : document.children) {
    BINSEEK_ASSIGN_OR_RETURN(AnalyzedDocument analyzed, Analyze(mapping, child));
    out.children.push_back(std::move(analyzed));
  }
  return out;
}

}  // namespace binseek::codec
