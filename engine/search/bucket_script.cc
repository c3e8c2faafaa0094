#include "engine/search/bucket_script.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "engine/search/moving_functions.h"

namespace binseek::search {
namespace {

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
constexpr size_t kMaxText = 4096;
constexpr int kMaxDepth = 64;

bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

struct MathFunction {
  std::string_view name;
  size_t inputs;
};
constexpr MathFunction kMath[] = {
    {"abs", 1}, {"ceil", 1}, {"cbrt", 1}, {"exp", 1},   {"floor", 1},  {"log", 1}, {"log10", 1},
    {"max", 2}, {"min", 2},  {"pow", 2},  {"round", 1}, {"signum", 1}, {"sqrt", 1}};

double Math(std::string_view name, double a, double b) {
  if (name == "abs") {
    return std::abs(a);
  }
  if (name == "ceil") {
    return std::ceil(a);
  }
  if (name == "cbrt") {
    return std::cbrt(a);
  }
  if (name == "exp") {
    return std::exp(a);
  }
  if (name == "floor") {
    return std::floor(a);
  }
  if (name == "log") {
    return std::log(a);
  }
  if (name == "log10") {
    return std::log10(a);
  }
  if (name == "max") {
    return std::isnan(a) || std::isnan(b) ? kNull : std::max(a, b);
  }
  if (name == "min") {
    return std::isnan(a) || std::isnan(b) ? kNull : std::min(a, b);
  }
  if (name == "pow") {
    return std::pow(a, b);
  }
  if (name == "round") {
    return std::floor(a + 0.5);
  }
  if (name == "sqrt") {
    return std::sqrt(a);
  }
  return a > 0 ? 1 : (a < 0 ? -1 : a);
}

}  // namespace

// Recursive descent; a level per precedence.
class BucketScriptParser {
 public:
  using Op = BucketScript::Op;

  explicit BucketScriptParser(std::string_view text) : text_(text) {}

  Result<BucketScript> Parse() {
    if (text_.size() > kMaxText) {
      return Fail("is too long");
    }
    TakeWord("return");
    BINSEEK_RETURN_IF_ERROR(Choice().status());
    Take(";");
    SkipBlanks();
    if (at_ != text_.size()) {
      return Fail("unexpected token at " + std::to_string(at_));
    }
    return std::move(script_);
  }

 private:
  struct Binary {
    std::string_view text;
    Op op;
  };
  using Level = std::vector<Binary>;

  // Loosest first; longer texts before those that they begin with.
  static const std::vector<Level>& Levels() {
    static const std::vector<Level> kLevels = {
        {{"||", Op::kOr}},
        {{"&&", Op::kAnd}},
        {{"===", Op::kEqual}, {"!==", Op::kNotEqual}, {"==", Op::kEqual}, {"!=", Op::kNotEqual}},
        {{"<=", Op::kLessEqual}, {">=", Op::kGreaterEqual}, {"<", Op::kLess}, {">", Op::kGreater}},
        {{"+", Op::kAdd}, {"-", Op::kSubtract}},
        {{"*", Op::kMultiply}, {"/", Op::kDivide}, {"%", Op::kModulo}}};
    return kLevels;
  }

  Status Fail(const std::string& why) const {
    return Status::InvalidArgument("compile error: script [" + std::string(text_.substr(0, 200)) +
                                   "]: " + why +
                                   "; formulas over params are all that binseek runs");
  }

  void SkipBlanks() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
  }
  bool Take(std::string_view token) {
    SkipBlanks();
    if (!text_.substr(at_).starts_with(token)) {
      return false;
    }
    at_ += token.size();
    return true;
  }
  bool TakeWord(std::string_view word) {
    const size_t before = at_;
    if (Take(word) && (at_ == text_.size() || (!IsNameStart(text_[at_]) && !IsDigit(text_[at_])))) {
      return true;
    }
    at_ = before;
    return false;
  }
  std::optional<std::string> TakeName() {
    SkipBlanks();
    size_t end = at_;
    while (end < text_.size() && (IsNameStart(text_[end]) || (end > at_ && IsDigit(text_[end])))) {
      ++end;
    }
    if (end == at_) {
      return std::nullopt;
    }
    std::string name(text_.substr(at_, end - at_));
    at_ = end;
    return name;
  }

