#include "engine/search/weight.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "engine/search/scratch.h"

namespace binseek::search {

bool Scorer::NarrowWindow(DocId first, Window* window) {
  Scratch<Window> found;
  found->drop_below = window->drop_below;
  found->score_below = window->score_below;
  // Without scores they stay as they are.
  ForEachBit(window->match, [&](uint32_t offset) { found->score[offset] = window->score[offset]; });
  if (!FillWindow(first, found.get())) {
    window->ClearMatches();
    return false;
  }
  for (uint32_t w = 0; w < Window::kWords; ++w) {
    window->match[w] &= found->match[w];
  }
  ForEachBit(window->match, [&](uint32_t offset) { window->score[offset] = found->score[offset]; });
  return window->AnyMatch();
}

DocId Scorer::NextDocs(DocId /*from*/, float /*drop_below*/, DocBatch* batch) {
  batch->count = 0;
  return codec::kNoMoreDocs;
}

void Scorer::AddBits(DocId first, DocId end, uint64_t* bits) {
  Scratch<Window> window;
  window->drop_below = window->score_below = std::numeric_limits<float>::lowest();
  for (; first < end; first += std::min(end - first, Window::kDocs), bits += Window::kWords) {
    if (FillWindow(first, window.get())) {
      for (uint32_t w = 0; w < (std::min(end - first, Window::kDocs) + 63) / 64; ++w) {
        bits[w] |= window->match[w];
      }
    }
  }
}

bool Scorer::HasDoc(DocId /*doc*/) { return false; }

void Scorer::TestDocs(std::span<const DocId> docs, uint8_t* has) {
  for (size_t i = 0; i < docs.size(); ++i) {
    has[i] = static_cast<uint8_t>(HasDoc(docs[i]));
  }
}

DocId NextOfAny(Scorer* whole, std::span<const std::unique_ptr<Scorer>> clauses, DocId target,
                float drop_below) {
  constexpr float kLowest = std::numeric_limits<float>::lowest();
  while (drop_below > kLowest) {
    const ScoreBound bound = whole->MaxScore(target);
    if (bound.score >= drop_below) {
      break;
    }
    if (bound.last == codec::kNoMoreDocs) {
      return codec::kNoMoreDocs;
    }
    target = bound.last + 1;
  }
  DocId next = codec::kNoMoreDocs;
  for (const auto& clause : clauses) {
    next = std::min(next, clause->NextMatch(target, kLowest));
    if (next <= target) {
      break;
    }
  }
  return next;
}

Result<DocMatch> MatchDoc(const Weight& weight, const index::SegmentView& segment, DocId doc) {
  BINSEEK_ASSIGN_OR_RETURN(const std::vector<DocMatch> matches,
                           MatchDocs(weight, segment, {&doc, 1}));
  return matches[0];
}

Result<std::vector<DocMatch>> MatchDocs(const Weight& weight, const index::SegmentView& segment,
                                        std::span<const DocId> docs) {
  BINSEEK_ASSIGN_OR_RETURN(const std::unique_ptr<Scorer> scorer, weight.MakeScorer(segment));
  std::vector<DocMatch> result(docs.size());
  if (scorer == nullptr) {
    return result;
  }
  const auto window = std::make_unique<Window>();
  for (size_t begin = 0; begin < docs.size();) {
    const DocId first = docs[begin] / Window::kDocs * Window::kDocs;
    window->ClearMatches();
    size_t end = begin;
    for (; end < docs.size() && docs[end] - first < Window::kDocs; ++end) {
      window->Set(docs[end] - first);
      window->score[docs[end] - first] = 0;
    }
    const bool any = scorer->NarrowWindow(first, window.get());
    for (; begin < end; ++begin) {
      const uint32_t offset = docs[begin] - first;
      if (any && window->Test(offset)) {
        result[begin] = {.matches = true, .score = window->score[offset]};
      }
    }
  }
  BINSEEK_RETURN_IF_ERROR(scorer->status());
  return result;
}

Result<Explanation> Weight::Explain(const index::SegmentView& segment, DocId doc) const {
  BINSEEK_ASSIGN_OR_RETURN(const DocMatch match, MatchDoc(*this, segment, doc));
  const std::string query = description().empty() ? "score" : description();
  if (!match.matches) {
    return NotMatched(query + " doesn't match id " + std::to_string(doc));
  }
  Explanation explanation =
      Matched(match.score, query + (match.score == 1 ? "" : "^" + FloatText(match.score)));
  explanation.plain = description();
  return explanation;
}

namespace {

class DescribedWeight final : public Weight {
 public:
  DescribedWeight(std::unique_ptr<Weight> weight, std::string description)
      : weight_(std::move(weight)), description_(std::move(description)) {}
  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    return weight_->MakeScorer(segment);
  }
  void VisitTerms(TermVisitor* visitor) const override { weight_->VisitTerms(visitor); }
  std::string description() const override { return description_; }
  std::optional<uint64_t> Count(const index::SegmentView& segment) const override {
    return weight_->Count(segment);
  }

 private:
  const std::unique_ptr<Weight> weight_;
  const std::string description_;
};

}  // namespace

std::unique_ptr<Weight> Describe(std::unique_ptr<Weight> weight, std::string description) {
  return std::make_unique<DescribedWeight>(std::move(weight), std::move(description));
}

}  // namespace binseek::search
