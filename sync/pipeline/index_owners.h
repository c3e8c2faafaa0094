// IndexOwners: which tables of which sources write which index, for all sources of one engine.
//
// A source knows its own tables (FollowedTables), but not whether an index is another's as well, and so whether it may take it, drop it, or forget what was
// deleted in it. What each has is in here from before the first of them starts (ClaimIndices), so that a source which is not up yet loses nothing to another.
//
// An index is shared by sources only where the ids of every table in it begin with the source's name (mapper::TableLayout::id_names_source) and a ':'. Versions
// are counted by each source for itself: two of them must never write one key.
//
//   const MutexLock choosing(owners->gate());   // nobody else takes or drops an index
//   if (owners->OthersOf("products", source).empty()) ...;
//   owners->Claim("products", {.source = source, ...});
//
// Thread-safe. Lock order: the gate before the engine's locks; the mutex is a leaf.
#ifndef BINSEEK_SYNC_PIPELINE_INDEX_OWNERS_H_
#define BINSEEK_SYNC_PIPELINE_INDEX_OWNERS_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/index/engine.h"
#include "engine/index/engine_view.h"
#include "sync/change/table_schema.h"
#include "sync/mapper/table_layout.h"

namespace binseek::pipeline {

struct IndexOwner {
  change::SourceId source{};
  std::string source_name;
  std::string table;  // "database.table"
  index::IndexId index{};
  // Null: its rules cannot be followed, or the source is not any more.
  std::shared_ptr<const mapper::TableLayout> layout;
  // Without a layout: whether its documents have such ids.
  bool has_prefix = false;
  bool is_followed = true;  // false: the config does not name the source any more

  bool names_source() const { return layout == nullptr ? has_prefix : layout->id_names_source; }
};

// Indices that are being staged, by any source: the engine would have who forgets tombstones of one wait for the end.
struct StagedIndices {
  Mutex mutex;
  std::vector<index::IndexId> indices BINSEEK_GUARDED_BY(mutex);
};

class IndexOwners {
 public:
  // Held from looking who has an index to taking or dropping it.
  Mutex* gate() { return &gate_; }

  // In place of what the table had.
  void Claim(const std::string& index_name, IndexOwner owner) BINSEEK_EXCLUDES(mutex_);
  void Release(change::SourceId source, const std::string& table) BINSEEK_EXCLUDES(mutex_);
  // Of other sources than this one.
  std::vector<IndexOwner> OthersOf(std::string_view index_name, change::SourceId source) const
      BINSEEK_EXCLUDES(mutex_);
  // Whether a source that the config names has it.
  bool IsFollowed(std::string_view index_name) const BINSEEK_EXCLUDES(mutex_);
  // The index is gone: sources that the config does not name have it no more. REQUIRES: no other has it.
  void ReleaseIndex(std::string_view index_name) BINSEEK_EXCLUDES(mutex_);
  // What keys of the source's documents in the index begin with; empty: nothing, and then no other source has any there. nullopt: keys do not tell whose they are,
  // since other sources are there as well, or the index is none of the source's.
  std::optional<std::string> KeyPrefixOf(change::SourceId source, std::string_view index_name) const
      BINSEEK_EXCLUDES(mutex_);

  StagedIndices* staged() { return &staged_; }

 private:
  struct Claimed {
    std::string index_name;
    IndexOwner owner;
  };
  Mutex gate_;
  StagedIndices staged_;
  mutable Mutex mutex_;
  std::map<std::pair<change::SourceId, std::string>, Claimed> claims_ BINSEEK_GUARDED_BY(mutex_);
};

// What the source's checkpoint in the engine says that it has. `mapping`: by which its documents are made now; null: it is not followed. Errors: those of
// the checkpoint and of reading a key.
[[nodiscard]] Status ClaimIndices(const index::Engine& engine, change::SourceId source,
                                  const std::string& source_name,
                                  const mapper::MapperOptions* mapping, IndexOwners* owners);

// Drops an index that no source of the config has, with its generations in the making. kAborted where one has it. A source that is named again reads the table anew.
[[nodiscard]] Status DropUnfollowedIndex(index::Engine* engine, const index::IndexView& index,
                                         IndexOwners* owners);

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_INDEX_OWNERS_H_
