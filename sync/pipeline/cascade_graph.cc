#include "sync/pipeline/cascade_graph.h"

#include <algorithm>
#include <utility>

#include "sync/pipeline/cascade_run.h"

namespace binseek::pipeline {

CascadeGraph::CascadeGraph(std::vector<mysql::ForeignKey> keys) : keys_(std::move(keys)) {
  for (size_t i = 0; i < keys_.size(); ++i) {
    by_parent_[keys_[i].parent].push_back(i);
  }
}

bool CascadeGraph::CascadesFrom(std::string_view database, std::string_view table) const {
  if (by_parent_.empty()) {
    return false;
  }
  std::string name(database);
  name += '.';
  name += table;
  return by_parent_.contains(name);
}

const std::vector<size_t>& CascadeGraph::From(const std::string& table) const {
  static const std::vector<size_t> kNone;
  const auto found = by_parent_.find(table);
  return found == by_parent_.end() ? kNone : found->second;
}

std::set<std::string> CascadeGraph::Concerned(const CascadeGraph& before,
                                              const std::string& table) const {
  std::set<std::string> concerned;
  const auto compare = [&](const CascadeGraph& a, const CascadeGraph& b) {
    for (const mysql::ForeignKey& key : a.keys_) {
      const bool same = std::find(b.keys_.begin(), b.keys_.end(), key) != b.keys_.end();
      if (!same || key.parent == table || key.child == table) {
        concerned.insert(key.child);
      }
    }
  };
  compare(*this, before);
  compare(before, *this);
  // What cascaded to their rows cascaded on.
  for (std::vector<std::string> next(concerned.begin(), concerned.end()); !next.empty();) {
    const std::string parent = std::move(next.back());
    next.pop_back();
    for (const CascadeGraph* const graph : {this, &before}) {
      for (const size_t key : graph->From(parent)) {
        if (concerned.insert(graph->keys_[key].child).second) {
          next.push_back(graph->keys_[key].child);
        }
      }
    }
  }
  return concerned;
}

std::map<std::string, std::vector<std::string>> DescribeCascades(
    const CascadeGraph& graph, const FollowedTables& tables, const mapper::MapperOptions& mapping) {
  std::map<std::string, std::vector<std::string>> described;
  for (const mysql::ForeignKey& key : graph.keys()) {
    const auto child = tables.Find(key.child);
    const auto parent = tables.Find(key.parent);
    if (!child) {
      continue;
    }
    const auto ours = mapper::LayOut(child->schema, mapping);
    const auto theirs = parent ? mapper::LayOut(parent->schema, mapping) : ours;
    size_t integers = 0;
    for (size_t i = 0; ours.ok() && theirs.ok() && i < key.columns.size(); ++i) {
      integers += FindInteger(**ours, key.columns[i]) != nullptr &&
                          FindInteger(**theirs, key.referenced_columns[i]) != nullptr
                      ? 1
                      : 0;
    }
    std::string how = "its rows are found, and changed in the same transaction";
    if (!parent) {
      how = "the table is read again, as its parent is not followed";
    } else if (ours.ok() && !TellsRows(**ours)) {
      how = "the table is read again, as its rules give it a filter, or ids that are not its key's";
    } else if (integers == 0) {
      how = "the table is read again, as no column of the key is an integer with a field";
    } else if (key.columns.size() > 1) {
      how = "its rows are found, and read again";
    }
    described[key.child].push_back(mysql::DescribeForeignKey(key) +
                                   ": where the server does not log it, " + how);
  }
  return described;
}

}  // namespace binseek::pipeline
