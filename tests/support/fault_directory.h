// FaultDirectory: a Directory that fails as disks fail, and forgets as machines forget that lose power. Wraps any other.
//
//   FaultDirectory disk(std::make_shared<store::RamDirectory>(), seed());
//   disk.Arm(Fault::kReadOnly, 7);        // seven more writing operations, then none
//   ...                                   // Status errors that name the file
//   disk.Heal();
//   ASSERT_OK(disk.LosePower());          // the wrapped directory now holds what the disk would
//
// What is durable is what store::Directory promises and no more: the bytes of a file up to its last successful Sync, names as of the
// last successful Sync of the directory. Of the rest, LosePower keeps what chance says: some of the creations, renames and deletions,
// and of a file's un-synced end nothing, a part, a part with zeros behind it, or all. A file whose Sync has failed never becomes
// durable beyond that point, even where a later Sync succeeds, as on Linux.
//
// Thread-safe; one mutex is held over every operation. Files that it creates must not outlive it. What it wraps must be written
// through it alone. Cost: holds a copy of every file in memory.
#ifndef BINSEEK_TESTS_SUPPORT_FAULT_DIRECTORY_H_
#define BINSEEK_TESTS_SUPPORT_FAULT_DIRECTORY_H_

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/store/directory.h"

namespace binseek::test {

enum class Fault : uint8_t {
  kNone,
  kDiskFull,  // Append fails where it needs more than is left, having written what fits; what is deleted makes room again
  kReadOnly,  // Create, Append, both kinds of Sync, Rename and Delete fail
  kSync,      // both kinds of Sync fail
  kRead,      // Map and List fail
};

enum class Survival : uint8_t {
  kSynced,  // what is durable, nothing else
  kAll,     // everything: the process has died, the machine has not
  kChance,
};

enum class Damage : uint8_t { kFlippedBit, kZeros, kCutShort, kBytesMissing, kGone };

class FaultDirectory final : public store::Directory {
 public:
  // What `wrapped` holds already counts as durable; it must be readable.
  FaultDirectory(std::shared_ptr<store::Directory> wrapped, uint64_t seed);

  // Replaces the fault that was armed. `after`: bytes that are still free (kDiskFull), or operations of the kinds that the fault
  // concerns which still succeed; the `times` ones that follow fail.
  void Arm(Fault fault, uint64_t after = 0, uint64_t times = UINT64_MAX);
  void Heal() { Arm(Fault::kNone); }
  // Files (the directory's name, where it was concerned) whose operations have failed since the last call, oldest first.
  std::vector<std::string> TakeFailed();

  // Puts the wrapped directory into the state that a restart finds, which counts as durable from then on. Files created before are
  // dead: what is written to them goes nowhere.
  [[nodiscard]] Status LosePower(Survival survival = Survival::kChance);
  // Damages a file that is there, at a place that chance says, and tells what it did. kNotFound.
  [[nodiscard]] Result<std::string> DamageFile(const std::string& file, Damage damage);

  std::string name() const override { return wrapped_->name(); }
  Result<std::unique_ptr<store::WritableFile>> Create(const std::string& file) override;
  Result<std::shared_ptr<const store::MappedFile>> Map(const std::string& file) const override;
  Result<std::vector<std::string>> List() const override;
  Status Delete(const std::string& file) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Sync() override;
  Result<std::unique_ptr<store::DirectoryLock>> Lock() override { return wrapped_->Lock(); }

 private:
  friend class FaultFile;

  // A file's bytes, whatever its names. Guarded by the directory's mutex.
  struct Contents {
    std::string bytes;
    size_t synced_bytes = 0;
    bool sync_failed = false;
  };
  using Names = std::map<std::string, std::shared_ptr<Contents>>;
  // One change of names that is not durable yet: `removed` goes, `added` gets the contents. Either may be empty.
  struct Change {
    std::string removed;
    std::string added;
    std::shared_ptr<Contents> contents;
  };
  enum class Kind : uint8_t { kWrite, kSync, kRead };

  // The armed fault's error where this operation has to fail.
  Status Check(Kind kind, std::string_view operation, const std::string& file) const
      BINSEEK_REQUIRES(mutex_);
  Status Append(Contents* contents, const std::string& file, std::string_view bytes,
                store::WritableFile* to) BINSEEK_REQUIRES(mutex_);
  Status SyncFile(Contents* contents, const std::string& file, store::WritableFile* to)
      BINSEEK_REQUIRES(mutex_);
  void Record(Change change) BINSEEK_REQUIRES(mutex_);
  static void Apply(const Change& change, Names* names);
  void KeepByChance(Names* names) BINSEEK_REQUIRES(mutex_);
  std::string SurvivingBytes(const Contents& contents, Survival survival) BINSEEK_REQUIRES(mutex_);
  uint64_t Uniform(uint64_t limit) BINSEEK_REQUIRES(mutex_) { return random_() % limit; }

  const std::shared_ptr<store::Directory> wrapped_;

  mutable Mutex mutex_;
  std::mt19937_64 random_ BINSEEK_GUARDED_BY(mutex_);
  Names names_ BINSEEK_GUARDED_BY(mutex_);
  Names synced_names_ BINSEEK_GUARDED_BY(mutex_);
  std::vector<Change> changes_
      BINSEEK_GUARDED_BY(mutex_);  // that lead from synced_names_ to names_
  Fault fault_ BINSEEK_GUARDED_BY(mutex_) = Fault::kNone;
  mutable uint64_t after_ BINSEEK_GUARDED_BY(mutex_) = 0;
  mutable uint64_t times_ BINSEEK_GUARDED_BY(mutex_) = 0;
  mutable std::vector<std::string> failed_ BINSEEK_GUARDED_BY(mutex_);
};

}  // namespace binseek::test

#endif  // BINSEEK_TESTS_SUPPORT_FAULT_DIRECTORY_H_
