#include "engine/search/bool_scorer.h"

#include <algorithm>
#include <utility>

namespace binseek::search {
namespace {

bool Any(const std::array<uint64_t, Window::kWords>& words) {
  uint64_t any = 0;
  for (const uint64_t word : words) {
    any |= word;
  }
  return any != 0;
}

}  // namespace

BoolScorer::BoolScorer(BoolClauses clauses, bool scores)
    : clauses_(std::move(clauses)), scores_(scores) {
  if (scores_ && !clauses_.musts.empty()) {
    must_sums_ = std::make_unique<Sums>();
  }
  if (scores_ && !clauses_.shoulds.empty()) {
    optional_sums_ = std::make_unique<Sums>();
  }
  if (clauses_.minimum_should_match > 1) {
    optional_counts_ = std::make_unique<std::array<uint16_t, Window::kDocs>>();
  }
  for (const auto& filter : clauses_.filters) {
    required_.push_back({filter.get(), false});
  }
  for (const auto& must : clauses_.musts) {
    required_.push_back({must.get(), scores_});
  }
  std::stable_sort(required_.begin(), required_.end(), [](const Required& a, const Required& b) {
    return a.scorer->cost() < b.scorer->cost();
  });
}

uint64_t BoolScorer::cost() const {
  if (!required_.empty()) {
    return required_.front().scorer->cost();
  }
  uint64_t sum = 0;
  for (const auto& should : clauses_.shoulds) {
    const uint64_t cost = should->cost();
    sum = cost > UINT64_MAX - sum ? UINT64_MAX : sum + cost;
  }
  return sum;
}

Status BoolScorer::status() const {
  for (const auto* const scorers :
       {&clauses_.filters, &clauses_.musts, &clauses_.shoulds, &clauses_.prohibited}) {
    for (const auto& scorer : *scorers) {
      BINSEEK_RETURN_IF_ERROR(scorer->status());
    }
  }
  return Status::Ok();
}

bool BoolScorer::Require(DocId first, Window* window) {
  match_.fill(~uint64_t{0});
  bool has_sum = false;
  for (const Required& required : required_) {
    if (!required.scorer->FillWindow(first, &child_)) {
      return false;
    }
    for (uint32_t w = 0; w < Window::kWords; ++w) {
      match_[w] &= child_.match[w];
    }
    if (!Any(match_)) {
      return false;
    }
    if (required.scored) {
      ForEachBit(match_, [&](uint32_t offset) {
        (*must_sums_)[offset] =
            (has_sum ? (*must_sums_)[offset] : 0.0) + static_cast<double>(child_.score[offset]);
      });
      has_sum = true;
    }
  }
  for (const auto& prohibited : clauses_.prohibited) {
    if (prohibited->FillWindow(first, &child_)) {
      for (uint32_t w = 0; w < Window::kWords; ++w) {
        match_[w] &= ~child_.match[w];
      }
    }
  }
  std::copy(match_.begin(), match_.end(), window->match);
  return Any(match_);
}

void BoolScorer::CountOptional(const Words& matched) {
  ForEachBit(matched, [&](uint32_t offset) { ++(*optional_counts_)[offset]; });
}

bool BoolScorer::FillOptional(DocId first) {
  optional_match_.fill(0);
  if (scores_) {
    optional_sums_->fill(0);
  }
  if (optional_counts_ != nullptr) {
    optional_counts_->fill(0);
  }
  Words matched;
  for (const auto& should : clauses_.shoulds) {
    if (!should->FillWindow(first, &child_)) {
      continue;
    }
    for (uint32_t w = 0; w < Window::kWords; ++w) {
      matched[w] = child_.match[w] & match_[w];
      optional_match_[w] |= matched[w];
    }
    if (scores_) {
      ForEachBit(matched, [&](uint32_t offset) {
        (*optional_sums_)[offset] += static_cast<double>(child_.score[offset]);
      });
    }
    if (optional_counts_ != nullptr) {
      CountOptional(matched);
    }
  }
  if (optional_counts_ != nullptr) {
    const Words any = optional_match_;
    ForEachBit(any, [&](uint32_t offset) {
      if ((*optional_counts_)[offset] < clauses_.minimum_should_match) {
        optional_match_[offset / 64] &= ~(uint64_t{1} << (offset % 64));
      }
    });
  }
  return Any(optional_match_);
}

void BoolScorer::CombineScores(Window* window) const {
  const bool has_musts = must_sums_ != nullptr;
  const bool has_shoulds = optional_sums_ != nullptr;
  ForEachBit(window->match, [&](uint32_t offset) {
    const float must = has_musts ? static_cast<float>((*must_sums_)[offset]) : 0.0f;
    const float should = has_shoulds ? static_cast<float>((*optional_sums_)[offset]) : 0.0f;
    window->score[offset] = must + should;
  });
}

bool BoolScorer::FillWindow(DocId first, Window* window) {
  if (!Require(first, window)) {
    window->ClearMatches();
    return false;
  }
  // Optional clauses matter where they must match, or where they add to scores.
  if (clauses_.minimum_should_match > 0 || optional_sums_ != nullptr) {
    const bool any = FillOptional(first);
    if (clauses_.minimum_should_match > 0) {
      if (!any) {
        window->ClearMatches();
        return false;
      }
      std::copy(optional_match_.begin(), optional_match_.end(), window->match);
    }
  }
  if (scores_) {
    CombineScores(window);
  }
  return true;
}

}  // namespace binseek::search
