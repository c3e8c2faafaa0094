#include "sync/pipeline/pending_keys.h"

#include <algorithm>

namespace binseek::pipeline {

PendingKeys::PendingKeys(const std::vector<snapshot::KeyCells>& listed) {
  for (const snapshot::KeyCells& cells : listed) {
    Add(cells);
  }
}

void PendingKeys::Add(const snapshot::KeyCells& cells) {
  if (whole_) {
    ++counted_;
    return;
  }
  if (!cells.empty()) {
    Key& key = keys_[cells];
    key.stamp = ++last_stamp_;
    key.since = key.since == 0 ? key.stamp : key.since;
  }
  if (cells.empty() || keys_.size() > kMost) {
    whole_ = true;
    counted_ = keys_.size() + (cells.empty() ? 1 : 0);
    keys_.clear();  // what is being read counts no more
    reading_ = 0;
  }
}

bool PendingKeys::AnyUpTo(uint64_t stamp) const {
  return std::any_of(keys_.begin(), keys_.end(),
                     [stamp](const auto& key) { return key.second.since <= stamp; });
}

std::vector<PendingKey> PendingKeys::Take(size_t most) {
  std::vector<PendingKey> taken;
  auto it = keys_.lower_bound(next_);
  for (size_t left = keys_.size(); left > 0 && taken.size() < most; --left, ++it) {
    it = it == keys_.end() ? keys_.begin() : it;
    if (!it->second.being_read) {
      it->second.being_read = true;
      ++reading_;
      taken.push_back({it->first, it->second.stamp});
    }
  }
  next_ = it == keys_.end() ? snapshot::KeyCells() : it->first;
  return taken;
}

void PendingKeys::Done(const std::vector<PendingKey>& read) {
  Release(read);
  for (const PendingKey& key : read) {
    const auto it = keys_.find(key.cells);
    if (it == keys_.end()) {
      continue;
    }
    if (it->second.stamp == key.stamp) {
      keys_.erase(it);
    } else {
      it->second.since = std::max(it->second.since, key.stamp + 1);
    }
  }
}

void PendingKeys::Release(const std::vector<PendingKey>& taken) {
  for (const PendingKey& key : taken) {
    const auto it = keys_.find(key.cells);
    if (it != keys_.end() && it->second.being_read) {
      it->second.being_read = false;
      --reading_;
    }
  }
}

void PendingKeys::Clear() {
  keys_.clear();
  reading_ = 0;
  whole_ = false;
  cleared_at_ = last_stamp_;
}

std::vector<snapshot::KeyCells> PendingKeys::List(const std::vector<PendingKey>& read) const {
  if (whole_) {
    return {snapshot::KeyCells()};
  }
  std::map<snapshot::KeyCells, uint64_t> stamps;
  for (const PendingKey& key : read) {
    stamps.emplace(key.cells, key.stamp);
  }
  std::vector<snapshot::KeyCells> list;
  list.reserve(keys_.size());
  for (const auto& [cells, key] : keys_) {
    const auto found = stamps.find(cells);
    if (found == stamps.end() || found->second != key.stamp) {
      list.push_back(cells);
    }
  }
  return list;
}

}  // namespace binseek::pipeline
