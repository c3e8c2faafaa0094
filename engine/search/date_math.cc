#include "engine/search/date_math.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "engine/mapping/date.h"

namespace binseek::search {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kWeek = 7 * kDay;
constexpr int64_t kMaxAmount = 100'000'000'000;  // of any unit; keeps products within 64 bits
const int64_t kFirstMoment = mapping::MicrosFromCivil(1, 1, 1, 0, 0, 0, 0);
const int64_t kLastMoment = mapping::MicrosFromCivil(9999, 12, 31, 23, 59, 59, 999'999);

Status NotADate(std::string_view text) {
  return Status::InvalidArgument("failed to parse date field [" + std::string(text.substr(0, 100)) +
                                 "] with format [strict_date_optional_time||epoch_millis]");
}

bool InRange(int64_t micros) { return micros >= kFirstMoment && micros <= kLastMoment; }

int64_t FloorTo(int64_t micros, int64_t unit) {
  const int64_t rest = micros % unit;
  return micros - (rest < 0 ? rest + unit : rest);
}

// Length of a unit that is always equally long; 0 for months and years.
std::optional<int64_t> UnitLength(char unit) {
  switch (unit) {
    case 's':
      return kSecond;
    case 'm':
      return kMinute;
    case 'h':
    case 'H':
      return kHour;
    case 'd':
      return kDay;
    case 'w':
      return kWeek;
    case 'M':
    case 'y':
      return 0;
    default:
      return std::nullopt;
  }
}

struct Civil {
  int64_t months = 0;  // since year 0
  int day = 1;
  int64_t within_day = 0;
};

Civil ToCivil(int64_t micros) {
  const int64_t midnight = FloorTo(micros, kDay);
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(midnight / kDay))};
  Civil civil;
  civil.months = static_cast<int64_t>(static_cast<int>(date.year())) * 12 +
                 static_cast<unsigned>(date.month()) - 1;
  civil.day = static_cast<int>(static_cast<unsigned>(date.day()));
  civil.within_day = micros - midnight;
  return civil;
}

// The day is cut to the month's last one: 31 January plus a month is the end of February.
std::optional<int64_t> FromCivil(const Civil& civil) {
  if (civil.months < 12 || civil.months >= int64_t{12} * 10'000) {
    return std::nullopt;
  }
  const std::chrono::year year(static_cast<int>(civil.months / 12));
  const std::chrono::month month(static_cast<unsigned>(civil.months % 12 + 1));
  const auto last =
      static_cast<int>(static_cast<unsigned>((year / month / std::chrono::last).day()));
  return mapping::MicrosFromCivil(static_cast<int>(year),
                                  static_cast<int>(static_cast<unsigned>(month)),
                                  std::min(civil.day, last), 0, 0, 0, 0) +
         civil.within_day;
}

std::optional<int64_t> Add(int64_t micros, int64_t amount, char unit) {
  const int64_t length = *UnitLength(unit);
  if (length != 0) {
    if (amount > 2 * kLastMoment / length || amount < -2 * kLastMoment / length) {
      return std::nullopt;
    }
    return micros + amount * length;
  }
  Civil civil = ToCivil(micros);
  civil.months += amount * (unit == 'y' ? 12 : 1);
  return FromCivil(civil);
}

std::optional<int64_t> Round(int64_t micros, char unit, bool round_up) {
  const int64_t length = *UnitLength(unit);
  std::optional<int64_t> begin;
  if (unit == 'w') {
    begin = FloorTo(micros - 4 * kDay, kWeek) +
            4 * kDay;  // weeks begin on Monday, the epoch on a Thursday
  } else if (length != 0) {
    begin = FloorTo(micros, length);
  } else {
    const int64_t months = ToCivil(micros).months;
    begin =
        FromCivil({.months = unit == 'y' ? months / 12 * 12 : months, .day = 1, .within_day = 0});
  }
  if (!begin || !round_up) {
    return begin;
  }
  const std::optional<int64_t> end = Add(*begin, 1, unit);
  return end ? std::optional<int64_t>(*end - 1) : kLastMoment;
}

// How much of time a plain date leaves open, minus one: "2026-01-02" a day, "2026-01-02T03:04" a minute, epoch milliseconds one of them.
int64_t OpenPart(std::string_view text) {
  const bool is_iso = text.size() >= 5 ? text[4] == '-' : text.size() == 4;
  if (!is_iso) {
    return 999;
  }
  if (text.size() <= 10) {
    return kDay - 1;
  }
  const std::string_view time = text.substr(11, text.find_first_of("Z+-", 11) - 11);
  if (time.size() <= 2) {
    return kHour - 1;
  }
  if (time.size() <= 5) {
    return kMinute - 1;
  }
  if (time.size() <= 8) {
    return kSecond - 1;
  }
  int64_t open = 1000;  // what is not written of milliseconds is zero, as in Elasticsearch
  for (size_t digits = time.size() - 9; digits > 3 && open > 1; --digits) {
    open /= 10;
  }
  return open - 1;
}

Result<int64_t> ParsePlain(std::string_view text, bool round_up) {
  const Result<int64_t> date = mapping::ParseDate(text);
  if (!date.ok() || !InRange(*date)) {
    return NotADate(text);
  }
  return round_up ? *date + OpenPart(text) : *date;
}

}  // namespace

Result<int64_t> ParseDateMath(std::string_view text, int64_t now_micros, bool round_up) {
  int64_t micros = now_micros;
  std::string_view math;
  if (text.starts_with("now")) {
    math = text.substr(3);
  } else {
    const size_t bars = text.find("||");
    if (bars == std::string_view::npos) {
      return ParsePlain(text, round_up);
    }
    BINSEEK_ASSIGN_OR_RETURN(micros, ParsePlain(text.substr(0, bars), false));
    math = text.substr(bars + 2);
  }
  while (!math.empty()) {
    const char operation = math.front();
    math.remove_prefix(1);
    int64_t amount = 0;
    size_t digits = 0;
    for (; digits < math.size() && math[digits] >= '0' && math[digits] <= '9'; ++digits) {
      amount = std::min(amount * 10 + (math[digits] - '0'), kMaxAmount);
    }
    math.remove_prefix(digits);
    if (math.empty() || !UnitLength(math.front()) ||
        (operation != '+' && operation != '-' && operation != '/')) {
      return NotADate(text);
    }
    amount = digits == 0 ? 1 : amount;
    if (operation == '/' && amount != 1) {
      return NotADate(text);
    }
    const std::optional<int64_t> next =
        operation == '/' ? Round(micros, math.front(), round_up)
                         : Add(micros, operation == '+' ? amount : -amount, math.front());
    if (!next || !InRange(*next)) {
      return NotADate(text);
    }
    micros = *next;
    math.remove_prefix(1);
  }
  return micros;
}

}  // namespace binseek::search
