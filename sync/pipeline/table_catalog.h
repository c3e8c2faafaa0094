// TableCatalog: binds tables to indices, at the start and when DDL changes them.
//
// A new table gets an index with the mapping that its columns ask for, and is read by a snapshot. One whose shape was changed by a statement
// starts again with a new index; one whose rows may be others than the stream has shown is read again into the index that it has
// (table_reread.h). The schema is read from the server when the event is met, which is later than it happened; so rows are taken only from the
// server's end at that moment on, and the snapshot, which begins behind it, has all that was passed over. A second statement before
// that end is met by the stream first: it starts the table again where it has changed its shape since.
//
// Single-threaded: the thread of the stream. Errors: those of engine and connection; what concerns one table alone stops that
// table (FollowedTables::StopTable) and is no error.
#ifndef BINSEEK_SYNC_PIPELINE_TABLE_CATALOG_H_
#define BINSEEK_SYNC_PIPELINE_TABLE_CATALOG_H_

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "sync/change/transaction.h"
#include "sync/mapper/table_mapper.h"
#include "sync/mysql/connection.h"
#include "sync/pipeline/checkpoint.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/pipeline/index_sink.h"
#include "sync/pipeline/supervisor.h"

namespace binseek::pipeline {

class TableCatalog {
 public:
  // All are borrowed and must outlive this.
  TableCatalog(const SupervisorOptions& options, IndexSink* sink, FollowedTables* tables,
               mapper::TableMapper* mapper)
      : options_(options), sink_(sink), tables_(tables), mapper_(mapper) {}

  // Goes on with the tables of a checkpoint, begins those that it does not have, and lets go of those that are not wanted any more.
  Status Restore(const Checkpoint& checkpoint, mysql::Connection* connection);

  // Statements are logged as they were written: this puts the event's names into the case that the server keeps them in.
  void FoldNames(change::TableEvent* event) const;
  // Whether the event is one for TakeEvent. The truncation of a table that is read to the end is not: its documents are deleted with the
  // transaction. While its snapshot runs, a chunk on its way may hold rows from before, so the table starts again.
  bool Concerns(const change::TableEvent& event) const;
  // What an event of this transaction does to the tables. Waits until the server shows what a statement did: the binlog tells of it first.
  // REQUIRES: `connection` is to the server that the stream comes from.
  Status TakeEvent(const change::TableEvent& event, const change::Transaction& transaction,
                   mysql::Connection* connection, const std::stop_token& stop);
  // Where the server has no history that goes on from `lost`: has all tables read again from where it stands now. Gives the checkpoint to go
  // on from, whose tables are the followed ones. `why` is for status and logs.
  Result<Checkpoint> BeginAnew(const StreamPlace& lost, const std::string& why,
                               mysql::Connection* connection);
  // The stream goes on with the server of this connection, which has all that was handed out, and no event of it has been read yet.
  Status MoveTo(mysql::Connection* connection);
  // Reads the table again as a whole, because more of its rows are to be read than can be read one by one (PendingKeys::kMost). `ordinal`: the
  // last one taken by the stream, which goes on without a gap. Every row that was pending comes with it.
  Status ReadPendingAgain(const std::string& name, uint64_t ordinal, mysql::Connection* connection);
  bool IsFollowed(std::string_view database) const;

  bool IsWanted(std::string_view database, std::string_view table) const;

 private:
  using Schema = std::shared_ptr<const change::TableSchema>;
  // What has a table looked up.
  struct Occasion {
    uint64_t ordinal = 0;        // nothing was written under it (change::OrdinalsTaken)
    change::BinlogPosition end;  // how far the stream has come with it; empty: as far as the server
    std::string
        rewritten;  // why rows may be others than the index has, also where the table looks as it did; empty: they are not
  };

  Status RestoreTable(const TableCheckpoint& table, mysql::Connection* connection);
  // Looks the table up, and follows it as it is now.
  Status Refresh(const std::string& table, const Occasion& occasion, mysql::Connection* connection);
  Status RefreshAll(const Occasion& occasion, mysql::Connection* connection);
  Status HandleEvent(const change::TableEvent& event, Occasion occasion,
                     mysql::Connection* connection);
  Status HandleUnseenRows(const change::TableEvent& event, const Occasion& occasion,
                          mysql::Connection* connection);
  Status HandleUnreadableRows(const change::TableEvent& event, const Occasion& occasion,
                              mysql::Connection* connection);
  Status HandleDrop(const change::TableEvent& event);
  // As the server has it now; null where it is gone, or cannot be followed, which is seen to.
  Result<Schema> LookUp(const std::string& table, mysql::Connection* connection);
  bool IsFollowedAs(const std::optional<TableCheckpoint>& followed,
                    const change::TableSchema& schema) const;
  Status Adopt(Schema schema, const Occasion& occasion, mysql::Connection* connection);
  Status ReadAgain(const TableCheckpoint& followed, Schema schema, const Occasion& occasion,
                   mysql::Connection* connection);
  std::string IndexNameOf(const change::TableSchema& schema) const;
  Status Estimate(const change::TableSchema& schema, mysql::Connection* connection);
  Result<std::string> ChooseIndex(const change::TableSchema& schema) const;
  Status LetGo(const std::string& name);
  void Stop(const change::TableSchema& schema, const std::string& why);

  const SupervisorOptions& options_;
  IndexSink* const sink_;
  FollowedTables* const tables_;
  mapper::TableMapper* const mapper_;
  bool folds_names_ = false;  // see FoldsNames
  // Tables that were read again because their rows could not be decoded: the schema since, and the occasion.
  struct Unreadable {
    Schema schema;
    uint64_t ordinal = 0;
  };
  std::map<std::string, Unreadable> unreadable_;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_TABLE_CATALOG_H_
