#include "sync/mapper/exact_decimal.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace binseek::mapper {
namespace {

// Digits of whole numbers without a sign; leading zeros do not matter.
std::string_view WithoutZeros(std::string_view digits) {
  const size_t first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? std::string_view() : digits.substr(first);
}

std::strong_ordering CompareDigits(std::string_view a, std::string_view b) {
  a = WithoutZeros(a);
  b = WithoutZeros(b);
  return a.size() != b.size() ? a.size() <=> b.size() : a.compare(b) <=> 0;
}

std::string AddDigits(std::string_view a, std::string_view b) {
  std::string sum;
  int carry = 0;
  for (size_t i = 0; i < std::max(a.size(), b.size()) || carry != 0; ++i) {
    carry += i < a.size() ? a[a.size() - 1 - i] - '0' : 0;
    carry += i < b.size() ? b[b.size() - 1 - i] - '0' : 0;
    sum.push_back(static_cast<char>('0' + carry % 10));
    carry /= 10;
  }
  std::reverse(sum.begin(), sum.end());
  return sum;
}

// REQUIRES: a is not the smaller one.
std::string SubtractDigits(std::string_view a, std::string_view b) {
  std::string difference;
  int borrowed = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    int digit = (a[a.size() - 1 - i] - '0') - borrowed;
    digit -= i < b.size() ? b[b.size() - 1 - i] - '0' : 0;
    borrowed = digit < 0 ? 1 : 0;
    difference.push_back(static_cast<char>('0' + digit + borrowed * 10));
  }
  std::reverse(difference.begin(), difference.end());
  return difference;
}

}  // namespace

ExactDecimal::ExactDecimal(const std::string& integer) {
  negative_ = integer[0] == '-';
  digits_ = integer.substr(negative_ ? 1 : 0);
}

std::optional<ExactDecimal> ExactDecimal::Parse(std::string_view text) {
  ExactDecimal number;
  number.negative_ = text.starts_with('-');
  text.remove_prefix(number.negative_ ? 1 : 0);
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  number.digits_ = std::string(whole);
  number.digits_ += fraction;
  number.scale_ = static_cast<int>(fraction.size());
  const bool good = !whole.empty() && (point == std::string_view::npos || !fraction.empty()) &&
                    number.digits_.find_first_not_of("0123456789") == std::string::npos;
  return good ? std::optional(std::move(number)) : std::nullopt;
}

bool ExactDecimal::is_zero() const { return WithoutZeros(digits_).empty(); }

std::string ExactDecimal::Text() const {
  std::string digits(WithoutZeros(digits_));
  const auto places = static_cast<size_t>(scale_);
  if (digits.size() <= places) {
    digits.insert(0, places + 1 - digits.size(), '0');
  }
  if (places > 0) {
    digits.insert(digits.size() - places, 1, '.');
  }
  return negative_ && !is_zero() ? "-" + digits : digits;
}

ExactDecimal ExactDecimal::Negated() const {
  ExactDecimal negated = *this;
  negated.negative_ = !negative_;
  return negated;
}

ExactDecimal operator+(const ExactDecimal& a, const ExactDecimal& b) {
  ExactDecimal sum;
  sum.scale_ = std::max(a.scale_, b.scale_);
  const std::string left = a.ScaledTo(sum.scale_);
  const std::string right = b.ScaledTo(sum.scale_);
  if (a.negative_ == b.negative_) {
    sum.digits_ = AddDigits(left, right);
    sum.negative_ = a.negative_;
  } else if (std::is_gteq(CompareDigits(left, right))) {
    sum.digits_ = SubtractDigits(WithoutZeros(left), WithoutZeros(right));
    sum.negative_ = a.negative_;
  } else {
    sum.digits_ = SubtractDigits(WithoutZeros(right), WithoutZeros(left));
    sum.negative_ = b.negative_;
  }
  return sum;
}

ExactDecimal operator*(const ExactDecimal& a, const ExactDecimal& b) {
  std::vector<int> digits(a.digits_.size() + b.digits_.size(), 0);  // lowest first
  for (size_t i = 0; i < a.digits_.size(); ++i) {
    for (size_t j = 0; j < b.digits_.size(); ++j) {
      digits[i + j] +=
          (a.digits_[a.digits_.size() - 1 - i] - '0') * (b.digits_[b.digits_.size() - 1 - j] - '0');
    }
  }
  ExactDecimal product;
  product.digits_.assign(digits.size(), '0');
  int carry = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    carry += digits[i];
    product.digits_[digits.size() - 1 - i] = static_cast<char>('0' + carry % 10);
    carry /= 10;
  }
  product.scale_ = a.scale_ + b.scale_;
  product.negative_ = a.negative_ != b.negative_;
  return product;
}

std::strong_ordering operator<=>(const ExactDecimal& a, const ExactDecimal& b) {
  const bool a_below = a.negative_ && !a.is_zero();
  const bool b_below = b.negative_ && !b.is_zero();
  if (a_below != b_below) {
    return a_below ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  const int scale = std::max(a.scale_, b.scale_);
  const auto order = CompareDigits(a.ScaledTo(scale), b.ScaledTo(scale));
  if (!a_below) {
    return order;
  }
  return std::is_lt(order) ? std::strong_ordering::greater
                           : (std::is_gt(order) ? std::strong_ordering::less : order);
}

}  // namespace binseek::mapper
