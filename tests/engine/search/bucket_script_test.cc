#include "engine/search/bucket_script.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/support/status_matchers.h"

namespace binseek::search {
namespace {

double Value(const std::string& text, const BucketScript::Params& params = {{"a", 6}, {"b", 4}},
             const std::vector<double>& values = {}) {
  const Result<BucketScript> script = BucketScript::Parse(text);
  EXPECT_OK(script);
  return script.ok() ? script->Evaluate(params, values) : -1;
}

TEST(BucketScriptTest, FormulasAreReadByPrecedence) {
  EXPECT_EQ(Value("params.a / params.b"), 1.5);
  EXPECT_EQ(Value("1 + 2 * 3 - 4 / 2"), 5);
  EXPECT_EQ(Value("(1 + 2) * -3"), -9);
  EXPECT_EQ(Value("10 % 4 * 2"), 4);
  EXPECT_EQ(Value("params['a'] - b"), 2);
  EXPECT_EQ(Value("return params.a * 1.5d;"), 9);
  EXPECT_EQ(Value("Math.max(params.a, params.b) + Math.sqrt(16)"), 10);
  EXPECT_EQ(Value("8 - 4 - 2"), 2) << "from left to right";
}

TEST(BucketScriptTest, ComparisonsAreZeroOrOne) {
  EXPECT_EQ(Value("params.a / params.b > 1"), 1);
  EXPECT_EQ(Value("params.a < params.b || params.a == 6 && !(params.b != 4)"), 1);
  EXPECT_EQ(Value("params.a >= 7 ? 1 : params.b <= 4 ? 2 : 3"), 2);
  EXPECT_EQ(Value("params.none == null"), 1);
  EXPECT_EQ(Value("params.none > 0"), 0) << "what is not there is no number";
  EXPECT_TRUE(std::isnan(Value("params.none + 1")));
}

TEST(BucketScriptTest, MovingFunctionsAreOverTheWindow) {
  EXPECT_EQ(Value("MovingFunctions.max(values)", {}, {1, 5, 3}), 5);
  EXPECT_EQ(Value("MovingFunctions.unweightedAvg(values)", {}, {1, 5, 3}), 3);
  EXPECT_EQ(Value("MovingFunctions.sum(values)", {}, {}), 0);
  EXPECT_TRUE(std::isnan(Value("MovingFunctions.min(values)", {}, {})));
  EXPECT_NEAR(
      Value("MovingFunctions.stdDev(values, MovingFunctions.unweightedAvg(values))", {}, {2, 4}), 1,
      1e-12);
  EXPECT_NEAR(Value("MovingFunctions.ewma(values, 0.5)", {}, {2, 4}), 3, 1e-12);
  EXPECT_NEAR(Value("MovingFunctions.linearWeightedAvg(values)", {}, {2, 4}), 2.5, 1e-12);
}

TEST(BucketScriptTest, AllElseIsRefused) {
  for (const char* text :
       {"", "params.", "params.a +", "(params.a", "params.a ? 1", "System.exit(1)", "Math.random()",
        "Math.max(1)", "params.a; params.b", "1 2", "params['a'", "for (;;) {}",
        "MovingFunctions.holt(values, 1, 2)"}) {
    EXPECT_STATUS(BucketScript::Parse(text), kInvalidArgument) << text;
  }
  EXPECT_STATUS(BucketScript::Parse(std::string(200, '(') + "1" + std::string(200, ')')),
                kInvalidArgument);
  EXPECT_STATUS(BucketScript::Parse(std::string(200, '-') + "1"), kInvalidArgument);
}

}  // namespace
}  // namespace binseek::search
