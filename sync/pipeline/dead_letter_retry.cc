#include "sync/pipeline/dead_letter_retry.h"

#include <chrono>
#include <utility>

#include "engine/base/log.h"
#include "sync/mapper/id_cells.h"
#include "sync/mapper/row_mapper.h"

namespace binseek::pipeline {

Result<RetriedLetters> RetryDeadLetters(change::SourceId source, const std::string& table,
                                        const std::vector<std::string>& keys,
                                        const StateStore& state, FollowedTables* tables) {
  const auto followed = tables->Find(table);
  if (!followed) {
    return Status::InvalidArgument("table " + table + " is not followed");
  }
  if (tables->IsStopped(table)) {
    return Status::InvalidArgument("table " + table +
                                   " is stopped: it is read again as a whole at the next start");
  }
  RetriedLetters outcome;
  std::vector<mapper::PendingRow> rows;
  for (const std::string& key : keys) {
    if (!state.HasDeadLetter(source, table, key)) {
      continue;  // mended meanwhile
    }
    auto cells = mapper::KeyCellsOfId(*followed->schema, key);
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
