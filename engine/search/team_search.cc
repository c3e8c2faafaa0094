#include "engine/search/team_search.h"

#include <algorithm>
#include <utility>

#include "engine/base/clock.h"

namespace binseek::search {
namespace {

// To look at the clock takes a twentieth of what a short window does.
constexpr uint32_t kWindowsPerLook = 4;

CollectPlan PlanOf(CollectPlan plan, TopDocs* top_docs) {
  plan.top_docs = top_docs;
  return plan;
}

}  // namespace

bool TeamSearch::IsWorthwhile(const SearchPool* pool, const SearchRequest& request,
                              std::span<const index::IndexView* const> indices) {
  // Groups and buckets are numbered by one thread as it comes upon them, and which documents come first is asked of one alone.
  if (pool == nullptr || !request.collapse_field.empty() || !request.aggregations.empty() ||
      request.terminate_after > 0 || request.profile) {
    return false;
  }
  uint64_t docs = 0;
  bool is_first = true;
  for (const index::IndexView* const index : indices) {
    for (const auto& segment : index->segments) {
      docs += is_first ? 0 : segment->max_doc();
      is_first = false;
    }
  }
  return docs > 0 && docs >= pool->options().least_docs;
}

TeamSearch::Member::Member(const CollectPlan& plan, const TopDocsPlan& docs)
    : top_docs(docs.plan, docs.k, docs.after, docs.scores), collector(PlanOf(plan, &top_docs)) {}

TeamSearch::TeamSearch(SearchPool* pool, const CollectPlan& collect, const TopDocsPlan& top_docs)
    : pool_(pool), collect_(collect), top_docs_(top_docs) {}

void TeamSearch::Add(size_t ordinal, const Query& query, const BindContext& context,
                     std::unique_ptr<Weight> weight, std::unique_ptr<Weight> post_filter) {
  for (uint32_t s = 0; s < context.index->segments.size(); ++s) {
    if (PositionOf(ordinal, s, context.index->segments[s]->max_doc()) > collect_.start) {
      units_.push_back({.index = indices_.size(), .segment = s});
    }
  }
  indices_.push_back({.ordinal = ordinal,
                      .query = &query,
                      .context = context,
                      .weight = std::move(weight),
                      .post_filter = std::move(post_filter)});
}

Status TeamSearch::Run() {
  uint64_t docs_left = 0;
  for (auto unit = units_.rbegin(); unit != units_.rend(); ++unit) {
    docs_left += indices_[unit->index].context.index->segments[unit->segment]->max_doc();
    unit->docs_left = docs_left;
  }
  next_call_micros_ = Clock::Real()->MonotonicMicros() + pool_->options().patience_micros;
  SearchCrew crew(pool_, [this] { Help(); });
  CollectPlan plan = collect_;
  plan.shared = &progress_;
  plan.between_windows = [this, &crew] { CallHelpWhereItPays(&crew); };
  auto own = std::make_unique<Member>(plan, top_docs_);
  Work(own.get(), /*helps=*/false);
  crew.Close();
  const MutexLock lock(&mutex_);
  members_.push_back(std::move(own));
  return std::move(status_);
}

void TeamSearch::Help() {
  CollectPlan plan = collect_;
  plan.shared = &progress_;
  auto member = std::make_unique<Member>(plan, top_docs_);
  Work(member.get(), /*helps=*/true);
  const MutexLock lock(&mutex_);
  members_.push_back(std::move(member));
}

// The clock says by itself which searches are worth it, whatever makes them long.
void TeamSearch::CallHelpWhereItPays(SearchCrew* crew) {
  if (has_help_ || windows_++ % kWindowsPerLook != 0) {
    return;
  }
  const size_t next = next_unit_.load(std::memory_order_relaxed);
  if (next >= units_.size() || units_[next].docs_left < pool_->options().least_docs) {
    return;
  }
  const int64_t now = Clock::Real()->MonotonicMicros();
  if (now >= next_call_micros_) {
    has_help_ = crew->CallHelp(units_.size() - next);
    next_call_micros_ = now + pool_->options().patience_micros;
  }
}

void TeamSearch::Work(Member* member, bool helps) {
  while (!progress_.failed() && !member->collector.stopped() && !(helps && pool_->crowded())) {
    const size_t next = next_unit_.fetch_add(1, std::memory_order_relaxed);
    if (next >= units_.size()) {
      return;
    }
    Status status = Collect(member, units_[next]);
    if (!status.ok()) {
      progress_.Fail();
      const MutexLock lock(&mutex_);
      if (status_.ok()) {
        status_ = std::move(status);
      }
      return;
    }
  }
}

Status TeamSearch::Collect(Member* member, const Unit& unit) const {
  const BoundIndex& index = indices_[unit.index];
  if (member->index != unit.index) {
    member->index = unit.index;
    member->collector.OpenIndex(*index.query, index.context, nullptr);
  }
  return member->collector.CollectSegment(index.ordinal, unit.segment,
                                          *index.context.index->segments[unit.segment],
                                          *index.weight, index.post_filter.get());
}

Result<std::vector<TopDoc>> TeamSearch::Take() {
  const MutexLock lock(&mutex_);
  std::vector<TopDoc> docs;
  for (const auto& member : members_) {
    BINSEEK_ASSIGN_OR_RETURN(std::vector<TopDoc> more, member->top_docs.Take());
    docs = MergeTopDocs(*top_docs_.plan, top_docs_.k, std::move(docs), std::move(more));
  }
  return docs;
}

std::optional<float> TeamSearch::max_score() const {
  const MutexLock lock(&mutex_);
  std::optional<float> max_score;
  for (const auto& member : members_) {
    const std::optional<float> own = member->collector.max_score();
    max_score = max_score && own ? std::max(*max_score, *own) : (max_score ? max_score : own);
  }
  return max_score;
}

}  // namespace binseek::search
