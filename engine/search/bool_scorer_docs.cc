// BoolScorer without windows: documents in order, for who keeps few of them.
#include <algorithm>
#include <array>

#include "engine/search/bool_scorer.h"
#include "engine/search/bool_scorer_work.h"
#include "engine/search/score_bound.h"
#include "engine/search/scratch.h"
#include "engine/search/term_disjunction.h"
#include "engine/search/term_scorer.h"

namespace binseek::search {

using bool_scorer::kLowest;

namespace {

constexpr DocId kRange = 8 * Window::kDocs;
constexpr uint32_t kStepsAtOnce = 16;
// A filter that passes so much less than the lead has is to go first, as bits.
constexpr uint64_t kFarRarer = 8;

bool AllTestable(const std::vector<std::unique_ptr<Scorer>>& scorers) {
  return std::all_of(scorers.begin(), scorers.end(),
                     [](const auto& scorer) { return scorer->can_test(); });
}

}  // namespace

// Which clause gives documents: the rarest of terms, or a lone disjunction.
bool BoolScorer::PlanLead() {
  if (clauses_.musts.empty()) {
    if (clauses_.shoulds.size() != 1 || clauses_.minimum_should_match != 1) {
      return false;
    }
    docs_.lead = clauses_.shoulds[0].get();
    return docs_.lead->PrefersDocs(false);
  }
  if (clauses_.minimum_should_match > 0) {
    return false;
  }
  for (const Clause& clause : required_) {
    if (!clause.scored) {
      continue;
    }
    TermScorer* const term = clause.scorer->AsTerm();
    if (term == nullptr && clauses_.musts.size() > 1) {
      return false;
    }
    if (docs_.lead == nullptr) {
      docs_.lead = clause.scorer;
    } else {
      docs_.musts.push_back(term);
    }
  }
  for (const auto& should : clauses_.shoulds) {
    if (TermScorer* const term = should->AsTerm(); term != nullptr) {
      docs_.shoulds.push_back(term);
    } else if (const TermDisjunction* const any = should->AsDisjunction();
               any != nullptr && clauses_.shoulds.size() == 1) {
      // Beside others its sum is cut to float before it is added: its terms are no clauses of the sum then.
      for (size_t i = 0; i < any->size(); ++i) {
        docs_.shoulds.push_back(any->term(i));
      }
    } else {
      return false;
    }
  }
  return docs_.lead->PrefersDocs(false);
}

void BoolScorer::PlanDocs() {
  const bool possible =
      scores_ && AllTestable(clauses_.filters) && AllTestable(clauses_.prohibited) && PlanLead();
  if (!possible ||
      std::any_of(clauses_.filters.begin(), clauses_.filters.end(), [this](const auto& filter) {
        return filter->cost() < docs_.lead->cost() / kFarRarer;
      })) {
    docs_.lead = nullptr;
  }
}

bool BoolScorer::PrefersDocs(bool complete) const {
  return docs_.lead != nullptr && docs_.lead->PrefersDocs(complete);
}

void BoolScorer::FindDocBounds(DocId from) {
  const DocId range = from / kRange;
  const bool endless = docs_.lead->AsTerm() == nullptr || range >= codec::kNoMoreDocs / kRange;
  docs_.end = endless ? codec::kNoMoreDocs : (range + 1) * kRange;
  BoundSum sum;
  docs_.must_bounds.assign(docs_.musts.size() + 1, 0);
  for (size_t i = docs_.musts.size(); i-- > 0;) {
    sum.Add(docs_.musts[i]->MaxScoreIn(from, docs_.end - 1));
    docs_.must_bounds[i] = sum.value();
  }
  BoundSum optional;
  for (TermScorer* const should : docs_.shoulds) {
    optional.Add(should->MaxScoreIn(from, docs_.end - 1));
  }
  docs_.should_bound = optional.score();
}

DocId BoolScorer::NextDocs(DocId from, float drop_below, DocBatch* batch) {
  batch->count = 0;
  const uint32_t max_doc = segment_->max_doc();
  for (uint32_t i = 0; i < kStepsAtOnce && batch->count == 0 && from < max_doc; ++i) {
    from = TakeDocs(from, drop_below, batch);
  }
  return from < max_doc ? from : codec::kNoMoreDocs;
}

DocId BoolScorer::TakeFromLead(DocId from, float least, DocBatch* batch, DocSums* out) {
  if (TermScorer* const term = docs_.lead->AsTerm(); term != nullptr) {
    return term->CollectDocs(from, docs_.end, least, out);
  }
  from = docs_.lead->NextDocs(from, least, batch);
  for (uint32_t i = 0; i < batch->count; ++i) {
    out->Add(batch->docs[i], static_cast<double>(batch->scores[i]));
  }
  batch->count = 0;
  return from;
}

// Clause by clause, without a branch: nobody can foresee who is left out.
void BoolScorer::KeepTested(DocSums* docs) const {
  std::array<uint8_t, Window::kDocs> has;
  const auto keep = [&](Scorer* scorer, uint8_t wanted) {
    scorer->TestDocs({docs->docs.data(), docs->count}, has.data());
    uint32_t kept = 0;
    for (uint32_t i = 0; i < docs->count; ++i) {
      docs->docs[kept] = docs->docs[i];
      docs->sums[kept] = docs->sums[i];
      kept += static_cast<uint32_t>(has[i] == wanted);
    }
    docs->count = kept;
  };
  for (const auto& filter : clauses_.filters) {
    keep(filter.get(), 1);
  }
  for (const auto& prohibited : clauses_.prohibited) {
    keep(prohibited.get(), 0);
  }
}

void BoolScorer::AddShoulds(float drop_below, DocSums* docs, DocBatch* batch) const {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < docs->count; ++i) {
    docs->docs[kept] = docs->docs[i];
    docs->sums[kept] = docs->sums[i];
    kept += static_cast<uint32_t>(
        !(static_cast<float>(docs->sums[i]) + docs_.should_bound < drop_below));
  }
  docs->count = kept;
  // The two parts are cut to float apart.
  for (uint32_t i = 0; i < docs->count; ++i) {
    batch->scores[i] = static_cast<float>(docs->sums[i]);
    docs->sums[i] = 0;
  }
  for (TermScorer* const should : docs_.shoulds) {
    should->AddScoresTo(false, kLowest, 0, docs);
  }
  for (uint32_t i = 0; i < docs->count; ++i) {
    const float score = batch->scores[i] + static_cast<float>(docs->sums[i]);
    batch->docs[batch->count] = docs->docs[i];
    batch->scores[batch->count] = score;
    batch->count += static_cast<uint32_t>(!(score < drop_below));
  }
}

DocId BoolScorer::TakeDocs(DocId from, float drop_below, DocBatch* batch) {
  if (from >= docs_.end) {
    FindDocBounds(from);
  }
  float must_least = kLowest;
  float lead_least = kLowest;
  if (drop_below > kLowest) {
    must_least = ChildThreshold(drop_below, static_cast<double>(docs_.should_bound));
    lead_least = ChildThreshold(must_least, docs_.must_bounds[0]);
  }
  Scratch<DocSums> sums;
  sums->count = 0;
  from = TakeFromLead(from, lead_least, batch, sums.get());
  for (size_t i = 0; i < docs_.musts.size() && sums->count > 0; ++i) {
    docs_.musts[i]->AddScoresTo(true, must_least, docs_.must_bounds[i + 1], sums.get());
  }
  if (!clauses_.filters.empty() || !clauses_.prohibited.empty()) {
    KeepTested(sums.get());
  }
  if (sums->count > 0) {
    AddShoulds(drop_below, sums.get(), batch);
  }
  return from;
}

}  // namespace binseek::search
