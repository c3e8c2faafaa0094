// TimeZone: which instant a wall clock shows, for DATETIME columns of a server that does not keep UTC.
//
// A time that a clock shows twice, when it is set back, is the first of the two. One that it never shows, when it is set forward, is as far
// behind the gap's beginning as its digits say: 02:30 in a gap from 02:00 to 03:00 is half an hour past the change, 03:30 of the new
// time. So every wall clock has an instant; they are in order except where a clock is set back.
//
// The rules are ICU's (its time zone database); one of an offset ("+02:00") has none. Beyond the year 2500 the rules of the same calendar
// 400 years (or a multiple) before hold.
//
// Immutable, so thread-safe. Cost: a search among some hundred changes.
#ifndef BINSEEK_SYNC_MAPPER_TIME_ZONE_H_
#define BINSEEK_SYNC_MAPPER_TIME_ZONE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"

namespace binseek::mapper {

class TimeZone {
 public:
  // "Europe/Berlin", "UTC", "+02:00", "-03:30". kInvalidArgument: there is none of that name.
  static Result<std::shared_ptr<const TimeZone>> Find(std::string_view name);

  const std::string& name() const { return name_; }
  // Whether every wall clock is the instant of the same digits.
  bool is_utc() const { return changes_.empty() && first_offset_ == 0; }

  // `wall`: microseconds since 1970-01-01T00:00:00 on that clock.
  int64_t InstantOf(int64_t wall) const;

 private:
  // From an instant on, what is to be added to it to get the wall clock's digits; microseconds.
  struct Change {
    int64_t wall_from =
        0;  // the digits at which the offset before ends: the greater of those before and behind the change
    int64_t offset = 0;  // behind it
  };

  TimeZone(std::string name, int64_t first_offset, std::vector<Change> changes)
      : name_(std::move(name)), first_offset_(first_offset), changes_(std::move(changes)) {}

  const std::string name_;
  const int64_t first_offset_;
  const std::vector<Change> changes_;  // ascending
};

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_TIME_ZONE_H_
