// CascadeRun: what one transaction's rows cascade to (cascades.h), from its first foreign key to the last grandchild.
//
// Single-threaded, for one use; borrows all.
#ifndef BINSEEK_SYNC_PIPELINE_CASCADE_RUN_H_
#define BINSEEK_SYNC_PIPELINE_CASCADE_RUN_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/mapping/mapping.h"
#include "sync/change/transaction.h"
#include "sync/mapper/row_mapper.h"
#include "sync/mapper/table_layout.h"
#include "sync/pipeline/cascades.h"

namespace binseek::pipeline {

// Numbers of a row by column; columns that are not here are not known. nullopt: NULL.
using RowNumbers = std::map<std::string, std::optional<int64_t>>;

// Where the layout keeps an integer column's values as they are, in a column of a field; null: nowhere.
const mapper::FieldLayout* FindInteger(const mapper::TableLayout& layout,
                                       const std::string& column);
// That field of the mapping; null: there is none.
const mapping::Field* IntegerField(const mapper::TableLayout& layout,
                                   const mapping::Mapping& mapping, const std::string& column);
// With the index whose children are looked for.
std::optional<TableCheckpoint> FindFollowed(const CascadeOptions& options, const std::string& name);
// Whether each row has a document, under its key.
bool TellsRows(const mapper::TableLayout& layout);
// Those of `columns` that are integers with a field of the mapping, and that the image carries.
RowNumbers NumbersOf(const mapper::TableLayout& layout, const mapping::Mapping& mapping,
                     const std::set<std::string>& columns, const change::RowImage& image);

class CascadeRun {
 public:
  CascadeRun(const CascadeOptions& options, const change::Transaction& transaction);

  // Adds to *past what chunks on their way are to be checked by.
  Result<mapper::MappedTransaction> Run(std::deque<PastCascade>* past);

 private:
  // A row that was changed, by the stream or by a cascade.
  struct Changed {
    bool deleted = false;
    bool exact = true;  // it was, for certain
    uint64_t row = 0;   // of the transaction, whose version what follows from it has
    RowNumbers old;
    std::set<std::string>
        columns;     // !deleted: of those that keys refer to, which have other values
    RowNumbers now;  // of these
  };
  // A value of a referenced column that is there no more.
  struct Gone {
    bool deleted = false;
    bool exact = true;
    uint64_t row = 0;
    std::optional<int64_t> now;  // !deleted, and known where `exact`
  };
  using GoneValues = std::map<int64_t, Gone>;
  // What one of the transaction's own rows has made of a document.
  struct OwnRow {
    uint64_t row = 0;
    change::RowChangeKind kind = change::RowChangeKind::kInsert;
    RowNumbers numbers;
  };
  // A followed table that the transaction may cascade to or from.
  struct Table {
    std::optional<TableCheckpoint> followed;            // nullopt: it has no index
    std::shared_ptr<const mapping::Mapping> mapping;    // null: nothing is known of its rows
    std::shared_ptr<const mapper::TableLayout> layout;  // with the mapping
    bool tells_rows = false;                            // its documents do
    bool stopped = false;
    std::set<std::string> columns;  // that keys name
    std::vector<Changed> changed;   // of a table where it begins
    bool more_deleted = false;      // than `changed` has
    bool more_updated = false;
    bool certain = true;
    std::map<std::string, std::vector<OwnRow>> own;  // by document, in their order
    size_t own_rows = 0;
    bool more_own = false;
    bool any_rejected = false;
  };
  // How the children of a key are asked for.
  struct Edge {
    const mysql::ForeignKey* key = nullptr;
    std::string parent_column;  // empty: they cannot be
    std::string child_column;
    bool single = false;  // the key's only one
  };

  void Reach(const std::string& table);
  Table MakeTable(const std::string& name);
  Status CollectRows();
  void CollectRow(const change::RowChange& row, uint64_t number, Table* table);
  void CollectRoot(const change::RowChange& row, uint64_t number, Table* table);
  static void CollectOwn(const change::RowChange& row, uint64_t number, Table* table);
  Edge EdgeOf(const mysql::ForeignKey& key);

  Status Follow(const std::string& parent, const std::vector<Changed>& rows);
  Status FollowEdge(const Edge& edge, const std::vector<Changed>& rows);
  // Of rows that are not known. `columns`: of updated ones, that have changed; empty: any may have.
  void FollowUnknown(const std::string& parent, bool deleted, const std::set<std::string>& columns);
  // Any row of the child may have been changed by the key.
  void ReadWhole(const mysql::ForeignKey& key, bool deleted);
  Status Match(const Edge& edge, const GoneValues& values);
  Status MatchStored(const Edge& edge, const GoneValues& values, Table* child,
                     std::vector<Changed>* changed);
  void MatchOwn(const Edge& edge, const GoneValues& values, Table* child,
                std::vector<Changed>* changed);
  // What is not known of the child's rows is read, and any of its children may be concerned.
  void MatchUnknown(const Edge& edge, const GoneValues& values, Table* child);
  void Change(const Edge& edge, const Gone& gone, const std::string& id, RowNumbers numbers,
              Table* child, std::vector<Changed>* changed);
  bool MayBeOld(const Table& child, const std::string& id) const;
  void AddPending(const Table& child, const std::string& id);
  void AddDelete(const Table& child, const std::string& id, uint64_t row);
  bool AddUpdate(const Table& child, const std::string& column, std::optional<int64_t> now,
                 const std::string& id, uint64_t row);
  void Remember(const Edge& edge, const GoneValues& values, const Table& child);
  index::Operation& AddOperation(const Table& child, const std::string& id, uint64_t row);

  const CascadeOptions& options_;
  const change::Transaction& transaction_;
  std::map<std::string, Table> tables_;
  std::set<std::tuple<std::string, std::string, std::string>> done_;  // child, key, document
  std::set<std::pair<const mysql::ForeignKey*, bool>> whole_done_;
  std::map<std::pair<index::IndexId, std::string>, size_t> by_document_;  // its operation
  std::deque<PastCascade>* past_ = nullptr;
  mapper::MappedTransaction out_;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_CASCADE_RUN_H_
