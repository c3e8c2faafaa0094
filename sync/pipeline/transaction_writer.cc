#include "sync/pipeline/transaction_writer.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/log.h"

namespace binseek::pipeline {
namespace {

// That wait for the end of a transaction.
constexpr size_t kMaxLetters = 10'000;

// Whether the document is the row's now, all of it, or both are gone. An update of columns alone says nothing of the others. `comes_again`: the
// write may be one that was made before a crash already.
bool IsWhole(const index::Operation& operation, const index::OpResult& result, bool comes_again) {
  switch (result.outcome) {
    case index::Outcome::kCreated:
      return true;
    case index::Outcome::kUpdated:
      return operation.kind != index::OpKind::kUpdateColumns;
    case index::Outcome::kDeleted:
    case index::Outcome::kMissing:
      return operation.kind == index::OpKind::kDelete;
    case index::Outcome::kStale:
      return comes_again && operation.kind != index::OpKind::kUpdateColumns;
    case index::Outcome::kConflict:
    case index::Outcome::kFailed:
      break;
  }
  return false;
}

}  // namespace

TransactionWriter::TransactionWriter(const TransactionWriterOptions& options,
                                     change::TransactionPosition position, uint64_t piece_bytes,
                                     std::function<std::vector<index::IndexId>()> indices)
    : options_(options),
      piece_bytes_(piece_bytes),
      indices_(std::move(indices)),
      parts_{{0, std::move(position)}} {}

void TransactionWriter::BeginTransaction(change::TransactionPosition position) {
  parts_.push_back({pending_.operations.size(), std::move(position)});
}

const change::TransactionPosition& TransactionWriter::PositionOf(size_t operation) const {
  const auto behind =
      std::upper_bound(parts_.begin(), parts_.end(), operation,
                       [](size_t number, const Part& part) { return number < part.first; });
  return (behind - 1)->position;
}

Status TransactionWriter::Add(mapper::MappedTransaction piece) {
  std::vector<index::Operation>& operations = piece.batch.operations;
  uint64_t bytes = 0;
  for (index::Operation& operation : operations) {
    bytes += mapper::MemoryOf(operation);
    operation.is_settled = options_.settles_deletes && operation.kind == index::OpKind::kDelete;
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
  std::move(piece.batch.takeovers.begin(), piece.batch.takeovers.end(),
            std::back_inserter(pending_.takeovers));
  for (mapper::RejectedRow& row : piece.rejected) {
    letter_keys_.emplace(row.table, row.key);
    letters_.push_back(std::move(row));
  }
  for (mapper::MendedRow& row : piece.mended) {
    if (HasLetter(row.table, row.key)) {
      settled_.push_back({std::move(row.table), std::move(row.key), row.version});
    }
  }
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
    TakeResults(results);
  } else {
    BINSEEK_ASSIGN_OR_RETURN(const auto applied, options_.sink->Apply(pending_));
    TakeResults(applied.results);
  }
  pending_.operations.clear();
  pending_bytes_ = 0;
  parts_.erase(parts_.begin(), parts_.end() - 1);
  parts_[0].first = 0;
  return Status::Ok();
}

Status TransactionWriter::Finish(const std::string& key, const std::string& checkpoint) {
  const bool writes =
      large_ || !pending_.operations.empty() || !pending_.takeovers.empty() || !letters_.empty();
  if (staged_ != nullptr) {
    BINSEEK_RETURN_IF_ERROR(WritePending());
  }
  // Its dead letters are recorded behind the write, and a commit that falls between must have them. The checkpoint tells whether the
  // write is applied: no two are the same.
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
    TakeResults(applied.results);
  }
  RecordLetters();
  SettleLetters();  // behind the additions: versions tell what came later
  StopBeyondLimit();
  return Status::Ok();
}

bool TransactionWriter::HasLetter(const std::string& table, const std::string& key) const {
  return letter_keys_.contains({table, key}) ||
         options_.state->WasRejected(options_.source, table, key);
}

void TransactionWriter::TakeResults(const std::vector<index::OpResult>& results) {
  std::optional<index::IndexId> index;
  std::string_view source_table;
  std::string table;
  const bool comes_again = !options_.sink->capabilities().holds_checkpoint;
  const bool any = !letters_.empty() || options_.state->AnyRejected();
  for (size_t i = 0; i < results.size(); ++i) {
    const index::Operation& operation = pending_.operations[i];
    const bool failed = results[i].outcome == index::Outcome::kFailed;
    if (!failed && !any && letters_.empty()) {
      continue;
    }
    if (index != operation.index || source_table != operation.source_table) {
      index = operation.index;
      source_table = operation.source_table;
      // An index may be several tables'.
      table = source_table.empty() ? options_.tables->TableOfIndexId(operation.index)
                                   : std::string(source_table.substr(source_table.find('/') + 1));
    }
    if (failed) {
      letter_keys_.emplace(table, operation.key);
      letters_.push_back(
          {table, operation.key, results[i].status.message(), PositionOf(i), operation.version});
    } else if (IsWhole(operation, results[i], comes_again) && HasLetter(table, operation.key)) {
      settled_.push_back({table, operation.key, operation.version});
    }
  }
}

void TransactionWriter::RecordLetters() {
  for (const mapper::RejectedRow& row : letters_) {
    static LogEvery every(std::chrono::seconds(10));
    every.Log(LogLevel::kWarn, "row goes to the dead letters",
              {{"table", row.table}, {"key", row.key}, {"reason", row.reason}});
    newest_.insert_or_assign(row.table, row);
  }
  if (!letters_.empty()) {
    options_.state->AddDeadLetters(options_.source, letters_);
    letters_.clear();
    letter_keys_.clear();
  }
}

void TransactionWriter::SettleLetters() {
  for (const Settled& row : settled_) {
    options_.state->SettleDeadLetters(options_.source, row.table, row.key, row.version);
  }
  settled_.clear();
}

void TransactionWriter::StopBeyondLimit() const {
  for (const auto& [name, row] : newest_) {
    const auto table = options_.tables->Find(name);
    if (options_.dead_letter_limit == 0 || !table || options_.tables->IsStopped(name) ||
        options_.state->DeadRows(options_.source, name) <= options_.dead_letter_limit) {
      continue;
    }
    const std::string why =
        "more than " + std::to_string(options_.dead_letter_limit) +
        " of its rows could not become documents (source.dead_letter_limit); the newest, key [" +
        row.key + "]: " + row.reason +
        "; raise the limit, or mend the rows and discard their letters, and start binseek again: "
        "the "
        "table is then read again";
    constexpr auto kCode = change::StopCode::kDeadLettersAboveLimit;
    Log(LogLevel::kError, "table is not followed any more",
        {{"table", name}, {"code", StopCodeName(kCode)}, {"error", why}});
    options_.tables->StopTable(*table->schema, {kCode, why}, options_.dead_letter_limit);
  }
}

}  // namespace binseek::pipeline
