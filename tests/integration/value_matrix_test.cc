// Every type of a server and every class of its values, on both roads: what the binlog gives equals what a chunk's SELECT gives, as
// Values, as the bytes that the row's hash is made of, and as the hash.
#include <numeric>
#include <optional>

#include "sync/change/row_hash.h"
#include "sync/snapshot/chunk_reader.h"
#include "tests/integration/binlog_fixture.h"
#include "tests/integration/type_matrix.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

constexpr size_t kMaxShownBytes = 120;

class ValueMatrixTest : public BinlogFixture {
 protected:
  std::vector<MatrixType> Types() {
    return TypeMatrix(GetParam(), CharsetsOf(session()), random_.engine());
  }

  void Make(std::vector<MatrixType> types) {
    table_.emplace("m", std::move(types));
    Sql(table_->CreateStatement());
    Follow();
    std::vector<uint32_t> all(schema().columns.size());
    std::iota(all.begin(), all.end(), 0);
    hasher_ = change::RowHasher(schema(), all);
  }
  const change::TableSchema& schema() const { return *shapes_.at("m"); }
  MatrixTable& table() { return *table_; }

  static std::string Shown(const change::Value& value) {
    const std::string text = change::DebugString(value);
    return text.size() <= kMaxShownBytes ? text : text.substr(0, kMaxShownBytes) + "...";
  }

  uint64_t HashOf(const change::RowImage& row) const {
    std::string scratch;
    return hasher_.Hash(row, {}, &scratch);
  }

  // Compares all rows that are in the table with the fixture's copy, which the binlog alone made.
  void ExpectBothRoadsEqual(size_t shift) {
    const snapshot::ChunkReader reader(shapes_.at("m"));
    snapshot::ChunkRows chunk;
    size_t rows = 0;
    while (!chunk.last) {
      auto next = reader.Read(session(), {chunk.last_key, {}}, 7);
      ASSERT_OK(next);
      chunk = std::move(next).value();
      for (const change::RowChange& row : chunk.rows->rows()) {
        ++rows;
        const auto streamed = copy_["m"].find(change::DebugString(row.after[0]) + " ");
        ASSERT_NE(streamed, copy_["m"].end()) << change::DebugString(row.after[0]);
        ExpectSameRow(row.after, streamed->second, shift);
      }
    }
    EXPECT_EQ(rows, copy_["m"].size());
  }

  // Takes the table's rows through inserts and updates of all values.
  void Compare(std::vector<MatrixType> types) {
    ASSERT_NO_FATAL_FAILURE(Make(std::move(types)));
    for (size_t row = 0; row < table().rows(); ++row) {
      Sql(table().InsertStatement(row, 0));
    }
    EXPECT_EQ(CatchUp().size(), table().rows());
    ExpectBothRoadsEqual(0);
    for (size_t row = 0; row < table().rows(); ++row) {
      Sql(table().UpdateStatement(row, 1));
    }
    CatchUp();
    ExpectBothRoadsEqual(1);
  }

  void ExpectSameRow(const change::RowImage& selected, const change::RowImage& streamed,
                     size_t shift) {
    const auto id = static_cast<size_t>(selected[0].integer);
    for (size_t i = 1; i < selected.size(); ++i) {
      const bool json_is_text = change::KeepsJsonAsText(schema().columns[i]);
      std::string of_selected;
      std::string of_streamed;
      change::AppendCell(selected[i], json_is_text, &of_selected);
      change::AppendCell(streamed[i], json_is_text, &of_streamed);
      EXPECT_TRUE(selected[i] == streamed[i] && of_selected == of_streamed)
          << table().Describe(i - 1, id, shift) << ": selected " << Shown(selected[i])
          << ", streamed " << Shown(streamed[i]);
    }
    EXPECT_NE(HashOf(selected), change::kUnknownRowHash);
    EXPECT_EQ(HashOf(selected), HashOf(streamed)) << "row " << id;
  }

  MatrixRandom random_;
  std::optional<MatrixTable> table_;
  change::RowHasher hasher_;
};

TEST_P(ValueMatrixTest, BothRoadsGiveEqualValuesAndHashes) { Compare(Types()); }

TEST_P(ValueMatrixTest, BothRoadsGiveEqualValuesAndHashesWithoutRowMetadata) {
  UseOwnServer({mariadb() ? "--binlog-row-metadata=NO_LOG" : "--binlog-row-metadata=MINIMAL"});
  Compare(Types());
}

TEST_P(ValueMatrixTest, BothRoadsGiveEqualValuesAndHashesOfOldTemporalFormats) {
  if (!mariadb()) {
    GTEST_SKIP() << "MySQL has no old formats any more";
  }
  UseOwnServer({"--mysql56-temporal-format=OFF"});
  std::vector<MatrixType> types = Types();
  std::erase_if(types, [](const MatrixType& type) {
    const bool temporal = type.sql.starts_with("TIME") || type.sql.starts_with("DATETIME");
    return !temporal || type.sql.find("(0)") == std::string::npos;
  });
  EXPECT_EQ(types.size(), 3U);
  Compare(std::move(types));
}

INSTANTIATE_TEST_SUITE_P(Servers, ValueMatrixTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         FlavorOfTest);

}  // namespace
}  // namespace binseek::test
