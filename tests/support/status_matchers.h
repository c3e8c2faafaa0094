// ASSERT_OK, EXPECT_OK and EXPECT_STATUS: a Status in a test says what it is when it is not what
// was wanted.
#ifndef BINSEEK_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define BINSEEK_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <gtest/gtest.h>

#include "engine/base/result.h"
#include "engine/base/status.h"

namespace binseek::test {

inline Status StatusOf(const Status& status) { return status; }
template <class T>
Status StatusOf(const Result<T>& result) {
  return result.status();
}

inline ::testing::AssertionResult IsOk(const Status& status) {
  return status.ok() ? ::testing::AssertionSuccess()
                     : ::testing::AssertionFailure() << status.ToString();
}

inline ::testing::AssertionResult HasCode(const Status& status, StatusCode code) {
  return status.code() == code ? ::testing::AssertionSuccess()
                               : ::testing::AssertionFailure() << status.ToString();
}

}  // namespace binseek::test

#define ASSERT_OK(expression) \
  ASSERT_TRUE(::binseek::test::IsOk(::binseek::test::StatusOf(expression)))
#define EXPECT_OK(expression) \
  EXPECT_TRUE(::binseek::test::IsOk(::binseek::test::StatusOf(expression)))
#define EXPECT_STATUS(expression, status_code)                                \
  EXPECT_TRUE(::binseek::test::HasCode(::binseek::test::StatusOf(expression), \
                                       ::binseek::StatusCode::status_code))

#endif  // BINSEEK_TESTS_SUPPORT_STATUS_MATCHERS_H_
