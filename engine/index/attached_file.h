// AttachedFile: a file of the engine's user that commits name: what is too large for user data, such as a transaction that is prepared and not yet decided.
//
//   BINSEEK_ASSIGN_OR_RETURN(auto writer, engine->CreateAttachedFile());
//   BINSEEK_RETURN_IF_ERROR(writer->Append(bytes));                          // as often as wanted
//   BINSEEK_ASSIGN_OR_RETURN(batch.attached["xa/7"], writer->Finish());      // its bytes are durable; its name with the batch's commit
//   BINSEEK_ASSIGN_OR_RETURN(const AttachedBytes read, engine->Attached()["xa/7"]->Read());
//   later.attached["xa/7"] = nullptr;                                        // gone, with everything else that batch does
//
// The file stays for as long as somebody holds the AttachedFile, a state of the engine has it, or a commit that may be come back to names it; then the next commit
// deletes it. Without Finish it goes with its writer. An AttachedFile is immutable and thread-safe, and may outlive the engine, but then no longer keeps the
// file. A writer is single-threaded.
// Errors: kIoError and kCorruption name the file.
#ifndef BINSEEK_ENGINE_INDEX_ATTACHED_FILE_H_
#define BINSEEK_ENGINE_INDEX_ATTACHED_FILE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/store/directory.h"
#include "engine/store/file_envelope.h"

namespace binseek::index {

class AttachedFile;
class AttachedFiles;

// By the name under which the user finds it again. In a batch: null, it is no longer attached.
using Attachments = std::map<std::string, std::shared_ptr<const AttachedFile>>;

// What a manifest says of one.
struct AttachedFileInfo {
  uint64_t id = 0;
  uint64_t bytes = 0;  // as the user wrote them
  uint32_t crc = 0;    // crc32c of those
  friend bool operator==(const AttachedFileInfo&, const AttachedFileInfo&) = default;
};

struct AttachedBytes {
  std::shared_ptr<const store::MappedFile> file;  // keeps the bytes
  std::string_view bytes;
};

std::string AttachedFileName(uint64_t id);  // "attached-12"
// kStructure: header, footer and length; kWhole: every byte, which costs reading it. kCorruption also where the file is missing or another than the manifest says.
[[nodiscard]] Result<AttachedBytes> ReadAttachedFile(const store::Directory& directory,
                                                     const AttachedFileInfo& info,
                                                     store::Verify verify);

// Says that a file is in use, for its own life.
class AttachedFileUse {
 public:
  AttachedFileUse(std::shared_ptr<AttachedFiles> files, uint64_t id);
  ~AttachedFileUse();
  AttachedFileUse(const AttachedFileUse&) = delete;
  AttachedFileUse& operator=(const AttachedFileUse&) = delete;

 private:
  const std::shared_ptr<AttachedFiles> files_;
  const uint64_t id_;
};

// The files of one directory that are in use. Thread-safe; `mutex_` is a leaf.
class AttachedFiles {
 public:
  void Add(uint64_t id) BINSEEK_EXCLUDES(mutex_);
  void Remove(uint64_t id) BINSEEK_EXCLUDES(mutex_);
  std::set<uint64_t> InUse() const BINSEEK_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::set<uint64_t> in_use_ BINSEEK_GUARDED_BY(mutex_);
};

class AttachedFile {
 public:
  AttachedFile(std::shared_ptr<store::Directory> directory, std::unique_ptr<AttachedFileUse> use,
               const AttachedFileInfo& info);

  const AttachedFileInfo& info() const { return info_; }
  // Verifies every byte first.
  [[nodiscard]] Result<AttachedBytes> Read() const;

 private:
  const std::shared_ptr<store::Directory> directory_;
  const std::unique_ptr<AttachedFileUse> use_;
  const AttachedFileInfo info_;
};

class AttachedFileWriter {
 public:
  // `id`: of no other file of the directory.
  [[nodiscard]] static Result<std::unique_ptr<AttachedFileWriter>> Begin(
      std::shared_ptr<store::Directory> directory, std::shared_ptr<AttachedFiles> files,
      uint64_t id);
  ~AttachedFileWriter();
  AttachedFileWriter(const AttachedFileWriter&) = delete;
  AttachedFileWriter& operator=(const AttachedFileWriter&) = delete;

  [[nodiscard]] Status Append(std::string_view bytes);
  // Syncs. Once, and last.
  [[nodiscard]] Result<std::shared_ptr<const AttachedFile>> Finish();

 private:
  AttachedFileWriter(std::shared_ptr<store::Directory> directory,
                     std::unique_ptr<AttachedFileUse> use, uint64_t id);

  const std::shared_ptr<store::Directory> directory_;
  std::unique_ptr<AttachedFileUse> use_;  // null: finished
  AttachedFileInfo info_;
  std::unique_ptr<store::WritableFile> file_;
  std::optional<store::EnvelopeWriter> envelope_;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_ATTACHED_FILE_H_
