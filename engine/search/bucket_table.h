// BucketTable: gives every (parent bucket, key) a bucket number of its own, in the order of their appearance, and counts their documents.
//
// Keys are bytes or integers. Its memory counts against the search's. Numbers are dense from 0 and stay; so they serve the aggregations below as their parents'. Single-threaded.
#ifndef BINSEEK_ENGINE_SEARCH_BUCKET_TABLE_H_
#define BINSEEK_ENGINE_SEARCH_BUCKET_TABLE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/search/aggregator.h"

namespace binseek::search {

// Key: std::string or int64_t.
template <class Key>
class BucketTable {
 public:
  explicit BucketTable(AggregationContext* context) : context_(context) {}

  // kResourceExhausted beyond kMaxCollectedBuckets and the context's bytes.
  Result<uint32_t> Find(uint32_t parent, const Key& key) {
    if constexpr (kRemembers) {
      Known& known = known_[SlotOf(parent, key)];
      if (known.id == kNoBucket || known.parent != parent || known.key != key) {
        BINSEEK_ASSIGN_OR_RETURN(const uint32_t id, FindInTable(parent, key));
        known = {.key = key, .parent = parent, .id = id};
      }
      return known.id;
    } else {
      return FindInTable(parent, key);
    }
  }

  // Counts a document in the bucket of each key. Errors: as Find. REQUIRES: keys are integers.
  Status CountEach(uint32_t parent, std::span<const Key> keys) {
    for (const Key& key : keys) {
      const Known& known = known_[SlotOf(parent, key)];
      if (known.id != kNoBucket && known.parent == parent && known.key == key) [[likely]] {
        ++counts_[known.id];
      } else {
        BINSEEK_ASSIGN_OR_RETURN(const uint32_t bucket, Find(parent, key));
        ++counts_[bucket];
      }
    }
    return Status::Ok();
  }

  void Count(uint32_t bucket, uint64_t documents = 1) { counts_[bucket] += documents; }
  uint64_t count(uint32_t bucket) const { return counts_[bucket]; }
  uint32_t size() const { return static_cast<uint32_t>(counts_.size()); }
  const Key& key(uint32_t bucket) const { return *keys_[bucket]; }
  bool HasAny(uint32_t parent) const {
    return parent < of_parent_.size() && !of_parent_[parent].empty();
  }
  // In the order of their appearance.
  std::vector<uint32_t> OfParent(uint32_t parent) const {
    return parent < of_parent_.size() ? of_parent_[parent] : std::vector<uint32_t>();
  }

 private:
  struct Hash {
    size_t operator()(const std::pair<uint32_t, Key>& value) const {
      return std::hash<Key>()(value.second) * 0x9E3779B97F4A7C15u +
             value.first * size_t{0xC2B2AE3D27D4EB4Fu};
    }
  };

  Result<uint32_t> FindInTable(uint32_t parent, const Key& key) {
    const auto [it, is_new] =
        ids_.try_emplace({parent, key}, static_cast<uint32_t>(counts_.size()));
    if (is_new) {
      if (counts_.size() >= kMaxCollectedBuckets) {
        return Status::ResourceExhausted("Trying to create too many buckets.");
      }
      BINSEEK_RETURN_IF_ERROR(context_->AddBytes(kNodeBytes + HeapBytes(key)));
      BINSEEK_RETURN_IF_ERROR(context_->Append(uint64_t{0}, &counts_));
      BINSEEK_RETURN_IF_ERROR(context_->Append(&it->first.second, &keys_));
      BINSEEK_RETURN_IF_ERROR(context_->Extend(parent + size_t{1}, &of_parent_));
      of_parent_[parent].push_back(it->second);
    }
    return it->second;
  }

  // Where the bucket of a number was found last: facets have few, in no order.
  static constexpr bool kRemembers = std::is_integral_v<Key>;
  static constexpr uint32_t kNoBucket = UINT32_MAX;
  struct Known {
    Key key{};
    uint32_t parent = 0;
    uint32_t id = kNoBucket;
  };
  static size_t SlotOf(uint32_t parent, const Key& key) {
    return ((static_cast<uint64_t>(key) + parent) * 0x9E3779B97F4A7C15U) >> 56;
  }

  static size_t HeapBytes(const std::string& key) { return key.size(); }
  static size_t HeapBytes(int64_t /*key*/) { return 0; }
  // An entry of ids_ with its pointers and its slot, and its number in of_parent_.
  static constexpr size_t kNodeBytes = sizeof(std::pair<std::pair<uint32_t, Key>, uint32_t>) +
                                       4 * sizeof(void*) + 2 * sizeof(uint32_t);

  AggregationContext* const context_;
  std::unordered_map<std::pair<uint32_t, Key>, uint32_t, Hash> ids_;
  std::vector<uint64_t> counts_;
  std::vector<const Key*> keys_;  // nodes of ids_ do not move
  std::vector<std::vector<uint32_t>> of_parent_;
  std::array<Known, kRemembers ? 256 : 0> known_{};
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_BUCKET_TABLE_H_
