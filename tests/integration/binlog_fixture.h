// BinlogFixture: a database of its own on a real server, its binlog as transactions, and a copy of its tables that is
// kept by nothing but those transactions.
//
// Single-threaded. Every test gets an empty database; a test is skipped where the server cannot be had.
#ifndef BINSEEK_TESTS_INTEGRATION_BINLOG_FIXTURE_H_
#define BINSEEK_TESTS_INTEGRATION_BINLOG_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sync/binlog/binlog_source.h"
#include "sync/mysql/connection.h"
#include "tests/support/test_server.h"

namespace binseek::test {

// Rows by their key's values as text.
using TableRows = std::map<std::string, change::RowImage>;

class BinlogFixture : public ::testing::TestWithParam<ServerFlavor> {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Goes on with a server of the test's own, where it has to be restarted or set up otherwise.
  void UseOwnServer(const std::vector<std::string>& args = {});

  bool mariadb() const { return GetParam() == ServerFlavor::kMariadb; }
  TestServer* server() { return server_; }
  const std::string& database() const { return database_; }
  std::unique_ptr<mysql::Connection> Connect();
  void ReopenSession();  // after the server was restarted
  // By the fixture's own session, in its database.
  void Sql(const std::string& statement);
  std::string SqlCell(const std::string& statement);
  mysql::Connection* session() { return session_.get(); }

  // Reads the tables' shapes and begins to follow the binlog from where it ends now.
  void Follow();
  // As Follow, but from `start` with `next_ordinal`.
  void FollowFrom(const change::SourcePosition& start, uint64_t next_ordinal);
  binlog::BinlogSourceOptions SourceOptions(const change::SourcePosition& start);
  void ReadShapes();
  change::SourcePosition Now();

  // Takes in every transaction that is written by now, and returns those with rows or table events.
  std::vector<change::Transaction> CatchUp();
  // The error that ends the stream; OK where none came before the end of what is written.
  Status CatchUpToError();
  // What a SELECT gives, against what the transactions gave, column by column.
  void ExpectTableEqualsCopy(const std::string& table);
  TableRows Select(const std::string& table);

  std::unique_ptr<binlog::BinlogSource> source_;
  std::map<std::string, std::shared_ptr<const change::TableSchema>> shapes_;
  std::map<std::string, TableRows> copy_;  // by table
  uint64_t last_ordinal_ = 0;
  std::shared_ptr<const change::PreparedSet> last_prepared_;  // behind the last transaction

 private:
  void Apply(const change::Transaction& transaction);
  void ApplyRow(const change::RowChange& row);
  bool Passed(const change::SourcePosition& written) const;

  TestServer* server_ = nullptr;
  std::unique_ptr<TestServer> own_server_;
  std::unique_ptr<mysql::Connection> session_;
  std::string database_;
};

std::string FlavorOfTest(const ::testing::TestParamInfo<ServerFlavor>& info);

}  // namespace binseek::test

#endif  // BINSEEK_TESTS_INTEGRATION_BINLOG_FIXTURE_H_
