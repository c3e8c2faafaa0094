// DeadLetterKeys: which rows are among the dead letters, in memory, for whoever has to know with every row that is written.
//
// Kept by the StateStore; holds each key once, with the version of the newest change of it that was refused (0: not known). One whose letters were discarded
// is held on, unlisted: its document is still none of the row as it is.
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
#include <vector>

#include "engine/base/mutex.h"
#include "sync/change/table_schema.h"

namespace binseek::pipeline {

struct RejectedKey {
  std::string key;
  int64_t version = 0;
};

class DeadLetterKeys {
 public:
  // `listed`: it has a letter.
  void Note(change::SourceId source, const std::string& table, const std::string& key,
            int64_t version, bool listed = true) BINSEEK_EXCLUDES(mutex_);
  // The version of the newest refused change; nullopt: the key is not among them.
  std::optional<int64_t> VersionOf(change::SourceId source, std::string_view table,
                                   std::string_view key) const BINSEEK_EXCLUDES(mutex_);
  bool IsListed(change::SourceId source, std::string_view table, std::string_view key) const
      BINSEEK_EXCLUDES(mutex_);
  // Listed or not, in no order; at most so many.
  std::vector<RejectedKey> KeysOf(change::SourceId source, std::string_view table,
                                  size_t most) const BINSEEK_EXCLUDES(mutex_);
  // Listed keys of the table.
  uint64_t CountOf(change::SourceId source, std::string_view table) const BINSEEK_EXCLUDES(mutex_);
  bool empty() const BINSEEK_EXCLUDES(mutex_);

  void Forget(change::SourceId source, std::string_view table) BINSEEK_EXCLUDES(mutex_);
  void Forget(change::SourceId source, std::string_view table, std::string_view key)
      BINSEEK_EXCLUDES(mutex_);
  // They are listed no more: in every source, where none is given; without a key, all of the table.
  void Discard(std::optional<change::SourceId> source, std::string_view table,
               const std::optional<std::string>& key) BINSEEK_EXCLUDES(mutex_);

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the library's name
  };
  struct Rejected {
    int64_t version = 0;
    bool listed = false;
  };
  struct Keys {
    std::unordered_map<std::string, Rejected, Hash, std::equal_to<>> all;
    uint64_t listed = 0;
  };
  using Tables = std::map<std::string, Keys, std::less<>>;

  const Keys* Find(change::SourceId source, std::string_view table) const BINSEEK_REQUIRES(mutex_);
  std::optional<Rejected> FindKey(change::SourceId source, std::string_view table,
                                  std::string_view key) const BINSEEK_EXCLUDES(mutex_);
  static void ForgetIn(Tables* tables, std::string_view table, std::string_view key);

  mutable Mutex mutex_;
  std::map<change::SourceId, Tables> sources_ BINSEEK_GUARDED_BY(mutex_);  // no table without keys
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_DEAD_LETTER_KEYS_H_
