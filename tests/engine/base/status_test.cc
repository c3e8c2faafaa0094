#include "engine/base/status.h"

#include <memory>

#include "engine/base/result.h"
#include "tests/support/status_matchers.h"

namespace binseek {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) {
    return Status::InvalidArgument("odd");
  }
  return value / 2;
}

Result<int> Quarter(int value) {
  BINSEEK_ASSIGN_OR_RETURN(const int half, Half(value));
  return Half(half);
}

TEST(StatusTest, OkCostsOnePointer) {
  EXPECT_EQ(sizeof(Status), sizeof(void*));
  EXPECT_OK(Status::Ok());
}

TEST(StatusTest, ContextIsPutBeforeTheMessageAndKeepsTheCode) {
  const Status status = Status::IoError("disk full").WithContext("segment-7");
  EXPECT_STATUS(status, kIoError);
  EXPECT_EQ(status.message(), "segment-7: disk full");
  EXPECT_OK(Status::Ok().WithContext("anything"));
}

TEST(StatusTest, OnlyUnavailableIsRetryable) {
  EXPECT_TRUE(Status::Unavailable("server gone").retryable());
  EXPECT_FALSE(Status::IoError("disk full").retryable());
}

TEST(ResultTest, ErrorsTravelThroughTheMacros) {
  ASSERT_OK(Quarter(8));
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_STATUS(Quarter(6), kInvalidArgument);
  EXPECT_EQ(Quarter(6).value_or(-1), -1);
}

TEST(ResultTest, HoldsMoveOnlyValues) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(5));
  ASSERT_OK(result);
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 5);
}

}  // namespace
}  // namespace binseek
