#include "engine/search/cardinality_aggregation.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/search/aggregator.h"
#include "engine/search/distinct_counter.h"
#include "engine/search/field_values.h"
#include "engine/search/number_values.h"
#include "engine/search/value_form.h"

namespace binseek::search {
namespace {

uint64_t Mix(uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
  value = (value ^ value >> 27) * 0x94d049bb133111ebu;
  return value ^ value >> 31;
}
uint64_t HashOf(int64_t number) { return Mix(static_cast<uint64_t>(number) + 0x9e3779b97f4a7c15u); }
uint64_t HashOf(const std::string& text) { return Mix(std::hash<std::string>()(text)); }

// A counter per bucket.
class Counters {
 public:
  Counters(AggregationContext* context, uint32_t threshold)
      : context_(context), threshold_(threshold) {}

  Status Add(size_t bucket, uint64_t hash) {
    BINSEEK_RETURN_IF_ERROR(context_->Reserve(bucket + 1, &counters_));
    while (counters_.size() <= bucket) {
      counters_.emplace_back(threshold_);
    }
    DistinctCounter& counter = counters_[bucket];
    const size_t before = counter.bytes();
    counter.Add(hash);
    return counter.bytes() > before ? context_->AddBytes(counter.bytes() - before) : Status::Ok();
  }
  uint64_t Count(size_t bucket) const {
    return bucket < counters_.size() ? counters_[bucket].Count() : 0;
  }

 private:
  AggregationContext* const context_;
  const uint32_t threshold_;
  std::vector<DistinctCounter> counters_;
};

AggregationResult ResultOf(uint64_t count, ValueFormatPtr format) {
  AggregationResult result;
  result.type_name = "cardinality";
  NumberResult number;
  number.integer = true;
  number.value = static_cast<double>(count);
  number.format = std::move(format);
  result.body = std::move(number);
  return result;
}

class NumberCardinality final : public Aggregator {
 public:
  NumberCardinality(AggregationContext* context, NumberValues values, uint32_t threshold)
      : values_(std::move(values)), counters_(context, threshold) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    values_.OpenSegment(index, segment);
    return Status::Ok();
  }

  Status Collect(const BucketedDocs& docs) override {
    values_.Open(docs.first, docs.offsets.size());
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      Status status;
      values_.ForEachCommon(docs.offsets[i], [&](int64_t value) {
        if (status.PeekOk()) {
          status = counters_.Add(docs.buckets[i], HashOf(value));
        }
      });
      BINSEEK_RETURN_IF_ERROR(std::move(status));
    }
    return Status::Ok();
  }

  Result<AggregationResult> Build(uint32_t bucket) override {
    return ResultOf(counters_.Count(bucket), nullptr);
  }

 private:
  NumberValues values_;
  Counters counters_;
};

