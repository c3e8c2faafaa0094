#include "engine/index/writer_claims.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace binseek::index {
namespace {

void SortOut(std::vector<IndexId>* indices) {
  std::sort(indices->begin(), indices->end());
  indices->erase(std::unique(indices->begin(), indices->end()), indices->end());
}

}  // namespace

WriterClaims::Claim::Claim(WriterClaims* claims, std::vector<IndexId> indices)
    : claims_(claims), indices_(std::move(indices)) {}

WriterClaims::Claim::Claim(Claim&& other) noexcept
    : claims_(std::exchange(other.claims_, nullptr)), indices_(std::move(other.indices_)) {}

WriterClaims::Claim::~Claim() {
  if (claims_ != nullptr) {
    claims_->Release(indices_);
  }
}

bool WriterClaims::Overlap(const std::vector<IndexId>& a, const std::vector<IndexId>& b) const {
  return std::any_of(a.begin(), a.end(),
                     [&](IndexId id) { return std::find(b.begin(), b.end(), id) != b.end(); });
}

bool WriterClaims::MustWait(const std::vector<IndexId>& indices,
                            Waiting::const_iterator place) const {
  if (Overlap(indices, taken_)) {
    return true;
  }
  return std::any_of(waiting_.begin(), place,
                     [&](const auto* earlier) { return Overlap(indices, *earlier); });
}

WriterClaims::Claim WriterClaims::Take(std::vector<IndexId> indices) {
  SortOut(&indices);
  const MutexLock lock(&mutex_);
  const auto place = waiting_.insert(waiting_.end(), &indices);
  while (MustWait(indices, place)) {
    released_.Wait(&mutex_);
  }
  waiting_.erase(place);
  taken_.insert(taken_.end(), indices.begin(), indices.end());
  return {this, std::move(indices)};
}

std::optional<WriterClaims::Claim> WriterClaims::TryTake(std::vector<IndexId> indices) {
  SortOut(&indices);
  const MutexLock lock(&mutex_);
  if (MustWait(indices, waiting_.end())) {
    return std::nullopt;
  }
  taken_.insert(taken_.end(), indices.begin(), indices.end());
  return std::optional<Claim>(std::in_place, this, std::move(indices));
}

void WriterClaims::Release(const std::vector<IndexId>& indices) {
  {
    const MutexLock lock(&mutex_);
    for (const IndexId id : indices) {
      taken_.erase(std::find(taken_.begin(), taken_.end(), id));
    }
  }
  released_.NotifyAll();
}

}  // namespace binseek::index
