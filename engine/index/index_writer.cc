#include "engine/index/index_writer.h"

#include <algorithm>
#include <utility>

namespace binseek::index {

IndexWriter::~IndexWriter() {
  memory_->keys -= key_bytes_;
  memory_->tombstones -= tombstone_bytes_ + ages_.memory_bytes();
  memory_->keywords -= keyword_bytes_;
}

void IndexWriter::CountKeys() {
  constexpr uint64_t kFewKeys = 64;
  const uint64_t size = keys.size();
  const size_t segments = keys.known_segments() + keys.forwarded_segments();
  const uint64_t change = std::max(size, counted_keys_) - std::min(size, counted_keys_);
  if (segments == counted_segments_ && key_bytes_ != 0 &&
      change <= std::max(counted_keys_ / 32, kFewKeys)) {
    return;
  }
  const size_t bytes = keys.memory_bytes();
  memory_->keys += bytes - key_bytes_;  // modulo 2^64
  key_bytes_ = bytes;
  counted_keys_ = size;
  counted_segments_ = segments;
}

void IndexWriter::CountKeywords() {
  const size_t bytes = keywords.memory_bytes();
  memory_->keywords += bytes - keyword_bytes_;  // modulo 2^64
  keyword_bytes_ = bytes;
}

void IndexWriter::SetTombstones(IndexTombstones tombstones) {
  memory_->tombstones -= tombstone_bytes_;
  tombstones_ = std::move(tombstones);
  tombstone_bytes_ = 0;
  least_tombstone_ = kNoTombstone;
  for (const auto& [key, version] : tombstones_) {
    tombstone_bytes_ += TombstoneBytes(key);
    least_tombstone_ = std::min(least_tombstone_, version);
  }
  memory_->tombstones += tombstone_bytes_;
}

void IndexWriter::PutTombstone(const std::string& key, int64_t version) {
  const auto [it, is_new] = tombstones_.insert_or_assign(key, version);
  least_tombstone_ = std::min(least_tombstone_, version);
  if (is_new) {
    tombstone_bytes_ += TombstoneBytes(key);
    memory_->tombstones += TombstoneBytes(key);
  }
}

void IndexWriter::EraseTombstone(const std::string& key) {
  if (tombstones_.erase(key) > 0) {
    tombstone_bytes_ -= TombstoneBytes(key);
    memory_->tombstones -= TombstoneBytes(key);
  }
}

void IndexWriter::SetTombstoneAge(const std::string& key, int64_t version, int64_t now_micros) {
  memory_->tombstones -= ages_.memory_bytes();
  ages_.Put(key, version, now_micros);
  memory_->tombstones += ages_.memory_bytes();
}

size_t IndexWriter::EraseTombstonesUntil(int64_t micros, size_t at_most,
                                         std::vector<std::string>* erased) {
  const size_t bytes = ages_.memory_bytes();
  size_t taken = 0;
  for (; taken < at_most; ++taken) {
    auto old = ages_.TakeOlderThan(micros);
    if (!old) {
      break;
    }
    if (TombstoneOf(old->key) == old->version) {
      EraseTombstone(old->key);
      erased->push_back(std::move(old->key));
    }
  }
  memory_->tombstones -= bytes - ages_.memory_bytes();
  return taken;
}

size_t IndexWriter::ForgetTombstones(int64_t version) {
  size_t gone = 0;
  ForgetWhere(version, "", [&gone](const std::string& /*key*/) { ++gone; });
  return gone;
}

std::vector<std::string> IndexWriter::ForgetTombstonesOf(std::string_view key_prefix,
                                                         int64_t version) {
  std::vector<std::string> gone;
  ForgetWhere(version, key_prefix, [&gone](const std::string& key) { gone.push_back(key); });
  return gone;
}

template <typename Gone>
void IndexWriter::ForgetWhere(int64_t version, std::string_view key_prefix, Gone gone) {
  if (version <= least_tombstone_) {
    return;  // all are needed still, as nearly always where a snapshot keeps them
  }
  size_t bytes = 0;
  least_tombstone_ = kNoTombstone;
  for (auto it = tombstones_.begin(); it != tombstones_.end();) {
    if (it->second >= version || !it->first.starts_with(key_prefix)) {
      least_tombstone_ = std::min(least_tombstone_, it->second);
      ++it;
      continue;
    }
    bytes += TombstoneBytes(it->first);
    gone(it->first);
    it = tombstones_.erase(it);
  }
  tombstone_bytes_ -= bytes;
  memory_->tombstones -= bytes;
}

}  // namespace binseek::index
