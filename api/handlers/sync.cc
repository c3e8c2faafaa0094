// _sync/status, _metrics: how far the indices are behind their source.
#include <algorithm>
#include <string>

#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "api/handlers/source_choice.h"
#include "api/handlers/sync_metrics.h"
#include "api/handlers/sync_status.h"
#include "engine/base/json.h"
#include "engine/base/metrics.h"
#include "engine/search/live_roots.h"

namespace binseek::api {
namespace {

void WritePosition(const change::SourcePosition& position, JsonWriter* writer) {
  const std::string gtid = position.GtidText();
  writer->BeginObject();
  if (gtid.empty()) {
    writer->Key("gtid").Null();
  } else {
    writer->Key("gtid").String(gtid);
  }
  if (position.binlog.empty()) {
    writer->Key("binlog").Null();
  } else {
    writer->Key("binlog").String(position.binlog.ToString());
  }
  writer->EndObject();
}

void WriteText(std::string_view key, const std::string& text, JsonWriter* writer) {
  writer->Key(key);
  if (text.empty()) {
    writer->Null();
  } else {
    writer->String(text);
  }
}

// Null where there is none.
void WriteTransaction(std::string_view key, const pipeline::TransactionProgress& transaction,
                      JsonWriter* writer) {
  writer->Key(key);
  if (transaction.rows == 0 && transaction.bytes == 0) {
    writer->Null();
    return;
  }
  writer->BeginObject();
  writer->Key("rows").Uint(transaction.rows);
  writer->Key("operations").Uint(transaction.operations);
  writer->Key("bytes").Uint(transaction.bytes);
  writer->EndObject();
}

void WriteTable(const pipeline::TableStatus& table, JsonWriter* writer) {
  writer->BeginObject();
  writer->Key("table").String(table.table);
  WriteText("index", table.index, writer);
  writer->Key("state").String(pipeline::TableStateName(table.state));
  writer->Key("snapshot_rows").Uint(table.snapshot_rows);
  writer->Key("estimated_rows").Uint(table.estimated_rows);
  writer->Key("rows_per_second").Double(table.rows_per_second);
  writer->Key("eta_seconds");
  if (const std::optional<double> eta = EtaSeconds(table)) {
    writer->Double(*eta);
  } else {
    writer->Null();
  }
  writer->Key("stale_since_ms");
  if (table.stale_since_us != 0) {
    writer->Int(table.stale_since_us / 1000);
  } else {
    writer->Null();
  }
  WriteText("stale_why", table.stale_why, writer);
  writer->Key("rebuilding_since_ms");
  if (table.rebuilding_since_us != 0) {
    writer->Int(table.rebuilding_since_us / 1000);
  } else {
    writer->Null();
  }
  WriteText("rebuilding_why", table.rebuilding_why, writer);
  writer->Key("pending_keys").Uint(table.pending_keys);
  writer->Key("dead_letters").Uint(table.dead_letters);
  writer->Key("foreign_keys").BeginArray();
  for (const std::string& key : table.foreign_keys) {
    writer->String(key);
  }
  writer->EndArray();
  writer->Key("cascaded_rows").Uint(table.cascaded_rows);
  WriteText("error", table.error, writer);
  WriteText("code", std::string(StopCodeName(table.code)), writer);
  writer->EndObject();
}

// The members of a status, for the object that is open.
void WriteStatus(const pipeline::SyncStatus& status, JsonWriter* writer) {
  writer->Key("state").String(pipeline::SyncStateName(status.state));
  writer->Key("source").String(status.source);
  WriteText("server_version", status.server_version, writer);
  WriteText("time_zone", status.time_zone, writer);
  writer->Key("position");
  WritePosition(status.position, writer);
  writer->Key("ordinal").Uint(status.ordinal);
  writer->Key("committed");
  WritePosition(status.committed, writer);
  writer->Key("lag_ms").Int(status.lag_ms);
  writer->Key("transactions").Uint(status.transactions);
  writer->Key("rows").Uint(status.rows);
  writer->Key("reconnects").Uint(status.reconnects);
  writer->Key("dead_letters").Uint(status.dead_letters);
  writer->Key("zero_dates").Uint(status.zero_dates);
  WriteTransaction("incoming_transaction", status.incoming, writer);
  WriteTransaction("applying_transaction", status.applying, writer);
  writer->Key("pending_keys").Uint(status.pending_keys);
  WriteText("error", status.error, writer);
  WriteText("code", std::string(StopCodeName(status.code)), writer);
  writer->Key("warnings").BeginArray();
  for (const std::string& warning : status.warnings) {
    writer->String(warning);
  }
  writer->EndArray();
  writer->Key("tables").BeginArray();
  for (const pipeline::TableStatus& table : status.tables) {
    WriteTable(table, writer);
  }
  writer->EndArray();
}

HandlerResult StatusOfSync(const Node& node, const Request& request) {
  const auto sources = node.sources();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto named, NamedSource(*sources, request, "source"));
  Response response;
  if (sources->list.empty()) {
    response.body = R"({"state":"no_source","tables":[]})";
  } else if (named || !sources->named) {
    response.body =
        SyncStatusJson(named ? named->sync->status() : sources->list.front().sync->status());
  } else {
    std::vector<NamedStatus> all;
    for (const FollowedSource& source : sources->list) {
      all.push_back({source.name, source.sync->status()});
    }
    response.body = SyncStatusJson(all);
  }
  return response;
}

// Numbers that exist elsewhere already are read when somebody asks.
HandlerResult Metrics(Node* node) {
  MetricsRegistry registry;
  const auto view = node->engine()->View();
  uint64_t documents = 0;
  uint64_t generations = 0;
  for (const auto& index : view->indices()) {
    if (index->is_generation()) {
      ++generations;
      continue;
    }
    for (const auto& segment : index->segments) {
      documents += search::CountLiveRoots(*segment);
    }
  }
  const auto gauge = [&registry](std::string_view name, std::string_view help, uint64_t value) {
    registry.AddGauge(name, help)->Set(static_cast<int64_t>(value));
  };
  gauge("binseek_indices", "Indices.", view->indices().size() - generations);
  gauge("binseek_indices_in_the_making", "New generations of indices, built beside them.",
        generations);
  gauge("binseek_documents", "Live documents of all indices.", documents);
  const index::EngineMemory memory = node->engine()->memory();
  gauge("binseek_memory_bytes", "What the index keeps in memory: all of the parts that follow.",
        memory.total());
  gauge("binseek_memory_segment_bytes", "New data that is not on disk yet.", memory.segments);
  gauge("binseek_page_bytes",
        "Columns and deletions that have changed since their segment was written.", memory.pages);
  gauge("binseek_held_page_bytes", "Of these, what only older views (scrolls) still need.",
        memory.held_pages);
  gauge("binseek_idle_page_bytes", "Memory of such columns that waits for reuse.",
        memory.idle_pages);
  gauge("binseek_key_bytes", "The map from keys to documents.", memory.keys);
  gauge("binseek_tombstone_bytes", "Versions of deleted keys.", memory.tombstones);
  gauge("binseek_keyword_bytes", "Values of keyword fields, with their order.", memory.keywords);
  gauge("binseek_tombstones", "Deleted keys whose versions are kept.",
        node->engine()->tombstones());
  gauge("binseek_scrolls_open", "Open scrolls.", node->scrolls()->open());
  registry
      .AddCounter("binseek_helped_searches_total",
                  "Searches whose segments were gone over by several threads.")
      ->Add(node->helped_searches());
  const auto sources = node->sources();
  for (const FollowedSource& source : sources->list) {
    AddSyncMetrics(source.sync->status(),
                   sources->named ? MetricLabels{{"source", source.name}} : MetricLabels(),
                   &registry);
  }
  Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  registry.Render(&response.body);
  return response;
}

}  // namespace

