#include "sync/pipeline/state_store.h"

#include <gmock/gmock.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/status_matchers.h"

namespace binseek::pipeline {
namespace {

using change::SourceId;
using mapper::RejectedRow;
using ::testing::HasSubstr;

constexpr SourceId kSource{0};

class StateStoreTest : public ::testing::Test {
 protected:
  StateStoreTest() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "binseek-state-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    file_ = folder_ / "state.db";
  }
  ~StateStoreTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<StateStore> Open() {
    auto store = StateStore::Open(file_);
    EXPECT_OK(store);
    return store.ok() ? std::move(store).value() : nullptr;
  }
  void WriteFile(const std::string& bytes) const {
    std::ofstream(file_, std::ios::binary) << bytes;
  }
  std::string ReadFile() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // By a connection of its own, as any other program would.
  void Sql(const std::string& sql) const {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file_.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(db);
    sqlite3_close(db);
  }

  std::filesystem::path folder_;
  std::string file_;
};

RejectedRow Row(const std::string& table, const std::string& key, const std::string& gtid,
                const std::string& reason = "why") {
  RejectedRow row{table, key, reason, {}};
  row.position.gtid = gtid;
  return row;
}

RejectedRow Refused(const std::string& key, int64_t version) {
  RejectedRow row = Row("shop.t", key, "a:" + std::to_string(version));
  row.version = version;
  return row;
}

std::vector<std::string> Keys(const StateStore& store, size_t limit = 100) {
  auto letters = store.DeadLetters(limit);
  EXPECT_OK(letters);
  std::vector<std::string> keys;
  for (const DeadLetter& letter : *letters) {
    keys.push_back(letter.key);
  }
  return keys;
}

TEST_F(StateStoreTest, KeepsWhatWasFlushedAndNothingElse) {
  {
    auto store = Open();
    store->AddDeadLetters(kSource, {Row("shop.t", "9", "a:1"), Row("shop.t", "2", "a:1")});
    ASSERT_OK(store->Flush());
    store->AddDeadLetters(kSource, {Row("shop.t", "3", "a:2")});
    EXPECT_EQ(store->dead_letter_count(), 3u);
    EXPECT_EQ(Keys(*store), (std::vector<std::string>{"3", "2", "9"}));
  }
  auto store = Open();
  EXPECT_EQ(store->dead_letter_count(), 2u);
  EXPECT_EQ(Keys(*store), (std::vector<std::string>{"2", "9"}));
  EXPECT_EQ(Keys(*store, 1), (std::vector<std::string>{"2"}));
  EXPECT_EQ(Keys(*store, 0).size(), 0u);
  const auto letters = store->DeadLetters(1);
  ASSERT_OK(letters);
  EXPECT_EQ(letters->front().table, "shop.t");
  EXPECT_EQ(letters->front().reason, "why");
  EXPECT_EQ(letters->front().position, "a:1");
  EXPECT_EQ(letters->front().count, 1u);
  EXPECT_GT(letters->front().first_seen_ms, 0);
}

TEST_F(StateStoreTest, AReplayRepeatsNothing) {
  auto store = Open();
  const std::vector<RejectedRow> rows = {Row("shop.t", "1", "a:1", "first"),
                                         Row("shop.t", "1", "a:2", "second")};
  store->AddDeadLetters(kSource, rows);
  store->AddDeadLetters(kSource, rows);  // before the flush
  ASSERT_OK(store->Flush());
  store->AddDeadLetters(kSource, rows);  // after it
  EXPECT_EQ(store->dead_letter_count(), 2u);
  ASSERT_OK(store->Flush());
  EXPECT_EQ(store->dead_letter_count(), 2u);
  const auto letters = store->DeadLetters(10);
  ASSERT_OK(letters);
  ASSERT_EQ(letters->size(), 2u);
  EXPECT_EQ(letters->at(0).reason, "second");
  EXPECT_EQ(letters->at(0).count, 3u);
}

TEST_F(StateStoreTest, SourcesTablesAndPositionsAreTakenApart) {
  auto store = Open();
  store->AddDeadLetters(
      kSource, {Row("shop.t", "1", "a:1"), Row("shop.u", "1", "a:1"), Row("shop.t", "1", "a:2")});
  store->AddDeadLetters(SourceId{1}, {Row("shop.t", "1", "a:1")});
  RejectedRow by_file = Row("shop.t", "1", "");
  by_file.position.end = {"binlog.000007", 1234};
  store->AddDeadLetters(kSource, {by_file, Row("shop.t", "1", "")});
  EXPECT_EQ(store->dead_letter_count(), 6u);
  ASSERT_OK(store->Flush());
  const auto letters = store->DeadLetters(10);
  ASSERT_OK(letters);
  std::vector<std::string> positions;
  for (const DeadLetter& letter : *letters) {
    positions.push_back(letter.position);
  }
  EXPECT_THAT(positions, ::testing::UnorderedElementsAre("a:1", "a:1", "a:1", "a:2",
                                                         "binlog.000007:1234", "snapshot"));
}

TEST_F(StateStoreTest, KeysOfDeadLettersAreKnownBeforeAndBehindAFlush) {
  auto store = Open();
  EXPECT_FALSE(store->HasDeadLetter(kSource, "shop.t", "2"));
  store->AddDeadLetters(kSource, {Row("shop.t", "2", "a:1"), Row("shop.t", "30", "a:1")});
  for (int round = 0; round < 2; ++round) {
    EXPECT_TRUE(store->HasDeadLetter(kSource, "shop.t", "2"));
    EXPECT_FALSE(store->HasDeadLetter(kSource, "shop.t", "3"));
    EXPECT_FALSE(store->HasDeadLetter(kSource, "shop.u", "2"));
    EXPECT_FALSE(store->HasDeadLetter(SourceId{1}, "shop.t", "2"));
    ASSERT_OK(store->Flush());
  }
  store->ForgetDeadLetters(kSource, "shop.t");
  EXPECT_FALSE(store->HasDeadLetter(kSource, "shop.t", "2"));
}

TEST_F(StateStoreTest, ForgettingATableLeavesOthersAndWhatComesAfter) {
  auto store = Open();
  store->AddDeadLetters(kSource, {Row("shop.t", "1", "a:1"), Row("shop.u", "2", "a:1")});
  ASSERT_OK(store->Flush());
  store->AddDeadLetters(kSource, {Row("shop.t", "3", "a:2"), Row("shop.u", "4", "a:2")});
  store->ForgetDeadLetters(kSource, "shop.t");
  store->ForgetDeadLetters(kSource, "shop.t");
  store->ForgetDeadLetters(SourceId{1}, "shop.u");
  store->AddDeadLetters(kSource,
                        {Row("shop.t", "1", "a:1")});  // known before, but that was forgotten
  EXPECT_EQ(store->dead_letter_count(), 3u);
  EXPECT_THAT(Keys(*store), ::testing::UnorderedElementsAre("1", "2", "4"));
  ASSERT_OK(store->Flush());
  store = nullptr;
  store = Open();
  EXPECT_EQ(store->dead_letter_count(), 3u);
  EXPECT_THAT(Keys(*store), ::testing::UnorderedElementsAre("1", "2", "4"));
}

TEST_F(StateStoreTest, TextsKeepEveryByte) {
  const std::string key("k\0\xff'\"", 5);
  {
    auto store = Open();
    store->AddDeadLetters(kSource, {Row("shop.订单", key, "a:1", "it's \"so\"")});
    store->AddDeadLetters(kSource, {Row("", "", "a:1", "")});
    ASSERT_OK(store->Flush());
  }
  const auto letters = Open()->DeadLetters(10);
  ASSERT_OK(letters);
  ASSERT_EQ(letters->size(), 2u);
  EXPECT_EQ(letters->at(1).table, "shop.订单");
  EXPECT_EQ(letters->at(1).key, key);
  EXPECT_EQ(letters->at(1).reason, "it's \"so\"");
}

TEST_F(StateStoreTest, AdditionsBeyondTheLimitAreWrittenEarly) {
  auto store = Open();
  std::vector<RejectedRow> rows;
  for (int i = 0; i < 70'000; ++i) {
    rows.push_back(Row("shop.t", std::to_string(i), ""));
  }
  store->AddDeadLetters(kSource, rows);
  store = nullptr;
  EXPECT_EQ(Open()->dead_letter_count(), 70'000u);
}

TEST_F(StateStoreTest, AFileThatIsNoDatabaseIsCorruption) {
  WriteFile(std::string(5'000, 'x'));
  const Status status = StateStore::Open(file_).status();
  EXPECT_STATUS(status, kCorruption);
  EXPECT_THAT(status.message(), HasSubstr(file_));
}

TEST_F(StateStoreTest, ADamagedPageIsCorruption) {
  {
    auto store = Open();
    for (int i = 0; i < 500; ++i) {
      store->AddDeadLetters(kSource,
                            {Row("shop.t", std::to_string(i), "a:1", std::string(100, 'r'))});
    }
    ASSERT_OK(store->Flush());
  }
  std::string bytes = ReadFile();
  ASSERT_GT(bytes.size(), 20'000u);
  for (size_t page = 4'096; page < bytes.size(); page += 4'096) {
    bytes.replace(page, 16, 16, '\x5a');  // page headers
  }
  WriteFile(bytes);
  const Status status = StateStore::Open(file_).status();
  EXPECT_STATUS(status, kCorruption);
  EXPECT_THAT(status.message(), HasSubstr(file_));
}

TEST_F(StateStoreTest, FilesOfOthersAndOfLaterReleasesAreRefused) {
  Sql("CREATE TABLE mine(x)");
  EXPECT_STATUS(StateStore::Open(file_), kCorruption);
  std::filesystem::remove(file_);
  Open() = nullptr;
  Sql("PRAGMA user_version=6");
  EXPECT_STATUS(StateStore::Open(file_), kFormatTooNew);
}

TEST_F(StateStoreTest, WhoWeAreIsDrawnOnceForAFile) {
  const auto drawn = Open()->Replica(kSource);
  ASSERT_OK(drawn);
  EXPECT_EQ(drawn->uuid.size(), 36u);
  EXPECT_GE(drawn->server_id, 0x40000000u);
  const auto again = Open()->Replica(kSource);
  ASSERT_OK(again);
  EXPECT_EQ(again->uuid, drawn->uuid);
  EXPECT_EQ(again->server_id, drawn->server_id);
  std::filesystem::remove(file_);
  const auto other = Open()->Replica(kSource);
  ASSERT_OK(other);
  EXPECT_NE(other->uuid, drawn->uuid);
}

TEST_F(StateStoreTest, EachSourceIsAReplicaOfItsOwn) {
  const auto one = Open()->Replica(SourceId{1});
  const auto two = Open()->Replica(SourceId{2});
  ASSERT_OK(one);
  ASSERT_OK(two);
  EXPECT_NE(one->uuid, two->uuid);
  EXPECT_NE(one->server_id, two->server_id);
  EXPECT_EQ(Open()->Replica(SourceId{1})->uuid, one->uuid);
  EXPECT_EQ(Open()->Replica(SourceId{2})->server_id, two->server_id);
}

// A directory from before had one, which was that of source 1.
TEST_F(StateStoreTest, TheIdentityOfADirectoryWithOneSourceIsKept) {
  Open() = nullptr;
  Sql("ALTER TABLE dead_letters DROP COLUMN version; DROP TABLE discarded_rows");
  Sql("DROP TABLE replicas");
  Sql("CREATE TABLE replica(one INTEGER PRIMARY KEY CHECK(one=1), uuid TEXT NOT NULL, server_id "
      "INTEGER NOT NULL) STRICT");
  Sql("INSERT INTO replica VALUES(1, 'who-we-were', 1234567)");
  Sql("PRAGMA user_version=3");
  const auto kept = Open()->Replica(SourceId{1});
  ASSERT_OK(kept);
  EXPECT_EQ(kept->uuid, "who-we-were");
  EXPECT_EQ(kept->server_id, 1234567u);
}

TEST_F(StateStoreTest, LettersOfOneSourceAreCountedFoundAndDiscardedApart) {
  auto store = Open();
  store->AddDeadLetters(SourceId{1}, {Row("shop.t", "1", "a:1"), Row("shop.t", "2", "a:1")});
  store->AddDeadLetters(SourceId{2}, {Row("shop.t", "1", "b:1")});
  EXPECT_EQ(store->dead_letter_count(SourceId{1}), 2u);
  EXPECT_EQ(store->dead_letter_count(SourceId{2}), 1u);
  EXPECT_EQ(store->dead_letter_count(SourceId{3}), 0u);
  const auto page = store->FindDeadLetters({"shop.t", std::nullopt, SourceId{2}}, 0, 10);
  ASSERT_OK(page);
  ASSERT_EQ(page->total, 1u);
  EXPECT_EQ(page->letters[0].position, "b:1");
  EXPECT_EQ(page->letters[0].source, SourceId{2});
  EXPECT_EQ(*store->DiscardDeadLetters({"shop.t", std::nullopt, SourceId{1}}), 2u);
  EXPECT_FALSE(store->HasDeadLetter(SourceId{1}, "shop.t", "1"));
  EXPECT_TRUE(store->HasDeadLetter(SourceId{2}, "shop.t", "1"));
  EXPECT_EQ(store->dead_letter_count(SourceId{1}), 0u);
  store->SettleDeadLetters(SourceId{2}, "shop.t", "1", 1);
  EXPECT_EQ(store->dead_letter_count(SourceId{2}), 0u);
}

TEST_F(StateStoreTest, AMissingFolderIsAnIoError) {
  const Status status = StateStore::Open(folder_ / "none" / "state.db").status();
  EXPECT_STATUS(status, kIoError);
  EXPECT_THAT(status.message(), HasSubstr("none"));
}

TEST_F(StateStoreTest, AFlushThatFailsIsMadeUpForByTheNext) {
  auto store = Open();
  store->AddDeadLetters(kSource, {Row("shop.t", "1", "a:1")});
  Sql("ALTER TABLE dead_letters RENAME TO elsewhere");
  EXPECT_STATUS(store->Flush(), kIoError);
  EXPECT_EQ(store->dead_letter_count(), 1u);
  Sql("ALTER TABLE elsewhere RENAME TO dead_letters");
  ASSERT_OK(store->Flush());
  store = nullptr;
  EXPECT_EQ(Open()->dead_letter_count(), 1u);
}

TEST_F(StateStoreTest, AFileOfTheFirstSchemaIsBroughtUpToDate) {
  Sql("CREATE TABLE dead_letters( id INTEGER PRIMARY KEY, source INTEGER NOT NULL, tbl TEXT NOT "
      "NULL, key TEXT NOT NULL, position TEXT NOT NULL, reason TEXT NOT NULL, first_seen_ms "
      "INTEGER NOT NULL, count INTEGER NOT NULL, UNIQUE(source, tbl, key, position)) STRICT;"
      "INSERT INTO dead_letters VALUES(1, 0, 'shop.t', '7', 'a:1', 'why', 1234, 5);"
      "PRAGMA application_id=1651729771; PRAGMA user_version=1");
  const DeadLetter old{"shop.t", "7", "a:1", "why", 1234, 1234, 5};
  EXPECT_EQ(*Open()->DeadLetters(10), std::vector<DeadLetter>{old});
  auto store = Open();
  EXPECT_TRUE(store->HasDeadLetter(kSource, "shop.t", "7"));
  store->AddDeadLetters(kSource, {Row("shop.t", "7", "a:1", "again")});
  const auto letters = store->DeadLetters(10);
  ASSERT_OK(letters);
  EXPECT_EQ(letters->front().first_seen_ms, 1234);
  EXPECT_GT(letters->front().last_seen_ms, 1234);
  EXPECT_EQ(letters->front().count, 6u);
}

TEST_F(StateStoreTest, PagesAndFiltersSeeWhatIsFlushedAndWhatIsNot) {
  auto store = Open();
  store->AddDeadLetters(kSource, {Row("shop.t", "1", "a:1"), Row("shop.u", "1", "a:1")});
  ASSERT_OK(store->Flush());
  store->AddDeadLetters(
      kSource, {Row("shop.t", "2", "a:2"), Row("shop.t", "1", "a:3"), Row("shop.t", "3", "a:3")});
  const auto find = [&](const DeadLetterFilter& filter, size_t from, size_t size) {
    const auto page = store->FindDeadLetters(filter, from, size);
    EXPECT_OK(page);
    std::string shown = std::to_string(page->total) + ":";
    for (const DeadLetter& letter : page->letters) {
      shown += " " + letter.table + "/" + letter.key + "@" + letter.position;
    }
    return shown;
  };
  EXPECT_EQ(find({}, 0, 2), "5: shop.t/3@a:3 shop.t/1@a:3");
  EXPECT_EQ(find({}, 2, 2), "5: shop.t/2@a:2 shop.u/1@a:1");
  EXPECT_EQ(find({}, 4, 2), "5: shop.t/1@a:1");
  EXPECT_EQ(find({}, 5, 2), "5:");
  EXPECT_EQ(find({"shop.t", std::nullopt}, 1, 10), "4: shop.t/1@a:3 shop.t/2@a:2 shop.t/1@a:1");
  EXPECT_EQ(find({"shop.t", "1"}, 0, 10), "2: shop.t/1@a:3 shop.t/1@a:1");
  EXPECT_EQ(find({std::nullopt, "1"}, 0, 1), "3: shop.t/1@a:3");
  EXPECT_EQ(find({"shop", std::nullopt}, 0, 10), "0:");
}

TEST_F(StateStoreTest, AKeyIsSettledByWhatIsNoOlderThanItsRefusal) {
  auto store = Open();
  store->AddDeadLetters(kSource, {Refused("1", 5), Refused("2", 5)});
  ASSERT_OK(store->Flush());
  store->AddDeadLetters(kSource, {Refused("1", 7)});
  store->SettleDeadLetters(kSource, "shop.t", "1", 6);
  store->SettleDeadLetters(kSource, "shop.u", "1", 9);
  store->SettleDeadLetters(SourceId{1}, "shop.t", "1", 9);
  EXPECT_EQ(Keys(*store), (std::vector<std::string>{"1", "2", "1"}));
  EXPECT_EQ(store->DeadRows(kSource, "shop.t"), 2u);
  store->SettleDeadLetters(kSource, "shop.t", "1", 7);
  store->SettleDeadLetters(kSource, "shop.t", "1", 8);
  EXPECT_EQ(Keys(*store), (std::vector<std::string>{"2"}));
  EXPECT_EQ(store->dead_letter_count(), 1u);
  EXPECT_FALSE(store->HasDeadLetter(kSource, "shop.t", "1"));
  // Refused again behind that, before and after the flush.
  store->AddDeadLetters(kSource, {Refused("1", 5)});
  EXPECT_EQ(store->dead_letter_count(), 2u);
  ASSERT_OK(store->Flush());
  EXPECT_EQ(Keys(*store), (std::vector<std::string>{"1", "2"}));
  store->SettleDeadLetters(kSource, "shop.t", "2", 5);
  ASSERT_OK(store->Flush());
  store = nullptr;
  store = Open();
  EXPECT_EQ(Keys(*store), (std::vector<std::string>{"1"}));
  store->SettleDeadLetters(kSource, "shop.t", "1", 4);
  EXPECT_EQ(store->dead_letter_count(), 1u) << "a start forgets no version";
  store->SettleDeadLetters(kSource, "shop.t", "1", 5);
  EXPECT_EQ(store->dead_letter_count(), 0u);
  EXPECT_FALSE(store->AnyRejected());
}

TEST_F(StateStoreTest, ATableThatIsForgottenBehindAKeyOfItCountsRight) {
  auto store = Open();
  store->AddDeadLetters(
      kSource, {Row("shop.t", "1", "a:1"), Row("shop.t", "2", "a:1"), Row("shop.u", "1", "a:1")});
  ASSERT_OK(store->Flush());
  store->SettleDeadLetters(kSource, "shop.t", "1", 0);
  store->ForgetDeadLetters(kSource, "shop.t");
  store->SettleDeadLetters(kSource, "shop.t", "2", 0);
  EXPECT_EQ(store->dead_letter_count(), 1u);
  EXPECT_EQ(store->DeadRows(kSource, "shop.t"), 0u);
  ASSERT_OK(store->Flush());
  EXPECT_EQ(store->dead_letter_count(), 1u);
  EXPECT_EQ(Keys(*store).size(), 1u);
}

TEST_F(StateStoreTest, WhatIsDiscardedIsGoneForGood) {
  auto store = Open();
  store->AddDeadLetters(kSource, {Row("shop.t", "1", "a:1"), Row("shop.t", "1", "a:2"),
                                  Row("shop.t", "2", "a:2"), Row("shop.u", "1", "a:2")});
  store->AddDeadLetters(SourceId{1}, {Row("shop.t", "1", "a:1")});
  EXPECT_EQ(*store->DiscardDeadLetters({"shop.t", "1"}), 3u);
  EXPECT_EQ(*store->DiscardDeadLetters({"shop.t", "1"}), 0u);
  EXPECT_EQ(store->dead_letter_count(), 2u);
  EXPECT_FALSE(store->HasDeadLetter(kSource, "shop.t", "1"));
  store = nullptr;  // without a flush
  store = Open();
  EXPECT_EQ(Keys(*store), (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(*store->DiscardDeadLetters({"shop.t", std::nullopt}), 1u);
  EXPECT_EQ(*store->DiscardDeadLetters({"shop.u", std::nullopt}), 1u);
  EXPECT_EQ(store->dead_letter_count(), 0u);
  EXPECT_TRUE(Keys(*store).empty());
}

// "key:version", in the keys' order.
std::vector<std::string> Rejected(const StateStore& store, size_t most = 100) {
  std::vector<std::string> shown;
  for (const RejectedKey& row : store.RejectedRows(kSource, "shop.t", most)) {
    EXPECT_TRUE(store.WasRejected(kSource, "shop.t", row.key));
    shown.push_back(row.key + ":" + std::to_string(row.version));
  }
  std::sort(shown.begin(), shown.end());
  return shown;
}

TEST_F(StateStoreTest,
       ARowWhoseLettersWereDiscardedWasRejectedUntilItIsWrittenOrItsTableForgotten) {
  auto store = Open();
  store->AddDeadLetters(kSource, {Refused("1", 5), Refused("1", 7), Refused("2", 5)});
  EXPECT_EQ(*store->DiscardDeadLetters({"shop.t", "1"}), 2u);
  EXPECT_EQ(*store->DiscardDeadLetters({"shop.t", std::nullopt}), 1u);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Rejected(*store), (std::vector<std::string>{"1:7", "2:5"}));
    EXPECT_EQ(Rejected(*store, 1).size(), 1u);
    EXPECT_FALSE(store->HasDeadLetter(kSource, "shop.t", "1"));
    EXPECT_TRUE(store->AnyRejected());
    EXPECT_EQ(store->DeadRows(kSource, "shop.t"), 0u);
    EXPECT_EQ(store->dead_letter_count(), 0u);
    store = nullptr;
    store = Open();
  }
  // A write of before it was refused; refused again; discarded again; written.
  store->SettleDeadLetters(kSource, "shop.t", "1", 6);
  store->AddDeadLetters(kSource, {Refused("1", 8)});
  EXPECT_TRUE(store->HasDeadLetter(kSource, "shop.t", "1"));
  EXPECT_EQ(store->DeadRows(kSource, "shop.t"), 1u);
  EXPECT_EQ(Keys(*store), (std::vector<std::string>{"1"}));
  EXPECT_EQ(*store->DiscardDeadLetters({"shop.t", "1"}), 1u);
  EXPECT_EQ(Rejected(*store), (std::vector<std::string>{"1:8", "2:5"}));
  store->SettleDeadLetters(kSource, "shop.t", "1", 8);
  EXPECT_EQ(Rejected(*store), (std::vector<std::string>{"2:5"}));
  ASSERT_OK(store->Flush());
  store = nullptr;
  store = Open();
  EXPECT_EQ(Rejected(*store), (std::vector<std::string>{"2:5"}));
  store->ForgetDeadLetters(kSource, "shop.t");
  ASSERT_OK(store->Flush());
  store = nullptr;
  EXPECT_FALSE(Open()->AnyRejected());
}

// Of a letter that a release of before wrote it is not known which change was refused: every write counts.
TEST_F(StateStoreTest, ALetterWithoutAVersionIsSettledByAnyWrite) {
  Open() = nullptr;
  Sql("ALTER TABLE dead_letters DROP COLUMN version; DROP TABLE discarded_rows;"
      "INSERT INTO dead_letters VALUES(1, 0, 'shop.t', '7', 'a:1', 'why', 1234, 5, 1234);"
      "PRAGMA user_version=4");
  auto store = Open();
  EXPECT_EQ(*store->DeadLetters(10),
            (std::vector<DeadLetter>{{"shop.t", "7", "a:1", "why", 1234, 1234, 5}}));
  EXPECT_EQ(Rejected(*store), (std::vector<std::string>{"7:0"}));
  store->SettleDeadLetters(kSource, "shop.t", "7", 1);
  EXPECT_FALSE(store->AnyRejected());
}

}  // namespace
}  // namespace binseek::pipeline
