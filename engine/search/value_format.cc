#include "engine/search/value_format.h"

#include <unicode/dcfmtsym.h>
#include <unicode/decimfmt.h>
#include <unicode/fieldpos.h>
#include <unicode/gregocal.h>
#include <unicode/locid.h>
#include <unicode/smpdtfmt.h>
#include <unicode/timezone.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "engine/mapping/date.h"
#include "engine/search/date_pattern.h"
#include "engine/search/time_zone.h"

namespace binseek::search {
namespace {

// From year 0 on, and as far as microseconds count: sums of dates go far.
constexpr double kMinDateMs = -62'167'219'200'000.0;
constexpr double kMaxDateMs = 9e15;
constexpr double kJulianUntilMs = -1e15;                   // before all dates: none is Julian
constexpr double kLastFourDigits = 253'402'300'799'999.0;  // the end of the year 9999

std::string Utf8(const icu::UnicodeString& text) {
  std::string out;
  text.toUTF8String(out);
  return out;
}

Status BadPattern(std::string_view pattern) {
  return Status::InvalidArgument("Invalid format: [" + std::string(pattern.substr(0, 100)) + "]");
}

bool IsDate(double value) { return value >= kMinDateMs && value <= kMaxDateMs; }

constexpr int64_t kNanosPerMilli = 1'000'000;

int64_t MillisOfNanos(int64_t nanos) {
  return nanos / kNanosPerMilli - (nanos % kNanosPerMilli < 0 ? 1 : 0);
}

// What is behind the point, which `unit` of nanoseconds parts: at least `least` digits, and no zeros behind these.
std::string Fraction(int64_t nanos, int64_t unit, size_t least) {
  const int64_t below = (nanos % unit + unit) % unit;
  std::string digits = std::to_string(unit + below).substr(1);
  const size_t last = digits.find_last_not_of('0');
  digits.resize(std::max(least, last == std::string::npos ? 0 : last + 1));
  return digits;
}

// ISO 8601 with milliseconds, or with up to nine digits.
class IsoFormat final : public ValueFormat {
 public:
  explicit IsoFormat(std::unique_ptr<TimeZone> zone) : zone_(std::move(zone)) {}
  std::optional<std::string> Text(double value) const override {
    if (!IsDate(value)) {
      return std::nullopt;
    }
    const auto millis = static_cast<int64_t>(std::floor(value));
    std::string out = value > kLastFourDigits ? "+" : "";  // as ISO 8601 has longer years
    out += Written(millis, std::to_string(1000 + (millis % 1000 + 1000) % 1000).substr(1));
    return out;
  }
  std::optional<std::string> TextOfNanos(int64_t nanos) const override {
    return Written(MillisOfNanos(nanos), Fraction(nanos, 1'000'000'000, 3));
  }

 private:
  std::string Written(int64_t millis, const std::string& fraction) const {
    const int64_t offset = zone_->At(millis).offset;
    std::string out;
    mapping::AppendIsoDate((millis + offset) * 1000, mapping::DateStyle::kLocal, 0, &out);
    out.append(".").append(fraction);
    if (offset == 0) {
      out.push_back('Z');
      return out;
    }
    const int64_t minutes = std::abs(offset) / 60'000;
    out.push_back(offset < 0 ? '-' : '+');
    for (const int64_t part : {minutes / 60, minutes % 60}) {
      out.append(part < 10 ? "0" : "").append(std::to_string(part));
    }
    out.insert(out.size() - 2, ":");
    return out;
  }

  const std::unique_ptr<TimeZone> zone_;
};

class EpochFormat final : public ValueFormat {
 public:
  explicit EpochFormat(int64_t unit_ms) : unit_ms_(unit_ms) {}
  std::optional<std::string> Text(double value) const override {
    return IsDate(value) ? std::optional(std::to_string(static_cast<int64_t>(
                               std::floor(value / static_cast<double>(unit_ms_)))))
                         : std::nullopt;
  }
  std::optional<std::string> TextOfNanos(int64_t nanos) const override {
    const int64_t unit = unit_ms_ * kNanosPerMilli;
    const std::string fraction = Fraction(nanos, unit, 0);
    return std::to_string(nanos / unit - (nanos % unit < 0 ? 1 : 0)) +
           (fraction.empty() ? "" : "." + fraction);
  }

 private:
  const int64_t unit_ms_;
};

class PatternFormat final : public ValueFormat {
 public:
  explicit PatternFormat(std::unique_ptr<icu::DateFormat> format) : format_(std::move(format)) {}
  std::optional<std::string> Text(double value) const override {
    if (!IsDate(value)) {
      return std::nullopt;
    }
    icu::UnicodeString out;
    format_->format(std::floor(value), out);
    return Utf8(out);
  }
  // ICU counts in milliseconds: the digits of the second are written over its own.
  std::optional<std::string> TextOfNanos(int64_t nanos) const override {
    icu::UnicodeString out;
    icu::FieldPosition digits(UDAT_FRACTIONAL_SECOND_FIELD);
    format_->format(static_cast<double>(MillisOfNanos(nanos)), out, digits);
    const int32_t length = digits.getEndIndex() - digits.getBeginIndex();
    if (length > 0) {
      const std::string exact = Fraction(nanos, 1'000'000'000, 9);
      out.replace(digits.getBeginIndex(), length,
                  icu::UnicodeString::fromUTF8(exact.substr(0, static_cast<size_t>(length))));
    }
    return Utf8(out);
  }

 private:
  const std::unique_ptr<icu::DateFormat> format_;
};

class DecimalFormat final : public ValueFormat {
 public:
  explicit DecimalFormat(std::unique_ptr<icu::DecimalFormat> format) : format_(std::move(format)) {}
  std::optional<std::string> Text(double value) const override {
    icu::UnicodeString out;
    format_->format(value, out);
    return Utf8(out);
  }

 private:
  const std::unique_ptr<icu::DecimalFormat> format_;
};

class BooleanFormat final : public ValueFormat {
 public:
  std::optional<std::string> Text(double value) const override {
    return value == 0 ? "false" : "true";
  }
};

// As Java's: days of the Gregorian calendar however old they are, and weeks as ISO 8601 counts them. null: ICU has none.
std::unique_ptr<icu::GregorianCalendar> MakeCalendar(std::string_view zone) {
  UErrorCode error = U_ZERO_ERROR;
  auto calendar = std::make_unique<icu::GregorianCalendar>(
      icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(IcuZoneName(zone))),
      icu::Locale::getRoot(), error);
  calendar->setGregorianChange(kJulianUntilMs, error);
  calendar->setFirstDayOfWeek(UCAL_MONDAY);
  calendar->setMinimalDaysInFirstWeek(4);
  return U_FAILURE(error) ? nullptr : std::move(calendar);
}

Result<ValueFormatPtr> MakePattern(const std::string& pattern, std::string_view zone) {
  // Java says "Y" for the year of a week and "u" for the year, as ICU does; ICU would also take letters that Java has no meaning for.
  constexpr std::string_view kLetters = "GuyYDMLdQqwWEecFahKkHmsSAnNVzOXxZ";
  bool quoted = false;
  for (const char c : pattern) {
    quoted = quoted != (c == '\'');
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!quoted && letter && kLetters.find(c) == std::string_view::npos) {
      return Status::InvalidArgument("Invalid format: [" + pattern +
                                     "]: Unknown pattern letter: " + std::string(1, c));
    }
  }
  UErrorCode error = U_ZERO_ERROR;
  auto format = std::make_unique<icu::SimpleDateFormat>(icu::UnicodeString::fromUTF8(pattern),
                                                        icu::Locale::getRoot(), error);
  std::unique_ptr<icu::GregorianCalendar> calendar = MakeCalendar(zone);
  if (U_FAILURE(error) || calendar == nullptr) {
    return BadPattern(pattern);
  }
  format->adoptCalendar(calendar.release());
  return ValueFormatPtr(std::make_shared<PatternFormat>(std::move(format)));
}

}  // namespace

std::optional<std::string> ValueFormat::TextOfNanos(int64_t nanos) const {
  return Text(static_cast<double>(MillisOfNanos(nanos)));
}

Result<ValueFormatPtr> MakeDateFormat(std::string_view pattern, std::string_view zone) {
  BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<TimeZone> checked, TimeZone::Make(zone));
  const std::string_view name = pattern.substr(0, pattern.find("||"));
  if (name == "epoch_millis" || name == "epoch_second") {
    return ValueFormatPtr(std::make_shared<EpochFormat>(name == "epoch_millis" ? 1 : 1000));
  }
  const std::optional<std::string> known = PatternOf(name);
  return known ? MakePattern(*known, zone)
               : Result<ValueFormatPtr>(std::make_shared<IsoFormat>(std::move(checked)));
}

Result<ValueFormatPtr> MakeNumberFormat(std::string_view pattern) {
  UErrorCode error = U_ZERO_ERROR;
  auto format = std::make_unique<icu::DecimalFormat>(
      icu::UnicodeString::fromUTF8(std::string(pattern)),
      new icu::DecimalFormatSymbols(icu::Locale::getRoot(), error), error);
  if (U_FAILURE(error)) {
    return Status::InvalidArgument("Malformed pattern \"" + std::string(pattern.substr(0, 100)) +
                                   "\"");
  }
  return ValueFormatPtr(std::make_shared<DecimalFormat>(std::move(format)));
}

ValueFormatPtr MakeBooleanFormat() { return std::make_shared<BooleanFormat>(); }

}  // namespace binseek::search
