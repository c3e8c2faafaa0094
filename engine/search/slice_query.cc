// MakeSlice: one of several parts that together are all documents, for readers that go through an index side by side. Score 0.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/codec/key_hash.h"
#include "engine/index/number_pages.h"
#include "engine/search/constant_query.h"
#include "engine/search/field_ref.h"
#include "engine/search/query.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

constexpr uint32_t kNanosPerDocument = 20;

// Spreads neighbouring numbers over all parts.
uint64_t Mix(uint64_t number) {
  number ^= number >> 33;
  number *= 0xff51afd7ed558ccdULL;
  return number ^ (number >> 33);
}

class SliceScorer final : public Scorer {
 public:
  // `column`: whose first value decides, absent ones falling into the first part; null: the key does.
  SliceScorer(const index::SegmentView& segment, bool by_key, const index::NumberPages* column,
              uint32_t id, uint32_t max, bool scores)
      : segment_(segment), by_key_(by_key), column_(column), id_(id), max_(max), scores_(scores) {}

  bool FillWindow(DocId first, Window* window) override {
    window->ClearMatches();
    for (DocId doc = first; doc < segment_.max_doc() && doc < first + Window::kDocs; ++doc) {
      if (Has(doc)) {
        window->Set(doc - first);
      }
    }
    FillZero(window);
    return window->AnyMatch();
  }
  bool NarrowWindow(DocId first, Window* window) override {
    ForEachBit(window->match, [&](uint32_t offset) {
      if (!Has(first + offset)) {
        window->match[offset / 64] &= ~(uint64_t{1} << (offset % 64));
      }
    });
    FillZero(window);
    return window->AnyMatch();
  }
  bool FillCandidates(DocId first, Window* window) override {
    return AllScorer(segment_.max_doc(), false, 0).FillWindow(first, window);
  }
  uint32_t match_cost() const override { return kNanosPerDocument; }
  uint64_t cost() const override { return segment_.max_doc(); }

 private:
  bool Has(DocId doc) {
    uint64_t hash = 0;
    if (by_key_) {
      hash = codec::KeyHash(segment_.segment().Key(doc));
    } else if (column_ != nullptr) {
      const std::span<const int64_t> values = column_->GetAll(doc, &scratch_);
      hash = values.empty() ? 0 : Mix(static_cast<uint64_t>(values.front()));
    }
    return hash % max_ == id_;
  }
  void FillZero(Window* window) const {
    if (scores_) {
      FillScores(0, window);
    }
  }

  const index::SegmentView& segment_;
  const bool by_key_;
  const index::NumberPages* const column_;
  const uint32_t id_;
  const uint32_t max_;
  const bool scores_;
  std::vector<int64_t> scratch_;
};

class SliceWeight final : public Weight {
 public:
  SliceWeight(const mapping::Field* field, uint32_t id, uint32_t max, bool scores)
      : field_(field), id_(id), max_(max), scores_(scores) {}
  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    const index::NumberPages* const column =
        field_ == nullptr ? nullptr : segment.Column(field_->id);
    return std::unique_ptr<Scorer>(
        std::make_unique<SliceScorer>(segment, field_ == nullptr, column, id_, max_, scores_));
  }
  std::string description() const override {
    return "slice " + std::to_string(id_) + " of " + std::to_string(max_);
  }

 private:
  const mapping::Field* const field_;  // null: by key
  const uint32_t id_;
  const uint32_t max_;
  const bool scores_;
};

class SliceQuery final : public Query {
 public:
  SliceQuery(uint32_t id, uint32_t max, std::string field)
      : id_(id), max_(max), field_(std::move(field)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float /*boost*/) const override {
    const mapping::Field* field = nullptr;
    if (field_ != "_id") {
      const std::optional<FieldRef> ref = FindField(*context.index->mapping, field_);
      if (!ref) {
        return Status::InvalidArgument("failed to create query: field " + field_ + " not found");
      }
      if (!ref->is_numeric()) {
        return Status::InvalidArgument("failed to create query: cannot slice on field [" + field_ +
                                       "], which is not numeric");
      }
      field = ref->field;
    }
    return std::unique_ptr<Weight>(std::make_unique<SliceWeight>(field, id_, max_, context.scores));
  }
  bool constant_score() const override { return true; }

 private:
  const uint32_t id_;
  const uint32_t max_;
  const std::string field_;
};

}  // namespace

QueryPtr MakeSlice(uint32_t id, uint32_t max, std::string field) {
  return std::make_shared<SliceQuery>(id, max, std::move(field));
}

}  // namespace binseek::search
