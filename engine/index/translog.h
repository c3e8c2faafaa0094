// Translog: keeps what was acknowledged over HTTP, and is in no binlog, from the acknowledgement to the next commit.
//
// One per engine, for all indices, so that one sync serves everyone who waits (group commit): of the threads in Sync one writes and
// syncs for all whose records are there by then; the others wait for it.
//
//   BINSEEK_ASSIGN_OR_RETURN(auto prepared, translog->Prepare(std::move(encoder).Finish()));  // may write, waits for room
//   { publish lock:
//     BINSEEK_ASSIGN_OR_RETURN(const auto location, translog->Append(std::move(prepared)));   // nanoseconds, in the order of publishing
//     publish }
//   BINSEEK_RETURN_IF_ERROR(translog->Sync(location));  // before it is acknowledged; with durability "async" left to SyncAll
//
// A commit: Roll() under the publish lock with the view that it pins; SyncAll(); the manifest that names the generation which Roll
// gave; DeleteBefore(that generation).
//
// Fail-stop: after a write or a sync that failed nobody knows what the file holds, and a second sync would report success for pages
// that the system has dropped. So the first error is final: every later Prepare, Append and SyncAll returns it, and Sync for all that
// was not durable before. The way out is a commit, which needs no translog, with a new Translog opened behind tail().
//
// Thread-safe. `mutex_` is a leaf and is not held over file work. Errors: the directory's, kResourceExhausted for a record above
// kMaxTranslogPayloadBytes, kAborted after Close.
#ifndef BINSEEK_ENGINE_INDEX_TRANSLOG_H_
#define BINSEEK_ENGINE_INDEX_TRANSLOG_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/index/translog_file.h"
#include "engine/index/translog_writer.h"
#include "engine/store/directory.h"

namespace binseek::index {

struct TranslogOptions {
  // Records beyond that are written out, un-synced, by the thread that prepares the next one. What is held in memory is at most twice
  // this and what is being appended.
  size_t buffer_bytes = size_t{8} << 20;
};

struct TranslogStats {
  uint64_t records = 0;     // appended since Open
  uint64_t bytes = 0;       // of those, with their frames
  uint64_t syncs = 0;       // of files
  uint64_t generation = 0;  // that records are appended to
  uint64_t kept_bytes =
      0;  // in generations since Open that DeleteBefore has left: what a restart would replay
  uint64_t buffered_bytes = 0;  // not yet given to a writing thread
};

class Translog {
 public:
  // A payload with its checksum, so that Append has nothing left to compute.
  class Prepared {
   public:
    Prepared(const Prepared&) = delete;
    Prepared(Prepared&&) noexcept = default;
    Prepared& operator=(const Prepared&) = delete;
    Prepared& operator=(Prepared&&) noexcept = default;
    ~Prepared() = default;

   private:
    friend class Translog;
    Prepared(std::string payload, uint32_t crc) : payload_(std::move(payload)), crc_(crc) {}
    std::string payload_;
    uint32_t crc_;
  };

  // Starts the generation behind `previous`: TranslogReplay::end after a restart, {} in a new directory. `directory` is borrowed and
  // must outlive this. kInvalidArgument: there is a later generation with records already, which would be written over.
  [[nodiscard]] static Result<std::unique_ptr<Translog>> Open(store::Directory* directory,
                                                              const TranslogLocation& previous,
                                                              const TranslogOptions& options = {});
  // Drops what was not written. REQUIRES: nobody is in a call.
  ~Translog() = default;
  Translog(const Translog&) = delete;
  Translog& operator=(const Translog&) = delete;

  // REQUIRES: `payload` is not empty. Cost: a checksum; a write of up to buffer_bytes where the buffer is full.
  [[nodiscard]] Result<Prepared> Prepare(std::string payload) BINSEEK_EXCLUDES(mutex_);
  // Appends to the buffer; the record ends at the location that is returned. Never waits for a file.
  [[nodiscard]] Result<TranslogLocation> Append(Prepared record) BINSEEK_EXCLUDES(mutex_);
  // Returns when everything up to `location` is durable. Cost: up to two syncs, the one under way and the next.
  [[nodiscard]] Status Sync(const TranslogLocation& location) BINSEEK_EXCLUDES(mutex_);
  // As Sync, for all that was appended; also makes the generation of the last Roll durable.
  [[nodiscard]] Status SyncAll() BINSEEK_EXCLUDES(mutex_);

  // What is appended from here on belongs to the next generation, which is returned. Never waits for a file: the new one is made by
  // the next Sync, SyncAll or full buffer.
  uint64_t Roll() BINSEEK_EXCLUDES(mutex_);
  // Deletes older generations, oldest first. kInvalidArgument: `generation` has no durable file yet. Errors here do not stop the
  // translog: what is left is ignored, and deleted by a later call.
  [[nodiscard]] Status DeleteBefore(uint64_t generation) BINSEEK_EXCLUDES(mutex_);

  // Makes all durable and closes the file.
  [[nodiscard]] Status Close() BINSEEK_EXCLUDES(mutex_);

  // Where the durable part ends: what a new Translog is opened behind when this one has failed. That part alone is replayed
  // from then on, so no write may be let in between that opening and the commit that holds the rest.
  TranslogLocation tail() const BINSEEK_EXCLUDES(mutex_);
  TranslogStats stats() const BINSEEK_EXCLUDES(mutex_);

 private:
  Translog(store::Directory* directory, const TranslogOptions& options,
           std::unique_ptr<TranslogWriter> writer);

  // OK, or why nothing can be appended or synced any more.
  const Status& error() const BINSEEK_REQUIRES(mutex_) { return error_; }
  Status SyncUpTo(const TranslogLocation& location) BINSEEK_REQUIRES(mutex_);
  // Writes all that is pending, and syncs it if `sync`; drops the mutex meanwhile. REQUIRES: writer_ != nullptr.
  void Work(bool sync) BINSEEK_REQUIRES(mutex_);

  store::Directory* const directory_;
  const TranslogOptions options_;

  mutable Mutex mutex_;
  CondVar worked_;  // writer_ is back
  // Null while a thread works with it, without the mutex.
  std::unique_ptr<TranslogWriter> writer_ BINSEEK_GUARDED_BY(mutex_);
  std::vector<PendingRecord> pending_ BINSEEK_GUARDED_BY(mutex_);
  uint64_t pending_bytes_ BINSEEK_GUARDED_BY(mutex_) = 0;
  TranslogLocation end_ BINSEEK_GUARDED_BY(mutex_);               // of what was appended
  TranslogLocation synced_ BINSEEK_GUARDED_BY(mutex_);            // never beyond end_
  Status error_ BINSEEK_GUARDED_BY(mutex_);                       // the first; stays
  std::map<uint64_t, uint64_t> kept_ BINSEEK_GUARDED_BY(mutex_);  // generation to its end
  uint64_t records_ BINSEEK_GUARDED_BY(mutex_) = 0;
  uint64_t bytes_ BINSEEK_GUARDED_BY(mutex_) = 0;
  uint64_t syncs_ BINSEEK_GUARDED_BY(mutex_) = 0;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_TRANSLOG_H_
