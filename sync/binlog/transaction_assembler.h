// TransactionAssembler: a stream of events in, whole transactions out.
//
// It knows nothing of connections: whoever has one feeds it events as they come, and says when a new stream begins.
//
//   assembler.BeginStream(checksums);
//   BINSEEK_ASSIGN_OR_RETURN(auto transaction, assembler.Feed(event_bytes));  // header to checksum
//   if (transaction) { ... }
//
// Single-threaded. Errors name file, offset and GTID: kCorruption for bytes that cannot be right; kAborted for events that
// may change captured rows and are not understood; kResourceExhausted for an event or rows above the limits; kUnavailable where the disk has no
// room for rows that memory does not hold; kNotFound for a transaction with rows whose end never came: what has happened is to be read anew
// (IsHistoryLost). After an error only BeginStream helps.
//
// What has the stream show less than happened is no error but a table event: kUnseenRows for rows logged as statements, for incidents (events
// that the server has lost) and for XA transactions that were not seen when they were prepared, or were not kept; kUnreadableRows for a
// table with rows that do not fit its schema or cannot be decoded, all of whose rows the transaction then leaves out.
//
// An XA transaction's rows come with the transaction that commits it, however much later. Until then its events are in the set of the
// prepared ones, which every transaction carries. Of one with too many events only the tables are kept: its commit comes as
// TableEvent::kUnseenRows of these.
#ifndef BINSEEK_SYNC_BINLOG_TRANSACTION_ASSEMBLER_H_
#define BINSEEK_SYNC_BINLOG_TRANSACTION_ASSEMBLER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "sync/binlog/event.h"
#include "sync/binlog/history_check.h"
#include "sync/binlog/row_event_reader.h"
#include "sync/binlog/schema_provider.h"
#include "sync/binlog/statement.h"
#include "sync/binlog/stream_position.h"
#include "sync/binlog/transaction_fingerprint.h"
#include "sync/binlog/xa_events.h"
#include "sync/change/image_pool.h"
#include "sync/change/transaction.h"

namespace binseek::binlog {

struct AssemblerOptions {
  change::SourceId source{};
  change::SourcePosition start;
  uint64_t next_ordinal = 1;
  std::shared_ptr<const change::PreparedSet> prepared;  // at `start`; null: none
  // False: GTIDs stay out of positions, because the set at `start` is not known and one with holes is worse than none.
  bool use_gtids = true;
  SchemaProvider schema_provider;
  DatabaseFilter captures_database;
  CascadeFilter cascades_from;                   // null: nothing does
  SpillOptions spill;                            // of rows that memory does not hold
  uint64_t max_event_bytes = uint64_t{1} << 30;  // of one, unpacked
  uint64_t max_prepared_bytes =
      uint64_t{16} << 20;  // of the events of all that are prepared: they lie in the checkpoint
  // Where those of one take more than keep_above_bytes, and no more than spill.memory_bytes, until its end is there; null: in the checkpoint.
  change::KeepPrepared keep_prepared;
  uint64_t keep_above_bytes = uint64_t{1} << 20;
};

class TransactionAssembler {
 public:
  explicit TransactionAssembler(AssemblerOptions options);

  // Drops an open transaction and all table maps. `checksums`: what was negotiated, for events before the first format
  // description.
  void BeginStream(bool checksums);

  // The stream that begins now has the last transaction once more: it is compared, and neither decoded nor handed out. kNotFound from Feed
  // where another one comes instead. See HistoryCheck.
  void ExpectAgain(const LastTransaction& last, HistoryCheck::By by) { check_.Expect(last, by); }
  const HistoryCheck& check() const { return check_; }

  // The stream comes from another server, whose files and offsets mean nothing to those of before.
  void ForgetPlace();

  // Takes one event; gives the transaction that it ends, if it ends one.
  Result<std::optional<change::Transaction>> Feed(std::string_view event);

  // Behind the last whole transaction, or further where nothing but events outside transactions followed. Never goes back.
  const change::SourcePosition& position() const { return position_; }
  uint64_t last_ordinal() const { return next_ordinal_ - 1; }
  // No transaction gets the next ordinal, which it gives.
  uint64_t LeaveOrdinal() { return next_ordinal_++; }

