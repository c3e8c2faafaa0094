// Publisher: turns what writers have made into immutable views, one epoch after the other.
//
// It alone knows the newest state: the views of all indices, the user data and the tombstone edits that belong to them, the ids that come next. A writer
// holds the claims of the indices that it changes (writer_claims.h), prepares their new IndexViews outside, and is in here for microseconds.
//
// Two views: the applied one has everything, the published one shows an index that waits for a refresh as of its last one. A view pins its epoch, and the
// epochs of those indices, in the reclaimer for as long as it is held.
//
// Thread-safe. Lock order: publish_mutex_, view_mutex_; the reclaimer's lock is a leaf.
#ifndef BINSEEK_ENGINE_INDEX_PUBLISHER_H_
#define BINSEEK_ENGINE_INDEX_PUBLISHER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/index/epoch_reclaimer.h"
#include "engine/index/page_edit.h"
#include "engine/index/tombstones.h"

namespace binseek::index {

// What a writer has made. Published whole or not at all.
struct Publication {
  std::vector<std::shared_ptr<IndexView>> changed;  // replace the index of the same id, or are new
  std::vector<IndexId> dropped;
  std::map<std::string, std::string> user_data;  // replaces these keys
  Attachments attached{};                        // the same; null: goes
  std::vector<TombstoneEdit> tombstones;
  std::vector<PageEdit*> edits;  // sealed and retired with it; not touched where this fails
  bool must_be_new = false;      // fails with kInvalidArgument where an index of that name is there
  // Called with the epoch before anything is visible: what it fails on fails the publication. May be empty.
  std::function<Status(Epoch)> before;
  bool moves_only = false;  // a merge: nothing that a commit would have to make durable
  bool logged = false;      // `before` writes it to the translog
  bool refresh =
      true;  // false: indices whose refresh is manual stay as they are in the published view
};

class Publisher {
 public:
  explicit Publisher(std::shared_ptr<EpochReclaimer> reclaimer)
      : reclaimer_(std::move(reclaimer)) {}

  // The state of a commit, before any other call.
  void Start(Epoch epoch, std::vector<std::shared_ptr<const IndexView>> indices,
             std::map<std::string, std::string> user_data, Attachments attached,
             uint32_t next_index_id, uint64_t next_segment_id);

  [[nodiscard]] Result<Epoch> Publish(Publication publication)
      BINSEEK_EXCLUDES(publish_mutex_, view_mutex_);
  // Makes all that is applied to the index visible. kNotFound.
  [[nodiscard]] Status Refresh(IndexId index) BINSEEK_EXCLUDES(publish_mutex_, view_mutex_);

  std::shared_ptr<const EngineView> published() const BINSEEK_EXCLUDES(view_mutex_);
  std::shared_ptr<const EngineView> applied() const BINSEEK_EXCLUDES(view_mutex_);

  // Everything as of one moment, for a commit.
  struct State {
    std::shared_ptr<const EngineView> view;  // the applied one
    std::map<std::string, std::string> user_data;
    Attachments attached;
    std::vector<TombstoneEdit> tombstones;  // since the last state was taken
    uint64_t changes = 0;                   // grows with every publication
  };
  // `at_that_moment` is called while nothing can be published; it must not wait.
  [[nodiscard]] State Freeze(const std::function<void()>& at_that_moment)
      BINSEEK_EXCLUDES(publish_mutex_);
  // An edit that shows in no view.
  void AddTombstoneEdit(TombstoneEdit edit) BINSEEK_EXCLUDES(publish_mutex_);
  // A commit that took these failed: the next one takes them again.
  void GiveBack(std::vector<TombstoneEdit> tombstones) BINSEEK_EXCLUDES(publish_mutex_);

  uint64_t NextSegmentId() { return next_segment_id_.fetch_add(1, std::memory_order_relaxed); }
  IndexId NextIndexId() { return IndexId{next_index_id_.fetch_add(1, std::memory_order_relaxed)}; }
  uint64_t next_segment_id() const { return next_segment_id_.load(); }
  uint32_t next_index_id() const { return next_index_id_.load(); }
  uint64_t NextEdit() { return next_edit_.fetch_add(1, std::memory_order_relaxed); }
  std::string UserData(std::string_view key) const BINSEEK_EXCLUDES(publish_mutex_);
  Attachments attached() const BINSEEK_EXCLUDES(publish_mutex_);
  // The newest epoch that has changed what is attached; 0: none has since the start.
  Epoch attached_epoch() const { return attached_epoch_.load(); }
  // Bytes of segments in memory, of the applied view.
  size_t memory_bytes() const { return memory_bytes_.load(std::memory_order_relaxed); }

 private:
  using Indices = std::vector<std::shared_ptr<const IndexView>>;  // sorted by name

  // User data and attached files of what is published under epoch_.
  void KeepForUser(Publication* publication) BINSEEK_REQUIRES(publish_mutex_);
  void Show(Indices applied, Indices published) BINSEEK_REQUIRES(publish_mutex_);

  const std::shared_ptr<EpochReclaimer> reclaimer_;

  // Self-synchronised.
  std::atomic<uint32_t> next_index_id_{1};
  std::atomic<uint64_t> next_segment_id_{1};
  std::atomic<uint64_t> next_edit_{1};
  std::atomic<size_t> memory_bytes_{0};
  std::atomic<Epoch> attached_epoch_{0};

  mutable Mutex publish_mutex_;
  Epoch epoch_ BINSEEK_GUARDED_BY(publish_mutex_) = 0;
  uint64_t changes_ BINSEEK_GUARDED_BY(publish_mutex_) = 0;
  std::map<std::string, std::string> user_data_ BINSEEK_GUARDED_BY(publish_mutex_);
  Attachments attached_ BINSEEK_GUARDED_BY(publish_mutex_);
  std::vector<TombstoneEdit> tombstones_ BINSEEK_GUARDED_BY(publish_mutex_);

  mutable Mutex view_mutex_;  // leaf lock
  std::shared_ptr<const EngineView> applied_ BINSEEK_GUARDED_BY(view_mutex_);
  std::shared_ptr<const EngineView> published_ BINSEEK_GUARDED_BY(view_mutex_);
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_PUBLISHER_H_
