// ExactDecimal: numbers of as many digits as they need, for conditions and computed fields. Nothing is ever rounded.
//
// Plain value type; pure functions. Cost: that of school arithmetic.
#ifndef BINSEEK_SYNC_MAPPER_EXACT_DECIMAL_H_
#define BINSEEK_SYNC_MAPPER_EXACT_DECIMAL_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace binseek::mapper {

class ExactDecimal {
 public:
  ExactDecimal() = default;  // 0
  explicit ExactDecimal(int64_t value) : ExactDecimal(std::to_string(value)) {}
  explicit ExactDecimal(uint64_t value) : ExactDecimal(std::to_string(value)) {}

  // "-12.50": digits, and digits behind a point. nullopt: anything else.
  static std::optional<ExactDecimal> Parse(std::string_view text);

  // With the digits behind the point that it was made with: 12.50 + 1 is 13.50, 1.5 * 1.5 is 2.25. A zero has no sign.
  std::string Text() const;
  int scale() const { return scale_; }
  bool is_zero() const;

  ExactDecimal Negated() const;
  friend ExactDecimal operator+(const ExactDecimal& a, const ExactDecimal& b);
  friend ExactDecimal operator-(const ExactDecimal& a, const ExactDecimal& b) {
    return a + b.Negated();
  }
  friend ExactDecimal operator*(const ExactDecimal& a, const ExactDecimal& b);
  // By value: 1.0 equals 1.
  friend std::strong_ordering operator<=>(const ExactDecimal& a, const ExactDecimal& b);
  friend bool operator==(const ExactDecimal& a, const ExactDecimal& b) {
    return std::is_eq(a <=> b);
  }

 private:
  explicit ExactDecimal(const std::string& integer);
  // The digits, so many of them behind the point; at least one digit.
  std::string ScaledTo(int scale) const {
    return digits_ + std::string(static_cast<size_t>(scale - scale_), '0');
  }

  bool negative_ = false;
  std::string digits_ = "0";  // without the point
  int scale_ = 0;             // of them behind it
};

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_EXACT_DECIMAL_H_
