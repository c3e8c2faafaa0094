// NumberPage: one version of the values of some neighbouring documents, up to 512.
//
//   header (64 bytes) | presence bits | one integer of 1, 2, 4 or 8 bytes per document
//
// Narrow integers are distances from the page's frame. A value that does not fit makes a wider page; pages do not grow narrower again but by a
// merge, which writes them anew. Documents with several values keep the smallest here, and all of them in a node beside the page, which
// versions of the page share until one of these documents changes.
// Readers use the const methods, thread-safe on published pages; Set is the writer's.
#ifndef BINSEEK_ENGINE_INDEX_NUMBER_PAGE_H_
#define BINSEEK_ENGINE_INDEX_NUMBER_PAGE_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

#include "engine/index/page_edit.h"
#include "engine/index/page_pool.h"

namespace binseek::index {

// The smallest and the largest of some values.
struct NumberZone {
  int64_t min = std::numeric_limits<int64_t>::max();
  int64_t max = std::numeric_limits<int64_t>::min();

  bool empty() const { return min > max; }
  void Add(int64_t value) {
    min = std::min(min, value);
    max = std::max(max, value);
  }
};

// All values of those documents of a page that have several: values of document i are [starts[i], starts[i + 1]).
struct SeveralValues : NodeHeader {
  uint32_t capacity;

  uint32_t* starts() { return &capacity + 1; }  // count + 1
  const uint32_t* starts() const { return &capacity + 1; }
  int64_t* values() { return reinterpret_cast<int64_t*>(starts() + count + 1); }
  const int64_t* values() const { return reinterpret_cast<const int64_t*>(starts() + count + 1); }
  std::span<const int64_t> Of(uint32_t at) const {
    return {values() + starts()[at], starts()[at + 1] - starts()[at]};
  }
};

struct NumberPage : NodeHeader {
  static constexpr uint32_t kMaxDocs = 512;

  NumberZone zone;  // of all values, exact
  int64_t frame;
  SeveralValues* several;  // null: no document has more than one
  uint32_t width;          // bytes of an integer
  uint32_t reserved;

  static size_t Bytes(uint32_t docs, uint32_t width) {
    return sizeof(NumberPage) + docs / 64 * sizeof(uint64_t) + size_t{docs} * width;
  }
  // A page of the edit. `docs` is a multiple of 64, `present` has a bit for each, absent values are 0.
  static NumberPage* Make(uint32_t docs, uint32_t min_width, const int64_t* values,
                          const uint64_t* present, PageEdit* edit);

  uint64_t* present() { return reinterpret_cast<uint64_t*>(this + 1); }
  const uint64_t* present() const { return reinterpret_cast<const uint64_t*>(this + 1); }
  void* integers() { return present() + count / 64; }
  const void* integers() const { return present() + count / 64; }

  bool Has(uint32_t at) const { return ((present()[at / 64] >> (at % 64)) & 1) != 0; }
  int64_t Smallest(uint32_t at) const;  // REQUIRES: Has(at)
  std::span<const int64_t> All(uint32_t at, int64_t* scratch) const;
  // The smallest values of [at, at + n), 0 where absent, and presence bits. `at` is a multiple of 64.
  void Read(uint32_t at, uint32_t n, int64_t* values, uint64_t* present_out) const;
  // Sets count / 64 words: bit i is set where document i has a value in [low, high].
  void Match(int64_t low, int64_t high, uint64_t* match) const;

  // Gives document `at` these values, ascending, and leaves in `*slot` the page that holds them: a copy where the edit does not own it,
  // a wider one where they need it. REQUIRES: `values` is not of a page
  static void Set(NumberPage** slot, uint32_t at, std::span<const int64_t> values,
                  uint32_t min_width, PageEdit* edit);

 private:
  bool Fits(int64_t value) const;
  void Put(uint32_t at, int64_t value);  // REQUIRES: Fits
  void SetSeveral(uint32_t at, std::span<const int64_t> values, PageEdit* edit);
  NumberZone ComputeZone() const;
  static NumberPage* Wider(NumberPage* page, uint32_t at, int64_t value, uint32_t min_width,
                           PageEdit* edit);
  static NumberPage* Encode(uint32_t docs, uint32_t width, int64_t frame, const int64_t* values,
                            const uint64_t* present, PageEdit* edit);
};
static_assert(sizeof(NumberPage) == 64);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_NUMBER_PAGE_H_
