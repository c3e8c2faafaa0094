#include "engine/mapping/date.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <limits>
#include <optional>

namespace binseek::mapping {
namespace {

// Days since 1970-01-01 of a proleptic Gregorian date (counted from 1 March, so that leap days come last).
int64_t DaysFromCivil(int64_t year, int month, int day) {
  year -= month <= 2 ? 1 : 0;
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

void CivilFromDays(int64_t days, int64_t* year, int* month, int* day) {
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const int64_t day_of_era = days - era * 146'097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1'460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t shifted_month = (5 * day_of_year + 2) / 153;
  *day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  *month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  *year = year_of_era + era * 400 + (*month <= 2 ? 1 : 0);
}

// Reads exactly `digits` digits at *at.
std::optional<int> TakeDigits(std::string_view text, size_t* at, size_t digits) {
  if (*at + digits > text.size()) {
    return std::nullopt;
  }
  int value = 0;
  for (size_t i = 0; i < digits; ++i) {
    const char c = text[*at + i];
    if (c < '0' || c > '9') {
      return std::nullopt;
    }
    value = value * 10 + (c - '0');
  }
  *at += digits;
  return value;
}

bool TakeChar(std::string_view text, size_t* at, char wanted) {
  if (*at < text.size() && text[*at] == wanted) {
    ++*at;
    return true;
  }
  return false;
}

// The fraction behind the seconds as microseconds; finer digits are cut.
std::optional<int> TakeFraction(std::string_view text, size_t* at) {
  int micros = 0;
  int digits = 0;
  while (*at < text.size() && text[*at] >= '0' && text[*at] <= '9') {
    if (digits < 6) {
      micros = micros * 10 + (text[*at] - '0');
    }
    ++digits;
    ++*at;
  }
  if (digits == 0) {
    return std::nullopt;
  }
  for (int i = digits; i < 6; ++i) {
    micros *= 10;
  }
  return micros;
}

// "Z", "+08:00", "-0530", "+08" or nothing, in microseconds east of Greenwich.
std::optional<int64_t> TakeZone(std::string_view text, size_t* at) {
  if (*at == text.size() || TakeChar(text, at, 'Z')) {
    return 0;
  }
  const bool west = text[*at] == '-';
  if (!west && text[*at] != '+') {
    return std::nullopt;
  }
  ++*at;
  const auto hours = TakeDigits(text, at, 2);
  if (!hours || *hours > 18) {
    return std::nullopt;
  }
  int minutes = 0;
  if (*at < text.size()) {
    TakeChar(text, at, ':');
    const auto taken = TakeDigits(text, at, 2);
    if (!taken || *taken > 59) {
      return std::nullopt;
    }
    minutes = *taken;
  }
  const int64_t offset = int64_t{*hours * 60 + minutes} * 60 * kMicrosPerSecond;
  return west ? -offset : offset;
}

std::optional<int64_t> ParseTimeOfDay(std::string_view text, size_t* at) {
  const auto hour = TakeDigits(text, at, 2);
  if (!hour || *hour > 23) {
    return std::nullopt;
  }
  int minute = 0;
  int second = 0;
  int micros = 0;
  if (TakeChar(text, at, ':')) {
    const auto taken = TakeDigits(text, at, 2);
    if (!taken || *taken > 59) {
      return std::nullopt;
    }
    minute = *taken;
    if (TakeChar(text, at, ':')) {
      const auto seconds = TakeDigits(text, at, 2);
      if (!seconds || *seconds > 59) {
        return std::nullopt;
      }
      second = *seconds;
      if (TakeChar(text, at, '.') || TakeChar(text, at, ',')) {
        const auto fraction = TakeFraction(text, at);
        if (!fraction) {
          return std::nullopt;
        }
        micros = *fraction;
      }
    }
  }
  return ((static_cast<int64_t>(*hour) * 60 + minute) * 60 + second) * kMicrosPerSecond + micros;
}

// yyyy[-MM[-dd[(T| )HH[:mm[:ss[.f]]][zone]]]]
std::optional<int64_t> ParseIso(std::string_view text) {
  size_t at = 0;
  const auto year = TakeDigits(text, &at, 4);
  if (!year) {
    return std::nullopt;
  }
  int month = 1;
  int day = 1;
  int64_t within_day = 0;
  if (TakeChar(text, &at, '-')) {
    const auto taken = TakeDigits(text, &at, 2);
    if (!taken || *taken < 1 || *taken > 12) {
      return std::nullopt;
    }
    month = *taken;
    if (TakeChar(text, &at, '-')) {
      const auto days = TakeDigits(text, &at, 2);
      if (!days || *days < 1 || *days > DaysOfMonth(*year, month)) {
        return std::nullopt;
      }
      day = *days;
      if (TakeChar(text, &at, 'T') || TakeChar(text, &at, ' ')) {
        const auto time = ParseTimeOfDay(text, &at);
        const auto zone = time ? TakeZone(text, &at) : std::nullopt;
        if (!zone) {
          return std::nullopt;
        }
        within_day = *time - *zone;
      }
    }
  }
  if (at != text.size()) {
    return std::nullopt;
  }
  return DaysFromCivil(*year, month, day) * kMicrosPerDay + within_day;
}

// The seventh to ninth digit of the fraction, which ParseIso cuts.
int NanosOf(std::string_view text) {
  int nanos = 0;
  const size_t point = text.find_first_of(".,");
  for (size_t i = 7; i <= 9; ++i) {
    const size_t at = point + i;
    const bool digit =
        point != std::string_view::npos && at < text.size() && text[at] >= '0' && text[at] <= '9';
    if (!digit && i == 7) {
      break;
    }
    nanos = nanos * 10 + (digit ? text[at] - '0' : 0);
    if (!digit) {
      // The digits end here: what follows is a zone.
      for (; i < 9; ++i) {
        nanos *= 10;
      }
      break;
    }
  }
  return nanos;
}

int64_t FloorDiv(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

}  // namespace

int DaysOfMonth(int64_t year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

int64_t MicrosFromCivil(int year, int month, int day, int hour, int minute, int second,
                        int micros) {
  return DaysFromCivil(year, month, day) * kMicrosPerDay +
         ((static_cast<int64_t>(hour) * 60 + minute) * 60 + second) * kMicrosPerSecond + micros;
}

int64_t MillisFromMicros(int64_t micros) { return FloorDiv(micros, 1000); }

std::optional<int64_t> ParseIsoDate(std::string_view text, int* nanos) {
  const std::optional<int64_t> micros = ParseIso(text);
  if (nanos != nullptr && micros) {
    *nanos = NanosOf(text);
  }
  return micros;
}

Result<int64_t> ParseDate(std::string_view text) {
  if (const auto micros = ParseIso(text)) {
    return *micros;
  }
  int64_t millis = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), millis);
  if (error != std::errc() || end != text.data() + text.size() || text.empty() ||
      millis > std::numeric_limits<int64_t>::max() / 1000 ||
      millis < std::numeric_limits<int64_t>::min() / 1000) {
    return Status::InvalidArgument("\"" + std::string(text.substr(0, 100)) +
                                   "\" is not a date (strict_date_optional_time||epoch_millis)");
  }
  return millis * 1000;
}

Status CheckNanos(int64_t micros, std::string_view text) {
  if (micros < 0) {
    return Status::InvalidArgument("date[" + std::string(text.substr(0, 100)) +
                                   "] is before the epoch in 1970 and cannot be stored in "
                                   "nanosecond resolution");
  }
  if (micros >= std::numeric_limits<int64_t>::max() / 1000) {
    return Status::InvalidArgument("date[" + std::string(text.substr(0, 100)) +
                                   "] is after 2262-04-11T23:47:16.854775807 and cannot be stored "
                                   "in nanosecond resolution");
  }
  return Status::Ok();
}

Result<int64_t> ParseDateNanos(std::string_view text) {
  BINSEEK_ASSIGN_OR_RETURN(const int64_t micros, ParseDate(text));
  BINSEEK_RETURN_IF_ERROR(CheckNanos(micros, text));
  return micros * 1000 + NanosOf(text);
}

void AppendIsoDate(int64_t micros, DateStyle style, int fraction_digits, std::string* out) {
  const int64_t days = FloorDiv(micros, kMicrosPerDay);
  const int64_t within = micros - days * kMicrosPerDay;
  int64_t year = 0;
  int month = 0;
  int day = 0;
  CivilFromDays(days, &year, &month, &day);
  char buffer[64];
  int length = std::snprintf(buffer, sizeof(buffer), "%04lld-%02d-%02d",
                             static_cast<long long>(year), month, day);
  out->append(buffer, static_cast<size_t>(length));
  if (style == DateStyle::kDate) {
    return;
  }
  const int seconds = static_cast<int>(within / kMicrosPerSecond);
  length = std::snprintf(buffer, sizeof(buffer), "T%02d:%02d:%02d", seconds / 3600,
                         seconds / 60 % 60, seconds % 60);
  out->append(buffer, static_cast<size_t>(length));
  if (fraction_digits > 0) {
    length =
        std::snprintf(buffer, sizeof(buffer), ".%06d", static_cast<int>(within % kMicrosPerSecond));
    out->append(buffer, static_cast<size_t>(std::min(fraction_digits, 6)) + 1);
  }
  if (style == DateStyle::kInstant) {
    out->push_back('Z');
  }
}

}  // namespace binseek::mapping
