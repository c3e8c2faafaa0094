#include "sync/pipeline/dead_letter_keys.h"

#include <algorithm>

namespace binseek::pipeline {

void DeadLetterKeys::Note(change::SourceId source, const std::string& table, const std::string& key,
                          int64_t version, bool listed) {
  const MutexLock lock(&mutex_);
  Keys& keys = sources_[source][table];
  Rejected& rejected = keys.all.try_emplace(key).first->second;
  rejected.version = std::max(rejected.version, version);
  keys.listed += listed && !rejected.listed ? 1 : 0;
  rejected.listed = rejected.listed || listed;
}

const DeadLetterKeys::Keys* DeadLetterKeys::Find(change::SourceId source,
                                                 std::string_view table) const {
  const auto tables = sources_.find(source);
  if (tables == sources_.end()) {
    return nullptr;
  }
  const auto keys = tables->second.find(table);
  return keys == tables->second.end() ? nullptr : &keys->second;
}

std::optional<DeadLetterKeys::Rejected> DeadLetterKeys::FindKey(change::SourceId source,
                                                                std::string_view table,
                                                                std::string_view key) const {
  const MutexLock lock(&mutex_);
  const Keys* keys = Find(source, table);
  if (keys == nullptr) {
    return std::nullopt;
  }
  const auto found = keys->all.find(key);
  return found == keys->all.end() ? std::nullopt : std::optional<Rejected>(found->second);
}

std::optional<int64_t> DeadLetterKeys::VersionOf(change::SourceId source, std::string_view table,
                                                 std::string_view key) const {
  const auto rejected = FindKey(source, table, key);
  return rejected ? std::optional<int64_t>(rejected->version) : std::nullopt;
}

bool DeadLetterKeys::IsListed(change::SourceId source, std::string_view table,
                              std::string_view key) const {
  const auto rejected = FindKey(source, table, key);
  return rejected && rejected->listed;
}

std::vector<RejectedKey> DeadLetterKeys::KeysOf(change::SourceId source, std::string_view table,
                                                size_t most) const {
  const MutexLock lock(&mutex_);
  std::vector<RejectedKey> some;
  if (const Keys* keys = Find(source, table); keys != nullptr) {
    for (auto it = keys->all.begin(); it != keys->all.end() && some.size() < most; ++it) {
      some.push_back({it->first, it->second.version});
    }
  }
  return some;
}

uint64_t DeadLetterKeys::CountOf(change::SourceId source, std::string_view table) const {
  const MutexLock lock(&mutex_);
  const Keys* keys = Find(source, table);
  return keys == nullptr ? 0 : keys->listed;
}

bool DeadLetterKeys::empty() const {
  const MutexLock lock(&mutex_);
  return std::all_of(sources_.begin(), sources_.end(),
                     [](const auto& source) { return source.second.empty(); });
}

void DeadLetterKeys::ForgetIn(Tables* tables, std::string_view table, std::string_view key) {
  const auto keys = tables->find(table);
  if (keys == tables->end()) {
    return;
  }
  const auto found = keys->second.all.find(key);
  if (found != keys->second.all.end()) {
    keys->second.listed -= found->second.listed ? 1 : 0;
    keys->second.all.erase(found);
  }
  if (keys->second.all.empty()) {
    tables->erase(keys);
  }
}

void DeadLetterKeys::Forget(change::SourceId source, std::string_view table) {
  const MutexLock lock(&mutex_);
  Tables& tables = sources_[source];
  if (const auto keys = tables.find(table); keys != tables.end()) {
    tables.erase(keys);
  }
}

void DeadLetterKeys::Forget(change::SourceId source, std::string_view table, std::string_view key) {
  const MutexLock lock(&mutex_);
  ForgetIn(&sources_[source], table, key);
}

void DeadLetterKeys::Discard(std::optional<change::SourceId> source, std::string_view table,
                             const std::optional<std::string>& key) {
  const MutexLock lock(&mutex_);
  for (auto& [of, tables] : sources_) {
    const auto found = tables.find(table);
    if ((source && of != *source) || found == tables.end()) {
      continue;
    }
    Keys& keys = found->second;
    for (auto& [name, rejected] : keys.all) {
      if (rejected.listed && (!key || name == *key)) {
        rejected.listed = false;
        --keys.listed;
      }
    }
  }
}

}  // namespace binseek::pipeline
