#include "sync/mysql/value_text.h"

#include <charconv>

namespace binseek::mysql {

bool NormalizeDecimal(std::string_view text, std::string* out) {
  out->clear();
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  const size_t point = text.find('.');
  std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  constexpr std::string_view kDigits = "0123456789";
  if ((whole.empty() && fraction.empty()) ||
      whole.find_first_not_of(kDigits) != std::string_view::npos ||
      fraction.find_first_not_of(kDigits) != std::string_view::npos) {
    return false;
  }
  const bool zero = whole.find_first_not_of('0') == std::string_view::npos &&
                    fraction.find_first_not_of('0') == std::string_view::npos;
  while (whole.size() > 1 && whole.front() == '0') {
    whole.remove_prefix(1);
  }
  if (negative && !zero) {
    out->push_back('-');
  }
  out->append(whole.empty() ? std::string_view("0") : whole);
  if (!fraction.empty()) {
    out->push_back('.');
    out->append(fraction);
  }
  return true;
}

void CompactJson(std::string_view text, std::string* out) {
  out->clear();
  out->reserve(text.size());
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      out->push_back(c);
      if (c == '\\' && i + 1 < text.size()) {
        out->push_back(text[++i]);
      } else if (c == '"') {
        in_string = false;
      }
      continue;
    }
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
      out->push_back(c);
      in_string = c == '"';
    }
  }
}

void AppendJsonDouble(double value, std::string* out) {
  // The server's own rule: plain notation where the decimal point lies within 15 places, else
  // scientific, without '+' and without padding of the exponent.
  constexpr int kMaxPlaces = 15;
  char text[40];
  const auto end =
      std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific).ptr;
  std::string_view scientific(text, static_cast<size_t>(end - text));
  if (scientific.front() == '-') {
    out->push_back('-');
    scientific.remove_prefix(1);
  }
  const size_t e = scientific.find('e');
  std::string digits(1, scientific[0]);
  if (e > 2) {
    digits.append(scientific.substr(2, e - 2));
  }
  int exponent = 0;
  const size_t exponent_at = e + (scientific[e + 1] == '+' ? 2 : 1);
  std::from_chars(scientific.data() + exponent_at, scientific.data() + scientific.size(), exponent);
  const int point = value == 0 ? 1 : exponent + 1;  // 0.DIGITS x 10^point
  const int count = static_cast<int>(digits.size());
  if (point < -kMaxPlaces + 1 || point > kMaxPlaces) {
    out->push_back(digits[0]);
    if (count > 1) {
      out->push_back('.');
      out->append(digits, 1);
    }
    out->push_back('e');
    out->append(std::to_string(exponent));
  } else if (point <= 0) {
    out->append("0.");
    out->append(static_cast<size_t>(-point), '0');
    out->append(digits);
  } else if (point >= count) {
    out->append(digits);
    out->append(static_cast<size_t>(point - count), '0');
    out->append(".0");
  } else {
    out->append(digits, 0, static_cast<size_t>(point));
    out->push_back('.');
    out->append(digits, static_cast<size_t>(point));
  }
}

}  // namespace binseek::mysql
