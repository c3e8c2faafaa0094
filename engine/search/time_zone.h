// TimeZone: offsets of a zone of the tz database, or a fixed offset, at moments in time.
//
// Moments are milliseconds since the epoch. Remembers the period that was asked for last, so that neighbouring moments cost two comparisons.
// Thread-compatible: one search owns it. Errors: kInvalidArgument for a name that is no zone.
#ifndef BINSEEK_ENGINE_SEARCH_TIME_ZONE_H_
#define BINSEEK_ENGINE_SEARCH_TIME_ZONE_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/base/result.h"

namespace binseek::search {

class TimeZone {
 public:
  virtual ~TimeZone() = default;
  // "Europe/Berlin", "+01:00", "-0530", "UTC", "Z"; empty: UTC.
  static Result<std::unique_ptr<TimeZone>> Make(std::string_view name);

  // A time during which the offset east of Greenwich stays as it is: [begin, end).
  struct Period {
    int64_t begin = INT64_MIN;
    int64_t end = INT64_MAX;
    int64_t offset = 0;
  };
  const Period& At(int64_t utc) const {
    if (utc < last_.begin || utc >= last_.end) {
      last_ = Find(utc);
    }
    return last_;
  }
  // The first moment at which clocks show `local`, or, where they never do, the moment at which they leap over it.
  int64_t FirstUtc(int64_t local) const { return ToUtc(local, /*shifts=*/false); }
  // The same but where clocks never show `local`: the moment at which they would, did they leap later (as java.time has it).
  int64_t UtcOf(int64_t local) const { return ToUtc(local, /*shifts=*/true); }
  bool is_fixed() const { return last_.begin == INT64_MIN && last_.end == INT64_MAX; }

 protected:
  explicit TimeZone(Period first) : last_(first) {}
  virtual Period Find(int64_t utc) const = 0;

 private:
  int64_t ToUtc(int64_t local, bool shifts) const;

  mutable Period last_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TIME_ZONE_H_