// By ids or ordinals: one bit each for the first parent, which is the only one at the top; a hash of the text, made once, for the others. The bits are folded into hashes
// where the numbers change their meaning.
class KeywordCardinality final : public Aggregator {
 public:
  KeywordCardinality(AggregationContext* context, ValueForm form,
                     std::optional<std::string> missing, uint32_t threshold)
      : context_(context),
        form_(std::move(form)),
        missing_(std::move(missing)),
        counters_(context, threshold) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    const std::optional<FieldRef>& ref = form_.ref(index);
    auto next = ref ? std::make_unique<OrdReader>(segment, *ref) : nullptr;
    if (ords_ != nullptr) {
      BINSEEK_RETURN_IF_ERROR(ords_->status());
    }
    const bool goes_on = next != nullptr && ords_ != nullptr && next->by_ids() && ords_->by_ids() &&
                         next->keywords() == ords_->keywords();
    if (!goes_on) {
      BINSEEK_RETURN_IF_ERROR(Fold());
      const size_t range = next == nullptr ? 0 : next->range().end - next->range().begin;
      BINSEEK_RETURN_IF_ERROR(context_->Reserve(range / 64 + 1, &seen_));
      seen_.assign(range / 64 + 1, 0);
      hashes_.clear();
    }
    ords_ = std::move(next);
    return Status::Ok();
  }

  Status Collect(const BucketedDocs& docs) override {
    if (ords_ != nullptr) {
      ords_->Open(docs.first, docs.offsets.size());
    }
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      Status status;
      const uint32_t bucket = docs.buckets[i];
      const bool any = ords_ != nullptr && ords_->ForEach(docs.offsets[i], [&](uint32_t ord) {
        const uint32_t number = ord - ords_->range().begin;
        if (bucket == 0) {
          seen_[number / 64] |= uint64_t{1} << (number % 64);
        } else if (status.PeekOk()) {
          status = AddText(bucket, ord);
        }
      });
      if (!any && missing_) {
        status = counters_.Add(bucket, HashOf(*missing_));
        folded_ = folded_ || bucket == 0;
      }
      BINSEEK_RETURN_IF_ERROR(std::move(status));
    }
    return Status::Ok();
  }

  Result<AggregationResult> Build(uint32_t bucket) override {
    if (ords_ != nullptr) {
      BINSEEK_RETURN_IF_ERROR(ords_->status());
    }
    if (bucket == 0 && !folded_) {
      uint64_t count = 0;
      for (const uint64_t word : seen_) {
        count += static_cast<uint64_t>(std::popcount(word));
      }
      return ResultOf(count, nullptr);
    }
    if (bucket == 0) {
      BINSEEK_RETURN_IF_ERROR(Fold());
    }
    return ResultOf(counters_.Count(bucket), nullptr);
  }

 private:
  Status AddText(uint32_t bucket, uint32_t ord) {
    const auto [known, is_new] = hashes_.try_emplace(ord, 0);
    if (is_new) {
      BINSEEK_RETURN_IF_ERROR(context_->AddBytes(kNodeBytes));
      BINSEEK_RETURN_IF_ERROR(ords_->Text(ord, &text_));
      known->second = HashOf(text_);
    }
    return counters_.Add(bucket, known->second);
  }

  Status Fold() {
    for (size_t word = 0; word < seen_.size(); ++word) {
      for (uint64_t bits = std::exchange(seen_[word], 0); bits != 0; bits &= bits - 1) {
        const auto number =
            static_cast<uint32_t>(word * 64) + static_cast<uint32_t>(std::countr_zero(bits));
        BINSEEK_RETURN_IF_ERROR(ords_->Text(number + ords_->range().begin, &text_));
        BINSEEK_RETURN_IF_ERROR(counters_.Add(0, HashOf(text_)));
        folded_ = true;
      }
      if (word % kWordsPerCheck == 0) {
        BINSEEK_RETURN_IF_ERROR(context_->interrupt->Check());
      }
    }
    return Status::Ok();
  }

  static constexpr size_t kNodeBytes = 48;
  static constexpr size_t kWordsPerCheck = 4096;

  AggregationContext* const context_;
  const ValueForm form_;
  const std::optional<std::string> missing_;
  Counters counters_;
  std::unique_ptr<OrdReader> ords_;
  std::vector<uint64_t> seen_;  // by number, for bucket 0
  bool folded_ = false;         // what is known of bucket 0 lies in its counter, too
  std::unordered_map<uint32_t, uint64_t> hashes_;
  std::string text_;
};

}  // namespace

Result<std::unique_ptr<Aggregator>> CardinalityAggregation::Make(
    const AggregationSpec& /*spec*/, AggregationContext* context) const {
  const uint32_t threshold = std::min(precision_threshold, kMaxThreshold);
  BINSEEK_ASSIGN_OR_RETURN(ValueForm form, ValueForm::Resolve(context->indices, source.field,
                                                              ValueForm::Moments::kMillis));
  if (form.is_number()) {
    BINSEEK_ASSIGN_OR_RETURN(NumberValues values, NumberValues::Make(source, type(), context));
    return std::unique_ptr<Aggregator>(
        std::make_unique<NumberCardinality>(context, std::move(values), threshold));
  }
  return std::unique_ptr<Aggregator>(
      std::make_unique<KeywordCardinality>(context, std::move(form), source.missing, threshold));
}

}  // namespace binseek::search
