#include "engine/search/date_math.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "engine/mapping/date.h"
#include "engine/mapping/date_format.h"
#include "engine/search/time_zone.h"

namespace binseek::search {
namespace {

constexpr int64_t kWeek = 7 * mapping::kMicrosPerDay;
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
      return mapping::kMicrosPerSecond;
    case 'm':
      return mapping::kMicrosPerMinute;
    case 'h':
    case 'H':
      return mapping::kMicrosPerHour;
    case 'd':
      return mapping::kMicrosPerDay;
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
  const int64_t midnight = FloorTo(micros, mapping::kMicrosPerDay);
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(midnight / mapping::kMicrosPerDay))};
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
    begin = FloorTo(micros - 4 * mapping::kMicrosPerDay, kWeek) +
            4 * mapping::kMicrosPerDay;  // weeks begin on Monday, the epoch on a Thursday
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

// Moments by UTC as clocks of a zone show them, and back.
class Clocks {
 public:
  static Result<Clocks> Make(const std::string& zone) {
    Clocks clocks;
    if (!zone.empty()) {
      BINSEEK_ASSIGN_OR_RETURN(clocks.zone_, TimeZone::Make(zone));
    }
    return clocks;
  }
  bool is_utc() const { return zone_ == nullptr; }
  int64_t Shown(int64_t utc) const {
    return zone_ == nullptr ? utc : utc + zone_->At(mapping::MillisFromMicros(utc)).offset * 1000;
  }
  int64_t Utc(int64_t shown) const {
    if (zone_ == nullptr) {
      return shown;
    }
    const int64_t millis = mapping::MillisFromMicros(shown);
    return zone_->UtcOf(millis) * 1000 + (shown - millis * 1000);
  }

 private:
  std::unique_ptr<TimeZone> zone_;
};

Status NotADate(std::string_view text, const DateForm& form) {
  return form.format.empty() ? NotADate(text)
                             : Status::InvalidArgument("failed to parse date field [" +
                                                       std::string(text.substr(0, 100)) +
                                                       "] with format [" + form.format + "]");
}

Result<int64_t> ParsePlain(std::string_view text, const DateForm& form, const Clocks& clocks,
                           bool round_up) {
  const Result<mapping::ParsedDate> date = mapping::ParseDateAs(form.format, text);
  // Milliseconds may be any, by a format of their own; what a clock shows is within its years.
  if (!date.ok() ||
      ((form.format.empty() || (!date->has_zone && !clocks.is_utc())) && !InRange(date->micros))) {
    return NotADate(text, form);
  }
  const int64_t micros = round_up ? date->micros + date->open : date->micros;
  return date->has_zone ? micros : clocks.Utc(micros);
}

}  // namespace

Result<int64_t> ParseDateMath(std::string_view text, int64_t now_micros, bool round_up) {
  return ParseDateMath(text, DateForm(), now_micros, round_up);
}

Result<int64_t> ParseDateMath(std::string_view text, const DateForm& form, int64_t now_micros,
                              bool round_up) {
  BINSEEK_ASSIGN_OR_RETURN(const Clocks clocks, Clocks::Make(form.time_zone));
  int64_t micros = now_micros;
  std::string_view math;
  if (text.starts_with("now")) {
    math = text.substr(3);
  } else {
    const size_t bars = text.find("||");
    if (bars == std::string_view::npos) {
      return ParsePlain(text, form, clocks, round_up);
    }
    BINSEEK_ASSIGN_OR_RETURN(micros, ParsePlain(text.substr(0, bars), form, clocks, false));
    math = text.substr(bars + 2);
  }
  if (math.empty()) {
    return micros;
  }
  if (!InRange(micros)) {
    return NotADate(text, form);
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
      return NotADate(text, form);
    }
    amount = digits == 0 ? 1 : amount;
    if (operation == '/' && amount != 1) {
      return NotADate(text, form);
    }
    const char unit = math.front();
    const int64_t shown = clocks.Shown(micros);
    const std::optional<int64_t> next = operation == '/'
                                            ? Round(shown, unit, round_up)
                                            : Add(shown, operation == '+' ? amount : -amount, unit);
    if (!next || !InRange(*next)) {
      return NotADate(text, form);
    }
    // An hour is one whatever clocks show; days and more are by the clocks.
    const bool is_time = *UnitLength(unit) != 0 && *UnitLength(unit) < mapping::kMicrosPerDay;
    micros = is_time ? micros + (*next - shown) : clocks.Utc(*next);
    math.remove_prefix(1);
  }
  return micros;
}

}  // namespace binseek::search
