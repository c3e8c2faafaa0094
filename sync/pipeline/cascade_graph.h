// CascadeGraph: which tables' rows change with those of which others, by the foreign keys of the server.
//
// Single-threaded: the thread of the stream, which also replaces it when a statement has changed it.
#ifndef BINSEEK_SYNC_PIPELINE_CASCADE_GRAPH_H_
#define BINSEEK_SYNC_PIPELINE_CASCADE_GRAPH_H_

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sync/mapper/table_layout.h"
#include "sync/mysql/foreign_keys.h"
#include "sync/pipeline/followed_tables.h"

namespace binseek::pipeline {

class CascadeGraph {
 public:
  CascadeGraph() = default;
  explicit CascadeGraph(std::vector<mysql::ForeignKey> keys);

  bool empty() const { return keys_.empty(); }
  const std::vector<mysql::ForeignKey>& keys() const { return keys_; }
  // Whether a change of the table's rows may change those of another, or others of its own.
  bool CascadesFrom(std::string_view database, std::string_view table) const;
  // The keys whose parent the table ("database.table") is; ordinals of keys().
  const std::vector<size_t>& From(const std::string& table) const;
  // Tables whose rows may have changed unseen where the graph was `before` until now, and a statement that names `table` may have changed it:
  // children of other keys than before, the table and its children, and all below them.
  std::set<std::string> Concerned(const CascadeGraph& before, const std::string& table) const;

 private:
  std::vector<mysql::ForeignKey> keys_;
  std::map<std::string, std::vector<size_t>> by_parent_;
};

// For the status: of each child its keys, and how what they cascade is kept up.
std::map<std::string, std::vector<std::string>> DescribeCascades(
    const CascadeGraph& graph, const FollowedTables& tables, const mapper::MapperOptions& mapping);

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_CASCADE_GRAPH_H_
