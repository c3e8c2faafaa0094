#include "engine/index/key_map_partition.h"

#include <algorithm>
#include <utility>

namespace binseek::index {

void KeyMapPartition::Insert(uint32_t empty_at, uint64_t entry) {
  if ((uint64_t{used_} + 1) * 5 > uint64_t{capacity_} * 4) {
    Reserve(capacity_ + capacity_ / 2);
    empty_at = Home(HashOf(entry));
    while (entries_[empty_at] != 0) {
      empty_at = Next(empty_at);
    }
  }
  entries_[empty_at] = entry;
  ++used_;
}

void KeyMapPartition::RemoveAt(uint32_t at) {
  uint32_t hole = at;
  for (uint32_t next = Next(hole); entries_[next] != 0; next = Next(next)) {
    const uint32_t home = Home(HashOf(entries_[next]));
    // The entry may move unless its home lies behind the hole, on the way round from there to it.
    const bool stays = hole < next ? home > hole && home <= next : home > hole || home <= next;
    if (!stays) {
      entries_[hole] = entries_[next];
      hole = next;
    }
  }
  entries_[hole] = 0;
  --used_;
}

void KeyMapPartition::Reserve(uint32_t capacity) {
  capacity = std::max(capacity, kFirstCapacity);
  if (capacity <= capacity_) {
    return;
  }
  auto entries = std::make_unique<uint64_t[]>(capacity);
  for (uint32_t i = 0; i < capacity_; ++i) {
    if (entries_[i] != 0) {
      uint32_t at = HomeIn(HashOf(entries_[i]), capacity);
      while (entries[at] != 0) {
        at = at + 1 == capacity ? 0 : at + 1;
      }
      entries[at] = entries_[i];
    }
  }
  entries_ = std::move(entries);
  capacity_ = capacity;
}

}  // namespace binseek::index
