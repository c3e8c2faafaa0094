#include "sync/change/stop_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/status_matchers.h"

namespace binseek::change {
namespace {

// The first column of each row of the page's tables, but for their heads.
std::vector<std::string> CodesOfThePage() {
  std::ifstream page("api/docs/stops.md");
  EXPECT_TRUE(page.is_open());
  // A code, what it means, what binseek does, what mends it; none of them empty.
  const std::regex row(R"(\| `([a-z_]+)` \| \S.* \| \S.* \| \S.* \|)");
  std::vector<std::string> codes;
  for (std::string line; std::getline(page, line);) {
    std::smatch found;
    if (std::regex_match(line, found, row)) {
      codes.push_back(found[1]);
    } else {
      EXPECT_FALSE(line.starts_with("| `")) << "not a whole row: " << line;
    }
  }
  return codes;
}

TEST(StopCodeTest, EveryCodeHasItsEntryInThePageAndReverse) {
  std::vector<std::string> names;
  for (const NamedStopCode& known : kStopCodes) {
    if (known.code != StopCode::kNone) {
      names.emplace_back(known.name);
    }
  }
  EXPECT_THAT(CodesOfThePage(), ::testing::UnorderedElementsAreArray(names));
}

TEST(StopCodeTest, NamesAreAllDifferentAndLeadBack) {
  std::set<std::string_view> names;
  for (const NamedStopCode& known : kStopCodes) {
    EXPECT_TRUE(names.insert(known.name).second) << known.name;
    EXPECT_EQ(StopCodeName(known.code), known.name);
    EXPECT_EQ(FindStopCode(known.name), known.code);
  }
  EXPECT_EQ(FindStopCode("its index is taken"), StopCode::kNone);
}

TEST(StopCodeTest, AnErrorKeepsTheCodeOfItsCauseThroughContextsAndLaterCodes) {
  const Status cause = Because(StopCode::kGtidsOff, Status::InvalidArgument("gtid_mode is OFF"));
  const Status told =
      Because(StopCode::kIndexWriteFailed, cause.WithContext("source shop").WithContext("start"));
  EXPECT_EQ(StopCodeOf(told, StopCode::kUnexpected), StopCode::kGtidsOff);
  EXPECT_STATUS(told, kInvalidArgument);
  EXPECT_EQ(told.message(), "start: source shop: gtid_mode is OFF");
  EXPECT_EQ(StopCodeOf(Status::Internal("?"), StopCode::kUnexpected), StopCode::kUnexpected);
  EXPECT_OK(Because(StopCode::kGtidsOff, Status::Ok()));
}

TEST(StopCodeTest, CountsAddUp) {
  StopCounts counts;
  counts.Add(StopCode::kPositionLost);
  StopCounts more = counts;
  more += counts;
  EXPECT_EQ(more.of(StopCode::kPositionLost), 2U);
  EXPECT_EQ(more.of(StopCode::kSourceAway), 0U);
}

}  // namespace
}  // namespace binseek::change
