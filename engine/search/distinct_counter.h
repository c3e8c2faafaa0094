// DistinctCounter: how many different hashes came: exact up to a threshold, and estimated from HyperLogLog registers beyond it.
//
// Hashes are of 64 bits, so that no correction for large counts is needed. The estimate is Ertl's improved one (2017), which needs no tables of biases; its standard error
// is about 1.04 / sqrt(2^precision), 0.8 % at the default threshold of 3,000. Single-threaded value type. Whoever holds it counts bytes().
#ifndef BINSEEK_ENGINE_SEARCH_DISTINCT_COUNTER_H_
#define BINSEEK_ENGINE_SEARCH_DISTINCT_COUNTER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace binseek::search {

class DistinctCounter {
 public:
  // REQUIRES: threshold <= 40,000.
  explicit DistinctCounter(uint32_t threshold) : threshold_(threshold) {}

  // `hash`: all of its bits are as good as random.
  void Add(uint64_t hash);
  uint64_t Count() const;
  bool exact() const { return registers_.empty(); }
  size_t bytes() const { return slots_.capacity() * sizeof(uint64_t) + registers_.capacity(); }
  // As many bits of a hash choose the register.
  static uint32_t PrecisionFor(uint32_t threshold);

 private:
  bool Insert(uint64_t hash);
  void Grow();
  void ToRegisters();
  void AddToRegisters(uint64_t hash);

  uint32_t threshold_;
  uint32_t size_ = 0;
  bool has_zero_ = false;           // the hash 0, which marks a free slot
  std::vector<uint64_t> slots_;     // a hash table, open addressing; a power of two
  std::vector<uint8_t> registers_;  // beyond the threshold
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_DISTINCT_COUNTER_H_
