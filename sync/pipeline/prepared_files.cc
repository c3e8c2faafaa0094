#include "sync/pipeline/prepared_files.h"

#include <chrono>
#include <map>
#include <utility>

#include "engine/base/log.h"

namespace binseek::pipeline {

PreparedFiles::PreparedFiles(index::Engine* engine, change::SourceId source)
    : engine_(engine), prefix_("xa/" + std::to_string(static_cast<uint16_t>(source)) + "/") {}

std::shared_ptr<const change::PreparedEvents> PreparedFiles::EventsOf(
    const std::string& name, std::shared_ptr<const index::AttachedFile> file) const {
  return std::make_shared<const change::PreparedEvents>(
      name, [file = std::move(file)]() -> Result<change::PreparedEvents::Bytes> {
        BINSEEK_ASSIGN_OR_RETURN(index::AttachedBytes read, file->Read());
        return change::PreparedEvents::Bytes{std::move(read.file), read.bytes};
      });
}

std::shared_ptr<const change::PreparedSet> PreparedFiles::Open(const change::PreparedSet& named) {
  const index::Attachments all = engine_->Attached();
  attached_.clear();
  for (const auto& [name, file] : all) {
    if (name.starts_with(prefix_)) {
      attached_.insert(name);
    }
  }
  auto opened = std::make_shared<change::PreparedSet>();
  for (const auto& [xid, events] : named) {
    if (events->kept_as().empty()) {
      opened->emplace(xid, events);
    } else if (const auto file = all.find(events->kept_as()); file != all.end()) {
      opened->emplace(xid, EventsOf(file->first, file->second));
    } else {
      Log(LogLevel::kError,
          "a prepared XA transaction is lost: once it is committed all tables are read again",
          {{"xid", xid}, {"file", events->kept_as()}});
    }
  }
  return opened;
}

Result<std::shared_ptr<const change::PreparedEvents>> PreparedFiles::Keep(std::string_view events) {
  std::string name;
  std::shared_ptr<const index::AttachedFile> attached;
  const Status kept = [&]() -> Status {
    BINSEEK_ASSIGN_OR_RETURN(const auto writer, engine_->CreateAttachedFile());
    BINSEEK_RETURN_IF_ERROR(writer->Append(events));
    BINSEEK_ASSIGN_OR_RETURN(attached, writer->Finish());
    name = prefix_ +
           std::to_string(
               attached->info().id);  // of no other, also where the same transaction is read twice
    index::Batch batch;
    batch.attached[name] = attached;
    return engine_->Apply(batch).status();
  }();
  if (!kept.ok()) {
    return Status::Unavailable("a prepared XA transaction cannot be kept: " + kept.message());
  }
  attached_.insert(name);
  return EventsOf(name, std::move(attached));
}

void PreparedFiles::LetGo(const change::PreparedSet* named) {
  if (attached_.empty()) {
    return;
  }
  std::set<std::string> still;
  if (named != nullptr) {
    for (const auto& [xid, events] : *named) {
      still.insert(events->kept_as());
    }
  }
  index::Batch batch;
  for (const std::string& name : attached_) {
    if (still.count(name) == 0) {
      batch.attached[name] = nullptr;
    }
  }
  if (batch.attached.empty()) {
    return;
  }
  if (const Status gone = engine_->Apply(batch).status(); !gone.ok()) {
    static LogEvery every(std::chrono::seconds(10));
    every.Log(LogLevel::kWarn, "files of ended XA transactions are still there", {{"error", gone}});
    return;
  }
  for (const auto& [name, none] : batch.attached) {
    attached_.erase(name);
  }
}

}  // namespace binseek::pipeline
