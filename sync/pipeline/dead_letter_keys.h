// DeadLetterKeys: which rows are among the dead letters, in memory, for whoever has to know with every row that is written.
//
// Kept by the StateStore; holds each key once, with the version of the newest change of it that was refused (0: one from before the start).
// Thread-safe; its lock is a leaf that nobody holds while a disk is waited for. Cost: a hash lookup; memory as large as the keys are.
#ifndef BINSEEK_SYNC_PIPELINE_DEAD_LETTER_KEYS_H_
#define BINSEEK_SYNC_PIPELINE_DEAD_LETTER_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/base/mutex.h"
#include "sync/change/table_schema.h"

namespace binseek::pipeline {

class DeadLetterKeys {
 public:
  void Note(change::SourceId source, const std::string& table, const std::string& key,
            int64_t version) BINSEEK_EXCLUDES(mutex_);
  // The version of the newest refused change; nullopt: the key is not among them.
  std::optional<int64_t> VersionOf(change::SourceId source, std::string_view table,
                                   std::string_view key) const BINSEEK_EXCLUDES(mutex_);
  // Keys of the table.
  uint64_t CountOf(change::SourceId source, std::string_view table) const BINSEEK_EXCLUDES(mutex_);
  bool empty() const BINSEEK_EXCLUDES(mutex_);

  void Forget(change::SourceId source, std::string_view table) BINSEEK_EXCLUDES(mutex_);
  void Forget(change::SourceId source, std::string_view table, std::string_view key)
      BINSEEK_EXCLUDES(mutex_);
  // The same in every source, where none is given; without a key, all of the table.
  void ForgetAll(std::optional<change::SourceId> source, std::string_view table,
                 const std::optional<std::string>& key) BINSEEK_EXCLUDES(mutex_);

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the library's name
  };
  using Keys = std::unordered_map<std::string, int64_t, Hash, std::equal_to<>>;
  using Tables = std::map<std::string, Keys, std::less<>>;

  const Keys* Find(change::SourceId source, std::string_view table) const BINSEEK_REQUIRES(mutex_);
  static void ForgetIn(Tables* tables, std::string_view table, std::string_view key);

  mutable Mutex mutex_;
  std::map<change::SourceId, Tables> sources_ BINSEEK_GUARDED_BY(mutex_);  // no table without keys
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_DEAD_LETTER_KEYS_H_
