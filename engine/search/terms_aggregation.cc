// terms: a bucket per value. Keywords are counted by number (OrdReader); numbers, dates and booleans by value. Counts are exact.
//
// Ids mean the same in all segments of an index, so one array counts for all of them. A segment's own ordinals mean nothing beyond it, and looking up a term's
// text costs more than counting it a hundred times: texts are read when the numbers change their meaning, in order; and where they never did, only those
// of the buckets that are shown. Where aggregations below need the bucket's number at once, an id or ordinal is translated at its first occurrence.
#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

#include "engine/base/json.h"
#include "engine/mapping/mapping.h"
#include "engine/search/aggregator.h"
#include "engine/search/bucket_order.h"
#include "engine/search/bucket_table.h"
#include "engine/search/field_values.h"
#include "engine/search/term_counts.h"
#include "engine/search/terms_aggregator.h"
#include "engine/search/value_form.h"

namespace binseek::search {
namespace {

class KeywordTermsAggregator final : public TermsAggregator<std::string> {
 public:
  KeywordTermsAggregator(const TermsAggregation* options, AggregationContext* context,
                         ValueForm form, std::optional<std::string> missing, TermFilter filter,
                         SubAggregators children)
      : TermsAggregator(options, context, "sterms", std::move(filter), std::move(children)),
        form_(std::move(form)),
        missing_(std::move(missing)),
        root_counts_(context) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    const std::optional<FieldRef>& ref = form_.ref(index);
    auto next = ref ? std::make_unique<OrdReader>(segment, *ref) : nullptr;
    if (ords_ != nullptr) {
      BINSEEK_RETURN_IF_ERROR(ords_->status());
    }
    if (!GoesOnWith(next.get(), segment.max_doc())) {
      BINSEEK_RETURN_IF_ERROR(FoldCounts());
      BINSEEK_RETURN_IF_ERROR(StartNumbers(next.get()));
    }
    docs_ += segment.max_doc();
    ords_ = std::move(next);
    if (ords_ != nullptr && options().min_doc_count == 0) {
      BINSEEK_RETURN_IF_ERROR(AddEmptyTerms());
    }
    return children()->OpenSegment(index, segment);
  }

  Status Collect(const BucketedDocs& docs) override {
    Begin();
    if (ords_ != nullptr) {
      BINSEEK_RETURN_IF_ERROR(root_counts_.MakeRoom());
      ords_->Open(docs.first, docs.offsets.size());
      if (OnlyCounts(docs)) {
        CountRoots(docs.offsets);
        return Status::Ok();
      }
    }
    Status status;
    for (size_t i = 0; i < docs.offsets.size() && status.PeekOk(); ++i) {
      const uint32_t offset = docs.offsets[i];
      const uint32_t parent = docs.buckets[i];
      const bool counts = parent == 0 && children()->empty();
      const bool any =
          ords_ != nullptr && (counts ? CountRoot(offset) : AddDoc(parent, offset, &status));
      if (!any && missing_ && filter().Accepts(*missing_)) {
        BINSEEK_ASSIGN_OR_RETURN(const uint32_t id, table()->Find(parent, *missing_));
        BINSEEK_RETURN_IF_ERROR(Add(offset, id));
      }
    }
    BINSEEK_RETURN_IF_ERROR(std::move(status));
    return HandOn(docs);
  }

  Result<AggregationResult> Build(uint32_t parent) override {
    const bool shows_empty = options().min_doc_count == 0 && !context()->within_gap;
    if (shows_empty && missing_ && filter().Accepts(*missing_)) {
      BINSEEK_RETURN_IF_ERROR(table()->Find(parent, *missing_).status());
    }
    if (parent == 0 && counted_ && !table()->HasAny(0)) {
      return BuildFromCounts();
    }
    BINSEEK_RETURN_IF_ERROR(FoldCounts());
    if (ords_ != nullptr) {
      BINSEEK_RETURN_IF_ERROR(ords_->status());
    }
    if (shows_empty && parent != 0) {
      BINSEEK_RETURN_IF_ERROR(FindAllTexts());
      for (const std::string& text : all_texts_) {
        BINSEEK_RETURN_IF_ERROR(table()->Find(parent, text).status());
      }
    }
    return TermsAggregator::Build(parent);
  }

