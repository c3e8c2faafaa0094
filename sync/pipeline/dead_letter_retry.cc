#include "sync/pipeline/dead_letter_retry.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/log.h"
#include "sync/mapper/id_cells.h"
#include "sync/mapper/row_key.h"
#include "sync/mapper/row_mapper.h"
#include "sync/mapper/table_layout.h"

namespace binseek::pipeline {

namespace {

// Letters have the document's _id, but for rows that made none, which have the key.
Result<snapshot::KeyCells> CellsOfLetter(const mapper::TableLayout& layout,
                                         const std::string& key) {
  if (!layout.id_is_key && key.starts_with(mapper::kLetterByKey)) {
    return mapper::KeyCellsOfId(*layout.table,
                                std::string_view(key).substr(mapper::kLetterByKey.size()));
  }
  return mapper::KeyCellsOfId(layout, key);
}

}  // namespace

Result<RetriedLetters> RetryDeadLetters(const SupervisorOptions& options, const std::string& table,
                                        const std::vector<std::string>& keys,
                                        FollowedTables* tables) {
  const auto followed = tables->Find(table);
  if (!followed) {
    return Status::InvalidArgument("table " + table + " is not followed");
  }
  if (tables->IsStopped(table)) {
    return Status::InvalidArgument(
        "table " + table +
        " is stopped, as its status says, and read again as a whole once that is mended");
  }
  BINSEEK_ASSIGN_OR_RETURN(const auto layout, mapper::LayOut(followed->schema, options.mapping));
  RetriedLetters outcome;
  std::vector<mapper::PendingRow> rows;
  for (const std::string& key : keys) {
    if (!options.state->HasDeadLetter(options.source, table, key)) {
      continue;  // mended meanwhile
    }
    auto cells = CellsOfLetter(*layout, key);
    if (!cells.ok()) {
      ++outcome.not_retried;
      static LogEvery every(std::chrono::seconds(10));
      every.Log(LogLevel::kWarn, "row of a dead letter cannot be asked for",
                {{"table", table}, {"key", key}, {"error", cells.status()}});
      continue;
    }
    rows.push_back({table, *std::move(cells)});
  }
  tables->AddPending(rows);
  outcome.retried = rows.size();
  return outcome;
}

}  // namespace binseek::pipeline
