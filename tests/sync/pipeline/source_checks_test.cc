#include "sync/pipeline/source_checks.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace binseek::pipeline {
namespace {

TEST(SourceChecksTest, NamesThatAreKeptAsWrittenAndComparedFoldedAreRefused) {
  EXPECT_EQ(*FoldsNames("0"), false);
  EXPECT_EQ(*FoldsNames("1"), true);
  EXPECT_STATUS(FoldsNames("2"), kInvalidArgument);
}

}  // namespace
}  // namespace binseek::pipeline
