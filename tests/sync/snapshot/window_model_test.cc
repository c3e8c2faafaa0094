// Every interleaving of small histories, under the product's rules and under each rule broken.
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "sync/snapshot/window_rules.h"
#include "tests/support/seeded_test.h"
#include "tests/sync/snapshot/window_model.h"

namespace binseek::snapshot {
namespace {

using change::Flavor;

ModelTransaction Rows(std::vector<ModelWrite> writes) { return {.writes = std::move(writes)}; }
ModelTransaction Xa(std::vector<ModelWrite> writes) {
  return {.writes = std::move(writes), .xa = true};
}
ModelTransaction Unseen(std::vector<ModelWrite> writes) {
  return {.writes = std::move(writes), .xa = true, .unseen = true};
}
ModelTransaction Statement() { return {.writes = {}, .statement = true}; }

// What a transaction may do to `keys` keys: write or erase one, move a row from one to another.
std::vector<ModelTransaction> Choices(int keys, bool xa, bool statements, bool unseen = false,
                                      bool cascades = false) {
  std::vector<ModelTransaction> choices;
  for (int key = 0; key < keys; ++key) {
    choices.push_back(Rows({{key, false}}));
    choices.push_back(Rows({{key, true}}));
    if (key + 1 < keys) {
      choices.push_back(Rows({{key, true}, {key + 1, false}}));
      choices.push_back(Rows({{key + 1, true}, {key, false}}));
    }
    if (xa) {
      choices.push_back(Xa({{key, false}}));
      choices.push_back(Xa({{key, true}}));
    }
    if (unseen) {
      choices.push_back(Unseen({{key, false}}));
      choices.push_back(Unseen({{key, true}}));
    }
    if (cascades) {
      choices.push_back(Rows({{key, false, true}}));
      choices.push_back(Rows({{key, true, true}}));
    }
  }
  if (statements) {
    choices.push_back(Statement());
  }
  return choices;
}

// Calls `visit` with all histories of `length` of these transactions, until it says false.
void ForEachHistory(const std::vector<ModelTransaction>& choices, size_t length,
                    const std::function<bool(const std::vector<ModelTransaction>&)>& visit) {
  std::vector<size_t> digits(length, 0);
  for (;;) {
    std::vector<ModelTransaction> history;
    for (const size_t digit : digits) {
      history.push_back(choices[digit]);
    }
    if (!visit(history)) {
      return;
    }
    size_t place = 0;
    while (place < length && ++digits[place] == choices.size()) {
      digits[place++] = 0;
    }
    if (place == length) {
      return;
    }
  }
}

struct Family {
  Flavor flavor = Flavor::kMysql;
  int keys = 2;
  size_t length = 3;
  bool xa = false;
  bool statements = false;
  bool crashes = false;
  bool gtids = true;
  bool unseen = false;
  bool cascades = false;
  int readers = 1;

