#include "engine/search/filters_aggregation.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>

#include "engine/base/json.h"
#include "engine/mapping/ip.h"
#include "engine/search/aggregator.h"
#include "engine/search/field_ref.h"
#include "engine/search/weight.h"
#include "engine/search/window.h"

namespace binseek::search {
namespace {

// One of a parent's buckets: a filter, two of them, or what none matches.
struct Cell {
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t filter = kNone;
  uint32_t with = kNone;  // both must match
  std::string key{};
  std::string from{};
  std::string to{};
};

class FiltersAggregator final : public Aggregator {
 public:
  struct Shape {
    std::vector<Cell> cells;  // by number of the bucket
    std::string type_name;
    bool single = false;
    bool keyed = false;
    bool shows_keys = true;
    bool shows_empty = true;
  };
  // `weights[index][filter]`.
  FiltersAggregator(Shape shape, AggregationContext* context,
                    std::vector<std::vector<std::unique_ptr<Weight>>> weights,
                    SubAggregators children)
      : shape_(std::move(shape)),
        context_(context),
        weights_(std::move(weights)),
        below_(context, std::move(children)) {}

  Status OpenSegment(size_t index, const index::SegmentView& segment) override {
    scorers_.clear();
    for (const auto& weight : weights_[index]) {
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Scorer> scorer, weight->MakeScorer(segment));
      scorers_.push_back(std::move(scorer));
    }
    return below_.children()->OpenSegment(index, segment);
  }

  Status Collect(const BucketedDocs& docs) override {
    BINSEEK_RETURN_IF_ERROR(FillWindows(docs.first));
    below_.Clear();
    for (size_t i = 0; i < docs.offsets.size(); ++i) {
      if (i % kDocsPerCheck == 0) {
        BINSEEK_RETURN_IF_ERROR(context_->interrupt->Check());
        if (context_->interrupt->TimedOut()) {
          return Status::Ok();
        }
      }
      BINSEEK_RETURN_IF_ERROR(CollectOne(docs.offsets[i], docs.buckets[i]));
    }
    return below_.HandOn(docs);
  }

  Result<AggregationResult> Build(uint32_t parent) override {
    AggregationResult result;
    result.type_name = shape_.type_name;
    if (shape_.single) {
      SingleBucketResult bucket;
      bucket.doc_count = CountOf(parent, 0);
      BINSEEK_ASSIGN_OR_RETURN(bucket.children, below_.children()->Build(parent));
      result.body = std::move(bucket);
      return result;
    }
    BucketsResult out;
    out.keyed = shape_.keyed;
    out.shows_keys = shape_.shows_keys;
    for (size_t c = 0; c < shape_.cells.size(); ++c) {
      const uint64_t count = CountOf(parent, c);
      if (count == 0 && !shape_.shows_empty) {
        continue;
      }
      BINSEEK_RETURN_IF_ERROR(context_->AddBuckets(1));
      AggregationBucket& bucket = out.buckets.emplace_back();
      bucket.key_text = shape_.cells[c].key;
      JsonWriter(&bucket.key_json).String(bucket.key_text);
      bucket.from_text = shape_.cells[c].from;
      bucket.to_text = shape_.cells[c].to;
      bucket.doc_count = count;
      BINSEEK_ASSIGN_OR_RETURN(bucket.children, below_.children()->Build(NumberOf(parent, c)));
    }
    result.body = std::move(out);
    return result;
  }

 private:
  uint64_t CountOf(uint32_t parent, size_t cell) const {
    const uint64_t bucket = uint64_t{parent} * shape_.cells.size() + cell;
    return bucket < counts_.size() ? counts_[bucket] : 0;
  }
  uint32_t NumberOf(uint32_t parent, size_t cell) const {
    return static_cast<uint32_t>(
        std::min<uint64_t>(uint64_t{parent} * shape_.cells.size() + cell, kMaxCollectedBuckets));
  }

  Status FillWindows(DocId first) {
    matches_.resize(scorers_.size());
    for (size_t filter = 0; filter < scorers_.size(); ++filter) {
      BINSEEK_RETURN_IF_ERROR(context_->interrupt->Check());
      matches_[filter].any = false;
      if (scorers_[filter] == nullptr) {
        continue;
      }
      matches_[filter].any = scorers_[filter]->FillWindow(first, &window_);
      BINSEEK_RETURN_IF_ERROR(scorers_[filter]->status());
      if (matches_[filter].any) {
        std::copy(std::begin(window_.match), std::end(window_.match),
                  matches_[filter].words.begin());
      }
    }
    return Status::Ok();
  }

