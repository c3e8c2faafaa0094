// TranslogWriter: the file work of the translog. Writes frames, syncs, goes from generation to generation.
//
// Single-threaded; Translog hands it from thread to thread. After an error nothing more may be called but the accessors: what the file
// holds behind synced() is not known.
//
// A generation's file is named when its head is durable, so a file of that name has a whole head. From one to the next: the old
// file is synced, the new one is made durable under its name, and the old one gets a mark that says so.
#ifndef BINSEEK_ENGINE_INDEX_TRANSLOG_WRITER_H_
#define BINSEEK_ENGINE_INDEX_TRANSLOG_WRITER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/base/result.h"
#include "engine/index/translog_file.h"
#include "engine/store/directory.h"

namespace binseek::index {

// A record on its way to the file.
struct PendingRecord {
  uint64_t generation = 0;
  std::string payload;
  uint32_t payload_crc = 0;
};

class TranslogWriter {
 public:
  // Makes the file of the generation behind `previous`, durably. `directory` is borrowed. Errors: the directory's.
  [[nodiscard]] static Result<std::unique_ptr<TranslogWriter>> Create(
      store::Directory* directory, const TranslogLocation& previous);

  // Writes the records and goes on to `generation` in the end, where it is not there yet. Does not sync, but for what is left behind
  // in earlier generations. REQUIRES: generations ascend, from end().generation on.
  [[nodiscard]] Status Write(std::span<const PendingRecord> records, uint64_t generation);
  [[nodiscard]] Status Sync();
  [[nodiscard]] Status Close();

  TranslogLocation end() const { return end_; }  // written, with what is still gathered
  TranslogLocation synced() const { return {end_.generation, synced_end_}; }
  uint64_t syncs() const { return syncs_; }  // of files

 private:
  explicit TranslogWriter(store::Directory* directory) : directory_(directory) {}

  Status CreateFile(const TranslogLocation& previous);
  Status NextGeneration();
  Status WriteRecord(const PendingRecord& record);
  Status Flush();
  Status AppendToFile(std::string_view bytes);

  store::Directory* const directory_;
  std::unique_ptr<store::WritableFile> file_;
  std::string gathered_;  // small records, before they are written in one go
  TranslogLocation end_;
  uint64_t synced_end_ = 0;
  uint64_t syncs_ = 0;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_TRANSLOG_WRITER_H_
