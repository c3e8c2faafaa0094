#include "engine/index/merge_policy.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <iterator>
#include <map>

namespace binseek::index {
namespace {

// Files below this size count as equal: merging them costs little.
constexpr uint64_t kSmallFileBytes = uint64_t{1} << 20;
// A file of which one part in so many is dead is written anew: three living documents for one that has died, while queries walk over a
// seventh more than there is in the middle.
constexpr uint64_t kDeadPart = 4;

int LevelOf(uint64_t size) {
  constexpr int kBits = std::bit_width(kMergeFactor) - 1;
  return size == 0 ? 0 : (static_cast<int>(std::bit_width(size)) - 1) / kBits;
}

uint64_t LiveBytes(const SegmentSize& segment) {
  return segment.docs == 0 ? 0
                           : static_cast<uint64_t>(static_cast<double>(segment.bytes) *
                                                   static_cast<double>(segment.live_docs) /
                                                   static_cast<double>(segment.docs));
}

std::vector<uint64_t> Ids(std::span<const SegmentSize> segments) {
  std::vector<uint64_t> ids;
  for (const SegmentSize& segment : segments) {
    ids.push_back(segment.id);
  }
  return ids;
}

// The first level that has kMergeFactor segments: its smallest ones.
std::vector<uint64_t> SmallestOfFullLevel(std::span<const SegmentSize> segments,
                                          const std::function<uint64_t(const SegmentSize&)>& size,
                                          uint64_t max_size) {
  std::map<int, std::vector<SegmentSize>> levels;
  for (const SegmentSize& segment : segments) {
    levels[LevelOf(size(segment))].push_back(segment);
  }
  for (auto& [level, members] : levels) {
    if (members.size() < kMergeFactor) {
      continue;
    }
    std::stable_sort(members.begin(), members.end(),
                     [&](const auto& a, const auto& b) { return size(a) < size(b); });
    members.resize(kMergeFactor);
    uint64_t sum = 0;
    for (const SegmentSize& segment : members) {
      sum += size(segment);
    }
    if (sum <= max_size) {
      return Ids(members);
    }
  }
  return {};
}

}  // namespace

std::vector<uint64_t> ChooseMemoryMerge(std::span<const SegmentSize> segments) {
  std::vector<SegmentSize> dead;
  std::copy_if(segments.begin(), segments.end(), std::back_inserter(dead),
               [](const SegmentSize& segment) { return segment.live_docs == 0; });
  if (!dead.empty()) {
    return Ids(dead);
  }
  return SmallestOfFullLevel(
      segments, [](const SegmentSize& segment) { return segment.live_docs; },
      kMaxDocsMergedInMemory);
}

std::vector<uint64_t> ChooseFileMerge(std::span<const SegmentSize> segments) {
  for (const SegmentSize& segment : segments) {
    if (segment.live_docs * kDeadPart <= segment.docs * (kDeadPart - 1)) {
      return {segment.id};
    }
  }
  return SmallestOfFullLevel(
      segments,
      [](const SegmentSize& segment) { return std::max(LiveBytes(segment), kSmallFileBytes); },
      kMaxMergedBytes);
}

std::vector<uint64_t> ChooseForcedMerge(std::span<const SegmentSize> segments,
                                        uint64_t max_segments) {
  const uint64_t wanted = std::max<uint64_t>(max_segments, 1);
  std::vector<SegmentSize> by_size(segments.begin(), segments.end());
  std::stable_sort(by_size.begin(), by_size.end(),
                   [](const auto& a, const auto& b) { return LiveBytes(a) < LiveBytes(b); });
  if (by_size.size() <= wanted) {
    const bool clean = std::all_of(by_size.begin(), by_size.end(), [](const auto& segment) {
      return segment.live_docs == segment.docs;
    });
    if (clean || by_size.size() != 1) {
      return {};
    }
    return Ids(by_size);
  }
  by_size.resize(by_size.size() - wanted + 1);
  return Ids(by_size);
}

std::vector<uint64_t> ChooseExpunge(std::span<const SegmentSize> segments) {
  std::vector<uint64_t> ids;
  for (const SegmentSize& segment : segments) {
    if ((segment.docs - segment.live_docs) * 10 > segment.docs) {
      ids.push_back(segment.id);
    }
  }
  return ids;
}

}  // namespace binseek::index
