// MakeTerms: any of a set of exact values, with constant score. MakeTermsLookup: of those that a document has.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/base/json.h"
#include "engine/index/keyword_table.h"
#include "engine/search/constant_query.h"
#include "engine/search/field_values.h"
#include "engine/search/index_setting.h"
#include "engine/search/interrupt.h"
#include "engine/search/ip_query.h"
#include "engine/search/live_roots.h"
#include "engine/search/number_range.h"
#include "engine/search/query.h"
#include "engine/search/source_values.h"
#include "engine/search/system_field.h"
#include "engine/search/term_union.h"

namespace binseek::search {
namespace {

class TermsWeight final : public TermUnionWeight {
 public:
  // `terms` sorted and distinct.
  TermsWeight(const FieldRef& ref, std::vector<std::string> terms, const BindContext& context,
              float score)
      : TermUnionWeight(ref, context.scores, score), terms_(std::move(terms)) {
    UseInterrupt(context.interrupt);
  }

  void VisitTerms(TermVisitor* visitor) const override {
    // As one thing, as Lucene takes it: which of the terms it was says nothing.
    visitor->Terms(*ref().field, [terms = terms_](std::string_view term) {
      return std::binary_search(terms.begin(), terms.end(), term);
    });
  }
  std::string description() const override {
    std::string text = ref().field->name + ":(";
    for (size_t i = 0; i < terms_.size(); ++i) {
      text += (i == 0 ? "" : " ") + terms_[i].substr(ref().path.size());
    }
    return text + ")";
  }

 private:
  void CollectTerms(const codec::BlockTermDictionary& terms, TermUnion* out) const override {
    for (const std::string& term : terms_) {
      codec::TermInfo info;
      if (terms.Find(term, &info, nullptr)) {
        out->Add(info);
      }
    }
  }

  const std::vector<std::string> terms_;
};

// Where a set is large, and a segment has index-wide ids of its values: those that are wanted as bits, and a look at each document's ids instead of a search
// for each value.
class WantedIdsScorer final : public Scorer {
 public:
  WantedIdsScorer(const index::SegmentView& segment, const FieldRef& ref,
                  const std::vector<uint64_t>* wanted, bool scores, float score)
      : ids_(segment, ref),
        wanted_(wanted),
        max_doc_(segment.max_doc()),
        scores_(scores),
        score_(score) {}

  bool FillWindow(DocId first, Window* window) override {
    AllScorer(max_doc_, false, 0).FillWindow(first, window);
    return NarrowWindow(first, window);
  }
  bool NarrowWindow(DocId first, Window* window) override {
    ids_.Open(first, window->CountMatches());
    for (uint32_t w = 0; w < Window::kWords; ++w) {
      uint64_t kept = 0;
      for (uint64_t word = window->match[w]; word != 0; word &= word - 1) {
        const auto bit = static_cast<uint32_t>(std::countr_zero(word));
        bool any = false;
        ids_.ForEach(w * 64 + bit, [&](uint32_t id) {
          any = any || (((*wanted_)[id / 64] >> (id % 64)) & 1) != 0;
        });
        kept |= static_cast<uint64_t>(any) << bit;
      }
      window->match[w] = kept;
    }
    if (scores_) {
      FillScores(score_, window);
    }
    return window->AnyMatch();
  }
  bool FillCandidates(DocId first, Window* window) override {
    return AllScorer(max_doc_, false, 0).FillWindow(first, window);
  }
  uint32_t match_cost() const override { return 5; }
  Status status() const override { return ids_.status(); }

 private:
  OrdReader ids_;
  const std::vector<uint64_t>* const wanted_;
  const uint32_t max_doc_;
  const bool scores_;
  const float score_;
};

class ManyTermsWeight final : public Weight {
 public:
  // `ref` knows the index's ids.
  ManyTermsWeight(const FieldRef& ref, const std::vector<std::string>& terms,
                  const BindContext& context, float score)
      : ref_(ref),
        by_terms_(ref, terms, context, score),
        terms_(terms.size()),
        wanted_((size_t{ref.keywords->size} + 63) / 64),
        scores_(context.scores),
        score_(score) {
    const auto ranks = ref.keywords->table->Ranks(ref.keywords->size);
    for (const std::string& term : terms) {
      // Values beyond the view's are no one's yet.
      if (const auto id = ranks->IdOf(term); id && *id < ref.keywords->size) {
        wanted_[*id / 64] |= uint64_t{1} << (*id % 64);
      }
    }
  }

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    // A search for a value takes about as long as a look at so many documents.
    constexpr size_t kDocsPerTerm = 64;
    if (segment.segment().KeywordIds(ref_.field->id) == nullptr ||
        terms_ * kDocsPerTerm < segment.max_doc()) {
      return by_terms_.MakeScorer(segment);
    }
    return std::unique_ptr<Scorer>(
        std::make_unique<WantedIdsScorer>(segment, ref_, &wanted_, scores_, score_));
  }
  void VisitTerms(TermVisitor* visitor) const override { by_terms_.VisitTerms(visitor); }