  uint32_t Push(Op op, std::vector<uint32_t> inputs, std::string name = "", double number = 0) {
    script_.nodes_.push_back(
        {.op = op, .number = number, .name = std::move(name), .inputs = std::move(inputs)});
    return static_cast<uint32_t>(script_.nodes_.size() - 1);
  }

  Result<uint32_t> Choice() {
    if (++depth_ > kMaxDepth) {
      return Fail("is nested too deep");
    }
    BINSEEK_ASSIGN_OR_RETURN(const uint32_t condition, BinaryAt(0));
    uint32_t result = condition;
    if (Take("?")) {
      BINSEEK_ASSIGN_OR_RETURN(const uint32_t yes, Choice());
      if (!Take(":")) {
        return Fail("expected ':' at " + std::to_string(at_));
      }
      BINSEEK_ASSIGN_OR_RETURN(const uint32_t no, Choice());
      result = Push(Op::kChoose, {condition, yes, no});
    }
    --depth_;
    return result;
  }

  Result<uint32_t> BinaryAt(size_t level) {
    if (level == Levels().size()) {
      return Unary();
    }
    BINSEEK_ASSIGN_OR_RETURN(uint32_t left, BinaryAt(level + 1));
    for (;;) {
      const Binary* found = nullptr;
      for (const Binary& binary : Levels()[level]) {
        if (Take(binary.text)) {
          found = &binary;
          break;
        }
      }
      if (found == nullptr) {
        return left;
      }
      BINSEEK_ASSIGN_OR_RETURN(const uint32_t right, BinaryAt(level + 1));
      left = Push(found->op, {left, right});
    }
  }

  Result<uint32_t> Unary() {
    if (++depth_ > kMaxDepth) {
      return Fail("is nested too deep");
    }
    Result<uint32_t> result = UnaryWithin();
    --depth_;
    return result;
  }

  Result<uint32_t> UnaryWithin() {
    if (Take("-")) {
      BINSEEK_ASSIGN_OR_RETURN(const uint32_t input, Unary());
      return Push(Op::kNegate, {input});
    }
    if (Take("!")) {
      BINSEEK_ASSIGN_OR_RETURN(const uint32_t input, Unary());
      return Push(Op::kNot, {input});
    }
    if (Take("(")) {
      BINSEEK_ASSIGN_OR_RETURN(const uint32_t inside, Choice());
      return Take(")") ? Result<uint32_t>(inside) : Fail("expected ')' at " + std::to_string(at_));
    }
    SkipBlanks();
    if (at_ < text_.size() && (IsDigit(text_[at_]) || text_[at_] == '.')) {
      return Number();
    }
    return Named();
  }

  Result<uint32_t> Number() {
    double value = 0;
    const auto [end, error] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc()) {
      return Fail("no number at " + std::to_string(at_));
    }
    at_ = static_cast<size_t>(end - text_.data());
    if (at_ < text_.size() &&
        std::string_view("dDfFlL").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
    return Push(Op::kNumber, {}, "", value);
  }

  Result<uint32_t> Named() {
    const std::optional<std::string> name = TakeName();
    if (!name) {
      return Fail("unexpected token at " + std::to_string(at_));
    }
    if (*name == "true" || *name == "false" || *name == "null") {
      return Push(Op::kNumber, {}, "", *name == "null" ? kNull : (*name == "true" ? 1 : 0));
    }
    if (*name == "params") {
      return Param();
    }
    if (*name == "Math" || *name == "MovingFunctions") {
      return Function(*name);
    }
    return Push(Op::kParam, {}, *name);
  }

