// Merge policy: which segments of an index should become one. Pure functions of sizes.
#ifndef BINSEEK_ENGINE_INDEX_MERGE_POLICY_H_
#define BINSEEK_ENGINE_INDEX_MERGE_POLICY_H_

#include <cstdint>
#include <span>
#include <vector>

namespace binseek::index {

struct SegmentSize {
  uint64_t id = 0;
  uint64_t docs = 0;  // dead ones included
  uint64_t live_docs = 0;
  uint64_t bytes = 0;
};

// Segments in memory, up to this size. Larger ones wait for a commit.
inline constexpr uint64_t kMaxDocsMergedInMemory = 32'768;
// Files above this many live bytes are left alone, unless a quarter of them is dead.
inline constexpr uint64_t kMaxMergedBytes = uint64_t{5} << 30;
inline constexpr uint64_t kMergeFactor = 8;

// Of segments in memory: eight of one order of magnitude, smallest first, or all that are dead; empty: nothing to do. So their number stays logarithmic, in whatever
// order sizes come.
std::vector<uint64_t> ChooseMemoryMerge(std::span<const SegmentSize> segments);
// Of segments in files: one of which a quarter is dead; else eight of one order of magnitude of live bytes, smallest first. A document
// is rewritten a logarithmic number of times.
std::vector<uint64_t> ChooseFileMerge(std::span<const SegmentSize> segments);
// What brings the index to `max_segments` files: the smallest ones; with it those with deletions where `max_segments` is 1. Empty: it is there.
std::vector<uint64_t> ChooseForcedMerge(std::span<const SegmentSize> segments,
                                        uint64_t max_segments);

// Files of which more than a tenth is dead, as Elasticsearch has it.
std::vector<uint64_t> ChooseExpunge(std::span<const SegmentSize> segments);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_MERGE_POLICY_H_
