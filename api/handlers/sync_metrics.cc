#include "api/handlers/sync_metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/handlers/sync_status.h"

namespace binseek::api {
namespace {

using pipeline::SyncStatus;
using pipeline::TableState;
using pipeline::TableStatus;

MetricLabels With(MetricLabels labels, std::string_view name, std::string_view value) {
  labels.emplace_back(name, value);
  return labels;
}

void AddTable(const TableStatus& table, const MetricLabels& of_source, MetricsRegistry* registry) {
  const MetricLabels labels = With(of_source, "table", table.table);
  const auto gauge = [&](std::string_view name, std::string_view help, uint64_t value) {
    registry->AddGauge(name, help, labels)->Set(static_cast<int64_t>(value));
  };
  registry
      ->AddGauge("binseek_sync_table_state", "1, with the table's state as a label.",
                 With(labels, "state", pipeline::TableStateName(table.state)))
      ->Set(1);
  gauge("binseek_sync_table_rows_read", "Rows of the table that its snapshot has read so far.",
        table.snapshot_rows);
  gauge("binseek_sync_table_rows_estimated",
        "Rows that the table has, by the server's guess before its snapshot.",
        std::max(table.estimated_rows, table.snapshot_rows));
  gauge("binseek_sync_table_rows_per_second", "Of the snapshot, over the last seconds.",
        static_cast<uint64_t>(std::llround(table.rows_per_second)));
  if (const std::optional<double> eta = EtaSeconds(table)) {
    gauge("binseek_sync_table_eta_seconds",
          "Until the table's snapshot is done at this speed; absent where that is not known.",
          static_cast<uint64_t>(std::ceil(*eta)));
  }
  gauge("binseek_sync_table_pending_keys",
        "Rows of the table that are yet to be read by their keys: their documents may be old.",
        table.pending_keys);
  gauge("binseek_sync_table_dead_letters", "Rows of the table that could not be indexed.",
        table.dead_letters);
  gauge("binseek_sync_table_stale", "1 while changes of the table may be missing.",
        table.stale_since_us != 0 ? 1 : 0);
  if (table.state == TableState::kStopped) {
    registry
        ->AddGauge("binseek_sync_table_stopped",
                   "1 for a table that is not followed until somebody mends it.",
                   With(labels, "code", StopCodeName(table.code)))
        ->Set(1);
  }
}

void AddStops(const SyncStatus& status, const MetricLabels& labels, MetricsRegistry* registry) {
  for (const change::NamedStopCode& stop : change::kStopCodes) {
    if (stop.code != change::StopCode::kNone) {
      registry
          ->AddCounter("binseek_sync_stops_total",
                       "What stopped or held up the source or one of its tables since the start.",
                       With(labels, "code", stop.name))
          ->Add(status.stops.of(stop.code));
    }
  }
}

}  // namespace

void AddSyncMetrics(const SyncStatus& status, const MetricLabels& labels,
                    MetricsRegistry* registry) {
  const auto gauge = [&](std::string_view name, std::string_view help, uint64_t value) {
    registry->AddGauge(name, help, labels)->Set(static_cast<int64_t>(value));
  };
  gauge("binseek_sync_live", "1 while the stream is followed live.",
        status.state == pipeline::SyncState::kLive ? 1 : 0);
  gauge("binseek_sync_halted", "1 while the source is not followed until somebody mends it.",
        status.state == pipeline::SyncState::kHalted ? 1 : 0);
  gauge("binseek_sync_lag_milliseconds", "Age of the newest applied change.",
        static_cast<uint64_t>(std::max<int64_t>(0, status.lag_ms)));
  gauge("binseek_sync_stale_tables", "Tables whose changes were not all seen.",
        static_cast<uint64_t>(
            std::count_if(status.tables.begin(), status.tables.end(),
                          [](const auto& table) { return table.stale_since_us != 0; })));
  gauge("binseek_sync_rebuilding_tables", "Tables of whose indices new generations are built.",
        static_cast<uint64_t>(
            std::count_if(status.tables.begin(), status.tables.end(),
                          [](const auto& table) { return table.rebuilding_since_us != 0; })));
  gauge("binseek_sync_dead_letters", "Rows that could not be indexed.", status.dead_letters);
  gauge("binseek_sync_pending_keys",
        "Rows logged without all columns that are yet to be read: their documents may be old.",
        status.pending_keys);
  const auto counter = [&](std::string_view name, std::string_view help, uint64_t value) {
    registry->AddCounter(name, help, labels)->Add(value);
  };
  counter("binseek_sync_transactions_total", "Transactions applied since the start.",
          status.transactions);
  counter("binseek_sync_rows_total", "Row changes applied since the start.", status.rows);
  counter("binseek_sync_reconnects_total", "Connections to the source that were lost.",
          status.reconnects);
  AddStops(status, labels, registry);
  for (const TableStatus& table : status.tables) {
    AddTable(table, labels, registry);
  }
}

}  // namespace binseek::api
