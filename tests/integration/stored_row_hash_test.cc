// The hash in the index is that of the row in the table, whichever road the row took last: insert, update or snapshot.
#include <gtest/gtest.h>

#include <numeric>
#include <optional>

#include "engine/mapping/field.h"
#include "sync/change/row_hash.h"
#include "sync/mysql/schema_reader.h"
#include "sync/mysql/url.h"
#include "sync/snapshot/chunk_reader.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/integration/type_matrix.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

// By _id; nullopt: not known.
using Hashes = std::map<std::string, std::optional<int64_t>>;

class StoredRowHashTest : public PipelineFixture {
 protected:
  void SetUp() override {
    PipelineFixture::SetUp();
    if (server_ == nullptr) {
      return;
    }
    auto session = mysql::Connection::Open(*mysql::ParseMysqlUrl(server_->url(database_)));
    ASSERT_OK(session);
    session_ = std::move(*session);
  }
  void Execute(const std::string& sql) { ASSERT_OK(session_->Execute(sql)) << sql.substr(0, 200); }

  Hashes Stored(const std::string& name) const {
    Hashes hashes;
    const auto view = engine_->View();
    const index::IndexView* index = view->Find(name);
    for (uint32_t ordinal = 0; index != nullptr && ordinal < index->segments.size(); ++ordinal) {
      const index::SegmentView& segment = *index->segments[ordinal];
      for (index::DocId doc = 0; doc < segment.max_doc(); ++doc) {
        if (segment.IsLive(doc)) {
          hashes[std::string(segment.segment().Key(doc))] = segment.System(doc).row_hash;
        }
      }
    }
    return hashes;
  }

  // As a reconciler makes them: of the rows of a chunk. The _id is the first column.
  Hashes Selected(const std::string& name) {
    Hashes hashes;
    const auto schema = mysql::ReadTable(session_.get(), database_, name);
    EXPECT_OK(schema);
    std::vector<uint32_t> all((*schema)->columns.size());
    std::iota(all.begin(), all.end(), 0);
    const change::RowHasher hasher(**schema, all);
    const auto chunk = snapshot::ChunkReader(*schema).Read(session_.get(), {}, 10'000);
    EXPECT_OK(chunk);
    std::string scratch;
    for (const change::RowChange& row : chunk->rows->rows()) {
      hashes[change::DebugString(row.after[0])] =
          static_cast<int64_t>(hasher.Hash(row.after, {}, &scratch));
    }
    return hashes;
  }

  void ExpectStoredEqualsSelected(const std::string& name) {
    const Hashes selected = Selected(name);
    if (Await([&] { return Stored(name) == selected; })) {
      return;
    }
    const Hashes stored = Stored(name);
    EXPECT_EQ(stored.size(), selected.size());
    for (const auto& [id, hash] : selected) {
      const auto found = stored.find(id);
      EXPECT_TRUE(found != stored.end() && found->second == hash)
          << "row " << id << (found == stored.end() ? " is not there" : " has another hash");
    }
    ADD_FAILURE() << supervisor_->status().error;
  }

  std::unique_ptr<mysql::Connection> session_;
  MatrixRandom random_;
};

TEST_P(StoredRowHashTest, InsertsUpdatesAndSnapshotsStoreTheHashThatASelectGives) {
  const MatrixTable table(
      "m",
      Without(kDuplicateKey, TypeMatrix(GetParam(), CharsetsOf(session_.get()), random_.engine())));
  Execute(table.CreateStatement());
  for (size_t row = 0; row < table.rows(); row += 2) {
    Execute(table.InsertStatement(row, 0));
  }
  Start();
  AwaitLive();
  ExpectStoredEqualsSelected("m");
  for (size_t row = 1; row < table.rows(); row += 2) {
    Execute(table.InsertStatement(row, 0));
  }
  ExpectStoredEqualsSelected("m");
  for (size_t row = 0; row < table.rows(); ++row) {
    Execute(table.UpdateStatement(row, 1));
  }
  ExpectStoredEqualsSelected("m");
  const Hashes streamed = Stored("m");
  EXPECT_EQ(streamed.size(), table.rows());
  Stop();
  Start();
  AwaitLive();
  EXPECT_EQ(Stored("m"), streamed) << "behind a restart";
  // An engine that knows nothing reads all rows again.
  Stop();
  directory_ = std::make_shared<store::RamDirectory>();
  Start();
  AwaitLive();
  EXPECT_EQ(Stored("m"), streamed);
}

TEST_P(StoredRowHashTest, ColumnUpdatesStoreTheHashOfTheWholeRow) {
  CreateItems(20);
  Start();
  AwaitLive();
  ExpectStoredEqualsSelected("items");
  const Hashes before = Stored("items");
  Execute("UPDATE items SET stock = stock + 1, price = price * 2 WHERE id <= 10");
  ExpectStoredEqualsSelected("items");
  const Hashes after = Stored("items");
  for (const auto& [id, hash] : after) {
    EXPECT_EQ(hash == before.at(id), std::stoi(id) > 10) << id;
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, StoredRowHashTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const ::testing::TestParamInfo<ServerFlavor>& info) {
                           return std::string(ServerFlavorName(info.param));
                         });

}  // namespace
}  // namespace binseek::test