  bool Matches(uint32_t filter, uint32_t offset) const {
    const FilterMatches& of = matches_[filter];
    return of.any && ((of.words[offset / 64] >> (offset % 64)) & 1) != 0;
  }

  bool IsIn(const Cell& cell, uint32_t offset, bool any) const {
    if (cell.filter == Cell::kNone) {
      return !any;
    }
    return Matches(cell.filter, offset) && (cell.with == Cell::kNone || Matches(cell.with, offset));
  }

  Status CollectOne(uint32_t offset, uint32_t parent) {
    bool any = false;
    for (size_t c = 0; c < shape_.cells.size(); ++c) {
      if (!IsIn(shape_.cells[c], offset, any)) {
        continue;
      }
      any = true;
      const uint64_t bucket = uint64_t{parent} * shape_.cells.size() + c;
      if (bucket >= kMaxCollectedBuckets) {
        return Status::ResourceExhausted("Trying to create too many buckets.");
      }
      BINSEEK_RETURN_IF_ERROR(context_->Extend(bucket + 1, &counts_));
      ++counts_[bucket];
      BINSEEK_RETURN_IF_ERROR(below_.Add(offset, static_cast<uint32_t>(bucket)));
    }
    return Status::Ok();
  }

  struct FilterMatches {
    bool any = false;
    std::array<uint64_t, Window::kWords> words;
  };

  const Shape shape_;
  AggregationContext* const context_;
  const std::vector<std::vector<std::unique_ptr<Weight>>> weights_;
  BucketedList below_;
  std::vector<std::unique_ptr<Scorer>> scorers_;  // null: nothing of the segment
  Window window_{};
  std::vector<FilterMatches> matches_;  // of the present window, by filter
  std::vector<uint64_t> counts_;
};

Result<std::unique_ptr<Aggregator>> Make(FiltersAggregator::Shape shape,
                                         const std::vector<QueryPtr>& queries,
                                         const AggregationSpec& spec, AggregationContext* context) {
  std::vector<std::vector<std::unique_ptr<Weight>>> weights;
  for (const index::IndexView* index : context->indices) {
    BindContext bind = context->bind;
    bind.index = index;
    bind.scores = false;
    weights.emplace_back();
    for (const QueryPtr& query : queries) {
      BINSEEK_RETURN_IF_ERROR(CheckLimits(*query));
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Weight> weight, query->Bind(bind, 1));
      weights.back().push_back(std::move(weight));
    }
  }
  BINSEEK_RETURN_IF_ERROR(
      context->AddBytes(queries.size() * sizeof(std::array<uint64_t, Window::kWords>)));
  SubAggregators children;
  BINSEEK_RETURN_IF_ERROR(children.Make(spec.children, context));
  return std::unique_ptr<Aggregator>(std::make_unique<FiltersAggregator>(
      std::move(shape), context, std::move(weights), std::move(children)));
}

// In order of names.
std::vector<NamedFilter> Sorted(std::vector<NamedFilter> filters) {
  std::stable_sort(filters.begin(), filters.end(),
                   [](const NamedFilter& a, const NamedFilter& b) { return a.name < b.name; });
  return filters;
}

std::vector<QueryPtr> QueriesOf(const std::vector<NamedFilter>& filters) {
  std::vector<QueryPtr> queries;
  queries.reserve(filters.size());
  for (const NamedFilter& filter : filters) {
    queries.push_back(filter.query);
  }
  return queries;
}

}  // namespace

Result<std::unique_ptr<Aggregator>> FilterAggregation::Make(const AggregationSpec& spec,
                                                            AggregationContext* context) const {
  FiltersAggregator::Shape shape;
  shape.single = true;
  shape.type_name = "filter";
  shape.cells = {{.filter = 0}};
  return search::Make(std::move(shape), {query}, spec, context);
}

Result<std::unique_ptr<Aggregator>> FiltersAggregation::Make(const AggregationSpec& spec,
                                                             AggregationContext* context) const {
  FiltersAggregator::Shape shape;
  shape.type_name = "filters";
  shape.keyed = named && keyed;
  shape.shows_keys = named;
  const std::vector<NamedFilter> ordered = named ? Sorted(filters) : filters;
  for (uint32_t i = 0; i < ordered.size(); ++i) {
    shape.cells.push_back({.filter = i, .key = ordered[i].name});
  }
  if (has_other) {
    shape.cells.push_back({.key = other_key});
  }
  return search::Make(std::move(shape), QueriesOf(ordered), spec, context);
}

