#include "engine/search/range_field_query.h"

#include <string>
#include <utility>

#include "engine/mapping/ip.h"
#include "engine/mapping/number.h"
#include "engine/mapping/range_value.h"
#include "engine/search/constant_query.h"
#include "engine/search/number_range.h"
#include "engine/search/term_union.h"

namespace binseek::search {
namespace {

using mapping::RangeBytes;

// Looks at each distinct range of the segment: those that begin behind the wanted one's end are left out as a whole.
class RangesWeight final : public TermUnionWeight {
 public:
  RangesWeight(const FieldRef& ref, RangeBytes wanted, RangeRelation relation, bool scores,
               float score)
      : TermUnionWeight(ref, scores, score), wanted_(std::move(wanted)), relation_(relation) {}

 private:
  void CollectTerms(const codec::BlockTermDictionary& terms, TermUnion* out) const override {
    codec::BlockTermDictionary::Cursor cursor(terms);
    const bool within = relation_ == RangeRelation::kWithin;
    const size_t bytes = wanted_.first.size();
    for (bool ok = within ? cursor.SeekCeil(wanted_.first) : cursor.Next(); ok;
         ok = cursor.Next()) {
      const std::string_view term = cursor.term();
      if (term.size() != 2 * bytes) {
        continue;
      }
      const std::string_view first = term.substr(0, bytes);
      if (first > wanted_.last) {
        return;
      }
      if (Matches(first, term.substr(bytes))) {
        out->Add(cursor.info());
      }
    }
  }

  bool Matches(std::string_view first, std::string_view last) const {
    switch (relation_) {
      case RangeRelation::kWithin:
        return first >= wanted_.first && last <= wanted_.last;
      case RangeRelation::kContains:
        return first <= wanted_.first && last >= wanted_.last;
      case RangeRelation::kIntersects:
        break;
    }
    return first <= wanted_.last && last >= wanted_.first;
  }

  const RangeBytes wanted_;
  const RangeRelation relation_;
};

// nullopt: nothing lies between the bounds.
Result<std::optional<RangeBytes>> BytesOf(const mapping::Field& field,
                                          const std::optional<Bound>& lower,
                                          const std::optional<Bound>& upper, int64_t now_micros,
                                          const DateForm& form) {
  if (field.kind != mapping::FieldKind::kIpRange) {
    BINSEEK_ASSIGN_OR_RETURN(
        const std::optional<Interval> interval,
        IntervalOfBounds(mapping::EndField(field), lower, upper, now_micros, form));
    if (!interval) {
      return std::optional<RangeBytes>();
    }
    return std::optional<RangeBytes>(RangeBytes{mapping::EndOfColumnValue(interval->low),
                                                mapping::EndOfColumnValue(interval->high)});
  }
  RangeBytes range{std::string(mapping::kIpBytes, '\0'), std::string(mapping::kIpBytes, '\xff')};
  if (lower && upper && lower->value == upper->value &&
      lower->value.find('/') != std::string::npos) {
    Result<mapping::IpBlock> block = mapping::ParseCidr(lower->value);
    if (!block.ok()) {
      return Status::InvalidArgument("failed to create query: " + block.status().message());
    }
    return std::optional<RangeBytes>(RangeBytes{block->first, block->last});
  }
  for (const bool is_lower : {true, false}) {
    const std::optional<Bound>& bound = is_lower ? lower : upper;
    if (!bound) {
      continue;
    }
    Result<std::string> bytes = mapping::ParseIp(bound->value);
    if (!bytes.ok()) {
      return Status::InvalidArgument("failed to create query: " + bytes.status().message());
    }
    if (!bound->inclusive && !mapping::StepIp(&*bytes, is_lower)) {
      return std::optional<RangeBytes>();
    }
    (is_lower ? range.first : range.last) = *std::move(bytes);
  }
  return range.first <= range.last ? std::optional<RangeBytes>(std::move(range))
                                   : std::optional<RangeBytes>();
}

}  // namespace

Result<std::unique_ptr<Weight>> BindRangeField(const BindContext& context, const FieldRef& ref,
                                               const std::optional<Bound>& lower,
                                               const std::optional<Bound>& upper,
                                               RangeRelation relation, float score,
                                               const DateForm& form) {
  BINSEEK_ASSIGN_OR_RETURN(std::optional<RangeBytes> wanted,
                           BytesOf(*ref.field, lower, upper, context.now_micros, form));
  if (!wanted) {
    return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
  }
  constexpr std::string_view kRelations[] = {"intersects", "within", "contains"};
  const auto end = [](const std::optional<Bound>& bound) { return bound ? bound->value : "*"; };
  return Describe(
      std::make_unique<RangesWeight>(ref, *std::move(wanted), relation, context.scores, score),
      ref.field->name + ":" + std::string(kRelations[static_cast<size_t>(relation)]) +
          (lower && !lower->inclusive ? "{" : "[") + end(lower) + " TO " + end(upper) +
          (upper && !upper->inclusive ? "}" : "]"));
}

}  // namespace binseek::search