  // Of the transaction in the making.
  uint64_t open_rows() const { return open_ ? open_->buffer.size() : 0; }
  uint64_t open_bytes() const {
    return open_ ? open_->buffer.bytes() + (open_->xa ? open_->xa->bytes().size() : 0) : 0;
  }

 private:
  struct Savepoint {
    std::string name;
    RowBuffer::Mark rows;  // before it
    size_t xa_bytes = 0;   // likewise
  };

  // A transaction in the making.
  struct Open {
    Open(FingerprintBuilder builder, const SpillOptions* spill,
         std::shared_ptr<change::ImagePool> pool);
    bool changes_anything() const;

    std::string gtid;
    change::BinlogPosition begin;
    bool standalone = true;  // ends with its one statement: no BEGIN came
    bool again = false;      // the one that check_ expects
    int64_t commit_time_us = 0;
    FingerprintBuilder fingerprint;
    RowBuffer buffer;
    std::optional<XaEvents>
        xa;  // instead of the buffer, until it is known whether it is only prepared
    std::unique_ptr<RowEventReader> xa_reader;  // set: its rows are in the buffer, too many to wait
    std::vector<change::TableEvent> table_events;
    std::vector<Savepoint> savepoints;
    std::optional<std::string> committed_xa;  // by this transaction
  };

  Status Handle(const Event& event);
  Status HandlePayload(const Event& event);
  Status HandleGtid(const Event& event);
  Status HandleMariadbGtid(const Event& event);
  Status HandleQuery(const Event& event);
  Status HandleRows(const Event& event);
  Status HandleXaPrepare(const Event& event);
  Status HandleHeartbeat(const Event& event);
  Status Recognise();
  void BeginXa();
  std::unique_ptr<RowEventReader> MakeXaReader() const;
  Status TakeXa(const Event& event);
  Status ReadXaAtOnce();
  Status ReplayXa(std::string_view events);
  Status CommitXa(const std::string& name);
  // Of the events of one XA transaction, in memory.
  uint64_t MostXaBytes() const;
  Status Prepare(const std::string& name, const XaEvents& xa, bool complete);
  void ForgetPrepared(const std::string& name);
  Status HandleRotate(const Event& event);
  Status HandleFormatDescription(const Event& event);
  Status ApplyStatement(const Statement& statement, std::string_view sql);
  void TakeRowsAsText(const Statement& statement, std::string_view sql);
  // Once for each table.
  static void AddUnseenRows(std::string_view database, std::string_view table, std::string why,
                            std::vector<change::TableEvent>* events);
  void AddTableEvents(const Statement& statement, std::string_view sql);
  Status RollBackTo(const std::string& savepoint);
  std::shared_ptr<const change::TableSchema> SchemaFor(std::string_view database,
                                                       std::string_view table) const;
  bool IsCaptured(std::string_view database, std::string_view table) const;
  Open& EnsureOpen();
  void DropOpen();
  Status CloseUnended();
  void MoveOn();
  void End(const EventHeader& header);
  Result<change::Transaction> Finish();
  Status WithPlace(const Status& status) const;

  // Constant after construction; without `prepared`, whose files would be held for as long as this lives.
  AssemblerOptions options_;
  const bool mariadb_;
  change::SourcePosition position_;
  uint64_t next_ordinal_;
  StreamPosition stream_;
  change::BinlogPosition event_begin_;  // of the event that is being handled
  HistoryCheck check_;
  FormatDescription format_;
  bool checksums_ = true;
  RowEventReader rows_;
  const std::shared_ptr<change::ImagePool> pool_ = std::make_shared<change::ImagePool>();
  std::shared_ptr<const change::PreparedSet> prepared_;  // never null
  std::optional<Open> open_;
  bool ended_ = false;  // open_ is whole
  // Until the transaction ends that it came in, or the next one, where that one was cut off.
  std::optional<std::string> lost_events_;
  std::string unpacked_;
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_TRANSACTION_ASSEMBLER_H_
