// Config values as text, and back: amounts with units, lists, maps.
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "api/config_keys.h"
#include "api/config_units.h"
#include "engine/base/log.h"
#include "engine/base/result.h"
#include "sync/mapper/mapping_rules.h"
#include "sync/mapper/time_zone.h"

namespace binseek::api {
namespace {

using Strings = std::vector<std::string>;
using StringMap = std::map<std::string, std::string>;

struct Suffix {
  std::string_view text;
  int64_t factor;
};
constexpr Suffix kByteSuffixes[] = {{"kb", kKb}, {"mb", kMb}, {"gb", kGb}, {"b", 1}, {"", 1}};
constexpr Suffix kDurationSuffixes[] = {{"ms", 1}, {"s", kSecond}, {"m", kMinute}, {"h", kHour}};
constexpr Suffix kNoSuffix[] = {{"", 1}};

std::span<const Suffix> SuffixesOf(Unit unit) {
  switch (unit) {
    case Unit::kBytes:
      return kByteSuffixes;
    case Unit::kDuration:
      return kDurationSuffixes;
    case Unit::kNone:
    case Unit::kCount:
      break;
  }
  return kNoSuffix;
}

std::optional<int64_t> ParseAmount(Unit unit, std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) {
    return std::nullopt;
  }
  std::string suffix(end, text.data() + text.size());
  std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const Suffix& known : SuffixesOf(unit)) {
    int64_t amount = 0;
    if (suffix == known.text && !__builtin_mul_overflow(number, known.factor, &amount)) {
      return amount;
    }
  }
  return std::nullopt;
}

// In the largest unit that holds it exactly.
std::string AmountText(Unit unit, int64_t amount) {
  Suffix best{"", 1};
  for (const Suffix& suffix : SuffixesOf(unit)) {
    if (suffix.factor >= best.factor && !suffix.text.empty() && suffix.text != "b" &&
        amount % suffix.factor == 0) {
      best = suffix;
    }
  }
  if (amount == 0) {
    best = {unit == Unit::kDuration ? "ms" : "", 1};
  }
  return std::to_string(amount / best.factor) + std::string(best.text);
}

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

Strings SplitList(std::string_view text) {
  Strings parts;
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view part = Trim(text.substr(0, comma));
    if (!part.empty()) {
      parts.emplace_back(part);
    }
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

// Assigns `text` to the member of whatever type.
struct Setter {
  const ConfigKey& key;
  std::string_view text;
  Config* config;

  Status operator()(Member<std::string> member) const {
    *member(config) = text;
    return Status::Ok();
  }
  Status operator()(Member<bool> member) const {
    if (text != "true" && text != "false") {
      return Status::InvalidArgument("true or false is wanted, not '" + std::string(text) + "'");
    }
    *member(config) = text == "true";
    return Status::Ok();
  }
  Status operator()(Member<int64_t> member) const {
    const std::optional<int64_t> amount = ParseAmount(key.unit, text);
    if (!amount || *amount < key.min || *amount > key.max) {
      return Status::InvalidArgument("'" + std::string(text) +
                                     "' is not within its range: " + DescribeRange(key));
    }
    *member(config) = *amount;
    return Status::Ok();
  }
  Status operator()(Member<Strings> member) const {
    *member(config) = SplitList(text);
    return Status::Ok();
  }
  Status operator()(Member<MappingText> member) const {
    BINSEEK_RETURN_IF_ERROR(mapper::MappingRules::Parse(text).status());
    member(config)->json = text;
    return Status::Ok();
  }
  Status operator()(Member<StringMap> member) const {
    StringMap map;
    for (const std::string& pair : SplitList(text)) {
      const size_t equals = pair.find('=');
      if (equals == std::string::npos || equals == 0 || equals + 1 == pair.size()) {
        return Status::InvalidArgument("name=name pairs are wanted, not '" + pair + "'");
      }
      map[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    *member(config) = std::move(map);
    return Status::Ok();
  }
};

struct Getter {
  const ConfigKey& key;
  Config* config;

  std::string operator()(Member<std::string> member) const { return *member(config); }
  std::string operator()(Member<bool> member) const { return *member(config) ? "true" : "false"; }
  std::string operator()(Member<int64_t> member) const {
    return AmountText(key.unit, *member(config));
  }
  std::string operator()(Member<MappingText> member) const { return member(config)->json; }
  std::string operator()(Member<Strings> member) const {
    std::string text;
    for (const std::string& item : *member(config)) {
      text += (text.empty() ? "" : ",") + item;
    }
    return text;
  }
  std::string operator()(Member<StringMap> member) const {
    std::string text;
    for (const auto& [name, value] : *member(config)) {
      text.append(text.empty() ? "" : ",").append(name).append("=").append(value);
    }
    return text;
  }
};

Status CheckMeaning(const ConfigKey& key, std::string_view text) {
  if (key.path == "log.level") {
    return ParseLogLevel(text).status();
  }
  if (key.path == "snapshot.lock" && text != "none" && text != "brief") {
    return Status::InvalidArgument("none or brief is wanted");
  }
  if (key.path == "server.listen") {
    return ParseListenAddress(text).status();
  }
  if (key.path == "source.time_zone") {
    return mapper::TimeZone::Find(text).status();
  }
  if (key.path == "source.zero_dates" && text != "null" && text != "error") {
    return Status::InvalidArgument("null or error is wanted");
  }
  if (key.path == "source.name") {
    const bool valid =
        !text.empty() && text.size() <= 64 &&
        text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
    return valid ? Status::Ok()
                 : Status::InvalidArgument("lower-case letters, digits, _ and - are wanted, not '" +
                                           std::string(text) + "'");
  }
  if (key.path == "data_dir" && text.empty()) {
    return Status::InvalidArgument("the name of a folder is wanted");
  }
  return Status::Ok();
}

}  // namespace

std::string DescribeRange(const ConfigKey& key) {
  if (std::holds_alternative<Member<bool>>(key.member)) {
    return "true or false";
  }
  if (std::holds_alternative<Member<Strings>>(key.member)) {
    return "a list of names";
  }
  if (std::holds_alternative<Member<StringMap>>(key.member)) {
    return "a map of names";
  }
  if (std::holds_alternative<Member<MappingText>>(key.member)) {
    return "a list of rules";
  }
  if (std::holds_alternative<Member<std::string>>(key.member)) {
    return "text";
  }
  constexpr std::string_view kUnits[] = {"number", "number", "bytes (kb, mb, gb)",
                                         "duration (ms, s, m, h)"};
  return std::string(kUnits[static_cast<size_t>(key.unit)]) + ", " + AmountText(key.unit, key.min) +
         " to " + AmountText(key.unit, key.max);
}

Status SetFromText(const ConfigKey& key, std::string_view text, Config* config) {
  BINSEEK_RETURN_IF_ERROR(CheckMeaning(key, text));
  return std::visit(Setter{key, text, config}, key.member);
}

std::string TextOf(const ConfigKey& key, const Config& config) {
  Config copy = config;  // the table reaches members for writing
  return std::visit(Getter{key, &copy}, key.member);
}

}  // namespace binseek::api
