#include "engine/search/composite_aggregation.h"

#include <cmath>
#include <iterator>
#include <map>
#include <memory>
#include <utility>

#include "engine/base/json.h"
#include "engine/mapping/number.h"
#include "engine/search/aggregator.h"
#include "engine/search/date_text.h"
#include "engine/search/histogram_aggregation.h"
#include "engine/search/number_values.h"
#include "engine/search/term_keys.h"

namespace binseek::search {
namespace {

// One value of a combination; without a number it is null. Of a histogram it is how many intervals it is from 0, as sortable double: there may be more than any integer holds.
using Cell = std::optional<int64_t>;
using Combination = std::vector<Cell>;

// Reads the values of one source, and knows how they compare and look.
class SourceReader {
 public:
  static Result<std::unique_ptr<SourceReader>> Make(const CompositeSource& source,
                                                    AggregationContext* context) {
    auto reader = std::make_unique<SourceReader>(source, context->bind.now_micros);
    if (source.kind == CompositeSource::Kind::kTerms) {
      BINSEEK_ASSIGN_OR_RETURN(reader->keys_, TermKeys::Make(source.source, context));
      return reader;
    }
    const bool dates = source.kind == CompositeSource::Kind::kDateHistogram;
    const std::string_view type = dates ? "date_histogram" : "histogram";
    BINSEEK_ASSIGN_OR_RETURN(NumberValues values,
                             dates ? NumberValues::MakeDates(source.source, type, context)
                                   : NumberValues::Make(source.source, type, context));
    reader->numbers_.emplace(std::move(values));
    if (dates) {
      BINSEEK_ASSIGN_OR_RETURN(DateRounding rounding,
                               MakeRounding(source.calendar, source.fixed_ms, source.offset_ms,
                                            source.source.time_zone));
      reader->rounding_.emplace(std::move(rounding));
    }
    return reader;
  }
  SourceReader(const CompositeSource& source, int64_t now_micros)
      : source_(source), now_(now_micros) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) {
    if (keys_ != nullptr) {
      return keys_->OpenSegment(index, segment);
    }
    numbers_->OpenSegment(index, segment);
    return Status::Ok();
  }
  void Open(DocId first, size_t wanted) {
    keys_ != nullptr ? keys_->Open(first, wanted) : numbers_->Open(first, wanted);
  }
  // The document's values, each once; null where it has none and that is a value.
  Status Read(uint32_t offset, std::vector<Cell>* cells) {
    cells->clear();
    if (keys_ != nullptr) {
      BINSEEK_RETURN_IF_ERROR(keys_->Read(offset, &of_document_));
      cells->assign(of_document_.begin(), of_document_.end());
    } else {
      const auto add = [cells](int64_t key) {
        if (cells->empty() || cells->back() != key) {
          cells->emplace_back(key);
        }
      };
      if (rounding_) {
        bool too_far = false;
        numbers_->ForEachMillis(offset, [&](int64_t millis) {
          too_far = too_far || IsTooFarForDate(millis);
          add(rounding_->Round(millis));
        });
        if (too_far) {
          return Status::InvalidArgument("a value of field [" + source_.source.field +
                                         "] is further from the epoch than dates reach");
        }
      } else {
        numbers_->ForEach(offset, [&](double value) {
          add(mapping::SortableFromDouble(std::floor(value / source_.interval) + 0.0));
        });
      }
    }
    if (cells->empty() && source_.missing_bucket) {
      cells->emplace_back();
    }
    return Status::Ok();
  }

  int Compare(const Cell& a, const Cell& b) const {
    if (!a || !b) {
      const int order = static_cast<int>(a.has_value()) - static_cast<int>(b.has_value());
      switch (source_.missing_order) {
        case CompositeSource::MissingOrder::kFirst:
          return order;
        case CompositeSource::MissingOrder::kLast:
          return -order;
        default:
          return source_.descending ? -order : order;
      }
    }
    int order = *a < *b ? -1 : (*b < *a ? 1 : 0);
    if (keys_ != nullptr) {
      order = keys_->Compare(*a, *b);
    }
    return source_.descending ? -order : order;
  }

  void AppendJson(const Cell& cell, std::string* out) const {
    if (!cell) {
      out->append("null");
    } else if (keys_ != nullptr) {
      AppendTerm(*cell, out);
    } else if (rounding_) {
      const std::optional<std::string> text =
          source_.source.format.empty() || numbers_->format() == nullptr
              ? std::nullopt
              : numbers_->format()->Text(static_cast<double>(*cell));
      text ? void(JsonWriter(out).String(*text)) : void(out->append(std::to_string(*cell)));
    } else {
      JsonWriter(out).Double(mapping::DoubleFromSortable(*cell) * source_.interval);
    }
  }