Result<std::unique_ptr<Aggregator>> AdjacencyMatrixAggregation::Make(
    const AggregationSpec& spec, AggregationContext* context) const {
  FiltersAggregator::Shape shape;
  shape.type_name = "adjacency_matrix";
  shape.shows_empty = false;
  const std::vector<NamedFilter> ordered = Sorted(filters);
  for (uint32_t i = 0; i < ordered.size(); ++i) {
    shape.cells.push_back({.filter = i, .key = ordered[i].name});
    for (uint32_t j = i + 1; j < ordered.size(); ++j) {
      shape.cells.push_back(
          {.filter = i, .with = j, .key = ordered[i].name + separator + ordered[j].name});
    }
  }
  std::sort(shape.cells.begin(), shape.cells.end(),
            [](const Cell& a, const Cell& b) { return a.key < b.key; });
  return search::Make(std::move(shape), QueriesOf(ordered), spec, context);
}

namespace {

// A range of addresses with its ends as bytes, by which ranges are ordered.
struct IpCell {
  std::string first;  // empty: open
  std::string end;
  Cell cell;
};

Result<IpCell> ReadIpRange(const IpRangeAggregation::Range& range) {
  IpCell out;
  out.cell.key = range.key;
  if (!range.mask.empty()) {
    BINSEEK_ASSIGN_OR_RETURN(const mapping::IpBlock block, mapping::ParseCidr(range.mask));
    out.first = block.first;
    out.end = block.last;
    if (!mapping::StepIp(&out.end, true)) {  // the last address of all: open
      out.end.clear();
    }
    out.cell.key = range.key.empty() ? range.mask : range.key;
  } else {
    if (!range.from.empty()) {
      BINSEEK_ASSIGN_OR_RETURN(out.first, mapping::ParseIp(range.from));
    }
    if (!range.to.empty()) {
      BINSEEK_ASSIGN_OR_RETURN(out.end, mapping::ParseIp(range.to));
    }
  }
  out.cell.from = out.first.empty() ? "" : mapping::FormatIp(out.first);
  out.cell.to = out.end.empty() ? "" : mapping::FormatIp(out.end);
  if (out.cell.key.empty()) {
    out.cell.key =
        (out.first.empty() ? "*" : out.cell.from) + "-" + (out.end.empty() ? "*" : out.cell.to);
  }
  return out;
}

}  // namespace

Result<std::unique_ptr<Aggregator>> IpRangeAggregation::Make(const AggregationSpec& spec,
                                                             AggregationContext* context) const {
  for (const index::IndexView* const index : context->indices) {
    const std::optional<FieldRef> ref = FindField(*index->mapping, field);
    if (ref && ref->field->kind != mapping::FieldKind::kIp) {
      return Status::InvalidArgument("Field [" + field + "] of type [" +
                                     std::string(mapping::TypeName(*ref->field)) +
                                     "] is not supported for aggregation [ip_range]");
    }
  }
  std::vector<IpCell> cells;
  for (const Range& range : ranges) {
    BINSEEK_ASSIGN_OR_RETURN(IpCell cell, ReadIpRange(range));
    cells.push_back(std::move(cell));
  }
  // An open begin is the least one, an open end the greatest.
  std::stable_sort(cells.begin(), cells.end(), [](const IpCell& a, const IpCell& b) {
    return a.first != b.first
               ? a.first < b.first
               : a.end != b.end && !a.end.empty() && (b.end.empty() || a.end < b.end);
  });
  FiltersAggregator::Shape shape;
  shape.type_name = type();
  shape.keyed = keyed;
  std::vector<QueryPtr> queries;
  for (IpCell& cell : cells) {
    std::optional<Bound> lower;
    std::optional<Bound> upper;
    if (!cell.cell.from.empty()) {
      lower = Bound{cell.cell.from, true};
    }
    if (!cell.cell.to.empty()) {
      upper = Bound{cell.cell.to, false};
    }
    queries.push_back(MakeRange(field, std::move(lower), std::move(upper)));
    cell.cell.filter = static_cast<uint32_t>(shape.cells.size());
    shape.cells.push_back(std::move(cell.cell));
  }
  return search::Make(std::move(shape), queries, spec, context);
}

}  // namespace binseek::search
