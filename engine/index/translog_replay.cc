#include "engine/index/translog_replay.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace binseek::index {
namespace {

Status Missing(uint64_t generation) {
  return Status::Corruption(TranslogFile(generation) + " is missing");
}

// The newest generation that has a file; 0: there is none.
Result<uint64_t> NewestGeneration(const store::Directory& directory) {
  BINSEEK_ASSIGN_OR_RETURN(const std::vector<std::string> files, directory.List());
  uint64_t newest = 0;
  for (const std::string& file : files) {
    newest = std::max(newest, TranslogGeneration(file).value_or(0));
  }
  return newest;
}

// One generation's file, its head checked.
struct Generation {
  std::shared_ptr<const store::MappedFile> file;
  uint64_t previous_end = 0;
};

Result<Generation> OpenGeneration(const store::Directory& directory, uint64_t generation) {
  auto file = directory.Map(TranslogFile(generation));
  if (file.status().code() == StatusCode::kNotFound) {
    return Missing(generation);
  }
  BINSEEK_RETURN_IF_ERROR(file.status());
  BINSEEK_ASSIGN_OR_RETURN(const uint64_t previous_end,
                           DecodeTranslogHeader((*file)->bytes(), generation));
  return Generation{*std::move(file), previous_end};
}

class Replayer {
 public:
  Replayer(const TranslogVisitor& visitor, TranslogReplay* replay)
      : visitor_(visitor), replay_(replay) {}

  // Visits records from replay_->end on, up to `limit` or to what is no sound record.
  Status Visit(std::string_view bytes, uint64_t limit) {
    TranslogLocation& at = replay_->end;
    while (at.offset < limit) {
      const std::optional<TranslogFrame> frame = ReadTranslogFrame(bytes.substr(0, limit), at);
      if (!frame.has_value() || frame->payload_bytes == 0) {
        break;
      }
      const auto payload = ReadTranslogPayload(bytes.substr(0, limit), *frame, at.offset);
      if (!payload.has_value()) {
        break;
      }
      const uint64_t record_bytes = kTranslogFrameBytes + payload->size();
      if (Status status = visitor_(*payload, {at.generation, at.offset + record_bytes});
          !status.ok()) {
        return status.WithContext(TranslogFile(at.generation) + ": record at offset " +
                                  std::to_string(at.offset));
      }
      at.offset += record_bytes;
      replay_->bytes += record_bytes;
      ++replay_->records;
    }
    return Status::Ok();
  }

  // A generation whose successor says where it ends.
  Status VisitEarlier(std::string_view bytes, uint64_t end) {
    const TranslogLocation& at = replay_->end;
    if (end == at.offset) {
      return Status::Ok();  // a commit has all of it
    }
    if (end > bytes.size()) {
      return TranslogCorruption({at.generation, bytes.size()},
                                "the file ends too early: it had " + std::to_string(end) +
                                    " bytes when the next generation began");
    }
    BINSEEK_RETURN_IF_ERROR(Visit(bytes, end));
    if (at.offset != end) {
      return TranslogCorruption(at, "the record is damaged");
    }
    return Status::Ok();
  }

  Status VisitLast(std::string_view bytes) {
    const TranslogLocation& at = replay_->end;
    if (at.offset > bytes.size()) {
      return Status::Ok();  // a commit has what was here
    }
    BINSEEK_RETURN_IF_ERROR(Visit(bytes, bytes.size()));
    const std::optional<TranslogFrame> mark = ReadTranslogFrame(bytes, at);
    if (mark.has_value() && mark->payload_bytes == 0) {
      return Missing(at.generation + 1);
    }
    if (const auto witness = FindTranslogWitness(bytes, at)) {
      return TranslogCorruption(at, "the record is damaged, and was durable: the one at offset " +
                                        std::to_string(*witness) + " says so");
    }
    replay_->dropped_bytes = bytes.size() - at.offset;
    return Status::Ok();
  }

 private:
  const TranslogVisitor& visitor_;
  TranslogReplay* const replay_;
};

}  // namespace

Result<TranslogReplay> ReplayTranslog(const store::Directory& directory,
                                      const TranslogLocation& from,
                                      const TranslogVisitor& visitor) {
  TranslogReplay replay;
  BINSEEK_ASSIGN_OR_RETURN(const uint64_t newest, NewestGeneration(directory));
  if (newest == 0 && from.generation == 0) {
    return replay;
  }
  const uint64_t first = std::max<uint64_t>(from.generation, 1);
  if (newest < first) {
    return Missing(first);
  }
  Replayer replayer(visitor, &replay);
  BINSEEK_ASSIGN_OR_RETURN(Generation generation, OpenGeneration(directory, first));
  replay.end = {first, std::max<uint64_t>(from.offset, kTranslogHeaderBytes)};
  for (uint64_t number = first; number < newest; ++number) {
    BINSEEK_ASSIGN_OR_RETURN(Generation next, OpenGeneration(directory, number + 1));
    BINSEEK_RETURN_IF_ERROR(replayer.VisitEarlier(generation.file->bytes(), next.previous_end));
    generation = std::move(next);
    replay.end = {number + 1, kTranslogHeaderBytes};
  }
  BINSEEK_RETURN_IF_ERROR(replayer.VisitLast(generation.file->bytes()));
  return replay;
}

}  // namespace binseek::index
