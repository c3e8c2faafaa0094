// IndexWriter: what only the writer of an index needs to know of it. Touched under the index's claim (writer_claims.h).
//
// It tells WriterMemory, which all writers share and anybody may read, what it holds.
#ifndef BINSEEK_ENGINE_INDEX_INDEX_WRITER_H_
#define BINSEEK_ENGINE_INDEX_INDEX_WRITER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/index/field_rebuild.h"
#include "engine/index/keyword_writer.h"
#include "engine/index/primary_key_map.h"
#include "engine/index/tombstone_ages.h"
#include "engine/index/tombstones.h"

namespace binseek::index {

// Bytes of all writers of an engine.
struct WriterMemory {
  std::atomic<size_t> keys{0};
  std::atomic<size_t> tombstones{0};
  std::atomic<size_t> keywords{0};
};

class IndexWriter {
 public:
  explicit IndexWriter(WriterMemory* memory) : memory_(memory) {}
  ~IndexWriter();
  IndexWriter(const IndexWriter&) = delete;
  IndexWriter& operator=(const IndexWriter&) = delete;

  PrimaryKeyMap keys;  // every live document, by key
  // To be called when it has changed. Cost: a comparison, but where it has grown by some percent, or segments came or went.
  void CountKeys();

  KeywordWriter keywords;  // ids of keyword values
  // To be called when there are other ones. Their order, which readers may have made since, is counted with them. Cost: a leaf lock for each field.
  void CountKeywords();

  // Of a field whose type is being changed, or was changed last; null: none was.
  std::unique_ptr<FieldRebuild> rebuild;

  // Versions of deleted keys.
  const IndexTombstones& tombstones() const { return tombstones_; }
  std::optional<int64_t> TombstoneOf(const std::string& key) const {
    const auto it = tombstones_.find(key);
    return it == tombstones_.end() ? std::nullopt : std::optional<int64_t>(it->second);
  }
  void SetTombstones(IndexTombstones tombstones);
  void PutTombstone(const std::string& key, int64_t version);
  void EraseTombstone(const std::string& key);
  // Where no source says when a tombstone may go: it came, or was found, at that time. REQUIRES: times do not go back.
  void SetTombstoneAge(const std::string& key, int64_t version, int64_t now_micros);
  // Erases those that came at or before that time, `at_most` of them, oldest first, and appends their keys. Returns how many ages were looked at: as many as
  // that where there may be more.
  size_t EraseTombstonesUntil(int64_t micros, size_t at_most, std::vector<std::string>* erased);
  // Those below `version`. Returns how many went. Cost: a comparison where there is none; else a walk over all.
  size_t ForgetTombstones(int64_t version);
  // Those below `version` whose keys begin with `key_prefix`. Returns their keys.
  std::vector<std::string> ForgetTombstonesOf(std::string_view key_prefix, int64_t version);

 private:
  static constexpr int64_t kNoTombstone = std::numeric_limits<int64_t>::max();
  template <typename Gone>
  void ForgetWhere(int64_t version, std::string_view key_prefix, Gone gone);

  WriterMemory* const memory_;
  IndexTombstones tombstones_;
  int64_t least_tombstone_ = kNoTombstone;  // no version of them is below
  TombstoneAges ages_;
  size_t tombstone_bytes_ = 0;  // as told, like the others
  size_t key_bytes_ = 0;
  size_t keyword_bytes_ = 0;
  uint64_t counted_keys_ = 0;  // how many there were when they were counted
  size_t counted_segments_ = 0;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_INDEX_WRITER_H_
