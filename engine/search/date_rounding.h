// DateRounding: the beginning of the calendar unit or of the interval that a moment lies in, as clocks of a zone show it.
//
// Moments are milliseconds since the epoch. Where clocks are set back, days begin at the first of two midnights, and hours that come twice are two; where
// they leap forward, what would begin in between begins at the leap. So buckets are of unequal length, disjoint, and ascend in time.
// Moments, offsets and lengths are no further from 0 than kFarDateMs and kMostDateMs, so that no sum of them overflows.
// Thread-compatible, as TimeZone is.
#ifndef BINSEEK_ENGINE_SEARCH_DATE_ROUNDING_H_
#define BINSEEK_ENGINE_SEARCH_DATE_ROUNDING_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "engine/search/time_zone.h"

namespace binseek::search {

// As far from the epoch as dates are kept: their microseconds fill 64 bits.
inline constexpr int64_t kMostDateMs = INT64_MAX / 1000;
// What is beyond is no date; numbers that are taken for dates are cut to it. No date is rounded to as far as half of it.
inline constexpr int64_t kFarDateMs = 4 * kMostDateMs;
inline constexpr bool IsTooFarForDate(int64_t millis) {
  return millis > kFarDateMs / 2 || millis < -kFarDateMs / 2;
}

enum class CalendarUnit : uint8_t { kSecond, kMinute, kHour, kDay, kWeek, kMonth, kQuarter, kYear };

// "1d", "day", "1M", "month"; nullopt: no calendar interval.
std::optional<CalendarUnit> CalendarUnitOf(std::string_view text);

class DateRounding {
 public:
  DateRounding(CalendarUnit unit, std::unique_ptr<TimeZone> zone, int64_t offset_ms);
  // REQUIRES: 0 < fixed_ms <= kMostDateMs, and so is the size of offset_ms.
  DateRounding(int64_t fixed_ms, std::unique_ptr<TimeZone> zone, int64_t offset_ms)
      : fixed_ms_(fixed_ms), zone_(std::move(zone)), offset_(offset_ms) {}

  int64_t Round(int64_t utc) const { return RoundPlain(utc - offset_) + offset_; }
  // Where the next one begins. REQUIRES: `rounded` came from Round.
  int64_t Next(int64_t rounded) const { return NextPlain(rounded - offset_) + offset_; }
  int64_t offset() const { return offset_; }

 private:
  bool by_midnight() const { return fixed_ms_ == 0; }
  int64_t FloorLocal(int64_t local) const;
  int64_t RoundPlain(int64_t utc) const;
  int64_t NextPlain(int64_t rounded) const;

  // Days and longer: 0, and unit_ counts. All else is as long as it says.
  int64_t fixed_ms_ = 0;
  CalendarUnit unit_ = CalendarUnit::kDay;
  std::unique_ptr<TimeZone> zone_;
  int64_t offset_ = 0;
  bool is_clock_unit_ = false;  // a second, minute or hour of the calendar
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_DATE_ROUNDING_H_
