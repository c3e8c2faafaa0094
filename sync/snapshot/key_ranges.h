// KeyRanges: what of a table is left to read, as ranges of its key that several readers share.
//
// Every key that is left lies in exactly one range, and a range has one reader at most. So a table is read as if by one reader for each of its keys, however
// many there are: who takes the part without an end cuts a piece off its front, and leaves the rest to whoever comes next (Cut). Borders are cells of
// rows; no order of keys is known here, only the server's statements compare.
//
//   KeyRanges ranges(checkpoint.ranges);           // none: all of the table
//   auto taken = ranges.Take();                    // {0, {behind nothing, without an end}}
//   ranges.Cut(taken->id, {"1000"});               // it ends with key 1000; what is behind that can be taken
//   ranges.Applied(taken->id, {"500"}, false);     // List() goes on behind 500
//   ranges.GiveBack(taken->id, {"700"});           // another Take() goes on behind 700
//
// Plain value. Ids are told again only by another object.
#ifndef BINSEEK_SYNC_SNAPSHOT_KEY_RANGES_H_
#define BINSEEK_SYNC_SNAPSHOT_KEY_RANGES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sync/snapshot/key_cells.h"

namespace binseek::snapshot {

struct KeyRange {
  KeyCells after;  // what is left lies behind this; empty: it begins with the table
  KeyCells
      up_to;  // its last key, whether there is such a row or not; empty: it ends with the table

  bool operator==(const KeyRange&) const = default;
};

struct TakenRange {
  uint64_t id = 0;
  KeyRange range;
};

class KeyRanges {
 public:
  // The whole table.
  KeyRanges() : KeyRanges(std::vector<KeyRange>()) {}
  // As List() told them; none: the whole table.
  explicit KeyRanges(const std::vector<KeyRange>& left);

  bool HasFree() const;
  // The first that nobody reads.
  std::optional<TakenRange> Take();
  // The range ends with `border`, and what is behind that is another, which nobody reads. REQUIRES: it is taken, and its reader has not come to the border.
  void Cut(uint64_t id, const KeyCells& border);
  // Its reader leaves the range, of which it has read so far (empty: nothing), to whoever takes it next. What it read and is not in the index yet comes there before
  // what is read behind it.
  void GiveBack(uint64_t id, const KeyCells& read_up_to);
  // Its rows up to `last_key` are in the index; `ended`: it has no more. The last range of all stays, for List().
  void Applied(uint64_t id, const KeyCells& last_key, bool ended);
  // All that was left is in the index.
  bool AllApplied() const { return ranges_.size() == 1 && ranges_.front().ended; }

  // What a restart goes on with; never empty.
  std::vector<KeyRange> List() const;

 private:
  struct Range {
    uint64_t id = 0;
    KeyRange left;
    KeyCells read_up_to{};  // where the next reader goes on, which may lie ahead of `left`
    bool taken = false;
    bool ended = false;
  };
  std::vector<Range>::iterator Find(uint64_t id);

  std::vector<Range> ranges_;  // in key order; never empty
  uint64_t next_id_ = 0;
};

}  // namespace binseek::snapshot

#endif  // BINSEEK_SYNC_SNAPSHOT_KEY_RANGES_H_
