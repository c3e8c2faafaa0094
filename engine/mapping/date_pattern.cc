#include "engine/mapping/date_pattern.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/mapping/date.h"

namespace binseek::mapping {
namespace {

constexpr std::string_view kMonths[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
constexpr std::string_view kDays[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                      "Friday", "Saturday", "Sunday"};
constexpr std::string_view kNumeric = "uyMLdDHkKhmsS";

// What a text has said so far.
struct Fields {
  int year = 1970;
  int month = 1;
  int day = 1;
  int day_of_year = 0;  // 0: none
  int hour = 0;
  int minute = 0;
  int second = 0;
  int64_t nanos = 0;
  int fraction_digits = 0;
  bool half_day = false;  // the hour is one of twelve
  bool afternoon = false;
  bool has_hour = false;
  bool has_minute = false;
  bool has_second = false;
  std::optional<int> offset_seconds;
};

// Reads a text by a pattern. Both advance; false: they part.
class PatternReader {
 public:
  PatternReader(std::string_view pattern, std::string_view text, int depth = 0)
      : pattern_(pattern), text_(text), depth_(depth) {}

  bool ReadAll() { return Read() && text_.empty(); }
  const Fields& fields() const { return fields_; }

 private:
  bool Read() {
    while (!pattern_.empty()) {
      const char c = pattern_.front();
      if (c == '\'') {
        if (!ReadQuoted()) {
          return false;
        }
      } else if (c == '[') {
        if (depth_ == kMaxPatternDepth) {
          return false;
        }
        ReadOptional();
      } else if (c == ']') {
        pattern_.remove_prefix(1);
      } else if (IsLetter(c)) {
        const size_t end = std::min(pattern_.find_first_not_of(c), pattern_.size());
        pattern_.remove_prefix(end);
        if (!ReadField(c, end)) {
          return false;
        }
      } else {
        pattern_.remove_prefix(1);
        if (!TakeChar(c)) {
          return false;
        }
      }
    }
    return true;
  }

  static bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }
  bool TakeChar(char c) {
    if (text_.empty() || text_.front() != c) {
      return false;
    }
    text_.remove_prefix(1);
    return true;
  }

  bool ReadQuoted() {
    pattern_.remove_prefix(1);
    if (!pattern_.empty() && pattern_.front() == '\'') {  // '' is a quote
      pattern_.remove_prefix(1);
      return TakeChar('\'');
    }
    while (!pattern_.empty() && pattern_.front() != '\'') {
      if (!TakeChar(pattern_.front())) {
        return false;
      }
      pattern_.remove_prefix(1);
    }
    pattern_.remove_prefix(std::min<size_t>(1, pattern_.size()));
    return true;
  }

  // What stands in brackets is read where it fits, and passed over where it does not.
  void ReadOptional() {
    int depth = 0;
    bool quoted = false;
    size_t end = 0;
    for (; end < pattern_.size(); ++end) {
      const char c = pattern_[end];
      quoted = quoted != (c == '\'');
      depth += quoted ? 0 : c == '[' ? 1 : c == ']' ? -1 : 0;
      if (depth == 0) {
        break;
      }
    }
    const std::string_view part = pattern_.substr(1, std::max<size_t>(end, 1) - 1);
    pattern_.remove_prefix(std::min(end + 1, pattern_.size()));
    PatternReader inner(part, text_, depth_ + 1);
    inner.fields_ = fields_;
    if (inner.Read()) {
      fields_ = inner.fields_;
      text_ = inner.text_;
    }
  }

  // A number of exactly `count` digits where another one follows at once, else of `count` at least.
  std::optional<int64_t> TakeNumber(size_t count, size_t most) {
    const bool fixed = count > 1 || (!pattern_.empty() &&
                                     kNumeric.find(pattern_.front()) != std::string_view::npos);
    const size_t limit = fixed ? count : most;
    size_t digits = 0;
    int64_t value = 0;
    while (digits < limit && digits < text_.size() && IsDigit(text_[digits])) {
      value = value * 10 + (text_[digits++] - '0');
    }
    if (digits < count) {
      return std::nullopt;
    }
    text_.remove_prefix(digits);
    return value;
  }
  bool TakeInto(size_t count, int low, int high, int* out) {
    const std::optional<int64_t> value = TakeNumber(count, 2);
    if (!value || *value < low || *value > high) {
      return false;
    }
    *out = static_cast<int>(*value);
    return true;
  }
  // The number, from 1, of the name that the text begins with, whole or its first three letters; 0: none.
  template <size_t N>
  int TakeName(const std::string_view (&names)[N], bool whole) {
    for (size_t i = 0; i < N; ++i) {
      const std::string_view name = whole ? names[i] : names[i].substr(0, 3);
      if (text_.starts_with(name)) {
        text_.remove_prefix(name.size());
        return static_cast<int>(i) + 1;
      }
    }
    return 0;
  }

  bool ReadField(char letter, size_t count) {
    switch (letter) {
      case 'u':
      case 'y':
        return ReadYear(count);
      case 'M':
      case 'L':
        if (count >= 3) {
          fields_.month = TakeName(kMonths, count == 4);
          return fields_.month != 0;
        }
        return TakeInto(count, 1, 12, &fields_.month);
      case 'd':
        return TakeInto(count, 1, 31, &fields_.day);
      case 'D': {
        const std::optional<int64_t> day = TakeNumber(count, 3);
        fields_.day_of_year = static_cast<int>(day.value_or(0));
        return day && *day >= 1 && *day <= 366;
      }
      case 'E':
        return TakeName(kDays, count == 4) != 0;
      case 'G':
        return TakeChar('A') && TakeChar('D');
      case 'X':
      case 'x':
      case 'Z':
      case 'O':
      case 'V':
      case 'z':
        return ReadZone(letter);
      default:
        return ReadTime(letter, count);
    }
  }

  bool ReadYear(size_t count) {
    const bool negative = count >= 4 && TakeChar('-');
    const std::optional<int64_t> year = TakeNumber(count, 9);
    if (!year || *year > 999'999'999) {
      return false;
    }
    fields_.year = static_cast<int>(count == 2 ? 2000 + *year : negative ? -*year : *year);
    return true;
  }

  bool ReadTime(char letter, size_t count) {
    switch (letter) {
      case 'H':
        fields_.has_hour = true;
        return TakeInto(count, 0, 23, &fields_.hour);
      case 'k':
        fields_.has_hour = true;
        if (!TakeInto(count, 1, 24, &fields_.hour)) {
          return false;
        }
        fields_.hour %= 24;
        return true;
      case 'h':
      case 'K':
        fields_.has_hour = fields_.half_day = true;
        if (!TakeInto(count, letter == 'h' ? 1 : 0, letter == 'h' ? 12 : 11, &fields_.hour)) {
          return false;
        }
        fields_.hour %= 12;
        return true;
      case 'a':
        fields_.afternoon = text_.starts_with("PM") || text_.starts_with("pm");
        if (!fields_.afternoon && !text_.starts_with("AM") && !text_.starts_with("am")) {
          return false;
        }
        text_.remove_prefix(2);
        return true;
      case 'm':
        fields_.has_minute = true;
        return TakeInto(count, 0, 59, &fields_.minute);
      case 's':
        fields_.has_second = true;
        return TakeInto(count, 0, 59, &fields_.second);
      default:
        return letter == 'S' && ReadFraction(count);
    }
  }

  bool ReadFraction(size_t count) {
    if (count > 9 || text_.size() < count) {
      return false;
    }
    int64_t value = 0;
    for (size_t i = 0; i < count; ++i) {
      if (!IsDigit(text_[i])) {
        return false;
      }
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    for (size_t i = count; i < 9; ++i) {
      value *= 10;
    }
    fields_.nanos = value;
    fields_.fraction_digits = static_cast<int>(count);
    return true;
  }

  // "Z", "UTC", "GMT", "+01", "+0100", "+01:00", "GMT+1"; a "Z" of the text is none for the letter x.
  bool ReadZone(char letter) {
    if (letter != 'x' && TakeChar('Z')) {
      fields_.offset_seconds = 0;
      return true;
    }
    const bool named = text_.starts_with("UTC") || text_.starts_with("GMT");
    text_.remove_prefix(named ? 3 : 0);
    if (text_.empty() || (text_.front() != '+' && text_.front() != '-')) {
      fields_.offset_seconds = 0;
      return named;
    }
    const int sign = text_.front() == '-' ? -1 : 1;
    text_.remove_prefix(1);
    const std::optional<int> hours = TakeTwo();
    int minutes = 0;
    if (hours && !text_.empty() && (text_.front() == ':' || IsDigit(text_.front()))) {
      TakeChar(':');
      const std::optional<int> taken = TakeTwo();
      if (!taken || *taken > 59) {
        return false;
      }
      minutes = *taken;
    }
    fields_.offset_seconds = sign * (hours.value_or(0) * 3600 + minutes * 60);
    return hours && *hours <= 18;
  }
  std::optional<int> TakeTwo() {
    if (text_.size() < 2 || !IsDigit(text_[0]) || !IsDigit(text_[1])) {
      return std::nullopt;
    }
    const int value = (text_[0] - '0') * 10 + (text_[1] - '0');
    text_.remove_prefix(2);
    return value;
  }

  std::string_view pattern_;
  std::string_view text_;
  const int depth_;  // of the brackets that it reads within
  Fields fields_;
};

std::optional<ParsedDate> DateOf(const Fields& fields) {
  // Beyond these years microseconds do not fit into 64 bits.
  if (fields.year < -290'000 || fields.year > 294'000 ||
      (fields.day_of_year == 0 && fields.day > DaysOfMonth(fields.year, fields.month))) {
    return std::nullopt;
  }
  ParsedDate date;
  const int hour = fields.hour + (fields.half_day && fields.afternoon ? 12 : 0);
  const bool by_day = fields.day_of_year > 0;
  date.micros =
      MicrosFromCivil(fields.year, by_day ? 1 : fields.month, by_day ? 1 : fields.day, hour,
                      fields.minute, fields.second, static_cast<int>(fields.nanos / 1000)) +
      (by_day ? (fields.day_of_year - 1) * kMicrosPerDay : 0);
  date.nanos = static_cast<int>(fields.nanos % 1000);
  date.has_fraction = fields.fraction_digits > 0;
  int64_t open = 1000;  // what is not written of milliseconds is zero, as in Elasticsearch
  for (int digits = 3; digits < fields.fraction_digits && open > 1; ++digits) {
    open /= 10;
  }
  date.open = (!fields.has_hour              ? kMicrosPerDay
               : !fields.has_minute          ? kMicrosPerHour
               : !fields.has_second          ? kMicrosPerMinute
               : fields.fraction_digits == 0 ? kMicrosPerSecond
                                             : open) -
              1;
  if (fields.offset_seconds) {
    date.micros -= *fields.offset_seconds * kMicrosPerSecond;
    date.has_zone = true;
  }
  return date;
}

}  // namespace

std::optional<ParsedDate> ParseByPattern(std::string_view format, std::string_view text) {
  PatternReader reader(PatternOf(format), text);
  return reader.ReadAll() ? DateOf(reader.fields()) : std::nullopt;
}

}  // namespace binseek::mapping
