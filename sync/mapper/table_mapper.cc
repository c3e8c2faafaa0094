#include "sync/mapper/table_mapper.h"

#include <utility>

#include "sync/mapper/map_run.h"
#include "sync/mapper/table_plan.h"

namespace binseek::mapper {

TableMapper::TableMapper(TableMapperOptions options) : options_(options) {}
TableMapper::~TableMapper() = default;

Status TableMapper::Bind(std::shared_ptr<const change::TableSchema> table, index::IndexId index,
                         const std::shared_ptr<const mapping::Mapping>& mapping,
                         uint64_t since_ordinal) {
  BINSEEK_ASSIGN_OR_RETURN(auto layout, LayOut(std::move(table), {}));
  return Bind(std::move(layout), index, mapping, since_ordinal);
}

Status TableMapper::Bind(std::shared_ptr<const TableLayout> layout, index::IndexId index,
                         const std::shared_ptr<const mapping::Mapping>& mapping,
                         uint64_t since_ordinal) {
  std::string name = layout->table->QualifiedName();
  BINSEEK_ASSIGN_OR_RETURN(auto plan,
                           MakeTablePlan(std::move(layout), index, *mapping, since_ordinal));
  tables_.insert_or_assign(std::move(name), std::move(plan));
  return Status::Ok();
}

void TableMapper::Unbind(const std::string& qualified_name) { tables_.erase(qualified_name); }

std::unique_ptr<MapperRun> TableMapper::Begin(const change::Transaction& transaction,
                                              const StoredRows& stored, uint64_t piece_bytes) {
  return std::make_unique<MapRun>(tables_, transaction, stored, piece_bytes,
                                  options_.whole_documents);
}

std::vector<index::IndexId> TableMapper::IndicesOf(const change::Transaction& transaction) const {
  std::vector<index::IndexId> indices;
  for (const auto& table : transaction.rows->tables()) {
    const auto bound = tables_.find(table->QualifiedName());
    if (bound != tables_.end()) {
      indices.push_back(bound->second->index);
    }
  }
  return indices;
}

}  // namespace binseek::mapper
