// Files of segments, of their state and of tombstones: written durably and opened. A segment's bytes are verified when it is merged and by `check` only; all
// other files when they are opened.
//
// Errors: kIoError, kCorruption, kFormatTooOld, kFormatTooNew; each names the file.
#ifndef BINSEEK_ENGINE_INDEX_SEGMENT_FILE_H_
#define BINSEEK_ENGINE_INDEX_SEGMENT_FILE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/codec/segment_writer.h"
#include "engine/index/manifest.h"
#include "engine/index/page_edit.h"
#include "engine/index/segment_view.h"
#include "engine/index/tombstones.h"
#include "engine/store/directory.h"
#include "engine/store/file_envelope.h"

namespace binseek::index {

inline constexpr store::EnvelopeFormat kManifestFormat{"manifest", 1, 1};
inline constexpr store::EnvelopeFormat kSegmentFormat{"segment", 1, 1};
inline constexpr store::EnvelopeFormat kStateFormat{"segment state", 1, 1};
inline constexpr store::EnvelopeFormat kTombstoneFormat{"tombstones", 1, 1};
inline constexpr store::EnvelopeFormat kKeywordFormat{"keywords", 1, 1};

// The file of a segment as a SegmentWriter makes it. What has to wait goes to files of its own, `segment-<id>.part-<n>`.
//
//   SegmentFileOutput output(directory, id);
//   BINSEEK_RETURN_IF_ERROR(... writes to it ...);
//   BINSEEK_RETURN_IF_ERROR(output.Finish());
// The file is made at the first byte. Synced by Finish, though its name is not; without Finish it is deleted when this goes. Single-threaded.
class SegmentFileOutput final : public codec::SegmentOutput {
 public:
  SegmentFileOutput(store::Directory* directory, uint64_t id) : directory_(directory), id_(id) {}
  ~SegmentFileOutput() override;
  SegmentFileOutput(const SegmentFileOutput&) = delete;
  SegmentFileOutput& operator=(const SegmentFileOutput&) = delete;

  [[nodiscard]] Status Append(std::string_view bytes) override;
  [[nodiscard]] Result<std::unique_ptr<Spool>> MakeSpool() override;
  [[nodiscard]] Status Finish();

 private:
  Status Begin();

  store::Directory* const directory_;
  const uint64_t id_;
  uint64_t parts_ = 0;
  uint64_t unsynced_ = 0;
  bool made_ = false;
  bool finished_ = false;
  std::unique_ptr<store::WritableFile> file_;
  std::optional<store::EnvelopeWriter> envelope_;
};

// With Verify::kStructure in the time that codec::Segment::Open takes.
[[nodiscard]] Result<std::shared_ptr<SegmentView>> OpenSegment(
    const store::Directory& directory, uint64_t id, std::shared_ptr<PagePool> pool,
    store::Verify verify = store::Verify::kStructure);
// A committed segment with its state; the pages that this makes are of `edit`.
[[nodiscard]] Result<std::shared_ptr<SegmentView>> LoadSegment(
    const store::Directory& directory, const ManifestSegment& segment,
    std::shared_ptr<PagePool> pool, PageEdit* edit,
    store::Verify verify = store::Verify::kStructure);
// kNotFound: the directory holds no commit.
[[nodiscard]] Result<Manifest> LoadManifest(const store::Directory& directory);
[[nodiscard]] Result<Tombstones> LoadTombstones(const store::Directory& directory,
                                                const Manifest& manifest, uint64_t* edits);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_SEGMENT_FILE_H_