  // A value as AppendJson writes it.
  Result<Cell> Parse(const std::optional<std::string>& text) {
    if (!text) {
      if (!source_.missing_bucket) {
        return Status::InvalidArgument("null is not a valid after value for [" + source_.name +
                                       "], missing_bucket is off");
      }
      return Cell();
    }
    if (keys_ != nullptr) {
      BINSEEK_ASSIGN_OR_RETURN(const int64_t key, ParseTerm(*text));
      return Cell(key);
    }
    if (rounding_) {
      BINSEEK_ASSIGN_OR_RETURN(const int64_t millis, ParseDateText(*text, source_.source.format,
                                                                   source_.source.time_zone, now_));
      return Cell(millis);
    }
    mapping::Field number;
    number.kind = mapping::FieldKind::kDouble;
    BINSEEK_ASSIGN_OR_RETURN(const int64_t sortable, mapping::ParseColumnValue(number, *text));
    return Cell(mapping::SortableFromDouble(
        std::round(mapping::DoubleFromSortable(sortable) / source_.interval) + 0.0));
  }

 private:
  bool is_boolean() const {
    return keys_->form().kind() == ValueForm::Kind::kColumn &&
           keys_->form().field().kind == mapping::FieldKind::kBoolean;
  }
  void AppendTerm(int64_t key, std::string* out) const {
    if (keys_->is_number() && is_boolean()) {
      out->append(key != 0 ? "true" : "false");
    } else if (keys_->is_number() && !source_.source.format.empty() && keys_->format() != nullptr) {
      const std::optional<std::string> text = keys_->format()->Text(keys_->form().ToDouble(key));
      JsonWriter(out).String(text.value_or(""));
    } else {
      keys_->AppendJson(key, out);
    }
  }
  Result<int64_t> ParseTerm(const std::string& text) {
    return keys_->form().is_moment()
               ? ParseDateText(text, source_.source.format, source_.source.time_zone, now_)
               : keys_->KeyOf(text);
  }

  const CompositeSource& source_;
  const int64_t now_;
  std::unique_ptr<TermKeys> keys_;       // kTerms
  std::optional<NumberValues> numbers_;  // the histograms
  std::optional<DateRounding> rounding_;
  std::vector<int64_t> of_document_;
};

constexpr uint64_t kCombinationsPerCheck = 4096;

class CompositeAggregator final : public Aggregator {
 public:
  CompositeAggregator(const CompositeAggregation* options, AggregationContext* context,
                      std::vector<std::unique_ptr<SourceReader>> readers,
                      std::optional<Combination> after, SubAggregators children)
      : options_(*options),
        context_(context),
        readers_(std::move(readers)),
        after_(std::move(after)),
        below_(context, std::move(children)),
        cells_(readers_.size()),
        combination_(readers_.size()),
        buckets_(Before{this}) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    for (const auto& reader : readers_) {
      BINSEEK_RETURN_IF_ERROR(reader->OpenSegment(index, segment));
    }
    return below_.children()->OpenSegment(index, segment);
  }

