#include "engine/search/column_filter.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "engine/search/constant_query.h"

namespace binseek::search {
namespace {

class ColumnFilterScorer final : public Scorer {
 public:
  ColumnFilterScorer(const index::NumberPages* column, uint32_t max_doc, const ColumnTest* test,
                     bool scores, float score)
      : column_(column), max_doc_(max_doc), test_(test), scores_(scores), score_(score) {}

  bool FillWindow(DocId first, Window* window) override {
    AllScorer(max_doc_, false, 0).FillWindow(first, window);
    return NarrowWindow(first, window);
  }

  bool NarrowWindow(DocId first, Window* window) override {
    if (first >= max_doc_) {
      window->ClearMatches();
      return false;
    }
    const uint32_t docs = std::min(max_doc_ - first, Window::kDocs);
    const uint32_t page_docs = column_->docs_per_page();
    for (uint32_t offset = 0; offset < docs; offset += page_docs) {
      const index::NumberZone zone = column_->Zone((first + offset) / page_docs);
      const auto look = zone.empty() ? ColumnTest::Zone::kNone : test_->Look(zone.min, zone.max);
      NarrowPage(first, offset, std::min(page_docs, docs - offset), look, window);
    }
    const bool any = window->AnyMatch();
    if (any && scores_) {
      FillScores(score_, window);
    }
    return any;
  }
  bool FillCandidates(DocId first, Window* window) override {
    return AllScorer(max_doc_, false, 0).FillWindow(first, window);
  }
  uint32_t match_cost() const override { return 20; }

 private:
  void NarrowPage(DocId first, uint32_t offset, uint32_t docs, ColumnTest::Zone look,
                  Window* window) {
    for (uint32_t w = offset / 64; w < (offset + docs + 63) / 64; ++w) {
      uint64_t kept = 0;
      for (uint64_t word = look == ColumnTest::Zone::kNone ? 0 : window->match[w]; word != 0;
           word &= word - 1) {
        const auto bit = static_cast<uint32_t>(std::countr_zero(word));
        const std::span<const int64_t> values = column_->GetAll(first + w * 64 + bit, &scratch_);
        const bool wanted = look == ColumnTest::Zone::kAll
                                ? !values.empty()
                                : std::any_of(values.begin(), values.end(),
                                              [&](int64_t value) { return test_->Wants(value); });
        kept |= static_cast<uint64_t>(wanted) << bit;
      }
      window->match[w] = kept;
    }
  }

  const index::NumberPages* const column_;
  const uint32_t max_doc_;
  const ColumnTest* const test_;
  const bool scores_;
  const float score_;
  std::vector<int64_t> scratch_;
};

class ColumnFilterWeight final : public Weight {
 public:
  ColumnFilterWeight(mapping::FieldId field, std::shared_ptr<const ColumnTest> test, bool scores,
                     float score)
      : field_(field), test_(std::move(test)), scores_(scores), score_(score) {}

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    const index::NumberPages* const column = segment.Column(field_);
    if (column == nullptr) {
      return std::unique_ptr<Scorer>();
    }
    return std::unique_ptr<Scorer>(std::make_unique<ColumnFilterScorer>(
        column, segment.max_doc(), test_.get(), scores_, score_));
  }

 private:
  const mapping::FieldId field_;
  const std::shared_ptr<const ColumnTest> test_;
  const bool scores_;
  const float score_;
};

}  // namespace

std::unique_ptr<Weight> MakeColumnFilter(mapping::FieldId field,
                                         std::shared_ptr<const ColumnTest> test, bool scores,
                                         float score) {
  return std::make_unique<ColumnFilterWeight>(field, std::move(test), scores, score);
}

}  // namespace binseek::search
