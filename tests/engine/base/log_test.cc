#include "engine/base/log.h"

#include <thread>
#include <vector>

#include "engine/base/log_scope.h"
#include "tests/support/status_matchers.h"

namespace binseek {
namespace {

// Keeps the lines that are logged while it lives, without their time.
class Lines {
 public:
  Lines() {
    SetLogSink(
        [this](std::string_view line) { lines_.emplace_back(line.substr(line.find(' ') + 1)); });
  }
  ~Lines() {
    SetLogSink(nullptr);
    SetLogLevel(LogLevel::kInfo);
  }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;
  const std::vector<std::string>& get() const { return lines_; }

 private:
  std::vector<std::string> lines_;
};

TEST(LogTest, WritesOneLineOfLogfmt) {
  const Lines lines;
  Log(LogLevel::kInfo, "snapshot done",
      {{"table", "products"}, {"rows", 20'000}, {"seconds", 1.5}, {"whole", true}});
  ASSERT_EQ(lines.get().size(), 1u);
  EXPECT_EQ(lines.get()[0],
            "level=info msg=\"snapshot done\" table=products rows=20000 seconds=1.5 whole=true");
}

TEST(LogTest, DataCannotBreakOutOfItsField) {
  const Lines lines;
  Log(LogLevel::kWarn, "bad name", {{"name", "a\nlevel=error \"x\\\x1b[2J"}, {"empty", ""}});
  ASSERT_EQ(lines.get().size(), 1u);
  EXPECT_EQ(lines.get()[0],
            R"(level=warn msg="bad name" name="a\nlevel=error \"x\\\x1b[2J" empty="")");
}

TEST(LogTest, DropsWhatIsBelowTheLevel) {
  const Lines lines;
  Log(LogLevel::kDebug, "hidden");
  SetLogLevel(LogLevel::kError);
  Log(LogLevel::kWarn, "hidden");
  EXPECT_FALSE(LogEnabled(LogLevel::kWarn));
  Log(LogLevel::kError, "shown");
  ASSERT_EQ(lines.get().size(), 1u);
  EXPECT_EQ(lines.get()[0], "level=error msg=shown");
}

TEST(LogTest, AScopeAddsItsFieldToWhatItsThreadLogsMeanwhile) {
  const Lines lines;
  {
    const LogScope eu("source", "eu");
    Log(LogLevel::kInfo, "a", {{"table", "t"}});
    static LogEvery every(std::chrono::hours(1));
    every.Log(LogLevel::kInfo, "b");
    {
      const LogScope none("source", "");
      Log(LogLevel::kInfo, "c");
      const LogScope us("source", "us east");
      Log(LogLevel::kInfo, "d");
    }
    Log(LogLevel::kInfo, "e", {{"source", "its own"}});
    std::thread([] { Log(LogLevel::kInfo, "f"); }).join();
    std::thread([outer = LogScope::Current()] {
      const LogScope of(outer);
      Log(LogLevel::kInfo, "g");
    }).join();
  }
  Log(LogLevel::kInfo, "h");
  const std::vector<std::string> expected = {
      "level=info msg=a table=t source=eu",  "level=info msg=b source=eu",
      "level=info msg=c source=eu",          "level=info msg=d source=\"us east\"",
      "level=info msg=e source=\"its own\"", "level=info msg=f",
      "level=info msg=g source=eu",          "level=info msg=h"};
  EXPECT_EQ(lines.get(), expected);
}

TEST(LogTest, ParsesLevels) {
  EXPECT_EQ(*ParseLogLevel("warn"), LogLevel::kWarn);
  EXPECT_STATUS(ParseLogLevel("loud"), kInvalidArgument);
}

TEST(LogTest, EveryLetsOneThroughAndCountsTheRest) {
  const Lines lines;
  LogEvery rarely(std::chrono::hours(1));
  for (int i = 0; i < 5; ++i) {
    rarely.Log(LogLevel::kWarn, "again");
  }
  EXPECT_EQ(lines.get().size(), 1u);
  LogEvery always(std::chrono::milliseconds(0));
  always.Log(LogLevel::kWarn, "each");
  always.Log(LogLevel::kWarn, "each");
  EXPECT_EQ(lines.get().size(), 3u);
}

TEST(LogTest, LinesOfSeveralThreadsDoNotMix) {
  const Lines lines;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 100; ++i) {
        Log(LogLevel::kInfo, "line", {{"text", "abcdefghijklmnopqrstuvwxyz"}});
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  ASSERT_EQ(lines.get().size(), 400u);
  for (const std::string& line : lines.get()) {
    EXPECT_EQ(line, "level=info msg=line text=abcdefghijklmnopqrstuvwxyz");
  }
}

}  // namespace
}  // namespace binseek