 private:
  static constexpr uint32_t kUnknown = std::numeric_limits<uint32_t>::max();
  static constexpr uint32_t kExcluded = kUnknown - 1;
  static constexpr size_t kNestedIdBytes =
      sizeof(std::pair<uint64_t, uint32_t>) + 3 * sizeof(void*);  // an entry with its pointers
  static constexpr size_t kCandidates = 4096;  // that are held beside those to be shown
  static constexpr size_t kFewTexts = 256;     // that are compared without the order of all

  // Whether the numbers of the next segment mean what those of the last one did, so that what is counted by number stays.
  bool GoesOnWith(const OrdReader* next, uint32_t max_doc) const {
    return next != nullptr && ords_ != nullptr && next->by_ids() && ords_->by_ids() &&
           next->keywords() == ords_->keywords() &&
           docs_ + max_doc <= std::numeric_limits<uint32_t>::max();
  }

  Status StartNumbers(const OrdReader* reader) {
    docs_ = 0;
    nested_ids_.clear();
    const OrdRange range = reader == nullptr ? OrdRange{} : reader->range();
    if (children()->empty()) {
      empty_.assign(options().min_doc_count == 0 ? range.end - range.begin : 0, false);
      return root_counts_.Start(range.begin, range.end);
    }
    BINSEEK_RETURN_IF_ERROR(context()->Reserve(range.end - range.begin, &root_ids_));
    root_ids_.assign(range.end - range.begin, kUnknown);
    return Status::Ok();
  }

  // Whether nothing is to be done with the documents but to count them for the root.
  bool OnlyCounts(const BucketedDocs& docs) {
    return children()->empty() && !missing_ &&
           std::all_of(docs.buckets.begin(), docs.buckets.end(),
                       [](uint32_t parent) { return parent == 0; });
  }

  void CountRoots(std::span<const uint32_t> offsets) {
    counted_ = true;
    if (uint32_t* const counts = root_counts_.array()) {
      const uint32_t begin = ords_->range().begin;
      for (const uint32_t offset : offsets) {
        ords_->ForEach(offset, [counts, begin](uint32_t ord) { ++counts[ord - begin]; });
      }
      return;
    }
    for (const uint32_t offset : offsets) {
      ords_->ForEach(offset, [this](uint32_t ord) { root_counts_.Add(ord); });
    }
  }

  bool CountRoot(uint32_t offset) {
    counted_ = true;
    return ords_->ForEach(offset, [this](uint32_t ord) { root_counts_.Add(ord); });
  }

  bool AddDoc(uint32_t parent, uint32_t offset, Status* status) {
    return ords_->ForEach(offset, [&](uint32_t ord) {
      uint32_t* const id = IdOf(parent, ord);
      if (*id == kUnknown) {
        *status = Translate(parent, ord, id);
      }
      if (*id < kExcluded && status->PeekOk()) {
        *status = Add(offset, *id);
      }
    });
  }

  uint32_t* IdOf(uint32_t parent, uint32_t ord) {
    if (parent == 0) {
      return &root_ids_[ord - ords_->range().begin];
    }
    return &nested_ids_.try_emplace(uint64_t{parent} << 32 | ord, kUnknown).first->second;
  }

  Status Translate(uint32_t parent, uint32_t ord, uint32_t* id) {
    if (nested_ids_.size() > most_nested_) {
      most_nested_ = nested_ids_.size();
      BINSEEK_RETURN_IF_ERROR(context()->AddBytes(kNestedIdBytes));
    }
    BINSEEK_RETURN_IF_ERROR(ords_->Text(ord, &text_));
    if (!filter().Accepts(text_)) {
      *id = kExcluded;
      return Status::Ok();
    }
    BINSEEK_ASSIGN_OR_RETURN(*id, table()->Find(parent, text_));
    return Status::Ok();
  }

