#include "engine/search/range_aggregation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/json.h"
#include "engine/mapping/number.h"
#include "engine/search/aggregator.h"
#include "engine/search/date_text.h"
#include "engine/search/field_ref.h"
#include "engine/search/field_values.h"
#include "engine/search/number_values.h"

namespace binseek::search {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr size_t kRangesPerCheck = 64;  // each goes over a window's documents

struct Range {
  std::string key;
  double from = -kInfinity;
  double to = kInfinity;
};

// The distances of a document's points.
class Distances {
 public:
  Distances(const GeoDistanceAggregation* options, const AggregationContext& context)
      : options_(*options) {
    for (const index::IndexView* const index : context.indices) {
      refs_.push_back(FindField(*index->mapping, options_.field));
    }
  }
  void OpenSegment(size_t index, const index::SegmentView& segment) {
    points_.reset();
    if (refs_[index]) {
      points_ = std::make_unique<NumberReader>(segment, refs_[index]->field->id);
    }
  }
  void Open(DocId first, size_t wanted) {
    if (points_ != nullptr) {
      points_->Open(first, wanted);
    }
  }
  // Distances are computed one by one.
  static const double* All(std::span<const uint32_t> /*offsets*/) { return nullptr; }
  template <class Visit>
  void ForEach(uint32_t offset, Visit visit) {
    if (points_ == nullptr) {
      return;
    }
    points_->ForEach(offset, [&](int64_t point) {
      const mapping::GeoPoint at = mapping::DecodeGeo(point);
      visit((options_.plane ? mapping::GeoPlaneMeters(options_.origin, at)
                            : mapping::GeoDistanceMeters(options_.origin, at)) /
            options_.meters);
    });
  }

 private:
  const GeoDistanceAggregation& options_;
  std::vector<std::optional<FieldRef>> refs_;
  std::unique_ptr<NumberReader> points_;
};

template <class Options, class Values>
class RangeAggregator final : public Aggregator {
 public:
  RangeAggregator(const Options* options, AggregationContext* context, Values values,
                  ValueFormatPtr format, std::vector<Range> ranges, SubAggregators children)
      : options_(*options),
        context_(context),
        values_(std::move(values)),
        format_(std::move(format)),
        below_(context, std::move(children)),
        ranges_(std::move(ranges)) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    values_.OpenSegment(index, segment);
    return below_.children()->OpenSegment(index, segment);
  }

