#include "sync/pipeline/checkpoint.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::pipeline {
namespace {

TableCheckpoint Table(const std::string& name) {
  auto schema = std::make_shared<change::TableSchema>();
  schema->source = change::SourceId{3};
  schema->database = "shop";
  schema->table = name;
  change::Column id;
  id.name = "id";
  id.is_unsigned = true;
  id.nullable = false;
  change::Column kind;
  kind.name = "kind";
  kind.type = change::ColumnType::kEnum;
  kind.labels = {"a", "", "日本"};
  kind.charset = "utf8mb4";
  kind.collation = "utf8mb4_bin";
  schema->columns = {id, kind};
  schema->key = {0};
  TableCheckpoint table;
  table.schema = schema;
  table.index = "index-of-" + name;
  table.index_id = index::IndexId{77};
  table.captured_from = {"binlog.000012", uint64_t{5} << 32};
  table.ranges = {{{}, {"7", ""}},
                  {{"8", "it's"}, {"9", std::string("\0", 1)}},
                  {{"18446744073709551615", std::string("\0x", 2)}, {}}};
  table.snapshot_rows = 123456;
  table.sweep_below = 98;
  table.stale_since_us = 1'700'000'000'000'000;
  table.stale_why = "its rows were purged";
  table.mapping = 0xfedcba9876543210;
  table.pending_keys = {{"1"}, {"", std::string("\0", 1)}};
  table.old = {index::IndexId{76}, true, 97, 1'700'000'000'000'001, "a resync"};
  return table;
}

StreamPlace Place() {
  StreamPlace place;
  place.position.flavor = change::Flavor::kMariadb;
  place.position.binlog = {"binlog.000013", 4711};
  place.server = "server_id 4";
  place.ordinal = 99;
  place.last_gtid = "0-4-99";
  place.last_begin = {"binlog.000013", uint64_t{7} << 32};
  place.fingerprint = {-1, 2, 3};
  place.writes = 300;
  return place;
}

std::string Encoded() {
  return EncodeCheckpoint(
      Place(),
      EncodePrepared(
          {{"1,6f6e65,", std::make_shared<const change::PreparedEvents>("x")},
           {"1,74776f,", std::make_shared<const change::PreparedEvents>("xa/3/7", nullptr)}}),
      EncodeTables({{"shop.a", Table("a")}, {"shop.b", Table("b")}}));
}

TEST(CheckpointTest, EverythingComesBack) {
  const auto checkpoint = DecodeCheckpoint(Encoded());
  ASSERT_OK(checkpoint);
  EXPECT_EQ(checkpoint->place, Place());
  ASSERT_EQ(checkpoint->prepared->size(), 2U);
  EXPECT_EQ(checkpoint->prepared->at("1,6f6e65,")->bytes(), "x");
  const change::PreparedEvents& kept = *checkpoint->prepared->at("1,74776f,");
  EXPECT_EQ(kept.kept_as(), "xa/3/7");
  EXPECT_STATUS(kept.Read(), kNotFound);
  ASSERT_EQ(checkpoint->tables.size(), 2U);
  const TableCheckpoint& table = checkpoint->tables.at("shop.b");
  TableCheckpoint expected = Table("b");
  EXPECT_TRUE(change::SameShape(*table.schema, *expected.schema));
  EXPECT_EQ(table.schema->columns[1].labels, expected.schema->columns[1].labels);
  EXPECT_EQ(table.schema->key, expected.schema->key);
  EXPECT_EQ(table.schema->source, change::SourceId{3});
  expected.schema = table.schema;
  EXPECT_EQ(table, expected);
}

TEST(CheckpointTest, StoppedAndVersionedTablesComeBack) {
  TableCheckpoint table = Table("c");
  table.stopped = "it has no room; make some";
  table.dead_letter_limit = 10'000;
  auto schema = std::make_shared<change::TableSchema>(*table.schema);
  schema->versioning = change::Versioning::kColumn;
  schema->row_end = 1;
  table.schema = schema;
  const auto checkpoint =
      DecodeCheckpoint(EncodeCheckpoint(Place(), EncodePrepared({}), EncodeTables({{"c", table}})));
  ASSERT_OK(checkpoint);
  const TableCheckpoint& read = checkpoint->tables.at("shop.c");
  EXPECT_EQ(read.stopped, table.stopped);
  EXPECT_EQ(read.stop_code, change::StopCode::kDeadLettersAboveLimit) << "as of before the codes";
  EXPECT_EQ(read.dead_letter_limit, 10'000U);
  EXPECT_TRUE(change::SameShape(*read.schema, *schema));
  EXPECT_EQ(read.schema->row_end, 1U);
}

TEST(CheckpointTest, TheCodeOfAStoppedTableComesBack) {
  const auto read = [](change::StopCode code, const std::string& text) {
    TableCheckpoint table = Table("c");
    table.stopped = text;
    table.stop_code = code;
    return DecodeCheckpoint(
               EncodeCheckpoint(Place(), EncodePrepared({}), EncodeTables({{"c", table}})))
        .value()
        .tables.at("shop.c");
  };
  using change::StopCode;
  for (const char* text : {"table: a colon", "", "index_taken: within the text"}) {
    EXPECT_EQ(read(StopCode::kTableUnreadable, text).stop_code, StopCode::kTableUnreadable);
    EXPECT_EQ(read(StopCode::kTableUnreadable, text).stopped, text);
  }
  EXPECT_EQ(read(StopCode::kNone, "table: a colon").stop_code, StopCode::kTableStopped);
  EXPECT_EQ(read(StopCode::kNone, "table: a colon").stopped, "table: a colon");
  EXPECT_EQ(read(StopCode::kNone, "").stop_code, StopCode::kNone) << "it is not stopped";
}

TEST(CheckpointTest, EveryShortFormIsRefused) {
  const std::string whole = Encoded();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(DecodeCheckpoint(whole.substr(0, size)).ok()) << size;
  }
  EXPECT_STATUS(DecodeCheckpoint(whole + "x"), kCorruption);
}

// BINSEEK_WRITE_GOLDEN=1 writes the current version's, once; those of before stay, and have to be read.
std::string GoldenFile(int version) {
  return "tests/sync/pipeline/golden/checkpoint-" + std::to_string(version);
}

TEST(CheckpointTest, GoldenFilesOfEveryVersionAreRead) {
  if (std::getenv("BINSEEK_WRITE_GOLDEN") != nullptr) {
    std::ofstream(GoldenFile(Encoded()[0]), std::ios::binary) << Encoded();
  }
  for (int version = 1; version <= Encoded()[0]; ++version) {
    SCOPED_TRACE(version);
    std::ifstream file(GoldenFile(version), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const auto checkpoint = DecodeCheckpoint(bytes);
    ASSERT_OK(checkpoint);
    EXPECT_EQ(checkpoint->place, Place());
    EXPECT_EQ(checkpoint->prepared->size(), version <= 4 ? 1U : 2U);
    EXPECT_EQ(checkpoint->prepared->at("1,6f6e65,")->bytes(), "x");
    TableCheckpoint expected = Table("b");
    const TableCheckpoint& table = checkpoint->tables.at("shop.b");
    EXPECT_TRUE(change::SameShape(*table.schema, *expected.schema));
    expected.schema = table.schema;
    if (version == 1) {
      expected.mapping = 0;  // there were no rules
    }
    if (version <= 2) {
      expected.old = {};
    }
    if (version <= 3) {
      expected.ranges.erase(expected.ranges.begin(), expected.ranges.begin() + 2);
    }
    EXPECT_EQ(table, expected);
    if (version == Encoded()[0]) {
      EXPECT_EQ(bytes, Encoded()) << "another form of the same version";
    }
  }
}

TEST(CheckpointTest, AVersionFromTheFutureIsNamedAsSuch) {
  std::string bytes = Encoded();
  bytes[0] = 6;
  EXPECT_STATUS(DecodeCheckpoint(bytes), kFormatTooNew);
}

class CheckpointHostileTest : public test::SeededTest {};

TEST_F(CheckpointHostileTest, ChangedBytesNeverCrash) {
  for (uint64_t i = Iterations(2000); i > 0; --i) {
    std::string bytes = Encoded();
    for (uint64_t n = 1 + Uniform(3); n > 0; --n) {
      bytes[Uniform(bytes.size())] = static_cast<char>(Uniform(256));
    }
    DecodeCheckpoint(bytes).status().IgnoreError();
  }
}

TEST(CheckpointTest, EachSourceHasItsOwnKey) {
  EXPECT_EQ(CheckpointKey(change::SourceId{0}), "source/0");
  EXPECT_NE(CheckpointKey(change::SourceId{1}), CheckpointKey(change::SourceId{2}));
}

}  // namespace
}  // namespace binseek::pipeline
