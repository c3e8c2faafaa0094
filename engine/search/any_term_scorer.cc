#include "engine/search/any_term_scorer.h"

#include <algorithm>
#include <array>
#include <utility>

namespace binseek::search {
namespace {

// So many documents are looked up in less time than the terms' blocks are unpacked.
constexpr uint32_t kFewCandidates = 32;
constexpr uint32_t kSomeInWindow = 8;

}  // namespace

AnyTermScorer::AnyTermScorer(std::vector<std::unique_ptr<Scorer>> terms)
    : scorers_(std::move(terms)) {
  for (const auto& scorer : scorers_) {
    cost_ += scorer->cost();
    end_doc_ = std::max(end_doc_, scorer->AsTerm()->end_doc());
  }
}

void AnyTermScorer::AddBits(DocId first, DocId end, uint64_t* bits) {
  for (const auto& scorer : scorers_) {
    scorer->AddBits(first, end, bits);
  }
}

bool AnyTermScorer::FillWindow(DocId first, Window* window) {
  window->ClearMatches();
  AddBits(first, first + Window::kDocs, window->match);
  return window->AnyMatch();
}

bool AnyTermScorer::NarrowWindow(DocId first, Window* window) {
  if (window->CountMatches() <= kFewCandidates) {
    ForEachBit(window->match, [&](uint32_t offset) {
      if (!HasDoc(first + offset)) {
        window->match[offset / 64] &= ~(uint64_t{1} << (offset % 64));
      }
    });
    return window->AnyMatch();
  }
  std::array<uint64_t, Window::kWords> words{};
  AddBits(first, first + Window::kDocs, words.data());
  for (uint32_t w = 0; w < Window::kWords; ++w) {
    window->match[w] &= words[w];
  }
  return window->AnyMatch();
}

DocId AnyTermScorer::NextMatch(DocId target, float drop_below) {
  if (target < end_doc_ && cost_ * Window::kDocs > uint64_t{end_doc_} * kSomeInWindow) {
    return target;  // a window without any would be a surprise, and looking costs more than its bits
  }
  DocId next = codec::kNoMoreDocs;
  for (const auto& scorer : scorers_) {
    next = std::min(next, scorer->NextMatch(target, drop_below));
    if (next <= target) {
      break;
    }
  }
  return next;
}

bool AnyTermScorer::HasDoc(DocId doc) {
  return std::any_of(scorers_.begin(), scorers_.end(),
                     [doc](const auto& scorer) { return scorer->HasDoc(doc); });
}

Status AnyTermScorer::status() const {
  for (const auto& scorer : scorers_) {
    BINSEEK_RETURN_IF_ERROR(scorer->status());
  }
  return Status::Ok();
}

}  // namespace binseek::search
