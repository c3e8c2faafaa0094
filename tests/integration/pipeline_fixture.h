// PipelineFixture: a supervisor between a real server and an engine, and the table as the server tells it for comparison.
//
// The expected documents are made from the server's own text output, by nothing of the product's.
#ifndef BINSEEK_TESTS_INTEGRATION_PIPELINE_FIXTURE_H_
#define BINSEEK_TESTS_INTEGRATION_PIPELINE_FIXTURE_H_

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "sync/pipeline/state_store.h"
#include "sync/pipeline/supervisor.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test_server.h"

namespace binseek::test {

class PipelineFixture : public ::testing::TestWithParam<ServerFlavor> {
 protected:
  static constexpr std::chrono::seconds kPatience{60};

  void SetUp() override;
  void TearDown() override;

  // Runs SQL in the test's database; fails the test where it fails.
  std::string Sql(std::string_view statements);
  // `items`: (id BIGINT, name VARCHAR(50), price DECIMAL(10,2), stock INT, note TEXT NULL) with `rows` rows.
  void CreateItems(int rows);

  // Opens the engine (from what the directory holds) and starts a supervisor.
  void Start();
  void StartWith(const std::function<void(pipeline::SupervisorOptions*)>& change);
  void AwaitLive();
  // Commits, and ends supervisor and engine.
  void Stop();
  // Ends both as a crash does: what was not committed is gone.
  void Crash();

  // Waits until `condition` holds; false where it does not within kPatience.
  static bool Await(const std::function<bool()>& condition);

  // As the status has it; empty where it has none of that name.
  pipeline::TableStatus Table(const std::string& name) const;
  // _id -> _source of all documents of an index; empty where there is none.
  std::map<std::string, std::string> Documents(const std::string& index) const;
  // The same for a table whose SELECT prints the columns id, name, price, stock, note.
  std::map<std::string, std::string> Items(const std::string& table = "items");
  // Waits until index and table are equal; fails the test with the first differences otherwise.
  void ExpectEqual(const std::string& table = "items", const std::string& index = "items");

  TestServer* server_ = nullptr;
  std::string database_;
  std::shared_ptr<store::RamDirectory> directory_;
  std::shared_ptr<store::Directory> disk_;  // instead of the other, where it is set before Start
  const TempFolder spilled_;                // of rows that memory does not hold
  size_t engine_memory_bytes_ = index::EngineOptions().memory_limit_bytes;
  std::atomic<bool> power_{true};  // off: no commit comes about
  std::unique_ptr<pipeline::StateStore> state_;
  std::unique_ptr<index::Engine> engine_;
  std::unique_ptr<pipeline::Supervisor> supervisor_;
};

}  // namespace binseek::test

#endif  // BINSEEK_TESTS_INTEGRATION_PIPELINE_FIXTURE_H_
