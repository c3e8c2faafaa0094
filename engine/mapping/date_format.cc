#include "engine/mapping/date_format.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include "engine/mapping/date.h"
#include "engine/mapping/date_pattern.h"
#include "engine/mapping/number.h"

namespace binseek::mapping {
namespace {

constexpr std::string_view kDefault = "strict_date_optional_time||epoch_millis";

// Names, without "strict_", of what ParseIsoDate reads.
constexpr std::string_view kIsoNames[] = {"date_optional_time",
                                          "date_optional_time_nanos",
                                          "date_time",
                                          "date_time_no_millis",
                                          "iso8601",
                                          "date_hour_minute_second_millis",
                                          "date_hour_minute_second_fraction",
                                          "date_hour_minute_second",
                                          "date_hour_minute",
                                          "date_hour",
                                          "year_month_day",
                                          "year_month",
                                          "year"};

std::string_view Plain(std::string_view name) {
  return name.starts_with("strict_") ? name.substr(7) : name;
}
bool IsIso(std::string_view name) {
  return std::find(std::begin(kIsoNames), std::end(kIsoNames), Plain(name)) != std::end(kIsoNames);
}
std::string_view NextFormat(std::string_view* rest) {
  const std::string_view format = rest->substr(0, rest->find("||"));
  rest->remove_prefix(std::min(rest->size(), format.size() + 2));
  return format;
}

// A whole number, or one with a fraction, of units.
std::optional<ParsedDate> FromEpoch(std::string_view text, int64_t unit) {
  const size_t point = std::min(text.find('.'), text.size());
  int64_t whole = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + point, whole);
  if (error != std::errc() || end != text.data() + point || point == 0 ||
      whole > std::numeric_limits<int64_t>::max() / unit - 1 ||
      whole < std::numeric_limits<int64_t>::min() / unit + 1) {
    return std::nullopt;
  }
  ParsedDate date;
  date.has_zone = true;
  date.micros = whole * unit;
  date.has_fraction = point < text.size();
  date.open = date.has_fraction ? 0 : unit - 1;
  int64_t part = unit * 1000;  // nanoseconds
  int64_t below = 0;
  for (size_t i = point + 1; i < text.size(); ++i) {
    if (text[i] < '0' || text[i] > '9') {
      return std::nullopt;
    }
    part /= 10;
    below += part * (text[i] - '0');
  }
  const bool negative = text.front() == '-';
  date.micros += negative ? -(below / 1000) : below / 1000;
  date.nanos = negative ? 0 : static_cast<int>(below % 1000);
  return date;
}

// How much of time an ISO date leaves open, minus one: "2026-01-02" a day, "2026-01-02T03:04" a minute.
int64_t OpenPart(std::string_view text) {
  if (text.size() <= 10) {
    return kMicrosPerDay - 1;
  }
  const std::string_view time = text.substr(11, text.find_first_of("Z+-", 11) - 11);
  if (time.size() <= 2) {
    return kMicrosPerHour - 1;
  }
  if (time.size() <= 5) {
    return kMicrosPerMinute - 1;
  }
  if (time.size() <= 8) {
    return kMicrosPerSecond - 1;
  }
  int64_t open = 1000;  // as above
  for (size_t digits = time.size() - 9; digits > 3 && open > 1; --digits) {
    open /= 10;
  }
  return open - 1;
}

std::optional<ParsedDate> FromIso(std::string_view text) {
  int nanos = 0;
  const std::optional<int64_t> micros = ParseIsoDate(text, &nanos);
  if (!micros) {
    return std::nullopt;
  }
  ParsedDate date;
  date.micros = *micros;
  date.nanos = nanos;
  date.open = OpenPart(text);
  date.has_fraction = date.open < 1000;  // with a second alone, the rest of it is open
  date.has_zone = text.size() > 11 && text.find_first_of("Z+-", 11) != std::string_view::npos;
  return date;
}

std::optional<ParsedDate> ParseOne(std::string_view format, std::string_view text) {
  if (format == "epoch_millis" || format == "epoch_second") {
    return FromEpoch(text, format == "epoch_millis" ? 1000 : kMicrosPerSecond);
  }
  if (IsIso(format)) {
    return FromIso(text);
  }
  return ParseByPattern(format, text);
}

}  // namespace

Result<ParsedDate> ParseDateAs(std::string_view format, std::string_view text) {
  for (std::string_view rest = format.empty() ? kDefault : format; !rest.empty();) {
    if (const std::optional<ParsedDate> date = ParseOne(NextFormat(&rest), text)) {
      return *date;
    }
  }
  return Status::InvalidArgument("failed to parse date field [" + std::string(text.substr(0, 100)) +
                                 "] with format [" +
                                 std::string(format.empty() ? kDefault : format) + "]");
}

Status CheckDateFormat(std::string_view format) {
  for (std::string_view rest = format; !rest.empty();) {
    const std::string_view one = NextFormat(&rest);
    if (one != "epoch_millis" && one != "epoch_second" && !IsIso(one)) {
      BINSEEK_RETURN_IF_ERROR(CheckDatePattern(one));
    }
  }
  return Status::Ok();
}

Result<int64_t> ParseDateValue(const Field& field, std::string_view text) {
  const bool nanos = field.kind == FieldKind::kDateNanos;
  const std::string& format = field.parameters().format;
  if (format.empty()) {
    return nanos ? ParseDateNanos(text) : ParseDate(text);
  }
  BINSEEK_ASSIGN_OR_RETURN(const ParsedDate date, ParseDateAs(format, text));
  if (!nanos) {
    return date.micros;
  }
  BINSEEK_RETURN_IF_ERROR(CheckNanos(date.micros, text));
  return date.micros * 1000 + date.nanos;
}

Result<int64_t> ParseCanonicalValue(const Field& field, std::string_view text) {
  return field.kind == FieldKind::kDate        ? ParseDate(text)
         : field.kind == FieldKind::kDateNanos ? ParseDateNanos(text)
                                               : ParseColumnValue(field, text);
}

}  // namespace binseek::mapping
