#include "engine/search/date_rounding.h"

#include <chrono>
#include <string_view>

namespace binseek::search {
namespace {

constexpr int64_t kSecondMs = 1000;
constexpr int64_t kMinuteMs = 60 * kSecondMs;
constexpr int64_t kHourMs = 60 * kMinuteMs;
constexpr int64_t kDayMs = 24 * kHourMs;

int64_t FloorTo(int64_t value, int64_t unit) {
  const int64_t rest = value % unit;
  return value - (rest < 0 ? rest + unit : rest);
}

struct NamedUnit {
  std::string_view name;
  CalendarUnit unit;
};
constexpr NamedUnit kUnits[] = {{"second", CalendarUnit::kSecond},   {"1s", CalendarUnit::kSecond},
                                {"minute", CalendarUnit::kMinute},   {"1m", CalendarUnit::kMinute},
                                {"hour", CalendarUnit::kHour},       {"1h", CalendarUnit::kHour},
                                {"day", CalendarUnit::kDay},         {"1d", CalendarUnit::kDay},
                                {"week", CalendarUnit::kWeek},       {"1w", CalendarUnit::kWeek},
                                {"month", CalendarUnit::kMonth},     {"1M", CalendarUnit::kMonth},
                                {"quarter", CalendarUnit::kQuarter}, {"1q", CalendarUnit::kQuarter},
                                {"year", CalendarUnit::kYear},       {"1y", CalendarUnit::kYear}};

int64_t FixedLength(CalendarUnit unit) {
  switch (unit) {
    case CalendarUnit::kSecond:
      return kSecondMs;
    case CalendarUnit::kMinute:
      return kMinuteMs;
    case CalendarUnit::kHour:
      return kHourMs;
    default:
      return 0;
  }
}

int MonthsOf(CalendarUnit unit) {
  return unit == CalendarUnit::kMonth ? 1 : unit == CalendarUnit::kQuarter ? 3 : 12;
}

// After which the calendar repeats. std::chrono counts years with 16 bits; dates reach further.
constexpr int64_t kEraDays = 146'097;
constexpr int64_t kEraMonths = int64_t{400} * 12;

// The same day of the calendar within 400 years from the epoch, and how many times these it is away.
struct DayOfEra {
  explicit DayOfEra(int64_t day)
      : era(FloorTo(day, kEraDays) / kEraDays),
        date(std::chrono::sys_days(std::chrono::days(day - era * kEraDays))) {}
  int64_t era;
  std::chrono::year_month_day date;
};

// Months since year 0 of a day since the epoch, and back to the first day of that month.
int64_t MonthOfDay(int64_t day) {
  const DayOfEra of(day);
  return of.era * kEraMonths + static_cast<int64_t>(static_cast<int>(of.date.year())) * 12 +
         static_cast<unsigned>(of.date.month()) - 1;
}
int64_t FirstDayOf(int64_t month) {
  const int64_t era = FloorTo(month, kEraMonths) / kEraMonths;
  const int64_t of_era = month - era * kEraMonths;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(of_era / 12)),
                                         std::chrono::month(static_cast<unsigned>(of_era % 12 + 1)),
                                         std::chrono::day(1)};
  return era * kEraDays + std::chrono::sys_days(date).time_since_epoch().count();
}

}  // namespace

std::optional<CalendarUnit> CalendarUnitOf(std::string_view text) {
  for (const NamedUnit& unit : kUnits) {
    if (unit.name == text) {
      return unit.unit;
    }
  }
  return std::nullopt;
}

DateRounding::DateRounding(CalendarUnit unit, std::unique_ptr<TimeZone> zone, int64_t offset_ms)
    : fixed_ms_(FixedLength(unit)),
      unit_(unit),
      zone_(std::move(zone)),
      offset_(offset_ms),
      is_clock_unit_(fixed_ms_ != 0) {}

int64_t DateRounding::FloorLocal(int64_t local) const {
  if (fixed_ms_ != 0) {
    return FloorTo(local, fixed_ms_);
  }
  const int64_t midnight = FloorTo(local, kDayMs);
  if (unit_ == CalendarUnit::kDay) {
    return midnight;
  }
  if (unit_ == CalendarUnit::kWeek) {  // from Monday; the epoch was a Thursday
    return FloorTo(midnight - 4 * kDayMs, 7 * kDayMs) + 4 * kDayMs;
  }
  if (unit_ == CalendarUnit::kMonth) {  // the most frequent, and the way back can be spared
    const DayOfEra of(midnight / kDayMs);
    return midnight - (static_cast<int64_t>(static_cast<unsigned>(of.date.day())) - 1) * kDayMs;
  }
  return FirstDayOf(FloorTo(MonthOfDay(midnight / kDayMs), MonthsOf(unit_))) * kDayMs;
}

int64_t DateRounding::RoundPlain(int64_t utc) const {
  const TimeZone::Period period = zone_->At(utc);
  const int64_t local = FloorLocal(utc + period.offset);
  if (zone_->is_fixed()) {
    return local - period.offset;
  }
  if (by_midnight()) {
    return zone_->FirstUtc(local);
  }
  if (local - period.offset >= period.begin) {
    return local - period.offset;
  }
  // It began before clocks were changed. An interval that would begin while they leapt begins with the leap.
  const int64_t old_offset = zone_->At(period.begin - 1).offset;
  const bool in_gap = local - old_offset >= period.begin;
  return in_gap && !is_clock_unit_ ? period.begin : RoundPlain(period.begin - 1);
}

int64_t DateRounding::NextPlain(int64_t rounded) const {
  if (!by_midnight()) {
    int64_t next = RoundPlain(rounded + fixed_ms_);
    for (int64_t at = rounded + fixed_ms_; next <= rounded; next = RoundPlain(at)) {
      at += fixed_ms_ / 4 + 1;
    }
    // A leap of clocks begins one of its own in between.
    for (int64_t before = RoundPlain(next - 1); before > rounded; before = RoundPlain(next - 1)) {
      next = before;
    }
    return next;
  }
  // Noon of the first day: no change of clocks takes it out of its unit.
  const int64_t noon = rounded + kDayMs / 2;
  const int64_t local = FloorLocal(noon + zone_->At(noon).offset);
  if (unit_ == CalendarUnit::kDay || unit_ == CalendarUnit::kWeek) {
    return zone_->FirstUtc(local + (unit_ == CalendarUnit::kDay ? 1 : 7) * kDayMs);
  }
  return zone_->FirstUtc(FirstDayOf(MonthOfDay(local / kDayMs) + MonthsOf(unit_)) * kDayMs);
}

}  // namespace binseek::search
