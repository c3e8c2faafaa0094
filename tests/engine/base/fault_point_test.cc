#include "engine/base/fault_point.h"

#include <cstdlib>

#include "tests/support/fault_scope.h"
#include "tests/support/status_matchers.h"

namespace binseek {
namespace {

using test::FaultScope;

class FaultPointTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!FaultPoints::Enabled()) {
      GTEST_SKIP() << "fault points are not compiled in";
    }
  }
};

TEST_F(FaultPointTest, IsOkUntilArmedAndCountsPasses) {
  const FaultScope faults("");
  EXPECT_OK(BINSEEK_FAULT_POINT("a"));
  EXPECT_OK(BINSEEK_FAULT_POINT("a"));
  EXPECT_OK(BINSEEK_FAULT_POINT("b"));
  EXPECT_EQ(FaultPoints::Passes(), (std::map<std::string, uint64_t>{{"a", 2}, {"b", 1}}));
  EXPECT_EQ(FaultScope::passes("c"), 0u);
}

TEST_F(FaultPointTest, FailsAtThePassThatWasNamed) {
  const FaultScope faults("a=error@2;b=error");
  EXPECT_OK(BINSEEK_FAULT_POINT("a"));
  const Status status = BINSEEK_FAULT_POINT("a");
  EXPECT_STATUS(status, kIoError);
  EXPECT_EQ(status.message(), "fault point a");
  EXPECT_OK(BINSEEK_FAULT_POINT("a"));
  EXPECT_STATUS(BINSEEK_FAULT_POINT("b"), kIoError);
  EXPECT_OK(BINSEEK_FAULT_POINT("b"));
}

TEST_F(FaultPointTest, PlusMeansEveryLaterPassToo) {
  const FaultScope faults("a=error@2+");
  EXPECT_OK(BINSEEK_FAULT_POINT("a"));
  EXPECT_STATUS(BINSEEK_FAULT_POINT("a"), kIoError);
  EXPECT_STATUS(BINSEEK_FAULT_POINT("a"), kIoError);
  FaultPoints::Reset();
  EXPECT_OK(BINSEEK_FAULT_POINT("a"));
}

TEST_F(FaultPointTest, RefusesASpecThatItCannotRead) {
  for (const char* spec : {"a", "a=", "a=explode", "=kill", "a=kill@", "a=kill@0", "a=kill@x",
                           "a=kill@1x", "a=error;b"}) {
    EXPECT_STATUS(FaultPoints::Arm(spec), kInvalidArgument) << spec;
  }
  EXPECT_OK(BINSEEK_FAULT_POINT("a"));
}

using FaultPointDeathTest = FaultPointTest;

TEST_F(FaultPointDeathTest, KillEndsTheProcessAsKill9Would) {
  EXPECT_EXIT(
      {
        const FaultScope faults("a=kill@2");
        static_cast<void>(FaultPoints::Pass("a").ok());
        static_cast<void>(FaultPoints::Pass("a").ok());
      },
      ::testing::ExitedWithCode(kKilledExitStatus), "");
}

TEST_F(FaultPointDeathTest, TheEnvironmentArmsToo) {
  ::testing::GTEST_FLAG(death_test_style) =
      "threadsafe";  // a process of its own, which reads the environment anew
  ::setenv("BINSEEK_FAULTS", "from.environment=kill", 1);
  EXPECT_EXIT(static_cast<void>(FaultPoints::Pass("from.environment").ok()),
              ::testing::ExitedWithCode(kKilledExitStatus), "");
  ::setenv("BINSEEK_FAULTS", "nonsense", 1);
  EXPECT_DEATH(static_cast<void>(FaultPoints::Pass("any").ok()), "BINSEEK_FAULTS: .*nonsense");
  ::unsetenv("BINSEEK_FAULTS");
}

}  // namespace
}  // namespace binseek