  Status Collect(const BucketedDocs& docs) override {
    for (const auto& reader : readers_) {
      reader->Open(docs.first, docs.offsets.size());
    }
    below_.Clear();
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      if (i % kDocsPerCheck == 0) {
        BINSEEK_RETURN_IF_ERROR(context_->interrupt->Check());
        if (context_->interrupt->TimedOut()) {
          return Status::Ok();
        }
      }
      for (size_t s = 0; s < readers_.size(); ++s) {
        BINSEEK_RETURN_IF_ERROR(readers_[s]->Read(docs.offsets[i], &cells_[s]));
      }
      BINSEEK_RETURN_IF_ERROR(Combine(0, docs.offsets[i]));
    }
    return below_.HandOn(docs);
  }

  Result<AggregationResult> Build(uint32_t /*bucket*/) override {
    BINSEEK_RETURN_IF_ERROR(context_->AddBuckets(buckets_.size()));
    BucketsResult out;
    for (const auto& [combination, bucket] : buckets_) {
      AggregationBucket& to = out.buckets.emplace_back();
      to.key_json = Json(combination);
      to.key_text = to.key_json;
      to.doc_count = bucket.count;
      BINSEEK_ASSIGN_OR_RETURN(to.children, below_.children()->Build(bucket.number));
    }
    if (!out.buckets.empty()) {
      out.after_key_json = out.buckets.back().key_json;
    }
    AggregationResult result;
    result.type_name = "composite";
    result.body = std::move(out);
    return result;
  }

 private:
  struct Before {
    const CompositeAggregator* owner;
    bool operator()(const Combination& a, const Combination& b) const {
      return owner->Compare(a, b) < 0;
    }
  };
  struct Bucket {
    uint64_t count = 0;
    uint32_t number = 0;  // for what is below
  };

  int Compare(const Combination& a, const Combination& b) const {
    for (size_t s = 0; s < readers_.size(); ++s) {
      if (const int order = readers_[s]->Compare(a[s], b[s]); order != 0) {
        return order;
      }
    }
    return 0;
  }

  // All combinations of the document's values, a source after the other; a few values of many sources make more of them than any search has time for.
  Status Combine(size_t source, uint32_t offset) {
    if (source == readers_.size()) {
      if (++combinations_ % kCombinationsPerCheck == 0) {
        BINSEEK_RETURN_IF_ERROR(context_->interrupt->Check());
        context_->interrupt->TimedOut();
      }
      return Count(offset);
    }
    for (const Cell& cell : cells_[source]) {
      if (context_->interrupt->timed_out()) {
        return Status::Ok();
      }
      combination_[source] = cell;
      BINSEEK_RETURN_IF_ERROR(Combine(source + 1, offset));
    }
    return Status::Ok();
  }

  // Keeps the first ones only; what has been pushed out by earlier ones never comes back.
  Status Count(uint32_t offset) {
    if (after_ && Compare(combination_, *after_) <= 0) {
      return Status::Ok();
    }
    const bool full = buckets_.size() == options_.size;
    if (full && Compare(combination_, buckets_.rbegin()->first) > 0) {
      return Status::Ok();
    }
    auto it = buckets_.find(combination_);
    if (it == buckets_.end()) {
      if (next_number_ >= kMaxCollectedBuckets) {
        return Status::ResourceExhausted("Trying to create too many buckets.");
      }
      BINSEEK_RETURN_IF_ERROR(full ? Status::Ok()
                                   : context_->AddBytes(sizeof(Bucket) + 8 * sizeof(void*) +
                                                        combination_.size() * sizeof(Cell)));
      it = buckets_.emplace(combination_, Bucket{.number = next_number_}).first;
      // Numbers are for what is below; without it those of buckets that are pushed out are of no use to anyone.
      next_number_ += below_.children()->empty() ? 0 : 1;
      if (full) {
        buckets_.erase(std::prev(buckets_.end()));
      }
    }
    ++it->second.count;
    return below_.Add(offset, it->second.number);
  }

  std::string Json(const Combination& combination) const {
    std::string out;
    JsonWriter writer(&out);
    writer.BeginObject();
    for (size_t s = 0; s < readers_.size(); ++s) {
      std::string value;
      readers_[s]->AppendJson(combination[s], &value);
      writer.Key(options_.sources[s].name).Raw(value);
    }
    writer.EndObject();
    return out;
  }

  const CompositeAggregation& options_;
  AggregationContext* const context_;
  const std::vector<std::unique_ptr<SourceReader>> readers_;
  const std::optional<Combination> after_;
  BucketedList below_;
  std::vector<std::vector<Cell>> cells_;  // of one document, by source
  Combination combination_;
  std::map<Combination, Bucket, Before> buckets_;
  uint32_t next_number_ = 0;
  uint64_t combinations_ = 0;
};

}  // namespace

Result<std::unique_ptr<Aggregator>> CompositeAggregation::Make(const AggregationSpec& spec,
                                                               AggregationContext* context) const {
  if (size > context->max_buckets) {
    return Status::InvalidArgument(
        "Trying to create too many buckets. Must be less than or equal to: [" +
        std::to_string(context->max_buckets) + "] but was [" + std::to_string(size) +
        "]. This limit can be set by changing the [search.max_buckets] cluster level setting.");
  }
  std::vector<std::unique_ptr<SourceReader>> readers;
  for (const CompositeSource& source : sources) {
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<SourceReader> reader,
                             SourceReader::Make(source, context));
    readers.push_back(std::move(reader));
  }
  std::optional<Combination> behind;
  if (after) {
    if (after->size() != sources.size()) {
      return Status::InvalidArgument("[after] has " + std::to_string(after->size()) +
                                     " value(s) but [sources] has " +
                                     std::to_string(sources.size()));
    }
    behind.emplace();
    for (size_t s = 0; s < sources.size(); ++s) {
      BINSEEK_ASSIGN_OR_RETURN(const Cell cell, readers[s]->Parse((*after)[s]));
      behind->push_back(cell);
    }
  }
  SubAggregators children;
  BINSEEK_RETURN_IF_ERROR(children.Make(spec.children, context));
  return std::unique_ptr<Aggregator>(std::make_unique<CompositeAggregator>(
      this, context, std::move(readers), std::move(behind), std::move(children)));
}

}  // namespace binseek::search
