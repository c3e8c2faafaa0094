#include "engine/index/translog.h"

#include <algorithm>
#include <optional>

#include "engine/base/check.h"
#include "engine/base/crc32c.h"

namespace binseek::index {
namespace {

// Far above what can be reached, far below where adding could overflow.
constexpr uint64_t kMaxGeneration = uint64_t{1} << 62;

// kInvalidArgument where a file that a translog behind `previous` would come to holds records. The next file with nothing but a head is
// what a start of that generation leaves that has failed.
Status RefuseLaterGenerations(const store::Directory& directory, uint64_t previous) {
  BINSEEK_ASSIGN_OR_RETURN(const std::vector<std::string> files, directory.List());
  for (const std::string& file : files) {
    const uint64_t generation = TranslogGeneration(file).value_or(0);
    if (generation <= previous) {
      continue;
    }
    BINSEEK_ASSIGN_OR_RETURN(const auto mapped, directory.Map(file));
    if (generation > previous + 1 || mapped->bytes().size() > kTranslogHeaderBytes) {
      return Status::InvalidArgument(directory.name() + ": " + file +
                                     " exists: a new translog would write over it");
    }
  }
  return Status::Ok();
}

}  // namespace

Result<std::unique_ptr<Translog>> Translog::Open(store::Directory* directory,
                                                 const TranslogLocation& previous,
                                                 const TranslogOptions& options) {
  if (previous.generation >= kMaxGeneration) {
    return Status::InvalidArgument("no generation of the translog can follow " +
                                   std::to_string(previous.generation));
  }
  BINSEEK_RETURN_IF_ERROR(RefuseLaterGenerations(*directory, previous.generation));
  BINSEEK_ASSIGN_OR_RETURN(auto writer, TranslogWriter::Create(directory, previous));
  return std::unique_ptr<Translog>(new Translog(directory, options, std::move(writer)));
}

Translog::Translog(store::Directory* directory, const TranslogOptions& options,
                   std::unique_ptr<TranslogWriter> writer)
    : directory_(directory),
      options_(options),
      writer_(std::move(writer)),
      end_(writer_->end()),
      synced_(writer_->synced()),
      syncs_(writer_->syncs()) {
  kept_[end_.generation] = end_.offset;
}

Result<Translog::Prepared> Translog::Prepare(std::string payload) {
  BINSEEK_CHECK(!payload.empty(), "a record of the translog needs a payload");
  if (payload.size() > kMaxTranslogPayloadBytes) {
    return Status::ResourceExhausted(
        "a batch of " + std::to_string(payload.size()) + " bytes is more than the " +
        std::to_string(kMaxTranslogPayloadBytes) + " that a record of the translog can hold");
  }
  const uint32_t crc = Crc32c(payload);
  const MutexLock lock(&mutex_);
  while (error_.ok() && pending_bytes_ >= options_.buffer_bytes) {
    if (writer_ == nullptr) {
      worked_.Wait(&mutex_);
    } else {
      Work(/*sync=*/false);
    }
  }
  BINSEEK_RETURN_IF_ERROR(error());
  return Prepared(std::move(payload), crc);
}

Result<TranslogLocation> Translog::Append(Prepared record) {
  const MutexLock lock(&mutex_);
  BINSEEK_RETURN_IF_ERROR(error());
  const uint64_t bytes = kTranslogFrameBytes + record.payload_.size();
  pending_.push_back({end_.generation, std::move(record.payload_), record.crc_});
  pending_bytes_ += bytes;
  end_.offset += bytes;
  kept_[end_.generation] = end_.offset;
  ++records_;
  bytes_ += bytes;
  return end_;
}

Status Translog::Sync(const TranslogLocation& location) {
  const MutexLock lock(&mutex_);
  BINSEEK_CHECK(!(end_ < location), "a location that no Append of this translog has returned");
  return SyncUpTo(location);
}

Status Translog::SyncAll() {
  const MutexLock lock(&mutex_);
  BINSEEK_RETURN_IF_ERROR(error());
  return SyncUpTo(end_);
}

Status Translog::SyncUpTo(const TranslogLocation& location) {
  while (synced_ < location) {
    BINSEEK_RETURN_IF_ERROR(error());
    if (writer_ == nullptr) {
      worked_.Wait(&mutex_);
    } else {
      Work(/*sync=*/true);
    }
  }
  return Status::Ok();
}

void Translog::Work(bool sync) {
  std::unique_ptr<TranslogWriter> writer = std::move(writer_);
  std::vector<PendingRecord> records = std::exchange(pending_, {});
  pending_bytes_ = 0;
  const TranslogLocation end = end_;
  mutex_.Unlock();
  Status status = writer->Write(records, end.generation);
  if (status.ok() && sync) {
    status = writer->Sync();
  }
  records = {};  // may take long, and need not be done under the mutex
  mutex_.Lock();
  BINSEEK_CHECK(!status.ok() || writer->end() == end, "the file and its length have parted");
  synced_ = std::max(synced_, writer->synced());
  syncs_ = writer->syncs();
  writer_ = std::move(writer);
  if (!status.ok()) {
    error_ = std::move(status);
    pending_.clear();
    pending_bytes_ = 0;
  }
  worked_.NotifyAll();
}

uint64_t Translog::Roll() {
  const MutexLock lock(&mutex_);
  end_ = {end_.generation + 1, kTranslogHeaderBytes};
  kept_[end_.generation] = end_.offset;
  return end_.generation;
}

Status Translog::DeleteBefore(uint64_t generation) {
  {
    const MutexLock lock(&mutex_);
    BINSEEK_RETURN_IF_ERROR(error());
    if (generation > synced_.generation) {
      return Status::InvalidArgument(TranslogFile(generation) + " is not durable yet");
    }
    kept_.erase(kept_.begin(), kept_.lower_bound(generation));
  }
  BINSEEK_ASSIGN_OR_RETURN(const std::vector<std::string> files, directory_->List());
  std::map<uint64_t, std::string> old;  // ascending: what a crash leaves has no gap
  for (const std::string& file : files) {
    const std::optional<uint64_t> of = TranslogGeneration(file);
    if (of.has_value() && *of < generation) {
      old[*of] = file;
    }
  }
  for (const auto& [of, file] : old) {
    BINSEEK_RETURN_IF_ERROR(directory_->Delete(file));
  }
  return Status::Ok();
}

Status Translog::Close() {
  const MutexLock lock(&mutex_);
  while (synced_ < end_ || writer_ == nullptr) {
    BINSEEK_RETURN_IF_ERROR(SyncUpTo(end_));
    if (writer_ == nullptr) {
      worked_.Wait(&mutex_);
    }
  }
  BINSEEK_RETURN_IF_ERROR(error());
  error_ = Status::Aborted("the translog is closed");
  error_.IgnoreError();  // nobody need ask again
  return writer_->Close();
}

TranslogLocation Translog::tail() const {
  const MutexLock lock(&mutex_);
  return synced_;
}

TranslogStats Translog::stats() const {
  const MutexLock lock(&mutex_);
  TranslogStats stats;
  stats.records = records_;
  stats.bytes = bytes_;
  stats.syncs = syncs_;
  stats.generation = end_.generation;
  for (const auto& [generation, end] : kept_) {
    stats.kept_bytes += end;
  }
  stats.buffered_bytes = pending_bytes_;
  return stats;
}

}  // namespace binseek::index
