#include "sync/mapper/time_zone.h"

#include <unicode/basictz.h>
#include <unicode/timezone.h>
#include <unicode/tztrans.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "engine/mapping/date.h"

namespace binseek::mapper {
namespace {

constexpr int64_t kMicrosPerMilli = 1000;
constexpr int64_t kMicrosPerMinute = 60'000'000;
constexpr int kLastYear = 2500;
constexpr int64_t kDaysIn400Years = 146'097;
constexpr int64_t kMicrosIn400Years = kDaysIn400Years * 24 * 60 * kMicrosPerMinute;

int64_t YearBegin(int year) { return mapping::MicrosFromCivil(year, 1, 1, 0, 0, 0, 0); }

// Minutes of "+02:00"; false where it is none.
bool ParseOffset(std::string_view name, int64_t* minutes) {
  const auto digit = [&](size_t i) { return name[i] >= '0' && name[i] <= '9'; };
  if (name.size() != 6 || (name[0] != '+' && name[0] != '-') || name[3] != ':' || !digit(1) ||
      !digit(2) || !digit(4) || !digit(5)) {
    return false;
  }
  const int64_t hours = int64_t{name[1] - '0'} * 10 + (name[2] - '0');
  const int64_t rest = int64_t{name[4] - '0'} * 10 + (name[5] - '0');
  *minutes = (hours * 60 + rest) * (name[0] == '-' ? -1 : 1);
  return rest < 60 && hours * 60 + rest <= int64_t{14} * 60;
}

int64_t OffsetOf(const icu::TimeZoneRule& rule) {
  return (int64_t{rule.getRawOffset()} + rule.getDSTSavings()) * kMicrosPerMilli;
}

}  // namespace

Result<std::shared_ptr<const TimeZone>> TimeZone::Find(std::string_view name) {
  const auto made = [&](int64_t first_offset, std::vector<Change> changes) {
    return std::shared_ptr<const TimeZone>(
        new TimeZone(std::string(name), first_offset, std::move(changes)));
  };
  int64_t minutes = 0;
  if (ParseOffset(name, &minutes)) {
    return made(minutes * kMicrosPerMinute, {});
  }
  const Status unknown = Status::InvalidArgument(
      "there is no time zone '" + std::string(name) +
      "'; a name of the tz database is wanted, such as Europe/Berlin, or an offset such as +02:00");
  // Names that ICU would make zones of are not all in the database: "GMT+2", "foo" (as an unknown zone).
  const icu::UnicodeString id =
      icu::UnicodeString::fromUTF8({name.data(), static_cast<int32_t>(name.size())});
  UErrorCode error = U_ZERO_ERROR;
  icu::UnicodeString canonical;
  UBool is_system = 0;
  icu::TimeZone::getCanonicalID(id, canonical, is_system, error);
  if (U_FAILURE(error) || is_system == 0 || name == "Etc/Unknown") {
    return unknown;
  }
  const std::unique_ptr<icu::TimeZone> zone(icu::TimeZone::createTimeZone(id));
  const auto* const rules = dynamic_cast<const icu::BasicTimeZone*>(zone.get());
  if (rules == nullptr) {
    return unknown;
  }
  // Before all changes, and then from one to the next.
  int32_t raw = 0;
  int32_t savings = 0;
  const int64_t begin_millis = YearBegin(1) / kMicrosPerMilli;
  const auto begin = static_cast<UDate>(begin_millis);
  rules->getOffset(begin, /*local=*/0, raw, savings, error);
  if (U_FAILURE(error)) {
    return unknown;
  }
  int64_t offset = (int64_t{raw} + savings) * kMicrosPerMilli;
  const int64_t first_offset = offset;
  std::vector<Change> changes;
  const int64_t last_millis = YearBegin(kLastYear) / kMicrosPerMilli;
  const auto last = static_cast<UDate>(last_millis);
  icu::TimeZoneTransition transition;
  for (UDate at = begin; rules->getNextTransition(at, /*inclusive=*/0, transition) != 0;) {
    at = transition.getTime();
    if (at >= last) {
      break;
    }
    const int64_t behind = OffsetOf(*transition.getTo());
    if (behind != offset) {
      const int64_t instant = static_cast<int64_t>(at) * kMicrosPerMilli;
      changes.push_back({instant + std::max(offset, behind), behind});
      offset = behind;
    }
  }
  return made(first_offset, std::move(changes));
}

int64_t TimeZone::InstantOf(int64_t wall) const {
  static const int64_t kEnd = YearBegin(kLastYear);
  if (wall >= kEnd && !changes_.empty()) {
    const int64_t cycles = (wall - kEnd) / kMicrosIn400Years + 1;
    return InstantOf(wall - cycles * kMicrosIn400Years) + cycles * kMicrosIn400Years;
  }
  const auto next =
      std::upper_bound(changes_.begin(), changes_.end(), wall,
                       [](int64_t w, const Change& change) { return w < change.wall_from; });
  return wall - (next == changes_.begin() ? first_offset_ : std::prev(next)->offset);
}

}  // namespace binseek::mapper