  Status Collect(const BucketedDocs& docs) override {
    values_.Open(docs.first, docs.offsets.size());
    if (below_.children()->empty() && !docs.offsets.empty() && docs.InOneBucket()) {
      if (const double* const all = values_.All(docs.offsets)) {
        return CountAll({all, docs.offsets.size()}, docs.buckets[0]);
      }
    }
    below_.Clear();
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      if (i % kDocsPerCheck == 0) {
        BINSEEK_RETURN_IF_ERROR(context_->interrupt->Check());
        if (context_->interrupt->TimedOut()) {
          return Status::Ok();
        }
      }
      of_document_.clear();
      values_.ForEach(docs.offsets[i], [this](double value) { of_document_.push_back(value); });
      BINSEEK_RETURN_IF_ERROR(CollectOne(docs.offsets[i], docs.buckets[i]));
    }
    return below_.HandOn(docs);
  }

  Result<AggregationResult> Build(uint32_t bucket) override {
    AggregationResult result;
    result.type_name = options_.type();
    BucketsResult out;
    out.keyed = options_.keyed;
    out.format = format_;
    BINSEEK_RETURN_IF_ERROR(context_->AddBuckets(ranges_.size()));
    for (size_t i = 0; i < ranges_.size(); ++i) {
      const size_t own = size_t{bucket} * ranges_.size() + i;
      AggregationBucket& to = out.buckets.emplace_back();
      to.key_text = ranges_[i].key;
      JsonWriter(&to.key_json).String(to.key_text);
      to.from = ranges_[i].from == -kInfinity ? std::nullopt : std::optional(ranges_[i].from);
      to.to = ranges_[i].to == kInfinity ? std::nullopt : std::optional(ranges_[i].to);
      to.doc_count = own < counts_.size() ? counts_[own] : 0;
      BINSEEK_ASSIGN_OR_RETURN(to.children, below_.children()->Build(static_cast<uint32_t>(
                                                std::min<size_t>(own, kMaxCollectedBuckets))));
    }
    result.body = std::move(out);
    return result;
  }

 private:
  // One value of each document, range by range: nothing has to be foreseen.
  Status CountAll(std::span<const double> values, uint32_t parent) {
    const uint64_t begin = uint64_t{parent} * ranges_.size();
    if (begin + ranges_.size() > kMaxCollectedBuckets) {
      return Status::ResourceExhausted("Trying to create too many buckets.");
    }
    BINSEEK_RETURN_IF_ERROR(context_->Extend(begin + ranges_.size(), &counts_));
    for (size_t i = 0; i < ranges_.size(); ++i) {
      if (i % kRangesPerCheck == 0) {
        BINSEEK_RETURN_IF_ERROR(context_->interrupt->Check());
        if (context_->interrupt->TimedOut()) {
          return Status::Ok();
        }
      }
      const double from = ranges_[i].from;
      const double to = ranges_[i].to;
      const bool open = to == kInfinity;
      uint64_t count = 0;
      for (const double value : values) {
        count += static_cast<uint64_t>(value >= from) & static_cast<uint64_t>(open | (value < to));
      }
      counts_[begin + i] += count;
    }
    return Status::Ok();
  }

  // A document counts once in a range, however many of its values lie there.
  Status CollectOne(uint32_t offset, uint32_t parent) {
    for (size_t i = 0; i < ranges_.size(); ++i) {
      const Range& range = ranges_[i];
      const bool inside =
          std::any_of(of_document_.begin(), of_document_.end(), [&range](double value) {
            return value >= range.from && (value < range.to || range.to == kInfinity);
          });
      if (!inside) {
        continue;
      }
      const uint64_t bucket = uint64_t{parent} * ranges_.size() + i;
      if (bucket >= kMaxCollectedBuckets) {
        return Status::ResourceExhausted("Trying to create too many buckets.");
      }
      BINSEEK_RETURN_IF_ERROR(context_->Extend(bucket + 1, &counts_));
      ++counts_[bucket];
      BINSEEK_RETURN_IF_ERROR(below_.Add(offset, static_cast<uint32_t>(bucket)));
    }
    return Status::Ok();
  }

  const Options& options_;
  AggregationContext* const context_;
  Values values_;
  const ValueFormatPtr format_;
  BucketedList below_;
  const std::vector<Range> ranges_;  // as shown
  std::vector<double> of_document_;
  std::vector<uint64_t> counts_;
};

// As Java writes doubles: with a point, and an exponent below 0.001 and from 10,000,000 on.
std::string NumberText(double number) {
  char buffer[400];
  const double size = std::abs(number);
  const bool plain = size == 0 || (size >= 1e-3 && size < 1e7);
  const auto [end, error] =
      std::to_chars(buffer, buffer + sizeof(buffer), number,
                    plain ? std::chars_format::fixed : std::chars_format::scientific);
  std::string text(buffer, error == std::errc() ? end : buffer);
  const size_t e = std::min(text.find('e'), text.size());
  std::string exponent = text.substr(e);
  text.resize(e);
  text += text.find('.') == std::string::npos ? ".0" : "";
  if (!exponent.empty()) {  // "e+07" is E7
    const size_t digit = std::min(exponent.find_first_not_of('0', 2), exponent.size() - 1);
    text += (exponent[1] == '-' ? "E-" : "E") + exponent.substr(digit);
  }
  return text;
}

// Bounds as numbers, and a key where none is given.
class RangeReader {
 public:
  // `date_format`: of texts that are dates.
  RangeReader(const std::vector<AggregationRange>& of, std::string zone, bool dates,
              std::string date_format, ValueFormatPtr format, int64_t now_micros)
      : of_(of),
        zone_(std::move(zone)),
        dates_(dates),
        date_format_(std::move(date_format)),
        format_(std::move(format)),
        now_(now_micros) {}

