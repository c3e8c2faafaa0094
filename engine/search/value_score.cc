#include "engine/search/value_score.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "engine/search/field_values.h"

namespace binseek::search {
namespace {

class ValueScorer final : public Scorer {
 public:
  ValueScorer(const index::SegmentView& segment, mapping::FieldId field, const ValueScore* score,
              bool scores)
      : reader_(segment, field),
        column_(segment.Column(field)),
        max_doc_(segment.max_doc()),
        score_(score),
        scores_(scores) {}

  bool FillWindow(DocId first, Window* window) override {
    window->ClearMatches();
    if (first >= max_doc_) {
      return false;
    }
    column_->MatchDocs(first, std::min(max_doc_ - first, Window::kDocs), INT64_MIN, INT64_MAX,
                       window->match);
    return Score(first, window);
  }

  bool NarrowWindow(DocId first, Window* window) override {
    if (first >= max_doc_) {
      window->ClearMatches();
      return false;
    }
    Words has{};
    column_->MatchDocs(first, std::min(max_doc_ - first, Window::kDocs), INT64_MIN, INT64_MAX,
                       has.data());
    for (uint32_t w = 0; w < Window::kWords; ++w) {
      window->match[w] &= has[w];
    }
    return Score(first, window);
  }

 private:
  using Words = std::array<uint64_t, Window::kWords>;

  bool Score(DocId first, Window* window) {
    if (!window->AnyMatch()) {
      return false;
    }
    if (scores_) {
      reader_.Open(first, window->CountMatches());
      ForEachBit(window->match, [&](uint32_t offset) {
        float best = 0;
        reader_.ForEach(offset,
                        [&](int64_t value) { best = std::max(best, score_->Score(value)); });
        window->score[offset] = best;
      });
    }
    return true;
  }

  NumberReader reader_;
  const index::NumberPages* const column_;
  const uint32_t max_doc_;
  const ValueScore* const score_;
  const bool scores_;
};

class ValueWeight final : public Weight {
 public:
  ValueWeight(mapping::FieldId field, std::unique_ptr<ValueScore> score, bool scores)
      : field_(field), score_(std::move(score)), scores_(scores) {}
  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    if (segment.Column(field_) == nullptr) {
      return std::unique_ptr<Scorer>();
    }
    return std::unique_ptr<Scorer>(
        std::make_unique<ValueScorer>(segment, field_, score_.get(), scores_));
  }

  Result<Explanation> Explain(const index::SegmentView& segment, DocId doc) const override {
    BINSEEK_ASSIGN_OR_RETURN(const DocMatch match, MatchDoc(*this, segment, doc));
    if (!match.matches) {
      return NotMatched("Document " + std::to_string(doc) + " doesn't have a value for the field");
    }
    if (!scores_) {
      return Weight::Explain(segment, doc);
    }
    const auto reader = std::make_unique<NumberReader>(segment, field_);
    const DocId first = doc / Window::kDocs * Window::kDocs;
    reader->Open(first, 1);
    Explanation best;
    reader->ForEach(doc - first, [&](int64_t value) {
      Explanation one = score_->Explain(value);
      if (!best.matches || one.value > best.value) {
        best = std::move(one);
      }
    });
    return best;
  }

 private:
  const mapping::FieldId field_;
  const std::unique_ptr<ValueScore> score_;
  const bool scores_;
};

}  // namespace

std::unique_ptr<Weight> MakeValueScore(mapping::FieldId field, std::unique_ptr<ValueScore> score,
                                       bool scores) {
  return std::make_unique<ValueWeight>(field, std::move(score), scores);
}

}  // namespace binseek::search
