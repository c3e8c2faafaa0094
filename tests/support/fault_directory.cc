#include "tests/support/fault_directory.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"

namespace binseek::test {

using store::Directory;
using store::WritableFile;

class FaultFile final : public WritableFile {
 public:
  FaultFile(FaultDirectory* directory, std::string name,
            std::shared_ptr<FaultDirectory::Contents> contents,
            std::unique_ptr<WritableFile> wrapped)
      : directory_(directory),
        name_(std::move(name)),
        contents_(std::move(contents)),
        wrapped_(std::move(wrapped)) {}

  Status Append(std::string_view bytes) override {
    const MutexLock lock(&directory_->mutex_);
    return directory_->Append(contents_.get(), name_, bytes, wrapped_.get());
  }
  Status Sync() override {
    const MutexLock lock(&directory_->mutex_);
    return directory_->SyncFile(contents_.get(), name_, wrapped_.get());
  }
  Status Close() override { return wrapped_->Close(); }

 private:
  FaultDirectory* const directory_;
  const std::string name_;  // as created, for messages
  const std::shared_ptr<FaultDirectory::Contents> contents_;
  const std::unique_ptr<WritableFile> wrapped_;
};

namespace {

Status Replace(Directory* directory, const std::string& file, std::string_view bytes) {
  BINSEEK_ASSIGN_OR_RETURN(const auto out, directory->Create(file));
  BINSEEK_RETURN_IF_ERROR(out->Append(bytes));
  BINSEEK_RETURN_IF_ERROR(out->Sync());
  return out->Close();
}

}  // namespace

FaultDirectory::FaultDirectory(std::shared_ptr<Directory> wrapped, uint64_t seed)
    : wrapped_(std::move(wrapped)), random_(seed) {
  const auto files = wrapped_->List();
  BINSEEK_CHECK(files.ok(), files.status().ToString());
  const MutexLock lock(&mutex_);
  for (const std::string& file : *files) {
    const auto mapped = wrapped_->Map(file);
    BINSEEK_CHECK(mapped.ok(), mapped.status().ToString());
    const std::string_view bytes = (*mapped)->bytes();
    names_[file] = std::make_shared<Contents>(Contents{std::string(bytes), bytes.size()});
  }
  synced_names_ = names_;
}

void FaultDirectory::Arm(Fault fault, uint64_t after, uint64_t times) {
  const MutexLock lock(&mutex_);
  fault_ = fault;
  after_ = after;
  times_ = times;
}

std::vector<std::string> FaultDirectory::TakeFailed() {
  const MutexLock lock(&mutex_);
  return std::exchange(failed_, {});
}

Status FaultDirectory::Check(Kind kind, std::string_view operation, const std::string& file) const {
  const bool concerned = fault_ == Fault::kReadOnly ? kind != Kind::kRead
                         : fault_ == Fault::kSync   ? kind == Kind::kSync
                                                    : fault_ == Fault::kRead && kind == Kind::kRead;
  if (!concerned || times_ == 0) {
    return Status::Ok();
  }
  if (after_ > 0) {
    --after_;
    return Status::Ok();
  }
  --times_;
  failed_.push_back(file);
  return Status::IoError(
      std::string(operation) + " " + file +
      (fault_ == Fault::kReadOnly ? ": Read-only file system" : ": Input/output error"));
}

Status FaultDirectory::Append(Contents* contents, const std::string& file, std::string_view bytes,
                              WritableFile* to) {
  BINSEEK_RETURN_IF_ERROR(Check(Kind::kWrite, "write", file));
  const bool full = fault_ == Fault::kDiskFull && times_ > 0 && bytes.size() > after_;
  if (full) {
    bytes = bytes.substr(0, after_);
  }
  contents->bytes.append(bytes);
  BINSEEK_RETURN_IF_ERROR(to->Append(bytes));
  if (fault_ == Fault::kDiskFull) {
    after_ -= std::min<uint64_t>(after_, bytes.size());
  }
  if (full) {
    --times_;
    failed_.push_back(file);
    return Status::IoError("write " + file + ": No space left on device");
  }
  return Status::Ok();
}

Status FaultDirectory::SyncFile(Contents* contents, const std::string& file, WritableFile* to) {
  Status status = Check(Kind::kSync, "sync", file);
  if (!status.ok()) {
    contents->sync_failed = true;
    return status;
  }
  if (!contents->sync_failed) {
    contents->synced_bytes = contents->bytes.size();
  }
  return to->Sync();
}

void FaultDirectory::Apply(const Change& change, Names* names) {
  if (!change.removed.empty()) {
    names->erase(change.removed);
  }
  if (!change.added.empty()) {
    (*names)[change.added] = change.contents;
  }
}

void FaultDirectory::Record(Change change) {
  Apply(change, &names_);
  changes_.push_back(std::move(change));
}

Result<std::unique_ptr<WritableFile>> FaultDirectory::Create(const std::string& file) {
  const MutexLock lock(&mutex_);
  BINSEEK_RETURN_IF_ERROR(Check(Kind::kWrite, "create", file));
  BINSEEK_ASSIGN_OR_RETURN(auto wrapped, wrapped_->Create(file));
  auto contents = std::make_shared<Contents>();
  Record({"", file, contents});
  return std::unique_ptr<WritableFile>(
      std::make_unique<FaultFile>(this, file, std::move(contents), std::move(wrapped)));
}

Result<std::shared_ptr<const store::MappedFile>> FaultDirectory::Map(
    const std::string& file) const {
  const MutexLock lock(&mutex_);
  BINSEEK_RETURN_IF_ERROR(Check(Kind::kRead, "open", file));
  return wrapped_->Map(file);
}

Result<std::vector<std::string>> FaultDirectory::List() const {
  const MutexLock lock(&mutex_);
  BINSEEK_RETURN_IF_ERROR(Check(Kind::kRead, "list", name()));
  return wrapped_->List();
}

Status FaultDirectory::Delete(const std::string& file) {
  const MutexLock lock(&mutex_);
  BINSEEK_RETURN_IF_ERROR(Check(Kind::kWrite, "delete", file));
  BINSEEK_RETURN_IF_ERROR(wrapped_->Delete(file));
  const auto it = names_.find(file);
  if (it != names_.end()) {
    if (fault_ == Fault::kDiskFull) {
      after_ += it->second->bytes.size();
    }
    Record({file, "", nullptr});
  }
  return Status::Ok();
}

Status FaultDirectory::Rename(const std::string& from, const std::string& to) {
  const MutexLock lock(&mutex_);
  BINSEEK_RETURN_IF_ERROR(Check(Kind::kWrite, "rename", from));
  BINSEEK_RETURN_IF_ERROR(wrapped_->Rename(from, to));
  Record({from, to, names_[from]});
  return Status::Ok();
}

Status FaultDirectory::Sync() {
  const MutexLock lock(&mutex_);
  BINSEEK_RETURN_IF_ERROR(Check(Kind::kSync, "sync", name()));
  BINSEEK_RETURN_IF_ERROR(wrapped_->Sync());
  synced_names_ = names_;
  changes_.clear();
  return Status::Ok();
}

// Of the changes that are not durable, either the first so many, or any of them: file systems differ.
void FaultDirectory::KeepByChance(Names* names) {
  const bool in_order = Uniform(2) == 0;
  const uint64_t first = Uniform(changes_.size() + 1);
  for (size_t i = 0; i < changes_.size(); ++i) {
    if (in_order ? i < first : Uniform(2) == 0) {
      Apply(changes_[i], names);
    }
  }
}

std::string FaultDirectory::SurvivingBytes(const Contents& contents, Survival survival) {
  const size_t loose = contents.bytes.size() - contents.synced_bytes;
  if (survival == Survival::kAll || loose == 0) {
    return contents.bytes;
  }
  const uint64_t how = survival == Survival::kSynced ? 0 : Uniform(4);
  const size_t kept = how == 0 ? 0 : how == 1 ? loose : Uniform(loose + 1);
  std::string bytes = contents.bytes.substr(0, contents.synced_bytes + kept);
  if (how == 3) {
    bytes.resize(contents.bytes.size());  // the size got through, the blocks did not
  }
  return bytes;
}

Status FaultDirectory::LosePower(Survival survival) {
  const MutexLock lock(&mutex_);
  Names survivors = survival == Survival::kAll ? names_ : synced_names_;
  if (survival == Survival::kChance) {
    KeepByChance(&survivors);
  }
  for (const auto& [file, contents] : names_) {
    BINSEEK_RETURN_IF_ERROR(wrapped_->Delete(file));
  }
  names_.clear();
  for (const auto& [file, contents] : survivors) {
    std::string bytes = SurvivingBytes(*contents, survival);
    BINSEEK_RETURN_IF_ERROR(Replace(wrapped_.get(), file, bytes));
    const size_t size = bytes.size();
    names_[file] = std::make_shared<Contents>(Contents{std::move(bytes), size});
  }
  synced_names_ = names_;
  changes_.clear();
  return wrapped_->Sync();
}

Result<std::string> FaultDirectory::DamageFile(const std::string& file, Damage damage) {
  const MutexLock lock(&mutex_);
  const auto it = names_.find(file);
  if (it == names_.end()) {
    return Status::NotFound("damage " + file + ": no such file");
  }
  if (damage == Damage::kGone || it->second->bytes.empty()) {
    BINSEEK_RETURN_IF_ERROR(wrapped_->Delete(file));
    names_.erase(file);
    synced_names_.erase(file);
    return file + " is gone";
  }
  std::string bytes = it->second->bytes;
  const size_t at = Uniform(bytes.size());
  const size_t length = std::min<size_t>(bytes.size() - at, Uniform(64) + 1);
  std::string what = "bytes " + std::to_string(at) + " to " + std::to_string(at + length);
  if (damage == Damage::kCutShort) {
    bytes.resize(at);
    what = "cut at byte " + std::to_string(at);
  } else if (damage == Damage::kBytesMissing) {
    bytes.erase(at, length);
    what += " missing";
  } else if (damage == Damage::kZeros) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), length, '\0');
    what += " zeroed";
  }
  if (bytes == it->second->bytes) {  // a flipped bit was asked for, or those were zeros already
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << Uniform(8)));
    what = "a bit of byte " + std::to_string(at) + " flipped";
  }
  BINSEEK_RETURN_IF_ERROR(Replace(wrapped_.get(), file, bytes));
  const size_t size = bytes.size();
  it->second = std::make_shared<Contents>(Contents{std::move(bytes), size});
  synced_names_[file] = it->second;
  return file + ": " + what;
}

}  // namespace binseek::test
