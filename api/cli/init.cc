// binseek init: the mapping that a database's tables get when nobody says otherwise, as YAML to start from.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "api/cli/commands.h"
#include "api/cli/common.h"
#include "engine/index/engine.h"
#include "sync/mapper/table_mapping.h"
#include "sync/mysql/databases.h"
#include "sync/mysql/schema_reader.h"
#include "sync/mysql/url.h"

namespace binseek::api::cli {
namespace {

using Tables = std::vector<std::shared_ptr<const change::TableSchema>>;

// A YAML double-quoted scalar where a plain one might be read as something else.
std::string Scalar(std::string_view text) {
  const bool plain =
      !text.empty() &&
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
          std::string_view::npos &&
      (text[0] < '0' || text[0] > '9') && text != "true" && text != "false" && text != "null" &&
      text != "yes" && text != "no" && text != "on" && text != "off" && text != "y" && text != "n";
  if (plain) {
    return std::string(text);
  }
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

std::string Remark(const mapping::Field& field) {
  std::string remark;
  if (field.kind == mapping::FieldKind::kDecimal) {
    remark = "exact, " + std::to_string(field.scale) + " digits behind the point";
  } else if (field.kind == mapping::FieldKind::kFlattened) {
    remark = "every leaf of the JSON, under this one field";
  } else if (field.kind == mapping::FieldKind::kBinary) {
    remark = "in _source only";
  } else if (field.ignore_above > 0) {
    remark = "values over " + std::to_string(field.ignore_above) + " characters are not indexed";
  }
  if (field.in_place) {
    remark += std::string(remark.empty() ? "" : "; ") + "updated in place";
  }
  return remark.empty() ? "" : "  # " + remark;
}

void PrintFields(const mapping::Mapping& mapping) {
  for (const mapping::Field& field : mapping.fields()) {
    if (field.is_multi_field()) {
      continue;
    }
    std::cout << "      " << Scalar(field.name) << ": " << mapping::TypeName(field) << Remark(field)
              << "\n";
    for (const mapping::Field* sub : mapping.MultiFieldsOf(field.id)) {
      std::cout << "      " << Scalar(sub->name) << ": " << mapping::TypeName(*sub) << Remark(*sub)
                << "\n";
    }
  }
}

void PrintTable(const change::TableSchema& table) {
  std::string index = mapper::DefaultIndexName(table);
  std::cout << "\n  " << Scalar(table.table) << ":\n";
  if (const Status name = index::CheckIndexName(index); !name.ok()) {
    std::cout << "    # NOT FOLLOWED: " << name.message() << "\n"
              << "    # give it a name under source.rename:  rename: {" << Scalar(table.table)
              << ": another_name}\n";
    return;
  }
  const Result<mapping::Mapping> mapping = mapper::DeriveMapping(table);
  if (!mapping.ok()) {
    std::cout << "    # NOT FOLLOWED: " << mapping.status().message() << "\n";
    return;
  }
  std::cout << "    index: " << Scalar(index) << "\n    fields:\n";
  PrintFields(*mapping);
}

// Of all databases that the URL names.
Result<Tables> ReadAll(mysql::ConnectionOptions options) {
  const std::string wanted = options.database;
  if (mysql::IsDatabasePattern(wanted)) {
    options.database.clear();
  }
  BINSEEK_ASSIGN_OR_RETURN(const std::unique_ptr<mysql::Connection> connection,
                           mysql::Connection::Open(options));
  BINSEEK_ASSIGN_OR_RETURN(const auto databases, mysql::ReadDatabases(connection.get(), wanted));
  Tables all;
  for (const std::string& database : databases) {
    BINSEEK_ASSIGN_OR_RETURN(const Tables tables, mysql::ReadTables(connection.get(), database));
    all.insert(all.end(), tables.begin(), tables.end());
  }
  return all;
}

struct Init {
  ConfigFlags flags;
  std::string source;

  // Of several sources, each as a document of its own.
  Status Print() const {
    BINSEEK_ASSIGN_OR_RETURN(const Config config, flags.Load());
    BINSEEK_ASSIGN_OR_RETURN(const std::vector<SourceConfig> sources,
                             ChosenSources(config, source));
    for (const SourceConfig& one : sources) {
      std::cout << (&one == &sources.front() ? "" : "---\n");
      if (!config.sources.empty()) {
        std::cout << "# Source " << one.name << ".\n";
      }
      BINSEEK_RETURN_IF_ERROR(PrintOne(one));
    }
    return Status::Ok();
  }

  static Status PrintOne(const SourceConfig& source) {
    BINSEEK_ASSIGN_OR_RETURN(const mysql::ConnectionOptions options, SourceOptions(source));
    BINSEEK_ASSIGN_OR_RETURN(const Tables tables, ReadAll(options));
    std::cout << "# What " << mysql::DisplayUrl(options)
              << " becomes: each table an index, each column a field of its name.\n"
              << "# `binseek serve` derives this by itself; the tables to follow and their "
                 "indices' names are set by\n"
              << "# source.include, source.exclude and source.rename of its config.\n"
              << "tables:\n";
    for (const auto& table : tables) {
      PrintTable(*table);
    }
    return Status::Ok();
  }
};

}  // namespace

void AddInitCommand(CLI::App* app, int* exit_code) {
  CLI::App* command =
      app->add_subcommand("init", "writes the mapping derived from a database as commented YAML");
  const auto state = std::make_shared<Init>();
  state->flags.AddConfig(command);
  state->flags.AddMysql(command);
  command->add_option("--source", state->source, "this one alone, where there are several")
      ->type_name("NAME");
  command->footer(
      "Example:\n  binseek init --mysql mysql://binseek@127.0.0.1:3306/shop > mapping.yaml");
  command->callback([state, exit_code] {
    const Status status = state->Print();
    *exit_code = status.ok() ? 0 : Fail(status);
  });
}

}  // namespace binseek::api::cli
