#include "engine/index/primary_key_map.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/base/check.h"

namespace binseek::index {
namespace {

// An entry, from the top: 20 bits of hash, those below the partition's 8; 12 bits of slot; 32 bits
// of document + 1.
constexpr int kSlotShift = 32;
constexpr uint64_t kSlotMask = PrimaryKeyMap::kMaxSegments - 1;
static_assert(PrimaryKeyMap::kMaxSegments == size_t{1}
                                                 << (KeyMapPartition::kHashShift - kSlotShift));

// Building looks ahead this many keys, so that their cache misses overlap.
constexpr size_t kBuildBatch = 32;
// RehomeSome fetches an entry's place in its document map this far ahead.
constexpr uint32_t kSweepAhead = 32;

uint64_t ShortHash(uint64_t hash) { return (hash << 8) >> KeyMapPartition::kHashShift; }
uint64_t MakeEntry(uint64_t short_hash, uint16_t slot, DocId doc) {
  return (short_hash << KeyMapPartition::kHashShift) | (uint64_t{slot} << kSlotShift) |
         (uint64_t{doc} + 1);
}
uint16_t EntrySlot(uint64_t entry) {
  return static_cast<uint16_t>((entry >> kSlotShift) & kSlotMask);
}
DocId EntryDoc(uint64_t entry) { return static_cast<DocId>(entry) - 1; }

}  // namespace

Status PrimaryKeyMap::AddSegment(uint64_t segment_id, std::shared_ptr<const KeyReader> keys) {
  BINSEEK_CHECK(slot_of_.find(segment_id) == slot_of_.end(), "the segment is known already");
  uint16_t slot = 0;
  if (!free_slots_.empty()) {
    slot = free_slots_.back();
    free_slots_.pop_back();
  } else if (slots_.size() < kMaxSegments) {
    slot = static_cast<uint16_t>(slots_.size());
    slots_.emplace_back();
  } else {
    return Status::ResourceExhausted("the key map knows " + std::to_string(kMaxSegments) +
                                     " segments, " + std::to_string(forwarded_) +
                                     " of them merged away, and takes no more");
  }
  Slot& added = slots_[slot];
  added.keys = std::move(keys);
  added.segment_id = segment_id;
  added.state = SlotState::kKnown;
  slot_of_.emplace(segment_id, slot);
  return Status::Ok();
}

uint16_t PrimaryKeyMap::SlotOf(uint64_t segment_id) const {
  const auto it = slot_of_.find(segment_id);
  BINSEEK_CHECK(it != slot_of_.end(), "the segment is not known");
  return it->second;
}

PrimaryKeyMap::Located PrimaryKeyMap::Resolve(uint64_t entry) const {
  Located located{EntrySlot(entry), EntryDoc(entry)};
  while (slots_[located.slot].state == SlotState::kForwarded) {
    const Slot& slot = slots_[located.slot];
    if (slot.doc_map == nullptr) {
      return {located.slot, codec::kNoMoreDocs};
    }
    BINSEEK_CHECK(located.doc < slot.doc_map->size(), "a document beyond its segment's map");
    located.doc = (*slot.doc_map)[located.doc];
    if (located.doc == codec::kNoMoreDocs) {
      return located;
    }
    located.slot = slot.to;
  }
  return located;
}

uint32_t PrimaryKeyMap::Probe(const Partition& partition, uint64_t hash, std::string_view key,
                              std::optional<Located>* found) const {
  const uint64_t short_hash = ShortHash(hash);
  uint32_t at = partition.Home(short_hash);
  for (;; at = partition.Next(at)) {
    const uint64_t entry = partition[at];
    if (entry == 0) {
      return at;
    }
    if (KeyMapPartition::HashOf(entry) == short_hash) {
      const Located located = Resolve(entry);
      if (located.doc != codec::kNoMoreDocs && slots_[located.slot].keys->Key(located.doc) == key) {
        *found = located;
        return at;
      }
    }
  }
}

std::optional<KeyPlace> PrimaryKeyMap::Find(std::string_view key) const {
  const uint64_t hash = hash_(key);
  const Partition& partition = PartitionOf(hash);
  std::optional<Located> found;
  if (!partition.empty()) {
    Probe(partition, hash, key, &found);
  }
  return found ? std::optional<KeyPlace>(PlaceOf(*found)) : std::nullopt;
}

void PrimaryKeyMap::Prefetch(std::string_view key) const {
  const uint64_t hash = hash_(key);
  const Partition& partition = PartitionOf(hash);
  if (!partition.empty()) {
    __builtin_prefetch(&partition[partition.Home(ShortHash(hash))]);
  }
}

std::optional<KeyPlace> PrimaryKeyMap::Guess(std::string_view key) const {
  const uint64_t hash = hash_(key);
  const Partition& partition = PartitionOf(hash);
  if (partition.empty()) {
    return std::nullopt;
  }
  const uint64_t short_hash = ShortHash(hash);
  for (uint32_t at = partition.Home(short_hash); partition[at] != 0; at = partition.Next(at)) {
    if (KeyMapPartition::HashOf(partition[at]) == short_hash) {
      const Located located = Resolve(partition[at]);
      return located.doc == codec::kNoMoreDocs ? std::nullopt
                                               : std::optional<KeyPlace>(PlaceOf(located));
    }
  }
  return std::nullopt;
}

std::optional<KeyPlace> PrimaryKeyMap::Put(std::string_view key, uint64_t segment_id, DocId doc) {
  BINSEEK_CHECK(doc != codec::kNoMoreDocs);
  const Located target{SlotOf(segment_id), doc};
  const uint64_t hash = hash_(key);
  Partition& partition = PartitionOf(hash);
  partition.Reserve(KeyMapPartition::kFirstCapacity);
  std::optional<Located> found;
  const uint32_t at = Probe(partition, hash, key, &found);
  if (!found) {
    Insert(&partition, at, MakeEntry(ShortHash(hash), target.slot, doc));
    return std::nullopt;
  }
  const KeyPlace before = PlaceOf(*found);
  Rewrite(&partition, at, target);
  return before;
}

std::optional<KeyPlace> PrimaryKeyMap::Erase(std::string_view key) {
  const uint64_t hash = hash_(key);
  Partition& partition = PartitionOf(hash);
  std::optional<Located> found;
  if (partition.empty()) {
    return std::nullopt;
  }
  const uint32_t at = Probe(partition, hash, key, &found);
  if (!found) {
    return std::nullopt;
  }
  const KeyPlace before = PlaceOf(*found);
  RemoveAt(&partition, at);
  return before;
}

void PrimaryKeyMap::Insert(Partition* partition, uint32_t empty_at, uint64_t entry) {
  const uint32_t capacity = partition->capacity();
  partition->Insert(empty_at, entry);
  if (partition->capacity() != capacity && partition == &partitions_[sweep_partition_]) {
    sweep_at_ = 0;  // its entries have moved
  }
  ++size_;
  ++slots_[EntrySlot(entry)].entries;
}

void PrimaryKeyMap::RemoveAt(Partition* partition, uint32_t at) {
  const uint16_t slot = EntrySlot((*partition)[at]);
  partition->RemoveAt(at);
  --size_;
  --slots_[slot].entries;
  ReleaseIfUnused(slot);
}

void PrimaryKeyMap::Rewrite(Partition* partition, uint32_t at, Located located) {
  const uint64_t entry = (*partition)[at];
  const uint16_t before = EntrySlot(entry);
  partition->Replace(at, MakeEntry(KeyMapPartition::HashOf(entry), located.slot, located.doc));
  ++slots_[located.slot].entries;
  --slots_[before].entries;
  ReleaseIfUnused(before);
}

void PrimaryKeyMap::ReleaseIfUnused(uint16_t slot) {
  while (slots_[slot].state == SlotState::kForwarded && slots_[slot].entries == 0 &&
         slots_[slot].incoming == 0) {
    const bool leads_on = slots_[slot].doc_map != nullptr;
    const uint16_t to = slots_[slot].to;
    slots_[slot] = Slot();
    free_slots_.push_back(slot);
    --forwarded_;
    if (!leads_on) {
      return;
    }
    --slots_[to].incoming;
    slot = to;
  }
}

void PrimaryKeyMap::Forward(uint64_t from, uint64_t to, DocMap doc_map) {
  BINSEEK_CHECK(doc_map != nullptr);
  const uint16_t from_slot = SlotOf(from);
  const uint16_t to_slot = SlotOf(to);
  BINSEEK_CHECK(from_slot != to_slot, "a segment forwarded to itself");
  if (doc_map->size() <= kMovedAtOnceDocs) {
    MoveAtOnce(from_slot, to_slot, *doc_map);
  }
  slots_[from_slot].doc_map = std::move(doc_map);
  slots_[from_slot].to = to_slot;
  ++slots_[to_slot].incoming;
  Retire(from, from_slot);
}

void PrimaryKeyMap::RemoveSegment(uint64_t segment_id) { Retire(segment_id, SlotOf(segment_id)); }

void PrimaryKeyMap::Retire(uint64_t segment_id, uint16_t slot) {
  slot_of_.erase(segment_id);
  slots_[slot].keys.reset();
  slots_[slot].state = SlotState::kForwarded;
  ++forwarded_;
  ReleaseIfUnused(slot);
}

void PrimaryKeyMap::MoveAtOnce(uint16_t from, uint16_t to, const std::vector<DocId>& doc_map) {
  for (DocId doc = 0; doc < doc_map.size() && slots_[from].entries > 0; ++doc) {
    const std::string_view key = slots_[from].keys->Key(doc);
    const uint64_t hash = hash_(key);
    Partition& partition = PartitionOf(hash);
    if (key.empty() || partition.empty()) {
      continue;
    }
    const uint64_t wanted = MakeEntry(ShortHash(hash), from, doc);
    uint32_t at = partition.Home(ShortHash(hash));
    while (partition[at] != 0 && partition[at] != wanted) {
      at = partition.Next(at);
    }
    if (partition[at] == 0) {
      continue;  // the key has moved on, or died
    }
    if (doc_map[doc] == codec::kNoMoreDocs) {
      RemoveAt(&partition, at);
    } else {
      Rewrite(&partition, at, {to, doc_map[doc]});
    }
  }
}

void PrimaryKeyMap::PrefetchDocMap(uint64_t entry) const {
  const Slot& slot = slots_[EntrySlot(entry)];
  if (entry != 0 && slot.doc_map != nullptr) {
    __builtin_prefetch(slot.doc_map->data() + EntryDoc(entry));
  }
}

bool PrimaryKeyMap::RehomeSome(size_t max_places) {
  // What a removal moves past the sweep is found in the next round: a slot is released when its
  // count of entries says so.
  while (forwarded_ > 0 && max_places > 0) {
    Partition& partition = partitions_[sweep_partition_];
    for (; sweep_at_ < partition.capacity() && max_places > 0; --max_places) {
      if (sweep_at_ + kSweepAhead < partition.capacity()) {
        PrefetchDocMap(partition[sweep_at_ + kSweepAhead]);
      }
      const uint64_t entry = partition[sweep_at_];
      if (entry != 0 && slots_[EntrySlot(entry)].state == SlotState::kForwarded) {
        const Located located = Resolve(entry);
        if (located.doc == codec::kNoMoreDocs) {
          RemoveAt(&partition, sweep_at_);
          continue;  // another entry may be here
        }
        Rewrite(&partition, sweep_at_, located);
      }
      ++sweep_at_;
    }
    if (max_places > 0) {
      sweep_partition_ = (sweep_partition_ + 1) % partitions_.size();
      sweep_at_ = 0;
      --max_places;
    }
  }
  return forwarded_ > 0;
}

void PrimaryKeyMap::Reserve(uint64_t keys) {
  if (keys < partitions_.size()) {
    return;  // most partitions would get room for nothing
  }
  // Few partitions get more than four standard deviations above the mean; those grow.
  const double mean = static_cast<double>(keys) / static_cast<double>(partitions_.size());
  const double places = std::ceil((mean + 4 * std::sqrt(mean)) * 1.25);
  const auto capacity = static_cast<uint32_t>(std::min(places, 4e9));
  for (Partition& partition : partitions_) {
    partition.Reserve(capacity);
  }
  sweep_at_ = 0;  // entries have moved
}

Status PrimaryKeyMap::BuildFrom(uint64_t segment_id, DocId max_doc,
                                const std::function<bool(DocId)>& is_live) {
  const uint16_t slot = SlotOf(segment_id);
  const KeyReader& keys = *slots_[slot].keys;
  std::array<std::pair<uint64_t, DocId>, kBuildBatch> batch;
  for (DocId doc = 0; doc < max_doc;) {
    size_t count = 0;
    for (; doc < max_doc && count < kBuildBatch; ++doc) {
      const std::string_view key = !is_live || is_live(doc) ? keys.Key(doc) : std::string_view();
      if (!key.empty()) {
        const uint64_t hash = hash_(key);
        const Partition& partition = PartitionOf(hash);
        if (partition.capacity() > 0) {
          __builtin_prefetch(&partition[partition.Home(ShortHash(hash))], 1);
        }
        batch[count++] = {hash, doc};
      }
    }
    for (size_t i = 0; i < count; ++i) {
      BINSEEK_RETURN_IF_ERROR(BuildOne(slot, batch[i].second, batch[i].first));
    }
  }
  return Status::Ok();
}

Status PrimaryKeyMap::BuildOne(uint16_t slot, DocId doc, uint64_t hash) {
  Partition& partition = PartitionOf(hash);
  partition.Reserve(KeyMapPartition::kFirstCapacity);
  const uint64_t short_hash = ShortHash(hash);
  uint32_t at = partition.Home(short_hash);
  for (; partition[at] != 0; at = partition.Next(at)) {
    if (KeyMapPartition::HashOf(partition[at]) != short_hash) {
      continue;
    }
    const Located other = Resolve(partition[at]);
    if (other.doc != codec::kNoMoreDocs &&
        slots_[other.slot].keys->Key(other.doc) == slots_[slot].keys->Key(doc)) {
      return Status::Corruption("segment " + std::to_string(slots_[slot].segment_id) +
                                ": document " + std::to_string(doc) +
                                " has the key of another that lives, document " +
                                std::to_string(other.doc) + " of segment " +
                                std::to_string(slots_[other.slot].segment_id));
    }
  }
  Insert(&partition, at, MakeEntry(short_hash, slot, doc));
  return Status::Ok();
}

size_t PrimaryKeyMap::memory_bytes() const {
  size_t bytes = sizeof(*this) + slots_.capacity() * sizeof(Slot) +
                 free_slots_.capacity() * sizeof(uint16_t) +
                 slot_of_.bucket_count() * sizeof(void*) + slot_of_.size() * 32;
  for (const Partition& partition : partitions_) {
    bytes += partition.memory_bytes();
  }
  for (const Slot& slot : slots_) {
    if (slot.doc_map != nullptr) {
      bytes += slot.doc_map->capacity() * sizeof(DocId);
    }
  }
  return bytes;
}

}  // namespace binseek::index
