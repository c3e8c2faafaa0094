// PrimaryKeyMap: where the newest document of each key of one index is; the writer's way from a key
// to its document.
//
// An update must not ask every segment for its key, so the writer keeps this map beside the
// segments: built when the index is opened, then kept up with every batch and merge. Readers do not
// use it; they ask the key tables of the segments of their view.
//
// The map holds no keys. An entry is 8 bytes: 20 bits of the key's hash, a segment's slot, a
// document; whether it is the right one is seen by the key bytes in the segment. So a document's
// key must be readable before its entry is made: seal the batch's segment first. Which gives the
// order for a writer whose batch may fail:
//
//   while the batch is worked:  place = map.Find(key)      // edits go into the batch, not the map
//   when it cannot fail:        AddSegment(sealed one)     // the only step that can fail: first
//                               Put(...), Erase(...)       // these cannot
//
// A merge moves whole segments by Forward, at one cost for any size: entries that name the old
// segment are read through its document map until RehomeSome, called in small steps between
// batches, has rewritten them.
//
// Single-threaded; owner: who holds the index's claim, and with it the claim's next holder.
// Errors: kResourceExhausted where more than kMaxSegments are known at once; kCorruption from
// BuildFrom.
// Cost, CPU time of one core of an AMD EPYC of 2.6 GHz in a busy virtual machine, 10 M keys of 16
// bytes: 10.2 bytes per key after Reserve, 10 to 15 while growing; BuildFrom 0.6 to 1.0 s; Find
// with the comparison 350 to 600 ns for random keys, 50 ns for hot ones, 250 ns for a miss;
// longest Put 0.5 ms, which moves one of 256 partitions; RehomeSome 5 ns per place that it passes
// over and 45 to 80 ns per entry that it rewrites: 64 k places take 0.3 ms for a segment of 32 k
// documents, 4 ms where all 10 M were forwarded. Forward with entries moved at once: 0.3 us each.
// Keys whose hashes share their top 28 bits are told apart by their key bytes alone, one after the
// other: one in 27 lookups among 10 M keys, one in 3 among 100 M.
#ifndef BINSEEK_ENGINE_INDEX_PRIMARY_KEY_MAP_H_
#define BINSEEK_ENGINE_INDEX_PRIMARY_KEY_MAP_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/doc_id.h"
#include "engine/codec/key_hash.h"
#include "engine/index/key_map_partition.h"

namespace binseek::index {

using codec::DocId;

// The keys of one segment's documents; an empty one says that the document has none (a child in a
// block).
class KeyReader {
 public:
  virtual ~KeyReader() = default;
  // Valid for as long as the reader.
  virtual std::string_view Key(DocId doc) const = 0;
};

// A KeyReader of anything that has Key(doc), kept alive by it.
template <class Segment>
class SegmentKeys final : public KeyReader {
 public:
  explicit SegmentKeys(std::shared_ptr<const Segment> segment) : segment_(std::move(segment)) {}
  std::string_view Key(DocId doc) const override { return segment_->Key(doc); }

 private:
  const std::shared_ptr<const Segment> segment_;
};

struct KeyPlace {
  uint64_t segment_id = 0;
  DocId doc = 0;
  friend bool operator==(const KeyPlace&, const KeyPlace&) = default;
};

class PrimaryKeyMap {
 public:
  using Hash = uint64_t (*)(std::string_view);
  // New document of each document of a segment that was merged; kNoMoreDocs: it died.
  using DocMap = std::shared_ptr<const std::vector<DocId>>;

  // Segments known at once, those that were merged away but still have entries included.
  static constexpr size_t kMaxSegments = 4096;
  // Forward moves the entries of segments up to this size at once: tiny segments come and go faster
  // than RehomeSome gets round.
  static constexpr size_t kMovedAtOnceDocs = 1024;

  // Another hash than the default is for tests.
  explicit PrimaryKeyMap(Hash hash = codec::TableHash) : hash_(hash) {}
  PrimaryKeyMap(const PrimaryKeyMap&) = delete;
  PrimaryKeyMap& operator=(const PrimaryKeyMap&) = delete;
  ~PrimaryKeyMap() = default;

  // Makes a segment known; `keys` is held until the segment is forwarded or removed.
  // REQUIRES: `segment_id` is not known.
  [[nodiscard]] Status AddSegment(uint64_t segment_id, std::shared_ptr<const KeyReader> keys);

