// BucketScript: a formula over the numbers of a bucket, in the part of Painless that such formulas use; there is no other scripting.
//
//   Result<BucketScript> script = BucketScript::Parse("params.sales / params.count > 3");
//   script->Evaluate({{"sales", 10.0}, {"count", 2.0}});  // 1
//
// params.NAME (params['NAME'], or NAME alone), numbers, true, false, null, + - * / % and unary minus, comparisons, && || !, ?:, parentheses, Math.NAME(...)
// of abs ceil cbrt exp floor log log10 max min pow round signum sqrt, and MovingFunctions.NAME(values, ...), where `values` is a list. "return" and a closing ';' are passed over.
// Everything is a double; null is NaN. Immutable and thread-safe. Errors of Parse: kInvalidArgument. Evaluate cannot fail, and its cost is that of the text.
#ifndef BINSEEK_ENGINE_SEARCH_BUCKET_SCRIPT_H_
#define BINSEEK_ENGINE_SEARCH_BUCKET_SCRIPT_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace binseek::search {

class BucketScript {
 public:
  using Params = std::map<std::string, double, std::less<>>;

  static Result<BucketScript> Parse(std::string_view text);

  // A comparison gives 0 or 1. A parameter that is not there is null.
  double Evaluate(const Params& params, std::span<const double> values = {}) const;

 private:
  friend class BucketScriptParser;
  enum class Op : uint8_t {
    kNumber,
    kParam,
    kNegate,
    kNot,
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kModulo,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kEqual,
    kNotEqual,
    kAnd,
    kOr,
    kChoose,
    kMath,
    kMoving
  };
  struct Node {
    Op op = Op::kNumber;
    double number = 0;
    std::string name{};              // of a parameter or a function
    std::vector<uint32_t> inputs{};  // nodes before this one
  };

  // Of the operators.
  static double Apply(Op op, double a, double b, double c);

  std::vector<Node> nodes_;  // the last one is the result
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_BUCKET_SCRIPT_H_
