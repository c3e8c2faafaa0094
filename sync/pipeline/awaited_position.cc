#include "sync/pipeline/awaited_position.h"

#include <charconv>
#include <cstdint>
#include <utility>

namespace binseek::pipeline {
namespace {

constexpr size_t kShownBytes = 200;

Status Unreadable(std::string_view text, std::string_view wanted) {
  return Status::InvalidArgument("cannot read \"" + std::string(text.substr(0, kShownBytes)) +
                                 "\": " + std::string(wanted));
}

// What a server's files are called before their numbers.
std::string_view BaseName(std::string_view file) { return file.substr(0, file.rfind('.')); }

Status OfAnotherFlavor(std::string_view awaited, std::string_view source) {
  return Status::InvalidArgument("it is a GTID of " + std::string(awaited) +
                                 ", and the source is a " + std::string(source) + " server");
}

}  // namespace

Result<AwaitedPosition> AwaitedPosition::ParseGtid(std::string_view text) {
  constexpr std::string_view kWanted =
      "a GTID is uuid:number or uuid:tag:number (MySQL) or domain-server-number (MariaDB)";
  // Between a MySQL GTID's uuid and its number is a colon, which MariaDB's have nowhere.
  if (text.find(':') != std::string_view::npos) {
    auto set = change::GtidSet::Parse(text);
    if (!set.ok()) {
      return set.status();
    }
    if (set->empty()) {
      return Unreadable(text, kWanted);
    }
    return AwaitedPosition(*std::move(set));
  }
  auto position = change::MariadbGtidPosition::Parse(text);
  if (!position.ok() || position->empty()) {
    return Unreadable(text, kWanted);
  }
  return AwaitedPosition(*std::move(position));
}

Result<AwaitedPosition> AwaitedPosition::ParseBinlog(std::string_view text) {
  constexpr std::string_view kWanted = "a position is file:offset, as in binlog.000007:1234";
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return Unreadable(text, kWanted);
  }
  change::BinlogPosition position;
  position.file.assign(text.substr(0, colon));
  const char* const end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data() + colon + 1, end, position.offset);
  const size_t dot = position.file.rfind('.');
  const std::string_view number = dot == std::string::npos
                                      ? std::string_view()
                                      : std::string_view(position.file).substr(dot + 1);
  if (error != std::errc() || read != end || dot == 0 || number.empty() ||
      number.find_first_not_of("0123456789") != std::string_view::npos) {
    return Unreadable(text, kWanted);
  }
  return AwaitedPosition(std::move(position));
}

Result<bool> AwaitedPosition::IsIn(const change::SourcePosition& reached) const {
  const bool mysql = reached.flavor == change::Flavor::kMysql;
  if (const auto* set = std::get_if<change::GtidSet>(&place_)) {
    return mysql ? Result<bool>(reached.gtids.Contains(*set)) : OfAnotherFlavor("MySQL", "MariaDB");
  }
  if (const auto* position = std::get_if<change::MariadbGtidPosition>(&place_)) {
    return mysql ? OfAnotherFlavor("MariaDB", "MySQL")
                 : Result<bool>(reached.mariadb_gtids.Contains(*position));
  }
  const auto& binlog = std::get<change::BinlogPosition>(place_);
  if (reached.binlog.empty()) {
    return false;
  }
  // Files of other names are another server's, or this one's from before it was set up anew: their numbers tell nothing.
  if (BaseName(binlog.file) != BaseName(reached.binlog.file)) {
    return Status::InvalidArgument("it is in no binlog of the source, which is at " +
                                   reached.binlog.ToString());
  }
  return binlog <= reached.binlog;
}

std::string AwaitedPosition::ToString() const {
  return std::visit([](const auto& place) { return place.ToString(); }, place_);
}

}  // namespace binseek::pipeline
