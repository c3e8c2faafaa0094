#include "sync/pipeline/transaction_writer.h"

#include <chrono>
#include <iterator>
#include <optional>
#include <utility>

#include "engine/base/log.h"

namespace binseek::pipeline {
namespace {

// That wait for the end of a transaction.
constexpr size_t kMaxLetters = 10'000;

}  // namespace

TransactionWriter::TransactionWriter(const TransactionWriterOptions& options,
                                     change::TransactionPosition position, uint64_t piece_bytes,
                                     std::function<std::vector<index::IndexId>()> indices)
    : options_(options),
      position_(std::move(position)),
      piece_bytes_(piece_bytes),
      indices_(std::move(indices)) {}

Status TransactionWriter::Add(mapper::MappedTransaction piece) {
  std::vector<index::Operation>& operations = piece.batch.operations;
  uint64_t bytes = 0;
  for (const index::Operation& operation : operations) {
    bytes += mapper::MemoryOf(operation);
  }
  if (pending_bytes_ > 0 && bytes > 0 && pending_bytes_ + bytes > piece_bytes_) {
    BINSEEK_RETURN_IF_ERROR(WritePending());
  }
  if (options_.progress != nullptr) {
    options_.progress->operations += operations.size();
    options_.progress->bytes += bytes;
  }
  pending_bytes_ += bytes;
  if (pending_.operations.empty()) {
    pending_.operations = std::move(operations);
  } else {
    pending_.operations.insert(pending_.operations.end(),
                               std::make_move_iterator(operations.begin()),
                               std::make_move_iterator(operations.end()));
  }
  letters_.insert(letters_.end(), std::make_move_iterator(piece.rejected.begin()),
                  std::make_move_iterator(piece.rejected.end()));
  if (letters_.size() > kMaxLetters) {
    RecordLetters();
  }
  return Status::Ok();
}

// Pending operations that are not the last.
Status TransactionWriter::WritePending() {
  const bool stages = options_.sink->capabilities().stages;
  if (stages && staged_ == nullptr) {
    BINSEEK_ASSIGN_OR_RETURN(staged_, options_.sink->Stage(indices_()));
  }
  large_ = true;
  if (stages) {
    BINSEEK_ASSIGN_OR_RETURN(const auto results, staged_->Add(pending_.operations));
    TakeFailures(results);
  } else {
    BINSEEK_ASSIGN_OR_RETURN(const auto applied, options_.sink->Apply(pending_));
    TakeFailures(applied.results);
  }
  pending_.operations.clear();
  pending_bytes_ = 0;
  return Status::Ok();
}

Status TransactionWriter::Finish(const std::string& key, const std::string& checkpoint) {
  const bool writes = large_ || !pending_.operations.empty() || !letters_.empty();
  if (staged_ != nullptr) {
    BINSEEK_RETURN_IF_ERROR(WritePending());
  }
  // Its dead letters are recorded behind the write, and a commit that falls between must have them. The checkpoint tells whether the
  // write is applied: with rows, no two in a row are the same.
  std::optional<OpenWrite> open;
  if (writes) {
    open.emplace(options_.state, [this, &key, &checkpoint] {
      return options_.sink->Checkpoint(key) == checkpoint;
    });
  }
  if (staged_ != nullptr) {
    BINSEEK_RETURN_IF_ERROR(staged_->Finish({{key, checkpoint}}));
    staged_.reset();
  } else {
    pending_.user_data[key] = checkpoint;
    BINSEEK_ASSIGN_OR_RETURN(const auto applied, options_.sink->Apply(pending_));
    TakeFailures(applied.results);
  }
  RecordLetters();
  return Status::Ok();
}

void TransactionWriter::TakeFailures(const std::vector<index::OpResult>& results) {
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i].outcome == index::Outcome::kFailed) {
      letters_.push_back({options_.tables->TableOfIndexId(pending_.operations[i].index),
                          pending_.operations[i].key, results[i].status.message(), position_});
    }
  }
}

void TransactionWriter::RecordLetters() {
  for (const mapper::RejectedRow& row : letters_) {
    static LogEvery every(std::chrono::seconds(10));
    every.Log(LogLevel::kWarn, "row goes to the dead letters",
              {{"table", row.table}, {"key", row.key}, {"reason", row.reason}});
  }
  if (!letters_.empty()) {
    options_.state->AddDeadLetters(options_.source, letters_);
    letters_.clear();
  }
}

}  // namespace binseek::pipeline