 private:
  const FieldRef ref_;
  const TermsWeight by_terms_;
  const size_t terms_;
  std::vector<uint64_t> wanted_;
  const bool scores_;
  const float score_;
};

// From here on a set is worth the look-up of its ids.
constexpr size_t kManyTerms = 256;

class TermsQuery final : public Query {
 public:
  TermsQuery(std::string field, std::vector<std::string> values, float boost)
      : field_(std::move(field)), values_(std::move(values)), boost_(boost) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    const uint64_t most = std::min<uint64_t>(
        IndexSetting(*context.index, "index.max_terms_count", kMaxTermsValues), kMostTermsValues);
    if (values_.size() > most) {
      return Status::InvalidArgument(
          "failed to create query: The number of terms [" + std::to_string(values_.size()) +
          "] used in the Terms Query request has exceeded the allowed maximum of [" +
          std::to_string(most) +
          "]. This maximum can be set by changing the "
          "[index.max_terms_count] index level setting.");
    }
    if (IsSystemField(field_)) {
      return BindSystemTerms(context, field_, values_, boost_ * boost);
    }
    const std::optional<FieldRef> ref = FindField(*context.index->mapping, field_);
    if (ref && ref->field->kind == mapping::FieldKind::kIp) {
      return BindIpValues(context, *ref, values_, boost_ * boost);
    }
    if (ref && ref->field->is_range()) {
      std::vector<QueryPtr> any;
      for (const std::string_view value :
           std::set<std::string_view>(values_.begin(), values_.end())) {
        any.push_back(MakeTerm(field_, std::string(value)));
      }
      return MakeConstantScore(any.empty() ? MakeMatchNone() : MakeBool({.should = std::move(any)}))
          ->Bind(context, boost_ * boost);
    }
    if (ref) {
      BINSEEK_RETURN_IF_ERROR(CheckTermsOn(*ref, field_));
    }
    if (ref && ref->has_terms()) {
      std::vector<std::string> terms;
      terms.reserve(values_.size());
      for (const std::string& value : values_) {
        terms.push_back(TermFor(*ref, value));
      }
      std::sort(terms.begin(), terms.end());
      terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
      FieldRef with_ids = *ref;
      with_ids.keywords =
          ref->field->is_keyword() ? context.index->Keywords(ref->field->id) : nullptr;
      if (terms.size() >= kManyTerms && with_ids.keywords != nullptr) {
        return std::unique_ptr<Weight>(
            std::make_unique<ManyTermsWeight>(with_ids, terms, context, boost_ * boost));
      }
      return std::unique_ptr<Weight>(
          std::make_unique<TermsWeight>(*ref, std::move(terms), context, boost_ * boost));
    }
    if (ref && ref->is_numeric()) {
      return BindNumbers(context, *ref->field, boost_ * boost);
    }
    return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
  }
  bool constant_score() const override { return true; }

 private:
  Result<std::unique_ptr<Weight>> BindNumbers(const BindContext& context,
                                              const mapping::Field& field, float score) const {
    std::vector<Interval> intervals;
    for (const std::string& value : values_) {
      BINSEEK_ASSIGN_OR_RETURN(const std::optional<Interval> interval,
                               IntervalOfValue(field, value, context.now_micros));
      if (interval) {
        intervals.push_back(*interval);
      }
    }
    std::string description = field_ + ":{";
    for (size_t i = 0; i < values_.size(); ++i) {
      description += (i == 0 ? "" : " ") + values_[i];
    }
    return Describe(
        MakeIntervalsWeight(context, field.id, NormalizeIntervals(std::move(intervals)), score),
        description + "}");
  }

  const std::string field_;
  const std::vector<std::string> values_;
  const float boost_;
};

