#include "sync/pipeline/dead_letter_keys.h"

#include <algorithm>

namespace binseek::pipeline {

void DeadLetterKeys::Note(change::SourceId source, const std::string& table, const std::string& key,
                          int64_t version) {
  const MutexLock lock(&mutex_);
  int64_t& newest = sources_[source][table].try_emplace(key, version).first->second;
  newest = std::max(newest, version);
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

std::optional<int64_t> DeadLetterKeys::VersionOf(change::SourceId source, std::string_view table,
                                                 std::string_view key) const {
  const MutexLock lock(&mutex_);
  const Keys* keys = Find(source, table);
  if (keys == nullptr) {
    return std::nullopt;
  }
  const auto found = keys->find(key);
  return found == keys->end() ? std::nullopt : std::optional<int64_t>(found->second);
}

uint64_t DeadLetterKeys::CountOf(change::SourceId source, std::string_view table) const {
  const MutexLock lock(&mutex_);
  const Keys* keys = Find(source, table);
  return keys == nullptr ? 0 : keys->size();
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
  const auto found = keys->second.find(key);
  if (found != keys->second.end()) {
    keys->second.erase(found);
  }
  if (keys->second.empty()) {
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

void DeadLetterKeys::ForgetAll(std::optional<change::SourceId> source, std::string_view table,
                               const std::optional<std::string>& key) {
  const MutexLock lock(&mutex_);
  for (auto& [of, tables] : sources_) {
    if (source && of != *source) {
      continue;
    }
    if (key) {
      ForgetIn(&tables, table, *key);
    } else if (const auto keys = tables.find(table); keys != tables.end()) {
      tables.erase(keys);
    }
  }
}

}  // namespace binseek::pipeline