  Result<uint32_t> Param() {
    std::optional<std::string> name;
    if (Take(".")) {
      name = TakeName();
    } else if (Take("[")) {
      SkipBlanks();
      const char quote = at_ < text_.size() ? text_[at_] : '\0';
      const size_t end =
          quote == '\'' || quote == '"' ? text_.find(quote, at_ + 1) : std::string_view::npos;
      if (end != std::string_view::npos) {
        name = std::string(text_.substr(at_ + 1, end - at_ - 1));
        at_ = end + 1;
      }
      if (!Take("]")) {
        name.reset();
      }
    }
    return name ? Result<uint32_t>(Push(Op::kParam, {}, *name))
                : Fail("expected the name of a parameter at " + std::to_string(at_));
  }

  Result<uint32_t> Function(const std::string& of) {
    const std::optional<std::string> name = Take(".") ? TakeName() : std::nullopt;
    const bool moving = of == "MovingFunctions";
    if (!name || !Take("(") || (moving && !TakeWord("values"))) {
      return Fail("expected a function of " + of + " at " + std::to_string(at_));
    }
    std::vector<uint32_t> inputs;
    bool more = moving ? Take(",") : !Take(")");
    const bool closed = !moving && !more;
    while (more) {
      BINSEEK_ASSIGN_OR_RETURN(const uint32_t input, Choice());
      inputs.push_back(input);
      more = Take(",");
    }
    if (!closed && !Take(")")) {
      return Fail("expected ')' at " + std::to_string(at_));
    }
    const auto* const known =
        std::find_if(std::begin(kMath), std::end(kMath),
                     [&name](const MathFunction& function) { return function.name == *name; });
    const bool fits = moving ? HasMovingFunction(*name, inputs.size())
                             : known != std::end(kMath) && known->inputs == inputs.size();
    if (!fits) {
      return Fail("unknown function [" + of + "." + *name + "] with [" +
                  std::to_string(inputs.size()) + "] arguments");
    }
    return Push(moving ? Op::kMoving : Op::kMath, std::move(inputs), *name);
  }

  const std::string_view text_;
  size_t at_ = 0;
  int depth_ = 0;
  BucketScript script_;
};

Result<BucketScript> BucketScript::Parse(std::string_view text) {
  return BucketScriptParser(text).Parse();
}

double BucketScript::Apply(Op op, double a, double b, double c) {
  const bool equal = a == b || (std::isnan(a) && std::isnan(b));
  switch (op) {
    case Op::kNegate:
      return -a;
    case Op::kNot:
      return a == 0 ? 1 : 0;
    case Op::kAdd:
      return a + b;
    case Op::kSubtract:
      return a - b;
    case Op::kMultiply:
      return a * b;
    case Op::kDivide:
      return a / b;
    case Op::kModulo:
      return std::fmod(a, b);
    case Op::kLess:
      return a < b ? 1 : 0;
    case Op::kLessEqual:
      return a <= b ? 1 : 0;
    case Op::kGreater:
      return a > b ? 1 : 0;
    case Op::kGreaterEqual:
      return a >= b ? 1 : 0;
    case Op::kEqual:
      return equal ? 1 : 0;
    case Op::kNotEqual:
      return equal ? 0 : 1;
    case Op::kAnd:
      return a != 0 && b != 0 ? 1 : 0;
    case Op::kOr:
      return a != 0 || b != 0 ? 1 : 0;
    default:
      return a != 0 ? b : c;  // kChoose
  }
}

double BucketScript::Evaluate(const Params& params, std::span<const double> values) const {
  std::vector<double> out(nodes_.size());
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    const auto input = [&](size_t n) {
      return n < node.inputs.size() ? out[node.inputs[n]] : kNull;
    };
    if (node.op == Op::kNumber) {
      out[i] = node.number;
    } else if (node.op == Op::kParam) {
      const auto param = params.find(node.name);
      out[i] = param == params.end() ? kNull : param->second;
    } else if (node.op == Op::kMath) {
      out[i] = Math(node.name, input(0), input(1));
    } else if (node.op == Op::kMoving) {
      out[i] = MovingFunction(node.name, values, input(0));
    } else {
      out[i] = Apply(node.op, input(0), input(1), input(2));
    }
  }
  return out.empty() ? kNull : out.back();
}

}  // namespace binseek::search
