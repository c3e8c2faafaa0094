#include "engine/search/block_level.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <optional>
#include <utility>

#include "engine/search/field_ref.h"
#include "engine/search/term_scorer.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

using mapping::kNestedPathField;

// The postings of a nested field's objects; nullopt: the segment has none.
Result<std::optional<codec::TermInfo>> FindLevel(const codec::FieldTerms* terms,
                                                 const std::string& term) {
  codec::TermInfo info;
  if (terms == nullptr) {
    return std::optional<codec::TermInfo>();
  }
  const bool found = terms->dictionary().Find(term, &info, nullptr);
  BINSEEK_RETURN_IF_ERROR(CheckDictionary(terms->dictionary()));
  return found ? std::optional(info) : std::nullopt;
}

class LevelWeight final : public Weight {
 public:
  LevelWeight(std::string name, std::string term)
      : name_(std::move(name)), term_(std::move(term)) {}
  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    const codec::FieldTerms* const terms = segment.segment().Terms(kNestedPathField);
    BINSEEK_ASSIGN_OR_RETURN(const std::optional<codec::TermInfo> info, FindLevel(terms, term_));
    return info ? std::make_unique<TermScorer>(*terms, *info, nullptr, nullptr)
                : std::unique_ptr<Scorer>();
  }
  std::string description() const override { return "_nested_path:" + name_; }

 private:
  const std::string name_;
  const std::string term_;
};

class LevelQuery final : public Query {
 public:
  LevelQuery(std::string name, std::string term) : name_(std::move(name)), term_(std::move(term)) {}
  Result<std::unique_ptr<Weight>> Bind(const BindContext&, float) const override {
    return std::unique_ptr<Weight>(std::make_unique<LevelWeight>(name_, term_));
  }
  std::string Key() const override { return "level " + term_; }

 private:
  const std::string name_;
  const std::string term_;
};

}  // namespace

std::string LevelTerm(const mapping::Field& field) {
  return std::to_string(static_cast<uint32_t>(field.id));
}

QueryPtr MakeLevelFilter(const mapping::Field& field) {
  return std::make_shared<LevelQuery>(field.name, LevelTerm(field));
}

Result<Level> Level::Open(const index::SegmentView& segment, const mapping::Field* field) {
  Level level;
  level.max_doc_ = segment.max_doc();
  if (field == nullptr) {
    level.borrowed_ = segment.segment().roots();
    level.all_ = level.borrowed_ == nullptr;
    return level;
  }
  level.own_.resize((size_t{level.max_doc_} + 63) / 64);
  const codec::FieldTerms* const terms = segment.segment().Terms(kNestedPathField);
  BINSEEK_ASSIGN_OR_RETURN(const std::optional<codec::TermInfo> info,
                           FindLevel(terms, LevelTerm(*field)));
  if (info) {
    codec::BlockPostings postings = terms->Postings(*info);
    for (DocId doc = postings.Next(); doc != codec::kNoMoreDocs; doc = postings.Next()) {
      level.own_[doc / 64] |= uint64_t{1} << (doc % 64);
    }
    BINSEEK_RETURN_IF_ERROR(postings.status());
  }
  return level;
}

DocId Level::Next(DocId doc) const {
  if (doc >= max_doc_) {
    return codec::kNoMoreDocs;
  }
  if (all_) {
    return doc;
  }
  const size_t count = (size_t{max_doc_} + 63) / 64;
  uint64_t word = words()[doc / 64] & (~uint64_t{0} << (doc % 64));
  for (size_t w = doc / 64;; word = words()[w]) {
    if (word != 0) {
      return static_cast<DocId>(w * 64 + static_cast<size_t>(std::countr_zero(word)));
    }
    if (++w == count) {
      return codec::kNoMoreDocs;
    }
  }
}

DocId Level::Before(DocId doc) const {
  doc = std::min(doc, max_doc_);
  if (doc == 0 || all_) {
    return doc == 0 ? codec::kNoMoreDocs : doc - 1;
  }
  size_t w = (doc - 1) / 64;
  uint64_t word = words()[w] & (~uint64_t{0} >> (63 - (doc - 1) % 64));
  while (word == 0) {
    if (w == 0) {
      return codec::kNoMoreDocs;
    }
    word = words()[--w];
  }
  return static_cast<DocId>(w * 64 + 63 - static_cast<size_t>(std::countl_zero(word)));
}

void Level::Keep(DocId first, uint64_t* bits, uint32_t count) const {
  for (uint32_t w = 0; w < count && !all_; ++w) {
    bits[w] &= max_doc_ == 0 ? 0 : words()[first / 64 + w];
  }
}

uint32_t Level::MostChildren() const {
  uint32_t most = 0;
  DocId begin = 0;
  for (DocId doc = all_ ? codec::kNoMoreDocs : Next(0); doc != codec::kNoMoreDocs;
       doc = Next(doc + 1)) {
    most = std::max(most, doc - begin);
    begin = doc + 1;
  }
  return most;
}

}  // namespace binseek::search
