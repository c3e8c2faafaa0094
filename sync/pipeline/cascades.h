// Cascades: what foreign keys have changed in the server's engine, which logs none of it, made up for.
//
// MariaDB, MySQL before 9.6, and later ones with innodb_native_foreign_keys log a parent's row alone. So the children are found by the graph of
// the foreign keys, in what is stored and among the transaction's own rows, and their children in turn:
//  - by a key of one integer column: ON DELETE CASCADE deletes the child's document, SET NULL and ON UPDATE CASCADE update the column of it,
//    in the parent's own transaction, so that it is seen whole;
//  - where that is not exact (a key of several columns, one of which is an integer; a document that may be old or whose row was rejected; a child
//    with generated columns) the child's key becomes pending: its row is read, and its document deleted where there is none any more;
//  - where the children cannot be found (a table whose rules give it a filter, ids other than its key's, or no field with the integers of the
//    key's columns; keys without an integer column, among others of text, which compare by collation; a parent that is not
//    followed, or whose image lacks the value; too many of them) the whole child table is to be read again in place.
// Rules that name fields otherwise, or share an index, are followed; with computed fields or copies of the column the row is read.
// What is found may be too much, never too little: a read puts right what was no child.
//
// Rows of a chunk that was read before the cascade, and comes behind it, are checked by FilterChunk. That is why what cascades is remembered
// for as long as windows are open that began before it.
//
// Single-threaded: the applier. Borrows what it is given.
#ifndef BINSEEK_SYNC_PIPELINE_CASCADES_H_
#define BINSEEK_SYNC_PIPELINE_CASCADES_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/transaction.h"
#include "sync/mapper/row_mapper.h"
#include "sync/mapper/table_layout.h"
#include "sync/pipeline/cascade_graph.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/pipeline/index_sink.h"
#include "sync/pipeline/state_store.h"

namespace binseek::pipeline {

struct CascadeOptions {
  change::SourceId source{};
  const CascadeGraph* graph = nullptr;  // null: there are no foreign keys
  IndexSink* sink = nullptr;
  FollowedTables* tables = nullptr;
  StateStore* state = nullptr;
  mapper::MapperOptions mapping{};  // how rows became documents
  // Of tables with an old generation that is fed, the children are looked for in that one.
  bool of_old = false;
};

// Children that were asked for by the numbers of one of their columns.
struct PastCascade {
  uint64_t ordinal = 0;
  std::string child;
  std::string column;
  std::vector<int64_t> values;  // ascending
};

class Cascades {
 public:
  explicit Cascades(const CascadeOptions& options) : options_(options) {}

  // Whether Follow has anything to do.
  bool Concerns(const change::Transaction& transaction) const {
    return options_.graph != nullptr && !transaction.cascades.empty();
  }
  // The indices that Follow may give operations of.
  std::vector<index::IndexId> IndicesOf(const change::Transaction& transaction) const;
  // Operations and pending rows of the tables that the transaction's rows cascade to. They come behind its own. Errors: those of the rows and
  // of the sink. The same transaction may come again, where its write failed.
  [[nodiscard]] Result<mapper::MappedTransaction> Follow(const change::Transaction& transaction);
  // Of a chunk's rows those that a cascade has met since its low watermark: their operations go, and their keys are pending.
  // REQUIRES: the chunk's rows lie in memory.
  void FilterChunk(const change::Transaction& chunk, mapper::MappedTransaction* mapped) const;
  // No window is open that began before this ordinal.
  void Settled(uint64_t ordinal);

 private:
  // Operations of old generations that are fed, whose children may not all be in the new ones yet.
  Status FollowInOld(const change::Transaction& transaction, mapper::MappedTransaction* mapped);

  const CascadeOptions options_;
  std::deque<PastCascade> past_;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_CASCADES_H_