  std::vector<ModelTransaction> AllChoices() const {
    return Choices(keys, xa, statements, unseen, cascades);
  }
  ModelScenario Scenario(const std::vector<ModelTransaction>& history) const {
    return {flavor, keys, history, crashes, gtids, readers};
  }
};

void ExpectSound(const Family& family) {
  uint64_t states = 0;
  uint64_t histories = 0;
  ForEachHistory(family.AllChoices(), family.length,
                 [&](const std::vector<ModelTransaction>& history) {
                   const ModelOutcome outcome = Explore(family.Scenario(history), {});
                   EXPECT_FALSE(outcome.violation.has_value()) << *outcome.violation;
                   states += outcome.states;
                   ++histories;
                   return !outcome.violation.has_value();
                 });
  std::cout << histories << " histories, " << states << " states\n";
}

// What the first history that shows the broken rule says; empty: none does.
std::string FirstViolation(const Family& family, const ModelRules& rules) {
  std::string found;
  ForEachHistory(family.AllChoices(), family.length,
                 [&](const std::vector<ModelTransaction>& history) {
                   const ModelOutcome outcome = Explore(family.Scenario(history), rules);
                   found = outcome.violation.value_or("");
                   return found.empty();
                 });
  return found;
}

void ExpectFound(const Family& family, const ModelRules& rules) {
  const std::string violation = FirstViolation(family, rules);
  EXPECT_NE(violation, "");
  std::cout << violation << "\n";
}

TEST(WindowModelTest, RowsOfAnyThreeTransactionsEndAsTheTable) {
  ExpectSound({.flavor = Flavor::kMysql, .crashes = true});
  ExpectSound({.flavor = Flavor::kMariadb, .xa = true});
}

TEST(WindowModelTest, AStatementAmongThemIsFollowed) {
  ExpectSound({.flavor = Flavor::kMysql, .keys = 1, .length = 4, .statements = true});
  ExpectSound({.flavor = Flavor::kMariadb, .keys = 1, .statements = true, .crashes = true});
}

TEST(WindowModelTest, WithoutGtidsALockShowsWhatIsLogged) {
  ExpectSound({.keys = 2, .crashes = true, .gtids = false});
  ExpectSound({.keys = 1, .statements = true, .gtids = false});
}

TEST(WindowModelTest, AnXaTransactionOfBeforeTheStreamHasTheTableReadAgain) {
  ExpectSound(
      {.flavor = Flavor::kMariadb, .keys = 2, .length = 2, .crashes = true, .unseen = true});
  ExpectSound({.flavor = Flavor::kMariadb, .keys = 1, .length = 3, .unseen = true});
  ExpectSound({.flavor = Flavor::kMysql, .keys = 1, .length = 3, .unseen = true});
}

TEST(WindowModelTest, ChildrenThatForeignKeysChangeAreRead) {
  ExpectSound({.flavor = Flavor::kMysql, .keys = 1, .crashes = true, .cascades = true});
  ExpectSound({.flavor = Flavor::kMariadb, .keys = 2, .length = 2, .xa = true, .cascades = true});
}

TEST(WindowModelTest, RangesThatAreReadAtTheSameTimeEndAsTheTable) {
  ExpectSound({.flavor = Flavor::kMysql, .length = 2, .crashes = true, .readers = 2});
  ExpectSound({.flavor = Flavor::kMariadb, .length = 2, .xa = true, .crashes = true, .readers = 2});
  ExpectSound({.flavor = Flavor::kMysql, .length = 3, .readers = 2});
}

TEST(WindowModelTest, SoDoTheyAroundAStatementAnUnseenTransactionAndCascades) {
  ExpectSound({.flavor = Flavor::kMysql, .length = 2, .statements = true, .readers = 2});
  ExpectSound({.flavor = Flavor::kMariadb, .length = 2, .unseen = true, .readers = 2});
  ExpectSound({.flavor = Flavor::kMysql, .length = 2, .cascades = true, .readers = 2});
  ExpectSound({.flavor = Flavor::kMysql, .keys = 3, .length = 2, .readers = 2});
}

class WindowModelRandomTest : public test::SeededTest {};

TEST_F(WindowModelRandomTest, FiveTransactionsOverThreeKeysEndAsTheTable) {
  const auto choices = Choices(3, true, true, true, true);
  for (uint64_t i = 0; i < Iterations(20); ++i) {
    ModelScenario scenario{
        i % 2 == 0 ? Flavor::kMysql : Flavor::kMariadb, 3, {}, false, i % 4 != 2};
    for (int t = 0; t < 5; ++t) {
      scenario.transactions.push_back(choices[Uniform(choices.size())]);
    }
    const ModelOutcome outcome = Explore(scenario, {});
    ASSERT_FALSE(outcome.violation.has_value()) << *outcome.violation;
  }
}

TEST_F(WindowModelRandomTest, ThreeTransactionsOverThreeKeysReadInRangesEndAsTheTable) {
  const auto choices = Choices(3, true, true, true, true);
  for (uint64_t i = 0; i < Iterations(4); ++i) {
    ModelScenario scenario{i % 2 == 0 ? Flavor::kMysql : Flavor::kMariadb, 3, {}, false, true, 2};
    for (int t = 0; t < 3; ++t) {
      scenario.transactions.push_back(choices[Uniform(choices.size())]);
    }
    const ModelOutcome outcome = Explore(scenario, {});
    ASSERT_FALSE(outcome.violation.has_value()) << *outcome.violation;
  }
}

TEST(WindowModelTest, AWrittenPositionIsNoLowWatermark) {
  const ModelRules rules{.low = ModelRules::Low::kWrittenEnd};
  ExpectFound({.flavor = Flavor::kMysql, .keys = 1, .length = 2}, rules);
  ExpectFound({.flavor = Flavor::kMariadb, .keys = 1, .length = 2}, rules);
}

TEST(WindowModelTest, TheLastExecutedIsNone) {
  ExpectFound({.keys = 2, .length = 2}, {.low = ModelRules::Low::kLastExecuted});
}

TEST(WindowModelTest, WhatTheStreamHasMustBeShownFirst) {
  ExpectFound({.keys = 1, .length = 2}, {.waits_until_shown = false});
}

TEST(WindowModelTest, AnXaCommitIsInTheBinlogBeforeASnapshotShowsIt) {
  ExpectFound({.flavor = Flavor::kMariadb, .keys = 1, .length = 2, .xa = true},
              {.knows_late_commits = false});
}

TEST(WindowModelTest, SoIsOneOfBeforeTheStream) {
  ExpectFound({.flavor = Flavor::kMariadb, .keys = 1, .length = 2, .unseen = true},
              {.knows_late_unseen_commits = false});
}

TEST(WindowModelTest, WithoutGtidsAndALockLoggedRowsAreMissed) {
  ExpectFound({.keys = 1, .length = 2, .gtids = false}, {.locks_without_gtids = false});
}

TEST(WindowModelTest, WhatATableThatIsReadAgainHasNoRowOfIsSwept) {
  ExpectFound({.keys = 1, .length = 2, .unseen = true}, {.sweeps = false});
}

TEST(WindowModelTest, RowsThatChangeUnseenWhileATableIsReadHaveItReadOnceMore) {
  ExpectFound({.keys = 1, .length = 2, .unseen = true}, {.reads_once_more = false});
}

TEST(WindowModelTest, ChunksOnTheirWayAreCheckedForChildren) {
  // A row whose document is not there yet: of before the stream.
  ExpectFound({.keys = 1, .length = 2, .unseen = true, .cascades = true},
              {.filters_chunks = false});
}

TEST(WindowModelTest, AKeyThatFindsNoRowLosesItsDocument) {
  ExpectFound({.keys = 1, .length = 2, .cascades = true}, {.deletes_missing = false});
}

TEST(WindowModelTest, TheLowWatermarkComesBeforeTheRead) {
  ExpectFound({.keys = 1, .length = 2}, {.low_before_read = false});
}

TEST(WindowModelTest, TheHighWatermarkComesBehindTheRead) {
  ExpectFound({.keys = 1, .length = 2}, {.high_behind_read = false});
}

TEST(WindowModelTest, RowsWaitForTheHighWatermark) {
  ExpectFound({.keys = 1, .length = 2}, {.waits_for_high = false});
}

TEST(WindowModelTest, VersionsDecideWhoWins) {
  ExpectFound({.keys = 1, .length = 2}, {.compares_versions = false});
}

TEST(WindowModelTest, TombstonesOutliveTheWindow) {
  ExpectFound({.keys = 1, .length = 2}, {.keeps_tombstones = false});
}

TEST(WindowModelTest, RowsBetweenAStatementAndTheSchemasReadingAreNotTaken) {
  ExpectFound({.keys = 1, .length = 4, .statements = true}, {.captures_behind_written_end = false});
}

TEST(WindowModelTest, AStatementIsShownBeforeTheSchemaIsRead) {
  ExpectFound({.keys = 1, .length = 3, .statements = true}, {.waits_for_statement = false});
}

TEST(WindowModelTest, ChunksOfTheOldShapeAreDropped) {
  ExpectFound({.keys = 1, .length = 3, .statements = true}, {.drops_chunks_of_old_shape = false});
}

// Of MySQL before 8.0.30, which counts the GTID of an XA COMMIT as executed before its engine commits.
TEST(WindowRulesTest, AnXaCommitThatMysqlHasExecutedAndNotFinishedIsNotShown) {
  LowWatermark low;
  ASSERT_TRUE(low.position.gtids.AddGtid("00000000-0000-0000-0000-000000000001:1").ok());
  low.late = {"1,aa,"};
  Shown shown;
  shown.executed = low.position.gtids;
  shown.unfinished = {"1,aa,", "1,bb,"};
  EXPECT_FALSE(ShowsAll(low, shown));
  shown.unfinished = {"1,bb,"};
  EXPECT_TRUE(ShowsAll(low, shown));
}

TEST(WindowModelTest, EachRangeHasALowWatermarkOfItsOwn) {
  ExpectFound({.length = 2, .readers = 2}, {.own_low_watermarks = false});
}

TEST(WindowModelTest, TombstonesOutliveTheOldestWindow) {
  ExpectFound({.length = 2, .readers = 2}, {.heeds_all_windows = false});
}

TEST(WindowModelTest, ATableIsReadWhenAllOfItsRangesAre) {
  // Rows that the stream does not bring.
  ExpectFound({.length = 2, .unseen = true, .readers = 2}, {.waits_for_all_ranges = false});
}

}  // namespace
}  // namespace binseek::snapshot