class TermsLookupQuery final : public Query {
 public:
  TermsLookupQuery(std::string field, TermsLookup lookup, float boost)
      : field_(std::move(field)), lookup_(std::move(lookup)), boost_(boost) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    const index::IndexView* const index =
        context.view == nullptr ? nullptr : context.view->Find(lookup_.index);
    if (index == nullptr) {
      return Status::InvalidArgument("failed to create query: no such index [" + lookup_.index +
                                     "]");
    }
    ValueSet values;
    if (lookup_.query != nullptr) {
      BINSEEK_RETURN_IF_ERROR(CollectMatches(context, *index, &values));
    } else if (const auto address = index->FindKey(lookup_.id)) {
      BINSEEK_RETURN_IF_ERROR(Collect(*index, *address, &values));
    }
    std::vector<std::string> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    return MakeTerms(field_, std::move(sorted))->Bind(context, boost_ * boost);
  }
  bool constant_score() const override { return true; }

 private:
  // Distinct: what many documents share must not keep out what a later one has.
  using ValueSet = std::unordered_set<std::string>;

  Status Collect(const index::IndexView& index, index::DocAddress address, ValueSet* values) const {
    std::string source;
    BINSEEK_RETURN_IF_ERROR(index::AppendSource(index, address, &source));
    BINSEEK_ASSIGN_OR_RETURN(const JsonValue json, ParseJson(source));
    std::vector<std::string> found;
    CollectSourceValues(json, lookup_.path, &found);
    values->insert(std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    return Status::Ok();
  }

  // Of all documents that match, until there are more values than any index takes, or the time is over.
  Status CollectMatches(const BindContext& context, const index::IndexView& index,
                        ValueSet* values) const {
    BindContext inner = context;
    inner.index = &index;
    inner.scores = false;
    BINSEEK_ASSIGN_OR_RETURN(const std::unique_ptr<Weight> weight, lookup_.query->Bind(inner, 1));
    bool goes_on = true;
    for (uint32_t s = 0; s < index.segments.size() && goes_on; ++s) {
      BINSEEK_ASSIGN_OR_RETURN(const std::unique_ptr<Scorer> scorer,
                               weight->MakeScorer(*index.segments[s]));
      if (scorer != nullptr) {
        BINSEEK_ASSIGN_OR_RETURN(goes_on,
                                 CollectSegment(index, s, scorer.get(), context.interrupt, values));
        BINSEEK_RETURN_IF_ERROR(scorer->status());
      }
    }
    return Status::Ok();
  }

  // False: there is no need, or no time, for more.
  Result<bool> CollectSegment(const index::IndexView& index, uint32_t segment_ord, Scorer* scorer,
                              Interrupt* interrupt, ValueSet* values) const {
    constexpr size_t kDocsPerLook = 64;
    const index::SegmentView& segment = *index.segments[segment_ord];
    const auto window = std::make_unique<Window>();
    std::vector<DocId> docs;
    for (DocId first = 0; first < segment.max_doc(); first += Window::kDocs) {
      BINSEEK_ASSIGN_OR_RETURN(const bool goes_on, GoesOn(interrupt, *values));
      if (!goes_on) {
        return false;
      }
      if (!scorer->FillWindow(first, window.get())) {
        continue;
      }
      KeepLiveRoots(segment, first, window.get());
      docs.clear();
      ForEachBit(window->match, [&](uint32_t offset) { docs.push_back(first + offset); });
      for (size_t i = 0; i < docs.size(); ++i) {
        if (i % kDocsPerLook == 0) {
          BINSEEK_ASSIGN_OR_RETURN(const bool next, GoesOn(interrupt, *values));
          if (!next) {
            return false;
          }
        }
        BINSEEK_RETURN_IF_ERROR(Collect(index, {segment_ord, docs[i]}, values));
      }
    }
    return true;
  }

  static Result<bool> GoesOn(Interrupt* interrupt, const ValueSet& values) {
    if (interrupt != nullptr) {
      BINSEEK_RETURN_IF_ERROR(interrupt->Check());
    }
    return values.size() <= kMostTermsValues && (interrupt == nullptr || !interrupt->TimedOut());
  }

  const std::string field_;
  const TermsLookup lookup_;
  const float boost_;
};

}  // namespace

QueryPtr MakeTermsLookup(std::string field, TermsLookup lookup, float boost) {
  return std::make_shared<TermsLookupQuery>(std::move(field), std::move(lookup), boost);
}

QueryPtr MakeTerms(std::string field, std::vector<std::string> values, float boost) {
  return std::make_shared<TermsQuery>(std::move(field), std::move(values), boost);
}

}  // namespace binseek::search