  // Terms without a document below any parent but the first, whose buckets are numbered before documents come.
  Status FindAllTexts() {
    if (std::exchange(found_all_texts_, true)) {
      return Status::Ok();
    }
    for (size_t i = 0; i < context()->indices.size(); ++i) {
      for (const auto& segment : context()->indices[i]->segments) {
        if (!form_.ref(i)) {
          continue;
        }
        BINSEEK_RETURN_IF_ERROR(context()->interrupt->Check());
        const auto reader = std::make_unique<OrdReader>(*segment, *form_.ref(i));
        Status status;
        reader->ForEachTerm([&](uint32_t ord) {
          if (status.PeekOk()) {
            status = reader->Text(ord, &text_);
          }
          if (status.PeekOk() && filter().Accepts(text_) && all_texts_.insert(text_).second) {
            status = context()->AddBytes(sizeof(std::string) + text_.size());
          }
        });
        BINSEEK_RETURN_IF_ERROR(std::move(status));
        BINSEEK_RETURN_IF_ERROR(reader->status());
      }
    }
    return Status::Ok();
  }

  // Terms without a document are shown too; here at the root, where the parent is known before any document comes.
  Status AddEmptyTerms() {
    Status status;
    ords_->ForEachTerm([&](uint32_t ord) {
      if (children()->empty()) {
        empty_[ord - ords_->range().begin] = true;
        counted_ = true;
        return;
      }
      uint32_t* const id = IdOf(0, ord);
      if (*id == kUnknown && status.PeekOk()) {
        status = Translate(0, ord, id);
      }
    });
    return status;
  }

  // Calls visit(ord, count) -> Status for what may be a bucket, ascending.
  template <class Visit>
  Status ForEachCandidate(Visit visit) {
    BINSEEK_RETURN_IF_ERROR(root_counts_.ForEach([&](uint32_t ord, uint32_t count) {
      if (!empty_.empty()) {
        empty_[ord - ords_->range().begin] = false;
      }
      return visit(ord, count);
    }));
    for (uint32_t i = 0; i < empty_.size(); ++i) {
      if (empty_[i]) {
        BINSEEK_RETURN_IF_ERROR(visit(ords_->range().begin + i, 0));
      }
    }
    return Status::Ok();
  }

  // Moves what was counted by number to the buckets of the texts.
  Status FoldCounts() {
    if (!std::exchange(counted_, false)) {
      return Status::Ok();
    }
    uint32_t seen = 0;
    const auto add = [&](uint32_t count) {
      if (!filter().Accepts(text_)) {
        return Status::Ok();
      }
      BINSEEK_ASSIGN_OR_RETURN(const uint32_t id, table()->Find(0, text_));
      table()->Count(id, count);
      return ++seen % kCandidates == 0 ? context()->interrupt->Check() : Status::Ok();
    };
    if (ords_->by_ids()) {
      return ForEachCandidate([&](uint32_t number, uint32_t count) {
        BINSEEK_RETURN_IF_ERROR(ords_->Text(number, &text_));
        return add(count);
      });
    }
    if (ords_->terms() == nullptr) {
      return Status::Ok();
    }
    codec::BlockTermDictionary::Cursor cursor(ords_->terms()->dictionary());
    BINSEEK_RETURN_IF_ERROR(ForEachCandidate([&](uint32_t ord, uint32_t count) {
      if (!cursor.SeekOrd(ord)) {
        return ords_->Text(ord, &text_);  // says what is wrong
      }
      text_ = cursor.term().substr(ords_->path_bytes());
      return add(count);
    }));
    return ords_->status();
  }

