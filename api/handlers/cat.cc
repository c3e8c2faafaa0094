// _cat/indices: a table for humans, or JSON.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "engine/base/json.h"

namespace binseek::api {
namespace {

constexpr size_t kColumns = 10;
constexpr std::array<std::string_view, kColumns> kNames = {
    "health", "status",     "index",        "uuid",       "pri",
    "rep",    "docs.count", "docs.deleted", "store.size", "pri.store.size"};
constexpr size_t kFirstNumber = 4;  // columns from here on are aligned to the right

using Row = std::array<std::string, kColumns>;

// 225 -> "225b", 1234567 -> "1.1mb", as Elasticsearch shortens sizes.
std::string HumanSize(uint64_t bytes) {
  constexpr std::string_view kUnits[] = {"b", "kb", "mb", "gb", "tb"};
  double amount = static_cast<double>(bytes);
  size_t unit = 0;
  while (amount >= 1024 && unit + 1 < std::size(kUnits)) {
    amount /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", amount);
  std::string out = text.data();
  if (out.size() > 2 && out.substr(out.size() - 2) == ".0") {
    out.resize(out.size() - 2);
  }
  return out.append(kUnits[unit]);
}

Row RowOf(const index::IndexView& index, bool bytes) {
  const std::string size =
      bytes ? std::to_string(index.size_bytes()) : HumanSize(index.size_bytes());
  return {"green",
          "open",
          index.name,
          index.uuid,
          "1",
          "0",
          std::to_string(index.live_docs()),
          std::to_string(index.deleted_docs()),
          size,
          size};
}

std::optional<size_t> FindColumn(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kShort[] = {{"h", "health"},
                                                                      {"s", "status"},
                                                                      {"i", "index"},
                                                                      {"idx", "index"},
                                                                      {"id", "uuid"},
                                                                      {"p", "pri"},
                                                                      {"shards.primary", "pri"},
                                                                      {"r", "rep"},
                                                                      {"shards.replica", "rep"},
                                                                      {"dc", "docs.count"},
                                                                      {"docsCount", "docs.count"},
                                                                      {"dd", "docs.deleted"},
                                                                      {"ss", "store.size"},
                                                                      {"storeSize", "store.size"}};
  for (const auto& [alias, full] : kShort) {
    name = name == alias ? full : name;
  }
  const auto* found = std::find(kNames.begin(), kNames.end(), name);
  return found == kNames.end() ? std::nullopt : std::optional<size_t>(found - kNames.begin());
}

// Ordinals of the columns that ?h= asks for; unknown ones are left out, as Elasticsearch does.
std::vector<size_t> WantedColumns(std::string_view list) {
  std::vector<size_t> columns;
  for (size_t i = 0; list.empty() && i < kColumns; ++i) {
    columns.push_back(i);
  }
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    list.remove_prefix(std::min(name.size() + 1, list.size()));
    if (const std::optional<size_t> column = FindColumn(name)) {
      columns.push_back(*column);
    }
  }
  return columns;
}

std::string TextTable(const std::vector<Row>& rows, const std::vector<size_t>& columns,
                      bool header) {
  std::string out;
  std::array<size_t, kColumns> widths{};
  for (const size_t column : columns) {
    widths[column] = header ? kNames[column].size() : 0;
    for (const Row& row : rows) {
      widths[column] = std::max(widths[column], row[column].size());
    }
  }
  const auto append_line = [&](const auto& cell) {
    for (size_t i = 0; i < columns.size(); ++i) {
      const std::string_view text = cell(columns[i]);
      const std::string padding(widths[columns[i]] - text.size(), ' ');
      out += i == 0 ? "" : " ";
      if (columns[i] < kFirstNumber) {
        out.append(text).append(padding);
      } else {
        out.append(padding).append(text);
      }
    }
    out += '\n';
  };
  if (header) {
    append_line([](size_t column) { return kNames[column]; });
  }
  for (const Row& row : rows) {
    append_line([&row](size_t column) { return std::string_view(row[column]); });
  }
  return out;
}

std::string JsonTable(const std::vector<Row>& rows, const std::vector<size_t>& columns) {
  std::string out;
  JsonWriter writer(&out);
  writer.BeginArray();
  for (const Row& row : rows) {
    writer.BeginObject();
    for (const size_t column : columns) {
      writer.Key(kNames[column]).String(row[column]);
    }
    writer.EndObject();
  }
  writer.EndArray();
  return out;
}

HandlerResult Indices(const Node& node, const Request& request) {
  const Names names = node.names();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto indices, RequestedIndices(names, request));
  BINSEEK_DSL_ASSIGN_OR_RETURN(const bool header, BoolParameter(request, "v", false));
  const std::string_view format = request.ParameterOr("format", "text");
  if (format != "text" && format != "json") {
    return IllegalArgument("format [" + std::string(format) +
                           "] is not supported; text and json are");
  }
  const std::string_view bytes = request.ParameterOr("bytes");
  if (!bytes.empty() && bytes != "b") {
    return IllegalArgument("bytes [" + std::string(bytes) + "] is not supported; b is");
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string health, HealthParameter(request, "health"));
  std::vector<Row> rows;
  for (const index::IndexView* index : indices) {
    if (health.empty() || health == "green") {
      rows.push_back(RowOf(*index, bytes == "b"));
    }
  }
  const std::vector<size_t> columns = WantedColumns(request.ParameterOr("h"));
  Response response;
  if (format == "json") {
    response.body = JsonTable(rows, columns);
  } else {
    response.content_type = "text/plain; charset=UTF-8";
    response.body = TextTable(rows, columns, header);
  }
  return response;
}

}  // namespace

void AddCatHandlers(Node* node, Router* router) {
  constexpr std::string_view kParameters =
      "v,h,format,bytes,health,local,master_timeout,include_unloaded_"
      "segments," BINSEEK_INDICES_PARAMETERS;
  const auto indices = [node](const Request& request) { return Indices(*node, request); };
  router->Add("GET", "/_cat/indices", kParameters, indices);
  router->Add("GET", "/_cat/indices/{index}", kParameters, indices);
}

}  // namespace binseek::api