  Result<std::vector<Range>> Read() const {
    std::vector<Range> ranges;
    for (const AggregationRange& from : of_) {
      Range range;
      if (from.from || from.from_text) {
        BINSEEK_ASSIGN_OR_RETURN(range.from, Bound(from.from, from.from_text));
      }
      if (from.to || from.to_text) {
        BINSEEK_ASSIGN_OR_RETURN(range.to, Bound(from.to, from.to_text));
      }
      range.key = from.key.empty() ? Text(range.from) + "-" + Text(range.to) : from.key;
      ranges.push_back(std::move(range));
    }
    std::stable_sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
      return std::pair(a.from, a.to) < std::pair(b.from, b.to);
    });
    return ranges;
  }

 private:
  Result<double> Bound(const std::optional<double>& number,
                       const std::optional<std::string>& text) const {
    // A number too is a date as the format writes it: seconds, or a year.
    if (dates_ && (text || (number && !date_format_.empty()))) {
      const std::string date = text ? *text : std::to_string(static_cast<int64_t>(*number));
      BINSEEK_ASSIGN_OR_RETURN(const int64_t millis,
                               ParseDateText(date, date_format_, zone_, now_));
      return static_cast<double>(millis);
    }
    if (number) {
      return *number;
    }
    mapping::Field as_double;
    as_double.kind = mapping::FieldKind::kDouble;
    BINSEEK_ASSIGN_OR_RETURN(const int64_t sortable, mapping::ParseColumnValue(as_double, *text));
    return mapping::DoubleFromSortable(sortable);
  }

  std::string Text(double end) const {
    if (end == kInfinity || end == -kInfinity) {
      return "*";
    }
    const std::optional<std::string> formatted =
        format_ == nullptr ? std::nullopt : format_->Text(end);
    return formatted ? *formatted : NumberText(end);
  }

  const std::vector<AggregationRange>& of_;
  const std::string zone_;
  const bool dates_;
  const std::string date_format_;
  const ValueFormatPtr format_;
  const int64_t now_;
};

}  // namespace

Result<std::unique_ptr<Aggregator>> RangeAggregation::Make(const AggregationSpec& spec,
                                                           AggregationContext* context) const {
  BINSEEK_ASSIGN_OR_RETURN(NumberValues values,
                           dates ? NumberValues::MakeDates(source, type(), context)
                                 : NumberValues::Make(source, type(), context));
  if (ranges.size() > context->max_buckets) {
    return Status::ResourceExhausted("Trying to create too many buckets.");
  }
  ValueFormatPtr format = values.format();
  const std::string& date_format =
      source.format.empty() ? values.form().date_format() : source.format;
  if (dates) {
    BINSEEK_ASSIGN_OR_RETURN(format, MakeDateFormat(date_format, source.time_zone));
  }
  BINSEEK_ASSIGN_OR_RETURN(std::vector<Range> read,
                           RangeReader(ranges, source.time_zone, dates || values.is_moment(),
                                       date_format, format, context->bind.now_micros)
                               .Read());
  SubAggregators children;
  BINSEEK_RETURN_IF_ERROR(children.Make(spec.children, context));
  return std::unique_ptr<Aggregator>(
      std::make_unique<RangeAggregator<RangeAggregation, NumberValues>>(
          this, context, std::move(values), std::move(format), std::move(read),
          std::move(children)));
}

Result<std::unique_ptr<Aggregator>> GeoDistanceAggregation::Make(
    const AggregationSpec& spec, AggregationContext* context) const {
  for (const index::IndexView* const index : context->indices) {
    const std::optional<FieldRef> ref = FindField(*index->mapping, field);
    if (ref && ref->field->kind != mapping::FieldKind::kGeoPoint) {
      return Status::InvalidArgument("Field [" + field + "] of type [" +
                                     std::string(mapping::TypeName(*ref->field)) +
                                     "] is not supported for aggregation [geo_distance]");
    }
  }
  BINSEEK_ASSIGN_OR_RETURN(
      std::vector<Range> read,
      RangeReader(ranges, "", false, "", nullptr, context->bind.now_micros).Read());
  // A distance begins somewhere: an open begin is 0.
  for (size_t i = 0; i < read.size(); ++i) {
    read[i].from = read[i].from == -kInfinity ? 0 : read[i].from;
  }
  SubAggregators children;
  BINSEEK_RETURN_IF_ERROR(children.Make(spec.children, context));
  return std::unique_ptr<Aggregator>(
      std::make_unique<RangeAggregator<GeoDistanceAggregation, Distances>>(
          this, context, Distances(this, *context), nullptr, std::move(read), std::move(children)));
}

}  // namespace binseek::search