  // No other numbers were counted: they are as good as their texts.
  Result<AggregationResult> BuildFromCounts() {
    AggregationResult result = EmptyResult();
    auto& buckets = *result.As<BucketsResult>();
    const index::KeywordView* const by_ids = ords_->by_ids() ? ords_->keywords() : nullptr;
    std::shared_ptr<const index::KeywordRanks> ranks;
    std::vector<CandidateBucket> shown;
    const auto compare = [&](uint32_t a, uint32_t b) {
      if (by_ids != nullptr && ranks == nullptr) {
        if (shown.size() <= kFewTexts) {
          return by_ids->table->Value(a).compare(by_ids->table->Value(b));
        }
        ranks = by_ids->table->Ranks(by_ids->size);
      }
      const uint64_t left = ranks == nullptr ? a : ranks->Code(a);
      const uint64_t right = ranks == nullptr ? b : ranks->Code(b);
      return left < right ? -1 : (right < left ? 1 : 0);
    };
    uint64_t total = 0;
    const auto take = [&](uint32_t ord, uint32_t count) -> Status {
      if (count < options().min_doc_count) {
        return Status::Ok();
      }
      if (!filter().accepts_all()) {
        BINSEEK_RETURN_IF_ERROR(ords_->Text(ord, &text_));
        if (!filter().Accepts(text_)) {
          return Status::Ok();
        }
      }
      total += count;
      shown.push_back({.id = ord, .count = count});
      if (shown.size() >= options().size + kCandidates) {
        SortBuckets(options().order, options().size, compare, &shown);
      }
      return Status::Ok();
    };
    BINSEEK_RETURN_IF_ERROR(ForEachCandidate(take));
    SortBuckets(options().order, options().size, compare, &shown);
    BINSEEK_RETURN_IF_ERROR(context()->AddBuckets(shown.size()));
    for (const CandidateBucket& bucket : shown) {
      BINSEEK_RETURN_IF_ERROR(ords_->Text(bucket.id, &text_));
      AggregationBucket& out = buckets.buckets.emplace_back();
      Show(text_, &out);
      out.doc_count = bucket.count;
      total -= bucket.count;
    }
    buckets.sum_other_doc_count = total;
    BINSEEK_RETURN_IF_ERROR(ords_->status());
    return result;
  }

  void Show(const std::string& key, AggregationBucket* out) const override {
    out->key_text = form_.TextOf(key);
    JsonWriter(&out->key_json).String(out->key_text);
  }

  const ValueForm form_;
  const std::optional<std::string> missing_;  // as a term
  std::unique_ptr<OrdReader> ords_;
  uint64_t docs_ = 0;  // of the segments whose numbers are counted together
  // By number, for the parent that is the root: documents where nothing is below, else the bucket; those under other parents have their
  // buckets in a map.
  TermCounts root_counts_;
  bool counted_ = false;     // there may be something in root_counts_ or empty_
  std::vector<bool> empty_;  // by number: a term that may have no document, where such are shown
  std::vector<uint32_t> root_ids_;
  std::unordered_map<uint64_t, uint32_t> nested_ids_;
  size_t most_nested_ = 0;  // at any time
  std::string text_;
  bool found_all_texts_ = false;
  std::set<std::string> all_texts_;
};

}  // namespace

Result<std::unique_ptr<Aggregator>> TermsAggregation::Make(const AggregationSpec& spec,
                                                           AggregationContext* context) const {
  BINSEEK_RETURN_IF_ERROR(CheckOrder(order, spec));
  BINSEEK_ASSIGN_OR_RETURN(ValueForm form, ValueForm::Resolve(context->indices, source.field,
                                                              ValueForm::Moments::kMillis));
  form.Assume(source.value_type);
  BINSEEK_ASSIGN_OR_RETURN(TermFilter accepted, TermFilter::Make(filter, form, spec.name));
  SubAggregators children;
  BINSEEK_RETURN_IF_ERROR(children.Make(spec.children, context));
  if (form.is_number()) {
    return MakeNumberTermsAggregator(this, context, std::move(form), std::move(accepted),
                                     std::move(children));
  }
  std::optional<std::string> missing;
  if (source.missing) {
    BINSEEK_ASSIGN_OR_RETURN(missing, form.TermOf(*source.missing));
  }
  return std::unique_ptr<Aggregator>(
      std::make_unique<KeywordTermsAggregator>(this, context, std::move(form), std::move(missing),
                                               std::move(accepted), std::move(children)));
}

}  // namespace binseek::search
