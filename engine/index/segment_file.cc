#include "engine/index/segment_file.h"

#include <algorithm>
#include <utility>

#include "engine/base/fault_point.h"
#include "engine/index/segment_state.h"

namespace binseek::index {

namespace {

// So much of a file waits for the disk at most: the last sync of a large one must not hold up a commit, nor a merge that was cancelled.
constexpr uint64_t kSyncBytes = uint64_t{32} << 20;

// A file for bytes that wait; durable it need not be.
class FileSpool final : public codec::SegmentOutput::Spool {
 public:
  FileSpool(store::Directory* directory, std::string name,
            std::unique_ptr<store::WritableFile> file)
      : directory_(directory), name_(std::move(name)), file_(std::move(file)) {}
  FileSpool(const FileSpool&) = delete;
  FileSpool& operator=(const FileSpool&) = delete;
  ~FileSpool() override {
    const Status ignored = directory_->Delete(name_);  // or the next commit that succeeds
    static_cast<void>(ignored.ok());
  }

  [[nodiscard]] Status Append(std::string_view bytes) override { return file_->Append(bytes); }

  [[nodiscard]] Status CopyTo(codec::SegmentOutput* output) override {
    BINSEEK_RETURN_IF_ERROR(file_->Close());
    BINSEEK_ASSIGN_OR_RETURN(const auto mapped, directory_->Map(name_));
    constexpr size_t kChunk = size_t{1} << 20;
    for (std::string_view rest = mapped->bytes(); !rest.empty();) {
      BINSEEK_RETURN_IF_ERROR(output->Append(rest.substr(0, kChunk)));
      rest.remove_prefix(std::min(kChunk, rest.size()));
    }
    return Status::Ok();
  }

 private:
  store::Directory* const directory_;
  const std::string name_;
  const std::unique_ptr<store::WritableFile> file_;
};

}  // namespace

SegmentFileOutput::~SegmentFileOutput() {
  if (made_ && !finished_) {
    file_.reset();
    const Status ignored = directory_->Delete(SegmentFile(id_));
    static_cast<void>(ignored.ok());
  }
}

Status SegmentFileOutput::Begin() {
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("store.create"));
  BINSEEK_ASSIGN_OR_RETURN(file_, directory_->Create(SegmentFile(id_)));
  made_ = true;
  BINSEEK_ASSIGN_OR_RETURN(auto envelope, store::EnvelopeWriter::Begin(file_.get(), kSegmentFormat,
                                                                       std::to_string(id_)));
  envelope_.emplace(std::move(envelope));
  return Status::Ok();
}

Status SegmentFileOutput::Append(std::string_view bytes) {
  if (!envelope_) {
    BINSEEK_RETURN_IF_ERROR(Begin());
  }
  BINSEEK_RETURN_IF_ERROR(envelope_->Append(bytes));
  unsynced_ += bytes.size();
  if (unsynced_ >= kSyncBytes) {
    unsynced_ = 0;
    return file_->Sync();
  }
  return Status::Ok();
}

Result<std::unique_ptr<codec::SegmentOutput::Spool>> SegmentFileOutput::MakeSpool() {
  std::string name = PartFile(id_, parts_++);
  BINSEEK_ASSIGN_OR_RETURN(auto file, directory_->Create(name));
  return std::unique_ptr<Spool>(
      std::make_unique<FileSpool>(directory_, std::move(name), std::move(file)));
}

Status SegmentFileOutput::Finish() {
  if (!envelope_) {
    BINSEEK_RETURN_IF_ERROR(Begin());
  }
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("store.half_written"));
  BINSEEK_RETURN_IF_ERROR(envelope_->Finish());
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("store.sync"));
  BINSEEK_RETURN_IF_ERROR(file_->Sync());
  BINSEEK_RETURN_IF_ERROR(file_->Close());
  finished_ = true;
  return Status::Ok();
}

Result<std::shared_ptr<SegmentView>> OpenSegment(const store::Directory& directory, uint64_t id,
                                                 std::shared_ptr<PagePool> pool,
                                                 store::Verify verify) {
  const std::string file = SegmentFile(id);
  BINSEEK_ASSIGN_OR_RETURN(auto mapped, directory.Map(file));
  BINSEEK_ASSIGN_OR_RETURN(
      const auto payload,
      store::OpenEnvelope(kSegmentFormat, std::to_string(id), mapped->bytes(), file, verify));
  auto opened = codec::Segment::Open(payload, std::move(mapped));
  if (!opened.ok()) {
    return opened.status().WithContext(file);
  }
  return std::make_shared<SegmentView>(id, /*on_disk=*/true, std::move(*opened), std::move(pool));
}

Result<std::shared_ptr<SegmentView>> LoadSegment(const store::Directory& directory,
                                                 const ManifestSegment& segment,
                                                 std::shared_ptr<PagePool> pool, PageEdit* edit,
                                                 store::Verify verify) {
  BINSEEK_ASSIGN_OR_RETURN(auto view, OpenSegment(directory, segment.id, std::move(pool), verify));
  for (const ManifestState& state : segment.states) {
    const std::string file = StateFile(segment.id, state.generation);
    BINSEEK_ASSIGN_OR_RETURN(const auto mapped, directory.Map(file));
    BINSEEK_ASSIGN_OR_RETURN(
        const auto bytes,
        store::OpenEnvelope(kStateFormat, std::to_string(segment.id), mapped->bytes(), file));
    const Status status = ApplySegmentState(bytes, edit, view.get());
    if (!status.ok()) {
      return status.WithContext(file);
    }
  }
  return view;
}

Result<Manifest> LoadManifest(const store::Directory& directory) {
  const std::string file(kManifestFile);
  BINSEEK_ASSIGN_OR_RETURN(const auto mapped, directory.Map(file));
  BINSEEK_ASSIGN_OR_RETURN(const std::string_view payload,
                           store::OpenEnvelope(kManifestFormat, "", mapped->bytes(), file));
  return Manifest::Decode(payload);
}

Result<Tombstones> LoadTombstones(const store::Directory& directory, const Manifest& manifest,
                                  uint64_t* edits) {
  Tombstones tombstones;
  for (const uint64_t generation : manifest.tombstone_generations) {
    const std::string file = TombstoneFile(generation);
    BINSEEK_ASSIGN_OR_RETURN(const auto mapped, directory.Map(file));
    BINSEEK_ASSIGN_OR_RETURN(const auto payload,
                             store::OpenEnvelope(kTombstoneFormat, "", mapped->bytes(), file));
    const Status status = ReadTombstoneEdits(payload, &tombstones, edits);
    if (!status.ok()) {
      return status.WithContext(file);
    }
  }
  return tombstones;
}

}  // namespace binseek::index
