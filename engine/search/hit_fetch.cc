#include "engine/search/hit_fetch.h"

#include <algorithm>

namespace binseek::search {
namespace {

// So many that what was asked for first is still in the nearest cache when it is read.
constexpr size_t kAtOnce = 64;

const index::SegmentView& SegmentOfHit(const Hit& hit) { return hit.index->at(hit.address); }

void FetchIds(std::span<Hit> hits) {
  const auto keys = [](const Hit& hit) -> const codec::KeyTable& {
    return SegmentOfHit(hit).segment().keys();
  };
  for (const Hit& hit : hits) {
    keys(hit).PrefetchBlock(hit.address.doc);
  }
  for (const Hit& hit : hits) {
    keys(hit).PrefetchKey(hit.address.doc);
  }
  for (Hit& hit : hits) {
    hit.id = keys(hit).Key(hit.address.doc);
  }
}

void FetchVersions(std::span<Hit> hits) {
  for (const Hit& hit : hits) {
    SegmentOfHit(hit).system().PrefetchPage(hit.address.doc);
  }
  for (Hit& hit : hits) {
    const index::SystemPages& system = SegmentOfHit(hit).system();
    hit.version = system.Version(hit.address.doc).value_or(0);
    hit.seq_no = system.SeqNo(hit.address.doc).value_or(0);
  }
}

}  // namespace

void FetchHits(const HitParts& parts, std::span<Hit> hits) {
  for (size_t begin = 0; begin < hits.size(); begin += kAtOnce) {
    const std::span<Hit> some = hits.subspan(begin, std::min(kAtOnce, hits.size() - begin));
    if (parts.ids) {
      FetchIds(some);
    }
    if (parts.versions) {
      FetchVersions(some);
    }
  }
}

}  // namespace binseek::search
