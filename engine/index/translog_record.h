// What the records of the translog say: the payloads that Translog keeps and ReplayTranslog gives back.
//
// A record holds a whole batch, so that it is replayed whole or not at all, and operations as they were applied: what the engine chose
// (versions, sequence numbers, documents made by if_missing) is written down, never chosen anew. Operations that changed nothing are
// not in it.
//
//   TranslogBatchEncoder encoder({});                          // under the batch's claim
//   encoder.Upsert({.index = id, .key = key, .version = 3, .seq_no = 17}, document);
//   BINSEEK_ASSIGN_OR_RETURN(auto prepared, translog->Prepare(std::move(encoder).Finish()));
//
// Plain value types; thread-compatible. Decoding takes any bytes: kCorruption, naming the offset within the payload. Layout:
// engine/codec/FORMATS.md.
#ifndef BINSEEK_ENGINE_INDEX_TRANSLOG_RECORD_H_
#define BINSEEK_ENGINE_INDEX_TRANSLOG_RECORD_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "engine/mapping/document.h"
#include "engine/mapping/mapping.h"

namespace binseek::index {

// Persisted: values are fixed.
enum class LoggedOpKind : uint8_t {
  kUpsert = 1,
  kDelete = 2,
  kUpdateColumns = 3,
};

// What every logged operation says.
struct LoggedOp {
  LoggedOpKind kind = LoggedOpKind::kUpsert;
  IndexId index{};
  std::string_view key;                // borrowed
  int64_t version = 0;                 // that the document or tombstone got
  int64_t seq_no = 0;                  // that the operation got
  uint64_t row_hash = 0;               // 0 = unknown
  std::string_view source_table = {};  // of an upsert, borrowed: becomes one of its texts
  bool external_version =
      false;  // given by the caller: deletes of the index leave tombstones from here on
  bool leaves_tombstone = false;  // kDelete
};

// Makes the payload of one batch. Single-threaded. Cost: a copy of what is given.
class TranslogBatchEncoder {
 public:
  // Of Batch; empty for what comes over HTTP, mostly.
  explicit TranslogBatchEncoder(const std::map<std::string, std::string>& user_data);

  // `op.kind` is ignored: the function says it.
  void Upsert(const LoggedOp& op, const mapping::Document& document);
  void Delete(const LoggedOp& op);
  void UpdateColumns(const LoggedOp& op, std::span<const ColumnUpdate> columns);

  uint64_t operations() const { return operations_; }
  size_t bytes() const { return payload_.size(); }
  std::string Finish() && { return std::move(payload_); }

 private:
  void PutOp(LoggedOpKind kind, const LoggedOp& op);

  std::string payload_;
  uint64_t operations_ = 0;
};

struct ReplayedOp {
  LoggedOpKind kind = LoggedOpKind::kUpsert;
  IndexId index{};
  std::string key;
  int64_t version = 0;
  int64_t seq_no = 0;
  uint64_t row_hash = 0;
  bool external_version = false;
  bool leaves_tombstone = false;      // kDelete
  mapping::Document document;         // kUpsert
  std::vector<ColumnUpdate> columns;  // kUpdateColumns
};

struct ReplayedBatch {
  std::map<std::string, std::string> user_data;
  std::vector<ReplayedOp> operations;
};

// The index has this mapping from here on: fields that documents or requests have added.
struct ReplayedMapping {
  IndexId index{};
  mapping::Mapping mapping;
};

std::string EncodeMappingChange(IndexId index, const mapping::Mapping& mapping);

using TranslogRecord = std::variant<ReplayedBatch, ReplayedMapping>;
[[nodiscard]] Result<TranslogRecord> DecodeTranslogRecord(std::string_view payload);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_TRANSLOG_RECORD_H_
