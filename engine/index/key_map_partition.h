// KeyMapPartition: one of the tables of a PrimaryKeyMap: 8-byte entries under 20 bits of hash.
//
// Open addressing with linear probing; an entry's home follows from the hash within it, so that
// growing and removing need nothing but the table. The home grows with the hash: growing copies
// from front to back in both tables, and a capacity may be any number. What finds no place before
// the end goes on at the front. An entry is never 0, which is an empty place.
// Single-threaded: its map's owner. Cost: nothing while empty; at most four of five places are
// taken, and growing adds a half.
#ifndef BINSEEK_ENGINE_INDEX_KEY_MAP_PARTITION_H_
#define BINSEEK_ENGINE_INDEX_KEY_MAP_PARTITION_H_

#include <cstddef>
#include <cstdint>
#include <memory>

namespace binseek::index {

class KeyMapPartition {
 public:
  static constexpr int kHashBits = 20;
  static constexpr int kHashShift = 64 - kHashBits;
  static constexpr uint32_t kFirstCapacity = 8;

  static uint64_t HashOf(uint64_t entry) { return entry >> kHashShift; }

  bool empty() const { return used_ == 0; }
  uint32_t capacity() const { return capacity_; }  // places
  size_t memory_bytes() const { return capacity_ * sizeof(uint64_t); }

  // A chain begins at its hash's home and ends at the first empty place.
  // REQUIRES: capacity() > 0; there is always an empty place.
  uint32_t Home(uint64_t hash) const { return HomeIn(hash, capacity_); }
  uint32_t Next(uint32_t at) const { return at + 1 == capacity_ ? 0 : at + 1; }
  const uint64_t& operator[](uint32_t at) const { return entries_[at]; }

  // REQUIRES: the entry keeps its hash.
  void Replace(uint32_t at, uint64_t entry) { entries_[at] = entry; }
  // REQUIRES: `empty_at` ends the entry's chain. Moves all entries where the table must grow.
  void Insert(uint32_t empty_at, uint64_t entry);
  // Closes the gap with entries from further on in the chain: `at` may be taken again afterwards.
  void RemoveAt(uint32_t at);
  // Grows to `capacity` places, at least kFirstCapacity, if there are fewer.
  void Reserve(uint32_t capacity);

 private:
  static uint32_t HomeIn(uint64_t hash, uint32_t capacity) {
    return static_cast<uint32_t>((hash * capacity) >> kHashBits);
  }

  std::unique_ptr<uint64_t[]> entries_;
  uint32_t capacity_ = 0;
  uint32_t used_ = 0;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_KEY_MAP_PARTITION_H_