  std::optional<KeyPlace> Find(std::string_view key) const;
  // Before Finds that are some keys ahead: starts to load what they look at first; and, once that is there, where they will most likely find the
  // key, told by the hash alone. Cost: nanoseconds, and what the document map of a forwarded segment costs.
  void Prefetch(std::string_view key) const;
  std::optional<KeyPlace> Guess(std::string_view key) const;
  // Inserts or replaces; returns the place before.
  // REQUIRES: the key is not empty, the segment is known, and its reader gives `key` for `doc`.
  std::optional<KeyPlace> Put(std::string_view key, uint64_t segment_id, DocId doc);
  // Returns the place before.
  std::optional<KeyPlace> Erase(std::string_view key);

  // Every document of segment `from` is at `doc_map[doc]` of segment `to` from here on. `from` is
  // then unknown and its reader released; `doc_map` is held until no entry needs it. `to` may be
  // forwarded in its turn before that.
  // REQUIRES: both are known and differ; `doc_map` covers all documents of `from`.
  void Forward(uint64_t from, uint64_t to, DocMap doc_map);
  // The same for a segment of which nothing lives: entries that still name it are not found.
  void RemoveSegment(uint64_t segment_id);
  // Looks at up to `max_places` places of the table for entries of forwarded segments and rewrites
  // them. Returns whether there is more to do; without forwarded segments it returns at once.
  bool RehomeSome(size_t max_places);

  // Makes room for `keys` keys in all, so that building neither grows nor wastes.
  void Reserve(uint64_t keys);
  // Adds the documents [0, max_doc) of a known segment that have a key and for which `is_live`
  // holds (null: all). kCorruption where a key is there already, as two documents of one key cannot
  // both live; the map is then to be thrown away.
  [[nodiscard]] Status BuildFrom(uint64_t segment_id, DocId max_doc,
                                 const std::function<bool(DocId)>& is_live);

  // Entries; until they are rehomed also those of documents that died in a merge.
  uint64_t size() const { return size_; }
  size_t known_segments() const { return slot_of_.size(); }
  size_t forwarded_segments() const { return forwarded_; }  // not yet worked off
  size_t memory_bytes() const;                              // with the document maps that are held

 private:
  using Partition = KeyMapPartition;
  enum class SlotState : uint8_t { kFree, kKnown, kForwarded };
  struct Slot {
    std::shared_ptr<const KeyReader> keys;  // kKnown
    DocMap doc_map;                         // kForwarded; null: nothing lives
    uint64_t segment_id = 0;
    uint64_t entries = 0;   // that name this slot
    uint32_t incoming = 0;  // forwarded slots that lead here
    uint16_t to = 0;        // kForwarded, with a doc_map
    SlotState state = SlotState::kFree;
  };
  // doc is kNoMoreDocs where the document died.
  struct Located {
    uint16_t slot;
    DocId doc;
  };

  Partition& PartitionOf(uint64_t hash) { return partitions_[hash >> 56]; }
  const Partition& PartitionOf(uint64_t hash) const { return partitions_[hash >> 56]; }
  uint16_t SlotOf(uint64_t segment_id) const;
  Located Resolve(uint64_t entry) const;
  KeyPlace PlaceOf(Located located) const { return {slots_[located.slot].segment_id, located.doc}; }
  // The place of the key's entry, `found` set; else the empty one at the end of its chain.
  // REQUIRES: the partition has places.
  uint32_t Probe(const Partition& partition, uint64_t hash, std::string_view key,
                 std::optional<Located>* found) const;
  void Insert(Partition* partition, uint32_t empty_at, uint64_t entry);
  void RemoveAt(Partition* partition, uint32_t at);
  Status BuildOne(uint16_t slot, DocId doc, uint64_t hash);
  void MoveAtOnce(uint16_t from, uint16_t to, const std::vector<DocId>& doc_map);
  void PrefetchDocMap(uint64_t entry) const;
  void Rewrite(Partition* partition, uint32_t at, Located located);
  void Retire(uint64_t segment_id, uint16_t slot);
  void ReleaseIfUnused(uint16_t slot);

  const Hash hash_;
  std::array<Partition, 256> partitions_;  // by the top 8 bits of the hash
  std::vector<Slot> slots_;
  std::vector<uint16_t> free_slots_;
  std::unordered_map<uint64_t, uint16_t> slot_of_;  // known segments
  uint64_t size_ = 0;
  size_t forwarded_ = 0;
  // Where RehomeSome goes on.
  size_t sweep_partition_ = 0;
  uint32_t sweep_at_ = 0;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_PRIMARY_KEY_MAP_H_
