// TableCatalog: binds tables to indices, at the start and when DDL changes them.
//
// A new table gets an index with the mapping that its columns ask for, and is read by a snapshot. One whose shape was changed by a statement,
// or whose rules have changed, is read into a new generation of its index, while the one of before answers; so is one that is to be read anew by the user's word, whose
// old generation is fed by the stream meanwhile (catalog_rebuild.cc). One whose rows may be others than the stream has shown is read again into the index that it has
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
#include <vector>

#include "engine/base/result.h"
#include "sync/binlog/schema_provider.h"
#include "sync/change/stop_code.h"
#include "sync/change/transaction.h"
#include "sync/mapper/table_layout.h"
#include "sync/mysql/connection.h"
#include "sync/pipeline/cascade_graph.h"
#include "sync/pipeline/checkpoint.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/pipeline/generation_mapper.h"
#include "sync/pipeline/index_owners.h"
#include "sync/pipeline/index_sink.h"
#include "sync/pipeline/source_checks.h"
#include "sync/pipeline/supervisor.h"

namespace binseek::pipeline {

// A table of the server's, whether it is followed or not.
struct TableName {
  std::string database;
  std::string table;

  std::string Qualified() const { return database + "." + table; }
};

class TableCatalog {
 public:
  // All are borrowed and must outlive this.
  TableCatalog(const SupervisorOptions& options, IndexSink* sink, FollowedTables* tables,
               GenerationMapper* mapper)
      : options_(options),
        owners_(options.owners != nullptr ? options.owners : std::make_shared<IndexOwners>()),
        sink_(sink),
        tables_(tables),
        mapper_(mapper) {}

  // Goes on with the tables of a checkpoint, begins those that it does not have and those whose rules have changed, and lets go of those that
  // are not wanted any more. Leaves an ordinal unused where documents of an index that other tables share had to go.
  Status Restore(Checkpoint* checkpoint, mysql::Connection* connection);

  // Followed tables that the server does not have any more, and the end of one of them: what took it away was not shown by the stream, or is to
  // come, which then finds nothing left to do. `ordinal`: the last one taken by the stream, left unused.
  // REQUIRES: the server has all that was handed out.
  Result<std::vector<std::string>> Missing(mysql::Connection* connection) const;
  Status LetGoOfMissing(const std::string& name, uint64_t ordinal);

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
  // Reads the table again as a whole, because more of its rows are to be read than can be read one by one (PendingKeys::kMost), or which ones
  // they are is not known. `ordinal`: the last one taken by the stream, left unused. Every row that was pending comes with it.
  Status ReadPendingAgain(const std::string& name, uint64_t ordinal, mysql::Connection* connection);
  // By the user's word: makes all of the table's documents anew. `ordinal`: the last one taken by the stream, left unused; the same one again where the call before it
  // was not heard to its end. Errors: as Supervisor::ResyncTable.
  Result<Resync> ResyncTable(const std::string& name, uint64_t ordinal,
                             mysql::Connection* connection);
  // The new generation of the table's index could not be built: the old one, which is fed, is followed as before. DropLeftOver takes what was built away, once
  // the checkpoint does not name it any more.
  Status GiveUpRebuild(const std::string& name, const std::string& why);
  Status DropLeftOver(const std::string& name);
  // The new generation answers.
  void Swapped(const std::string& name) { mapper_->UnbindOld(name); }
  bool IsFollowed(std::string_view database) const;

  bool IsWanted(std::string_view database, std::string_view table) const;
  // As of the last statement that may have changed it.
  const CascadeGraph& cascades() const { return cascades_; }
  binlog::CascadeFilter cascade_filter() const {
    return [this](std::string_view database, std::string_view table) {
      return folds_names_ ? cascades_.CascadesFrom(LowerCase(database), LowerCase(table))
                          : cascades_.CascadesFrom(database, table);
    };
  }

 private:
  using Schema = std::shared_ptr<const change::TableSchema>;
  // What has a table looked up.
  struct Occasion {
    uint64_t ordinal = 0;        // nothing was written under it (change::OrdinalsTaken)
    change::BinlogPosition end;  // how far the stream has come with it; empty: as far as the server
    std::string
        rewritten;  // why rows may be others than the index has, also where the table looks as it did; empty: they are not
    bool may_wait =
        false;  // chunks that were read before it and come behind it are as wrong as the rest, and no worse
  };

  bool GoesOn(const TableCheckpoint& table) const;
  // catalog_rebuild.cc
  // Of a checkpoint's table that does not go on: whether its documents may answer until others are made.
  bool AnswersOn(const TableCheckpoint& table, const Checkpoint& checkpoint) const;
  // Whether a new generation of its index can be built for this schema.
  bool BuildsBeside(const TableCheckpoint& table, const change::TableSchema& schema) const;
  // What answers stays, as it is now, and is fed by nobody; what was being built goes.
  Status StandStill(TableCheckpoint table, const std::string& why);
  Status Rebuild(const TableName& table, const Occasion& occasion, mysql::Connection* connection);
  // Adopt, where nobody else hears of its errors.
  Status AdoptOrStop(const Schema& schema, const Occasion& occasion, mysql::Connection* connection);
  Status BuildBeside(TableCheckpoint table, uint64_t ordinal, mysql::Connection* connection);
  // All rows from where the stream is now, of which nothing is passed over.
  Status ReadHereAgain(const TableCheckpoint& followed, uint64_t ordinal, const std::string& why,
                       bool old_goes_on, mysql::Connection* connection);
  std::vector<TableCheckpoint> OthersOf(const std::string& index, const std::string& name) const;

