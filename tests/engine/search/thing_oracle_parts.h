// What the meanings of ThingOracle's queries are made of: plain matchers and measures. Internal to the oracle.
#ifndef BINSEEK_TESTS_ENGINE_SEARCH_THING_ORACLE_PARTS_H_
#define BINSEEK_TESTS_ENGINE_SEARCH_THING_ORACLE_PARTS_H_

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/search/oracle.h"
#include "tests/engine/search/thing_oracle.h"

namespace binseek::search::test {

inline constexpr double kEarth = 6'371'008.7714;
inline constexpr double kRadians = 3.14159265358979323846 / 180;

inline std::optional<double> When(bool matches, double score = 1) {
  return matches ? std::optional<double>(score) : std::nullopt;
}

inline ThingMeaning Always(std::function<bool(const Thing&)> matches) {
  return [matches = std::move(matches)](const Thing& thing) { return When(matches(thing)); };
}

inline std::vector<std::string> NameTokens(const std::optional<std::string>& text) {
  return Tokens(text.value_or(""));
}

// Every code point as a text of its own.
inline std::vector<std::string> Letters(const std::string& text) {
  std::vector<std::string> out;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      out.emplace_back();
    }
    out.back().push_back(c);
  }
  return out;
}

inline bool MatchesWildcard(const std::vector<std::string>& pattern, size_t p,
                            const std::vector<std::string>& text, size_t t) {
  if (p == pattern.size()) {
    return t == text.size();
  }
  if (pattern[p] == "*") {
    for (size_t end = t; end <= text.size(); ++end) {
      if (MatchesWildcard(pattern, p + 1, text, end)) {
        return true;
      }
    }
    return false;
  }
  return t < text.size() && (pattern[p] == "?" || pattern[p] == text[t]) &&
         MatchesWildcard(pattern, p + 1, text, t + 1);
}

inline size_t Distance(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] = std::min(
          {d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

// Nine bits behind the leading one.
inline float Kept(float value) {
  return std::bit_cast<float>(std::bit_cast<uint32_t>(value) & 0xFFFF8000U);
}

inline std::string Day(int64_t day) {
  char text[32];
  std::snprintf(text, sizeof(text), "2026-%02d-%02d", static_cast<int>(day / 28) + 1,
                static_cast<int>(day % 28) + 1);
  return text;
}

// Milliseconds of "2026-MM-DD" as Day writes it.
inline double MillisOfDay(int64_t day) {
  static constexpr int kBefore[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  return 1'767'225'600'000.0 + 86'400'000.0 * static_cast<double>(kBefore[day / 28] + day % 28);
}

inline double OnGrid(double degrees, double whole) {
  const double step = whole / 4294967296.0;
  return std::floor(degrees / step) * step;
}

}  // namespace binseek::search::test

#endif  // BINSEEK_TESTS_ENGINE_SEARCH_THING_ORACLE_PARTS_H_
