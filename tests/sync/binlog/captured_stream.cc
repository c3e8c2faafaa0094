#include "tests/sync/binlog/captured_stream.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/sample_table.h"

namespace binseek::binlog {

std::vector<CapturedEvent> ReadCaptured(bool mariadb) {
  std::ifstream file(mariadb ? "tests/sync/binlog/data/mariadb-10.11.hex"
                             : "tests/sync/binlog/data/mysql-9.7.hex");
  std::vector<CapturedEvent> events;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) {
      continue;
    }
    CapturedEvent& event = events.emplace_back();
    std::string hex;
    std::istringstream(line) >> event.name >> hex;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) {
      event.bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
  }
  EXPECT_FALSE(events.empty())
      << "no captured events: is the working directory the root of the tree?";
  return events;
}

AssemblerOptions CapturedTables::Options() {
  AssemblerOptions options;
  options.start.flavor = mariadb_ ? change::Flavor::kMariadb : change::Flavor::kMysql;
  options.schema_provider =
      [this](std::string_view database,
             std::string_view table) -> std::shared_ptr<const change::TableSchema> {
    if (database != "shop" || table != "product") {
      return nullptr;
    }
    if (table_ == nullptr) {
      table_ = test::SampleTable(mariadb_, with_brand_);
    }
    return table_;
  };
  return options;
}

void CapturedTables::See(const change::Transaction& transaction) {
  for (const change::TableEvent& event : transaction.table_events) {
    if (event.kind == change::TableEvent::Kind::kDdl && event.statement.starts_with("ALTER")) {
      with_brand_ = true;
      table_ = nullptr;
    }
  }
}

}  // namespace binseek::binlog
