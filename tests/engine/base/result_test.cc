#include "engine/base/result.h"

#include <memory>

#include "tests/support/status_matchers.h"

namespace binseek {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) {
    return Status::InvalidArgument(std::to_string(value) + " is odd");
  }
  return value / 2;
}

Result<int> Quarter(int value) {
  BINSEEK_ASSIGN_OR_RETURN(const int half, Half(value));
  return Half(half);
}

Status Check(int value) {
  BINSEEK_RETURN_IF_ERROR(Half(value));
  BINSEEK_RETURN_IF_ERROR(Status::Ok());
  return Status::Ok();
}

TEST(ResultTest, HoldsAValueOrTheReasonWhyNot) {
  EXPECT_EQ(*Half(8), 4);
  EXPECT_OK(Half(8));
  EXPECT_STATUS(Half(7), kInvalidArgument);
  EXPECT_EQ(Half(7).status().message(), "7 is odd");
  EXPECT_EQ(Half(7).value_or(-1), -1);
}

TEST(ResultTest, MacrosHandErrorsOn) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_STATUS(Quarter(6), kInvalidArgument);
  EXPECT_OK(Check(2));
  EXPECT_STATUS(Check(3), kInvalidArgument);
}

TEST(ResultTest, TakesTypesThatOnlyMove) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
  const std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 3);
}

TEST(ResultDeathTest, ValueOfAnErrorEndsTheProgram) {
  const Result<int> result = Half(7);
  EXPECT_DEATH(static_cast<void>(result.value()), "7 is odd");
  EXPECT_DEATH(static_cast<void>(Result<int>{Status::Ok()}), "needs an error");
}

}  // namespace
}  // namespace binseek
