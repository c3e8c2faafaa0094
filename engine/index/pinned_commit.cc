#include "engine/index/pinned_commit.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/base/fault_point.h"
#include "engine/index/segment_file.h"

namespace binseek::index {
namespace {

std::string NewManifestFile() { return std::string(kManifestFile) + ".new"; }

// An unfinished copy may be there; an engine, or a log that its manifest would replay, must not.
Status CheckNotInUse(const store::Directory& target) {
  BINSEEK_ASSIGN_OR_RETURN(const std::vector<std::string> files, target.List());
  for (const std::string& file : files) {
    if (file == kManifestFile || file.starts_with("translog-")) {
      return Status::InvalidArgument(target.name() + ": cannot take a commit, " + file +
                                     " is there already");
    }
  }
  return Status::Ok();
}

Status CopyFile(const store::Directory& from, const std::string& file, store::Directory* to) {
  BINSEEK_ASSIGN_OR_RETURN(const auto mapped, from.Map(file));
  BINSEEK_ASSIGN_OR_RETURN(const auto out, to->Create(file));
  constexpr size_t kChunk = size_t{1} << 20;
  for (std::string_view rest = mapped->bytes(); !rest.empty();) {
    BINSEEK_RETURN_IF_ERROR(out->Append(rest.substr(0, kChunk)));
    rest.remove_prefix(std::min(kChunk, rest.size()));
  }
  BINSEEK_RETURN_IF_ERROR(out->Sync());
  return out->Close();
}

Status LinkOrCopy(const store::Directory& from, const std::string& file, store::Directory* to) {
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("link.before_file"));
  Status deleted = to->Delete(file);  // of an unfinished copy
  if (!deleted.ok() && deleted.code() != StatusCode::kNotFound) {
    return deleted;
  }
  BINSEEK_ASSIGN_OR_RETURN(const bool linked, to->TryLink(from, file));
  return linked ? Status::Ok() : CopyFile(from, file, to);
}

}  // namespace

void PinnedFiles::Pin(const std::vector<std::string>& files) {
  const MutexLock lock(&mutex_);
  files_.insert(files.begin(), files.end());
}

void PinnedFiles::Unpin(const std::vector<std::string>& files) {
  const MutexLock lock(&mutex_);
  for (const std::string& file : files) {
    files_.erase(files_.find(file));
  }
}

std::set<std::string> PinnedFiles::All() const {
  const MutexLock lock(&mutex_);
  return {files_.begin(), files_.end()};
}

PinnedCommit::PinnedCommit(std::shared_ptr<store::Directory> directory,
                           std::shared_ptr<PinnedFiles> pins, Manifest manifest)
    : directory_(std::move(directory)),
      pins_(std::move(pins)),
      manifest_(std::move(manifest)),
      files_(NamedFiles(manifest_)) {
  pins_->Pin(files_);
}

PinnedCommit::~PinnedCommit() { pins_->Unpin(files_); }

Status PinnedCommit::LinkTo(store::Directory* target) const {
  BINSEEK_ASSIGN_OR_RETURN(const auto lock, target->Lock());
  BINSEEK_RETURN_IF_ERROR(CheckNotInUse(*target));
  for (const std::string& file : files_) {
    BINSEEK_RETURN_IF_ERROR(LinkOrCopy(*directory_, file, target));
  }
  Manifest manifest = manifest_;
  manifest.translog = {};  // the copy has none
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("link.before_manifest"));
  BINSEEK_RETURN_IF_ERROR(store::WriteFile(
      target, NewManifestFile(), store::WrapInEnvelope(kManifestFormat, "", manifest.Encode())));
  BINSEEK_RETURN_IF_ERROR(target->Sync());  // files are durable before they are named
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("link.before_rename"));
  BINSEEK_RETURN_IF_ERROR(target->Rename(NewManifestFile(), std::string(kManifestFile)));
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("link.after_rename"));
  return target->Sync();
}

}  // namespace binseek::index