std::optional<double> EtaSeconds(const pipeline::TableStatus& table) {
  if (table.state == pipeline::TableState::kLive) {
    return 0;
  }
  const bool is_read = table.state == pipeline::TableState::kSnapshot ||
                       table.state == pipeline::TableState::kRebuilding;
  if (!is_read || table.rows_per_second <= 0) {
    return std::nullopt;
  }
  const uint64_t left = std::max(table.estimated_rows, table.snapshot_rows) - table.snapshot_rows;
  return static_cast<double>(left) / table.rows_per_second;
}

std::string SyncStatusJson(const pipeline::SyncStatus& status) {
  std::string out;
  JsonWriter writer(&out);
  writer.BeginObject();
  WriteStatus(status, &writer);
  writer.EndObject();
  return out;
}

std::string SyncStatusJson(const std::vector<NamedStatus>& statuses) {
  std::string out;
  JsonWriter writer(&out);
  writer.BeginObject();
  writer.Key("state").String(pipeline::SyncStateName(StateOfAll(statuses)));
  writer.Key("sources").BeginArray();
  for (const NamedStatus& status : statuses) {
    writer.BeginObject();
    writer.Key("name").String(status.name);
    WriteStatus(status.status, &writer);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return out;
}

pipeline::SyncState StateOfAll(const std::vector<NamedStatus>& statuses) {
  using pipeline::SyncState;
  for (const SyncState state : {SyncState::kHalted, SyncState::kStopped, SyncState::kConnecting,
                                SyncState::kSnapshot, SyncState::kCatchingUp}) {
    if (std::any_of(statuses.begin(), statuses.end(),
                    [&](const auto& status) { return status.status.state == state; })) {
      return state;
    }
  }
  return SyncState::kLive;
}

void AddSyncHandlers(Node* node, Router* router) {
  router->Add("GET", "/_sync/status", "source",
              [node](const Request& request) { return StatusOfSync(*node, request); });
  router->Add("GET", "/_metrics", "", [node](const Request&) { return Metrics(node); });
}

}  // namespace binseek::api
