// PendingKeys: of one table, the keys whose rows are yet to be read by themselves, and which of them are being read.
//
// A key of fewer cells than the table's stands for rows that are new, whose documents are not there yet; so it covers no row's document.
// A key that becomes pending again while its row is being read stays pending: the read may have come before what made it so. Beyond kMost
// keys single reads cost more than a whole one: then the table is to be read again, which is kept as the one key without cells.
//
// Thread-compatible.
#ifndef BINSEEK_SYNC_PIPELINE_PENDING_KEYS_H_
#define BINSEEK_SYNC_PIPELINE_PENDING_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "sync/snapshot/key_cells.h"

namespace binseek::pipeline {

// A key, and how often it was pending when it was taken up.
struct PendingKey {
  snapshot::KeyCells cells;
  uint64_t stamp = 0;
};

class PendingKeys {
 public:
  static constexpr size_t kMost = 10'000;

  // What was written by List.
  explicit PendingKeys(const std::vector<snapshot::KeyCells>& listed = {});

  // Empty cells: the whole table.
  void Add(const snapshot::KeyCells& cells);
  // Whether the document of that row may be old.
  bool Covers(const snapshot::KeyCells& cells) const { return whole_ || keys_.contains(cells); }
  bool empty() const { return !whole_ && keys_.empty(); }
  bool whole() const { return whole_; }
  // Of the newest key so far; and whether any that was pending by such a one still is.
  uint64_t last_stamp() const { return last_stamp_; }
  bool AnyUpTo(uint64_t stamp) const;
  // Where the whole table is to be read again: the keys that were counted before and since.
  uint64_t size() const { return whole_ ? counted_ : keys_.size(); }

  // Keys to read now, at most `most`, that nobody reads yet. Each is to be given to Done or to Release. None where the whole table is.
  std::vector<PendingKey> Take(size_t most);
  bool HasSomeToTake() const { return !whole_ && reading_ < keys_.size(); }
  // The rows were read and are in the index.
  void Done(const std::vector<PendingKey>& read);
  // They could not be read.
  void Release(const std::vector<PendingKey>& taken);

  // No row from before exists any more: nothing is pending, and what is being read is not to be written.
  void Clear();
  // False where Clear came since they were taken.
  bool MayWrite(const std::vector<PendingKey>& read) const {
    return read.empty() || read.front().stamp > cleared_at_;
  }

  // As it travels in the checkpoint; without `read`, as it is behind Done.
  std::vector<snapshot::KeyCells> List(const std::vector<PendingKey>& read = {}) const;

 private:
  struct Key {
    uint64_t stamp = 0;  // the newest
    uint64_t since = 0;  // the first that no read has answered
    bool being_read = false;
  };

  std::map<snapshot::KeyCells, Key> keys_;
  snapshot::KeyCells next_;  // where Take goes on, so that none waits forever
  size_t reading_ = 0;
  uint64_t last_stamp_ = 0;
  uint64_t cleared_at_ = 0;  // stamps up to this are from before
  bool whole_ = false;
  uint64_t counted_ = 0;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_PENDING_KEYS_H_
