// TableCatalog: binds tables to indices, at the start and when DDL changes them.
//
// A new table gets an index with the mapping that its columns ask for, and is read by a snapshot. One whose shape or rows were changed by
// a statement starts again: its index is made anew. The schema is read from the server when the statement is met, which is
// later than the statement ran; so rows are taken only from the server's end at that moment on, and the snapshot, which
// begins behind it, has all that was passed over. A second statement before that end is met by the stream first, and starts it again.
//
// Single-threaded: the thread of the stream. Errors: those of engine and connection; what concerns one table alone stops that
// table (FollowedTables::StopTable) and is no error.
#ifndef BINSEEK_SYNC_PIPELINE_TABLE_CATALOG_H_
#define BINSEEK_SYNC_PIPELINE_TABLE_CATALOG_H_

#include <memory>
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
  // What a statement does to the tables. Connects, and waits until the server shows what the statement did: the binlog tells of it first.
  Status TakeEvent(const change::TableEvent& event, const change::TransactionPosition& position,
                   const std::stop_token& stop);
  // Reads the table again as a whole, because more of its rows are to be read than can be read one by one (PendingKeys::kMost). Every row
  // that was pending comes with it, so that what is followed from then on has no pending keys.
  Status ReadAgain(const std::string& name, const std::stop_token& stop);
  bool IsFollowed(std::string_view database) const;

  bool IsWanted(std::string_view database, std::string_view table) const;

 private:
  Status RestoreTable(const TableCheckpoint& table, mysql::Connection* connection);
  // Looks the table up, and follows it as it is now; `rewritten`: also where it looks as it did.
  Status Refresh(const std::string& database, const std::string& table, bool rewritten,
                 mysql::Connection* connection);
  Status HandleEvent(const change::TableEvent& event, mysql::Connection* connection);
  Status Adopt(std::shared_ptr<const change::TableSchema> schema, mysql::Connection* connection);
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
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_TABLE_CATALOG_H_
