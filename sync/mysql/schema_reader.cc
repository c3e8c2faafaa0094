#include "sync/mysql/schema_reader.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "sync/mysql/unique_keys.h"

namespace binseek::mysql {
namespace {

using change::Column;
using change::ColumnType;
using change::TableSchema;

struct TypeName {
  std::string_view name;
  ColumnType type;
};

constexpr TypeName kTypes[] = {
    {"tinyint", ColumnType::kTinyInt},
    {"smallint", ColumnType::kSmallInt},
    {"mediumint", ColumnType::kMediumInt},
    {"int", ColumnType::kInt},
    {"integer", ColumnType::kInt},
    {"bigint", ColumnType::kBigInt},
    {"float", ColumnType::kFloat},
    {"double", ColumnType::kDouble},
    {"decimal", ColumnType::kDecimal},
    {"bit", ColumnType::kBit},
    {"year", ColumnType::kYear},
    {"char", ColumnType::kChar},
    {"varchar", ColumnType::kVarchar},
    {"tinytext", ColumnType::kText},
    {"text", ColumnType::kText},
    {"mediumtext", ColumnType::kText},
    {"longtext", ColumnType::kText},
    {"binary", ColumnType::kBinary},
    {"varbinary", ColumnType::kVarbinary},
    {"tinyblob", ColumnType::kBlob},
    {"blob", ColumnType::kBlob},
    {"mediumblob", ColumnType::kBlob},
    {"longblob", ColumnType::kBlob},
    {"date", ColumnType::kDate},
    {"time", ColumnType::kTime},
    {"datetime", ColumnType::kDateTime},
    {"timestamp", ColumnType::kTimestamp},
    {"enum", ColumnType::kEnum},
    {"set", ColumnType::kSet},
    {"json", ColumnType::kJson},
    {"vector", ColumnType::kVector},
    {"uuid", ColumnType::kUuid},
    {"inet4", ColumnType::kInet4},
    {"inet6", ColumnType::kInet6},
};

constexpr std::string_view kGeometries[] = {
    "geometry",   "point",           "linestring",   "polygon",
    "multipoint", "multilinestring", "multipolygon", "geometrycollection",
};

std::string Cell(const std::optional<std::string>& cell) { return cell.value_or(""); }

std::optional<uint64_t> NumberCell(const std::optional<std::string>& cell) {
  if (!cell) {
    return std::nullopt;
  }
  uint64_t number = 0;
  const auto parsed = std::from_chars(cell->data(), cell->data() + cell->size(), number);
  return parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

// "WHERE TABLE_SCHEMA = 'shop'" with " AND TABLE_NAME = 'product'" where one table is wanted. The catalogue compares names without
// case, also where tables that differ in it alone are two: those are told apart by their bytes.
std::string Where(std::string_view alias, std::string_view database, const std::string* table) {
  std::string where = " WHERE " + std::string(alias) + "TABLE_SCHEMA = " + Quote(database);
  if (table != nullptr) {
    where += " AND " + std::string(alias) + "TABLE_NAME = " + Quote(*table) + " AND CAST(" +
             std::string(alias) + "TABLE_NAME AS BINARY) = " + Quote(*table);
  }
  return where;
}

Status ReadColumns(Connection* connection, std::string_view database, const std::string* table,
                   std::map<std::string, std::shared_ptr<TableSchema>>* tables) {
  BINSEEK_ASSIGN_OR_RETURN(
      const Rows rows,
      connection->Query(
          "SELECT c.TABLE_NAME, c.COLUMN_NAME, c.DATA_TYPE, c.COLUMN_TYPE, c.IS_NULLABLE,"
          " c.CHARACTER_MAXIMUM_LENGTH, c.NUMERIC_PRECISION, c.NUMERIC_SCALE, c.DATETIME_PRECISION,"
          " c.CHARACTER_SET_NAME, c.COLLATION_NAME, c.EXTRA FROM information_schema.COLUMNS c"
          " JOIN information_schema.TABLES t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA"
          " AND t.TABLE_NAME = c.TABLE_NAME"
          " AND CAST(t.TABLE_NAME AS BINARY) = CAST(c.TABLE_NAME AS BINARY)" +
          Where("c.", database, table) +
          " AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')"
          " ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION"));
  for (const auto& row : rows.rows) {
    ColumnFacts facts;
    facts.name = Cell(row[1]);
    facts.data_type = Cell(row[2]);
    facts.column_type = Cell(row[3]);
    facts.nullable = row[4] == "YES";
    facts.length = NumberCell(row[5]);
    facts.precision = NumberCell(row[6]);
    facts.scale = NumberCell(row[7]);
    facts.fraction = NumberCell(row[8]);
    facts.charset = Cell(row[9]);
    facts.collation = Cell(row[10]);
    facts.extra = Cell(row[11]);
    auto& schema = (*tables)[Cell(row[0])];
    if (schema == nullptr) {
      schema = std::make_shared<TableSchema>();
      schema->database.assign(database);
      schema->table = Cell(row[0]);
    }
    auto column = MakeColumn(facts);
    if (!column.ok()) {
      return column.status().WithContext("table " + schema->QualifiedName());
    }
    schema->columns.push_back(std::move(column).value());
  }
  return Status::Ok();
}

Status ReadKeys(Connection* connection, std::string_view database, const std::string* table,
                std::map<std::string, std::shared_ptr<TableSchema>>* tables) {
  BINSEEK_ASSIGN_OR_RETURN(
      const Rows rows,
      connection->Query("SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.STATISTICS" +
                        Where("", database, table) +
                        " AND INDEX_NAME = 'PRIMARY' ORDER BY TABLE_NAME, SEQ_IN_INDEX"));
  for (const auto& row : rows.rows) {
    const auto found = tables->find(Cell(row[0]));
    if (found == tables->end()) {
      continue;
    }
    const int ordinal = found->second->FindColumn(Cell(row[1]));
    if (ordinal < 0) {
      return Status::InvalidArgument("table " + found->second->QualifiedName() +
                                     ": its key changed while it was read");
    }
    found->second->key.push_back(static_cast<uint32_t>(ordinal));
  }
  for (const auto& [name, schema] : *tables) {
    if (schema->key.empty()) {
      BINSEEK_RETURN_IF_ERROR(ChooseUniqueKey(connection, schema.get()));
    }
  }
  return Status::Ok();
}

// MariaDB declares a JSON column as LONGTEXT with this check.
Status MarkMariadbJson(Connection* connection, std::string_view database, const std::string* table,
                       std::map<std::string, std::shared_ptr<TableSchema>>* tables) {
  std::string sql =
      "SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS"
      " WHERE CONSTRAINT_SCHEMA = " +
      Quote(database);
  if (table != nullptr) {
    sql += " AND TABLE_NAME = " + Quote(*table);
  }
  BINSEEK_ASSIGN_OR_RETURN(const Rows rows, connection->Query(sql));
  for (const auto& row : rows.rows) {
    const auto found = tables->find(Cell(row[0]));
    const std::string name = Cell(row[1]);
    if (found == tables->end() || Cell(row[2]) != "json_valid(" + QuoteIdentifier(name) + ")") {
      continue;
    }
    const int ordinal = found->second->FindColumn(name);
    if (ordinal >= 0 &&
        found->second->columns[static_cast<size_t>(ordinal)].type == ColumnType::kText) {
      found->second->columns[static_cast<size_t>(ordinal)].type = ColumnType::kJson;
    }
  }
  return Status::Ok();
}

// MariaDB's system-versioned tables, which have their current rows in a SELECT and all of their history in the binlog. The end of a row is part of
// the key that the server shows, where the table names it.
Status MarkVersioned(Connection* connection, std::string_view database, const std::string* table,
                     std::map<std::string, std::shared_ptr<TableSchema>>* tables) {
  BINSEEK_ASSIGN_OR_RETURN(
      const Rows versioned,
      connection->Query("SELECT TABLE_NAME FROM information_schema.TABLES" +
                        Where("", database, table) + " AND TABLE_TYPE = 'SYSTEM VERSIONED'"));
  if (versioned.rows.empty()) {
    return Status::Ok();
  }
  for (const auto& row : versioned.rows) {
    if (const auto found = tables->find(Cell(row[0])); found != tables->end()) {
      found->second->versioning = change::Versioning::kHidden;
    }
  }
  BINSEEK_ASSIGN_OR_RETURN(
      const Rows ends,
      connection->Query("SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS" +
                        Where("", database, table) + " AND GENERATION_EXPRESSION = 'ROW END'"));
  for (const auto& row : ends.rows) {
    const auto found = tables->find(Cell(row[0]));
    const int ordinal = found == tables->end() ? -1 : found->second->FindColumn(Cell(row[1]));
    if (ordinal >= 0) {
      TableSchema& schema = *found->second;
      schema.versioning = change::Versioning::kColumn;
      schema.row_end = static_cast<uint32_t>(ordinal);
      std::erase(schema.key, schema.row_end);
    }
  }
  return Status::Ok();
}

using SchemaMap = std::map<std::string, std::shared_ptr<TableSchema>>;

Result<SchemaMap> Read(Connection* connection, std::string_view database,
                       const std::string* table) {
  SchemaMap tables;
  BINSEEK_RETURN_IF_ERROR(ReadColumns(connection, database, table, &tables));
  BINSEEK_RETURN_IF_ERROR(ReadKeys(connection, database, table, &tables));
  if (connection->server().is_mariadb()) {
    BINSEEK_RETURN_IF_ERROR(MarkMariadbJson(connection, database, table, &tables));
    BINSEEK_RETURN_IF_ERROR(MarkVersioned(connection, database, table, &tables));
  }
  return tables;
}

}  // namespace

Result<std::vector<std::shared_ptr<const TableSchema>>> ReadTables(Connection* connection,
                                                                   std::string_view database) {
  BINSEEK_ASSIGN_OR_RETURN(SchemaMap tables, Read(connection, database, nullptr));
  if (tables.empty()) {
    BINSEEK_ASSIGN_OR_RETURN(
        const auto found,
        connection->QueryCell("SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = " +
                              Quote(database)));
    if (!found) {
      return Status::NotFound("no database \"" + std::string(database) +
                              "\" that this account may see");
    }
  }
  std::vector<std::shared_ptr<const TableSchema>> result;
  result.reserve(tables.size());
  for (auto& [name, schema] : tables) {
    result.push_back(std::move(schema));
  }
  return result;
}

Result<std::shared_ptr<const TableSchema>> ReadTable(Connection* connection,
                                                     std::string_view database,
                                                     std::string_view table) {
  const std::string name(table);
  BINSEEK_ASSIGN_OR_RETURN(SchemaMap tables, Read(connection, database, &name));
  std::shared_ptr<const TableSchema> schema;
  if (!tables.empty()) {
    schema = tables.begin()->second;
  }
  return schema;
}

namespace {

// The servers write these behind a backslash, whatever the session's mode; any other stands for itself.
char Unescaped(char c) {
  switch (c) {
    case '0':
      return '\0';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    default:
      return c;
  }
}

}  // namespace

Result<std::vector<std::string>> ParseLabels(std::string_view column_type) {
  const Status bad = Status::InvalidArgument("cannot read the labels of " +
                                             std::string(column_type.substr(0, 80)));
  const size_t open = column_type.find('(');
  std::vector<std::string> labels;
  size_t at = open == std::string_view::npos ? column_type.size() : open + 1;
  while (at < column_type.size() && column_type[at] == '\'') {
    std::string label;
    for (++at; at < column_type.size(); ++at) {
      if (column_type[at] == '\'') {
        if (at + 1 >= column_type.size() || column_type[at + 1] != '\'') {
          break;
        }
        ++at;
      } else if (column_type[at] == '\\' && at + 1 < column_type.size()) {
        label.push_back(Unescaped(column_type[++at]));
        continue;
      }
      label.push_back(column_type[at]);
    }
    labels.push_back(std::move(label));
    if (at + 1 >= column_type.size()) {
      return bad;
    }
    if (column_type[at + 1] == ')') {
      return labels;
    }
    if (column_type[at + 1] != ',') {
      return bad;
    }
    at += 2;
  }
  return bad;
}

namespace {

// Fills in what the column's type asks for: lengths, precisions, labels.
Status SetTypeArguments(const ColumnFacts& facts, Column* column) {
  switch (column->type) {
    case ColumnType::kChar:
    case ColumnType::kVarchar:
    case ColumnType::kBinary:
    case ColumnType::kVarbinary:
      column->length = static_cast<uint32_t>(facts.length.value_or(0));
      break;
    case ColumnType::kBit:
      column->length = static_cast<uint32_t>(facts.precision.value_or(1));
      break;
    case ColumnType::kDecimal:
      column->precision = static_cast<uint8_t>(facts.precision.value_or(0));
      column->scale = static_cast<uint8_t>(facts.scale.value_or(0));
      break;
    case ColumnType::kTime:
    case ColumnType::kDateTime:
    case ColumnType::kTimestamp:
      column->scale = static_cast<uint8_t>(facts.fraction.value_or(0));
      break;
    case ColumnType::kYear:
      // A plain integer; both servers write it as unsigned, in some places only.
      column->is_unsigned = false;
      break;
    case ColumnType::kEnum:
    case ColumnType::kSet: {
      BINSEEK_ASSIGN_OR_RETURN(column->labels, ParseLabels(facts.column_type));
      break;
    }
    default:
      break;
  }
  return Status::Ok();
}

}  // namespace

Result<Column> MakeColumn(const ColumnFacts& facts) {
  Column column;
  column.name = facts.name;
  column.nullable = facts.nullable;
  // Not DEFAULT_GENERATED, which only says that the default is an expression.
  column.generated = facts.extra.find("VIRTUAL GENERATED") != std::string::npos ||
                     facts.extra.find("STORED GENERATED") != std::string::npos ||
                     facts.extra.find("PERSISTENT") != std::string::npos;
  column.invisible = facts.extra.find("INVISIBLE") != std::string::npos;
  column.is_unsigned = facts.column_type.find(" unsigned") != std::string::npos;
  column.charset = facts.charset == "utf8" ? "utf8mb3" : facts.charset;
  column.collation = facts.collation;
  const std::string_view stated = facts.data_type;
  const std::string_view data_type = stated == "geomcollection" ? "geometrycollection" : stated;
  const auto type =
      std::find_if(std::begin(kTypes), std::end(kTypes),
                   [&](const TypeName& candidate) { return candidate.name == data_type; });
  if (type == std::end(kTypes)) {
    if (std::find(std::begin(kGeometries), std::end(kGeometries), data_type) ==
        std::end(kGeometries)) {
      return Status::InvalidArgument("column " + facts.name + " has type " + facts.column_type +
                                     ", which is not supported");
    }
    column.type = ColumnType::kGeometry;
    column.geometry.assign(data_type);
    return column;
  }
  column.type = type->type;
  BINSEEK_RETURN_IF_ERROR(SetTypeArguments(facts, &column));
  return column;
}

}  // namespace binseek::mysql
