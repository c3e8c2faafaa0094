#include "engine/search/time_zone.h"

#include <unicode/basictz.h>
#include <unicode/timezone.h>
#include <unicode/tztrans.h>
#include <unicode/unistr.h>

#include <optional>
#include <string>
#include <utility>

namespace binseek::search {
namespace {

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

class FixedZone final : public TimeZone {
 public:
  explicit FixedZone(int64_t offset) : TimeZone({.offset = offset}) {}

 private:
  Period Find(int64_t /*utc*/) const override { return {}; }  // never asked for
};

class NamedZone final : public TimeZone {
 public:
  explicit NamedZone(std::unique_ptr<icu::BasicTimeZone> zone)
      : TimeZone({.begin = 0, .end = 0, .offset = 0}), zone_(std::move(zone)) {}

 private:
  Period Find(int64_t utc) const override {
    Period period;
    int32_t raw = 0;
    int32_t saving = 0;
    UErrorCode error = U_ZERO_ERROR;
    zone_->getOffset(static_cast<double>(utc), false, raw, saving, error);
    period.offset = raw + saving;
    icu::TimeZoneTransition transition;
    if (zone_->getPreviousTransition(static_cast<double>(utc), true, transition)) {
      period.begin = static_cast<int64_t>(transition.getTime());
    }
    if (zone_->getNextTransition(static_cast<double>(utc), false, transition)) {
      period.end = static_cast<int64_t>(transition.getTime());
    }
    return period;
  }

  const std::unique_ptr<icu::BasicTimeZone> zone_;
};

std::optional<int64_t> TwoDigits(std::string_view text) {
  if (text.size() != 2 || text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9') {
    return std::nullopt;
  }
  return (text[0] - '0') * 10 + (text[1] - '0');
}

// "+01:00", "-0530", "+08", "+5"
std::optional<int64_t> FixedOffset(std::string_view name) {
  if (name.size() < 2 || (name[0] != '+' && name[0] != '-')) {
    return std::nullopt;
  }
  const std::string digits =
      name.size() == 2 ? "0" + std::string(name.substr(1)) : std::string(name.substr(1));
  const std::optional<int64_t> hours = TwoDigits(std::string_view(digits).substr(0, 2));
  std::string_view rest = std::string_view(digits).substr(2);
  std::optional<int64_t> minutes = 0;
  if (!rest.empty()) {
    minutes = TwoDigits(rest.substr(rest[0] == ':' ? 1 : 0));
  }
  if (!hours || !minutes || *hours > 18 || *minutes > 59) {
    return std::nullopt;
  }
  const int64_t offset = *hours * kHour + *minutes * kMinute;
  return name[0] == '-' ? -offset : offset;
}

}  // namespace

Result<std::unique_ptr<TimeZone>> TimeZone::Make(std::string_view name) {
  if (name.empty() || name == "UTC" || name == "Z" || name == "GMT") {
    return std::unique_ptr<TimeZone>(std::make_unique<FixedZone>(0));
  }
  std::string_view offset = name;
  if (name.starts_with("UTC") || name.starts_with("GMT")) {
    offset.remove_prefix(3);
  }
  if (const std::optional<int64_t> fixed = FixedOffset(offset)) {
    return std::unique_ptr<TimeZone>(std::make_unique<FixedZone>(*fixed));
  }
  std::unique_ptr<icu::TimeZone> zone(
      icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(std::string(name))));
  auto* const basic = dynamic_cast<icu::BasicTimeZone*>(zone.get());
  if (basic == nullptr || *zone == icu::TimeZone::getUnknown()) {
    return Status::InvalidArgument("Unknown time-zone ID: " + std::string(name.substr(0, 100)));
  }
  static_cast<void>(zone.release());
  return std::unique_ptr<TimeZone>(
      std::make_unique<NamedZone>(std::unique_ptr<icu::BasicTimeZone>(basic)));
}

int64_t TimeZone::ToUtc(int64_t local, bool shifts) const {
  if (is_fixed()) {
    return local - last_.offset;
  }
  // No zone is further than a day from Greenwich, and none changes its offset twice within two days.
  const Period before = At(local - kDay);
  if (local - before.offset < before.end) {
    return local - before.offset;
  }
  const Period after = At(before.end);
  if (local - after.offset >= before.end) {
    return local - after.offset;
  }
  return shifts ? local - before.offset : before.end;
}

}  // namespace binseek::search
