// TombstoneAges: in which order an index's tombstones came, for those of an index that no source tells when no older write can come any more.
//
// Elasticsearch keeps them for index.gc_deletes; so does an engine (EngineOptions::tombstone_age). Single-threaded: touched under the index's claim.
#ifndef BINSEEK_ENGINE_INDEX_TOMBSTONE_AGES_H_
#define BINSEEK_ENGINE_INDEX_TOMBSTONE_AGES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "engine/index/tombstones.h"

namespace binseek::index {

class TombstoneAges {
 public:
  struct Entry {
    std::string key;
    int64_t version = 0;
    int64_t at_micros = 0;
  };

  // REQUIRES: times do not go back.
  void Put(const std::string& key, int64_t version, int64_t now_micros) {
    entries_.push_back({key, version, now_micros});
    bytes_ += BytesOf(entries_.back());
  }
  // The oldest one that was put at or before that time. Its key may have another tombstone by now, or none.
  std::optional<Entry> TakeOlderThan(int64_t micros) {
    if (entries_.empty() || entries_.front().at_micros > micros) {
      return std::nullopt;
    }
    bytes_ -= BytesOf(entries_.front());
    Entry entry = std::move(entries_.front());
    entries_.pop_front();
    return entry;
  }

  size_t memory_bytes() const { return bytes_; }

 private:
  static size_t BytesOf(const Entry& entry) { return sizeof(Entry) + BytesBesideString(entry.key); }

  std::deque<Entry> entries_;
  size_t bytes_ = 0;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_TOMBSTONE_AGES_H_
