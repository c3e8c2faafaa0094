// terms over numbers, dates and booleans: counted by value.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "engine/mapping/field.h"
#include "engine/search/aggregator.h"
#include "engine/search/field_values.h"
#include "engine/search/live_walk.h"
#include "engine/search/number_values.h"
#include "engine/search/terms_aggregator.h"
#include "engine/search/value_form.h"
#include "engine/search/value_format.h"

namespace binseek::search {
namespace {

class NumberTermsAggregator final : public TermsAggregator<int64_t> {
 public:
  NumberTermsAggregator(const TermsAggregation* options, AggregationContext* context,
                        ValueForm form, std::optional<int64_t> missing, ValueFormatPtr format,
                        TermFilter filter, SubAggregators children)
      : TermsAggregator(options, context, NumberTermsName(form), std::move(filter),
                        std::move(children)),
        form_(std::move(form)),
        missing_(missing),
        format_(std::move(format)) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    Open(index, segment);
    return children()->OpenSegment(index, segment);
  }

  Status Collect(const BucketedDocs& docs) override {
    Begin();
    if (numbers_ != nullptr) {
      numbers_->Open(docs.first, docs.offsets.size());
    }
    if (const int64_t* const all = numbers_ == nullptr ? nullptr : numbers_->All(docs.offsets)) {
      if (children()->empty() && docs.InOneBucket()) {
        return CountAll({all, docs.offsets.size()}, docs.buckets);
      }
      for (size_t i = 0; i < docs.offsets.size(); ++i) {
        const int64_t value = form_.Common(*field_, all[i]);
        if (filter().Accepts(value)) {
          BINSEEK_ASSIGN_OR_RETURN(const uint32_t id, table()->Find(docs.buckets[i], value));
          BINSEEK_RETURN_IF_ERROR(Add(docs.offsets[i], id));
        }
      }
      return HandOn(docs);
    }
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      ReadValues(docs.offsets[i]);
      if (values_.empty() && missing_) {
        values_.push_back(*missing_);
      }
      for (const int64_t value : values_) {
        if (!filter().Accepts(value)) {
          continue;
        }
        BINSEEK_ASSIGN_OR_RETURN(const uint32_t id, table()->Find(docs.buckets[i], value));
        BINSEEK_RETURN_IF_ERROR(Add(docs.offsets[i], id));
      }
    }
    return HandOn(docs);
  }

  Result<AggregationResult> Build(uint32_t parent) override {
    if (options().min_doc_count == 0) {
      BINSEEK_RETURN_IF_ERROR(FindAllValues());
      for (const int64_t value : all_values_) {
        BINSEEK_RETURN_IF_ERROR(table()->Find(parent, value).status());
      }
    }
    return TermsAggregator::Build(parent);
  }

 private:
  void Open(size_t index, const index::SegmentView& segment) {
    numbers_.reset();
    if (const std::optional<FieldRef>& ref = form_.ref(index); ref) {
      field_ = ref->field;
      numbers_ = context()->numbers.Get(segment, ref->field->id);
    }
  }

  // A value of each document, all below one parent.
  Status CountAll(std::span<const int64_t> values, std::span<const uint32_t> parents) {
    values_.clear();
    for (const int64_t column_value : values) {
      if (const int64_t value = form_.Common(*field_, column_value); filter().Accepts(value)) {
        values_.push_back(value);
      }
    }
    return values_.empty() ? Status::Ok() : table()->CountEach(parents[0], values_);
  }

  // Each value once.
  void ReadValues(uint32_t offset) {
    values_.clear();
    if (numbers_ != nullptr) {
      numbers_->ForEach(offset, [&](int64_t value) {
        const int64_t common = form_.Common(*field_, value);
        if (values_.empty() || values_.back() != common) {  // they ascend
          values_.push_back(common);
        }
      });
    }
  }

  // Of all documents that live, where buckets without one that matches are shown.
  Status FindAllValues() {
    if (std::exchange(found_all_values_, true)) {
      return Status::Ok();
    }
    BINSEEK_RETURN_IF_ERROR(WalkLive(
        *context(), level(), nullptr,
        [this](size_t index, const index::SegmentView& segment) {
          Open(index, segment);
          return Status::Ok();
        },
        [this](DocId first, const Window& window) {
          if (numbers_ != nullptr) {
            numbers_->Open(first, Window::kDocs);
          }
          ForEachBit(window.match, [&](uint32_t offset) {
            ReadValues(offset);
            std::copy_if(values_.begin(), values_.end(),
                         std::inserter(all_values_, all_values_.end()),
                         [this](int64_t value) { return filter().Accepts(value); });
          });
          return Status::Ok();
        }));
    return context()->AddBytes(all_values_.size() * kNodeBytes);
  }

  void Show(const int64_t& key, AggregationBucket* out) const override {
    form_.AppendJson(key, &out->key_json);
    out->key_text = out->key_json;
    out->key_number = form_.ToDouble(key);
    if (format_ != nullptr) {
      out->key_as_string = format_->Text(form_.ToDouble(key));
    }
  }

  static constexpr size_t kNodeBytes = sizeof(int64_t) + 4 * sizeof(void*);

  const ValueForm form_;
  const std::optional<int64_t> missing_;
  const ValueFormatPtr format_;
  const mapping::Field* field_ = nullptr;
  std::shared_ptr<NumberReader> numbers_;
  std::vector<int64_t> values_;  // of one document, or one of each
  bool found_all_values_ = false;
  std::set<int64_t> all_values_;
};

}  // namespace

const char* NumberTermsName(const ValueForm& form) {
  if (form.kind() == ValueForm::Kind::kDouble) {
    return "dterms";
  }
  switch (form.field().kind) {
    case mapping::FieldKind::kUnsignedLong:
      return "ulterms";
    case mapping::FieldKind::kDecimal:
    case mapping::FieldKind::kFloat:
    case mapping::FieldKind::kDouble:
      return "dterms";
    default:
      return "lterms";
  }
}

Result<std::unique_ptr<Aggregator>> MakeNumberTermsAggregator(const TermsAggregation* options,
                                                              AggregationContext* context,
                                                              ValueForm form, TermFilter filter,
                                                              SubAggregators children) {
  std::optional<int64_t> missing;
  if (options->source.missing) {
    BINSEEK_ASSIGN_OR_RETURN(missing,
                             MissingNumber(form, options->source, context->bind.now_micros));
  }
  BINSEEK_ASSIGN_OR_RETURN(ValueFormatPtr format, FormatFor(form, options->source));
  return std::unique_ptr<Aggregator>(std::make_unique<NumberTermsAggregator>(
      options, context, std::move(form), missing, std::move(format), std::move(filter),
      std::move(children)));
}

}  // namespace binseek::search
