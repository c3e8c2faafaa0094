#include "sync/snapshot/key_ranges.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace binseek::snapshot {

KeyRanges::KeyRanges(const std::vector<KeyRange>& left) {
  for (const KeyRange& range : left) {
    ranges_.push_back({next_id_++, range});
  }
  if (ranges_.empty()) {
    ranges_.push_back({next_id_++, {}});
  }
}

bool KeyRanges::HasFree() const {
  return std::any_of(ranges_.begin(), ranges_.end(), [](const Range& one) { return !one.taken; });
}

std::optional<TakenRange> KeyRanges::Take() {
  const auto free =
      std::find_if(ranges_.begin(), ranges_.end(), [](const Range& one) { return !one.taken; });
  if (free == ranges_.end()) {
    return std::nullopt;
  }
  free->taken = true;
  const KeyCells& after = free->read_up_to.empty() ? free->left.after : free->read_up_to;
  return TakenRange{free->id, {after, free->left.up_to}};
}

std::vector<KeyRanges::Range>::iterator KeyRanges::Find(uint64_t id) {
  return std::find_if(ranges_.begin(), ranges_.end(),
                      [id](const Range& one) { return one.id == id; });
}

void KeyRanges::Cut(uint64_t id, const KeyCells& border) {
  const auto range = Find(id);
  BINSEEK_CHECK(range != ranges_.end() && range->taken, "a range is cut by its reader");
  Range rest{next_id_++, {border, range->left.up_to}};
  range->left.up_to = border;
  ranges_.insert(range + 1, std::move(rest));
}

void KeyRanges::GiveBack(uint64_t id, const KeyCells& read_up_to) {
  const auto range = Find(id);
  if (range != ranges_.end() && !range->ended) {
    range->read_up_to = read_up_to;
    range->taken = false;
  }
}

void KeyRanges::Applied(uint64_t id, const KeyCells& last_key, bool ended) {
  const auto range = Find(id);
  if (range == ranges_.end()) {
    return;
  }
  range->left.after = last_key;
  range->ended = ended;
  range->taken = range->taken || ended;
  if (ended && ranges_.size() > 1) {
    ranges_.erase(range);
  }
}

std::vector<KeyRange> KeyRanges::List() const {
  std::vector<KeyRange> left;
  for (const Range& one : ranges_) {
    left.push_back(one.left);
  }
  return left;
}

}  // namespace binseek::snapshot