  Status RestoreTable(const TableCheckpoint& table, mysql::Connection* connection);
  bool MayGoOn(const TableCheckpoint& stopped) const;
  // Looks the table up, and follows it as it is now.
  Status Refresh(const TableName& table, const Occasion& occasion, mysql::Connection* connection);
  Status RefreshAll(const Occasion& occasion, mysql::Connection* connection);
  Status HandleEvent(const change::TableEvent& event, Occasion occasion,
                     mysql::Connection* connection);
  Status HandleUnseenRows(const change::TableEvent& event, const Occasion& occasion,
                          mysql::Connection* connection);
  Status HandleUnreadableRows(const change::TableEvent& event, const Occasion& occasion,
                              mysql::Connection* connection);
  Status HandleDrop(const change::TableEvent& event, uint64_t ordinal);
  // As the server has it now; null where it is gone, or cannot be followed, which is seen to.
  Result<Schema> LookUp(const TableName& table, uint64_t ordinal, mysql::Connection* connection);
  Status LetGoOfUnseen(const std::string& name, uint64_t ordinal, mysql::Connection* connection);
  bool IsFollowedAs(const std::optional<TableCheckpoint>& followed,
                    const change::TableSchema& schema) const;
  Status Adopt(Schema schema, const Occasion& occasion, mysql::Connection* connection);
  Status ReadAgain(const TableCheckpoint& followed, Schema schema, const Occasion& occasion,
                   mysql::Connection* connection);
  Status Estimate(const change::TableSchema& schema, mysql::Connection* connection);

  // catalog_indices.cc
  using Layout = std::shared_ptr<const mapper::TableLayout>;
  std::string IndexNameOf(const change::TableSchema& schema) const;
  // Of a table that is to be followed: sets index, index_id and mapping. kInvalidArgument: why it cannot be, and what mends it.
  // `beside`: a new generation of the index.
  Status PrepareIndex(TableCheckpoint* table, uint64_t ordinal, bool beside);
  // By the rules of the config.
  Result<Layout> LayOut(const Schema& schema) const;
  // What the server has to be asked for that: likewise; the connection's errors too.
  Status CheckKeys(const Schema& schema, mysql::Connection* connection) const;
  // kInvalidArgument: why the table cannot have one, and what mends it.
  Result<std::string> ChooseIndex(const mapper::TableLayout& layout) const;
  Status CheckShared(const mapper::TableLayout& layout, const std::string& index,
                     const TableCheckpoint& other) const;
  // With a table of another source.
  Status CheckSharedWith(const mapper::TableLayout& layout, const std::string& index,
                         const IndexOwner& other) const;
  bool IsSharedWithOthers(const std::string& index) const {
    return !owners_->OthersOf(index, options_.source).empty();
  }
  void Claim(const TableCheckpoint& table);
  // That no two rows of the table have the same id; the connection's errors too.
  Status CheckId(const mapper::TableLayout& layout, mysql::Connection* connection) const;
  // The index with the fields of the table, beside those that it has of others.
  Result<index::IndexId> MakeIndex(const mapper::TableLayout& layout, const std::string& index,
                                   uint64_t ordinal, bool beside);
  // That documents of both tables can have these fields; `other`: the layout of the one that has the index already.
  Status CheckFields(const mapper::TableLayout& layout, const mapping::Mapping& wanted,
                     const mapper::TableLayout& other) const;
  // The table is followed no more. `ordinal`: nothing of it was written under this one or behind it.
  Status LetGo(const std::string& name, uint64_t ordinal);
  // Of a table that is followed no more: its index, or its documents in one that others have too.
  Status DropDocuments(const TableCheckpoint& table, uint64_t ordinal);
  Status EraseDocuments(index::IndexId index, const std::string& table, uint64_t ordinal);
  Status Bind(const TableCheckpoint& table, uint64_t since_ordinal);
  // Under `otherwise` where the error has no code of its own.
  void Stop(const change::TableSchema& schema, change::StopCode otherwise, const Status& why);
  Status ReadCascades(mysql::Connection* connection);
  // A statement may have changed foreign keys, which were read from the server before or behind it.
  Status TakeCascades(const change::TableEvent& event, mysql::Connection* connection);

  const SupervisorOptions& options_;
  const std::shared_ptr<IndexOwners> owners_;  // never null
  IndexSink* const sink_;
  FollowedTables* const tables_;
  GenerationMapper* const mapper_;
  bool folds_names_ = false;  // see FoldsNames
  CascadeGraph cascades_;
  // Tables that were read again because their rows could not be decoded: the schema since, and the occasion.
  struct Unreadable {
    Schema schema;
    uint64_t ordinal = 0;
  };
  std::map<std::string, Unreadable> unreadable_;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_TABLE_CATALOG_H_
