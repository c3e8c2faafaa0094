#include "sync/pipeline/pending_keys.h"

#include <gtest/gtest.h>

#include <string>

namespace binseek::pipeline {
namespace {

using KeyList = std::vector<snapshot::KeyCells>;

KeyList CellsOf(const std::vector<PendingKey>& keys) {
  KeyList cells;
  for (const PendingKey& key : keys) {
    cells.push_back(key.cells);
  }
  return cells;
}

TEST(PendingKeysTest, AKeyIsTakenOnceAndGoneWhenItIsDone) {
  PendingKeys keys;
  for (const char* key : {"2", "1", "3", "1"}) {
    keys.Add({key});
  }
  EXPECT_EQ(keys.size(), 3U);
  const auto first = keys.Take(2);
  EXPECT_EQ(CellsOf(first), (KeyList{{"1"}, {"2"}}));
  EXPECT_TRUE(keys.HasSomeToTake());
  const auto second = keys.Take(2);
  EXPECT_EQ(CellsOf(second), (KeyList{{"3"}}));
  EXPECT_FALSE(keys.HasSomeToTake());
  EXPECT_TRUE(keys.Take(2).empty());
  EXPECT_EQ(keys.List(first), (KeyList{{"3"}})) << "as it is behind the chunk";
  EXPECT_EQ(keys.List().size(), 3U);
  keys.Done(first);
  EXPECT_FALSE(keys.Covers({"1"}));
  EXPECT_TRUE(keys.Covers({"3"})) << "until its chunk is in";
  keys.Done(second);
  EXPECT_TRUE(keys.empty());
}

TEST(PendingKeysTest, AKeyThatIsPendingAgainWhileItIsReadStaysSo) {
  PendingKeys keys;
  keys.Add({"1"});
  const auto read = keys.Take(5);
  keys.Add({"1"});
  EXPECT_FALSE(keys.HasSomeToTake()) << "two reads of a key would race";
  EXPECT_EQ(keys.List(read), (KeyList{{"1"}}));
  keys.Done(read);
  EXPECT_TRUE(keys.Covers({"1"}));
  const auto again = keys.Take(5);
  ASSERT_EQ(CellsOf(again), (KeyList{{"1"}}));
  keys.Done(again);
  EXPECT_TRUE(keys.empty());
}

TEST(PendingKeysTest, WhatCouldNotBeReadIsTakenAgain) {
  PendingKeys keys;
  keys.Add({"1"});
  keys.Release(keys.Take(5));
  EXPECT_EQ(CellsOf(keys.Take(5)), (KeyList{{"1"}}));
}

TEST(PendingKeysTest, NoKeyWaitsForeverBehindThoseThatComeBack) {
  PendingKeys keys;
  for (const char* key : {"1", "2", "3", "4"}) {
    keys.Add({key});
  }
  for (const auto& expected :
       {KeyList{{"1"}, {"2"}}, KeyList{{"3"}, {"4"}}, KeyList{{"1"}, {"2"}}}) {
    const auto taken = keys.Take(2);
    EXPECT_EQ(CellsOf(taken), expected);
    keys.Release(taken);
  }
}

TEST(PendingKeysTest, TooManyKeysAreTheWholeTable) {
  PendingKeys keys;
  std::vector<PendingKey> read;
  for (size_t i = 0; i <= PendingKeys::kMost; ++i) {
    EXPECT_FALSE(keys.whole());
    keys.Add({std::to_string(i)});
    if (i == 0) {
      read = keys.Take(1);
    }
  }
  EXPECT_TRUE(keys.whole());
  EXPECT_FALSE(keys.HasSomeToTake());
  EXPECT_TRUE(keys.Covers({"never added"}));
  EXPECT_EQ(keys.size(), PendingKeys::kMost + 1);
  EXPECT_EQ(keys.List(), KeyList{{}});
  keys.Done(read);
  EXPECT_TRUE(keys.whole());
  keys.Add({"x"});
  EXPECT_EQ(keys.size(), PendingKeys::kMost + 2);
  const PendingKeys restored(keys.List());
  EXPECT_TRUE(restored.whole());
  EXPECT_EQ(restored.List(), KeyList{{}});
}

TEST(PendingKeysTest, ARowWhoseKeyIsNotKnownIsTheWholeTable) {
  PendingKeys keys(KeyList{{"1"}, {"2", "b"}});
  EXPECT_EQ(keys.List(), (KeyList{{"1"}, {"2", "b"}}));
  keys.Add({});
  EXPECT_TRUE(keys.whole());
  EXPECT_EQ(keys.size(), 3U);
}

// What waits for the keys of before waits for one that is pending anew, too, until it has been read.
TEST(PendingKeysTest, AKeyThatIsPendingAnewIsOneOfBefore) {
  PendingKeys keys;
  keys.Add({"1"});
  const uint64_t before = keys.last_stamp();
  keys.Add({"1"});
  EXPECT_TRUE(keys.AnyUpTo(before));
  const auto read = keys.Take(1);
  keys.Add({"1"});
  keys.Done(read);
  EXPECT_TRUE(keys.Covers({"1"})) << "the read may have come before it";
  EXPECT_FALSE(keys.AnyUpTo(before)) << "what was pending by then has been read";
  EXPECT_TRUE(keys.AnyUpTo(keys.last_stamp()));
  keys.Done(keys.Take(1));
  EXPECT_FALSE(keys.AnyUpTo(keys.last_stamp()));
}

TEST(PendingKeysTest, WhatWasReadBeforeAClearIsNotToBeWritten) {
  PendingKeys keys;
  keys.Add({"1"});
  const auto before = keys.Take(1);
  EXPECT_TRUE(keys.MayWrite(before));
  keys.Clear();
  EXPECT_TRUE(keys.empty());
  EXPECT_FALSE(keys.MayWrite(before));
  keys.Add({"1"});
  const auto after = keys.Take(1);
  EXPECT_FALSE(keys.MayWrite(before));
  EXPECT_TRUE(keys.MayWrite(after));
  EXPECT_TRUE(keys.MayWrite({})) << "a chunk of a snapshot";
}

}  // namespace
}  // namespace binseek::pipeline
