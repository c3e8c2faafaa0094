#include "sync/change/position.h"

#include <charconv>
#include <compare>

namespace binseek::change {
namespace {

// The digits behind the last '.', leading zeros dropped: longer is greater, equal lengths compare as text.
std::string_view FileNumber(std::string_view file) {
  const size_t dot = file.rfind('.');
  std::string_view digits =
      dot == std::string_view::npos ? std::string_view() : file.substr(dot + 1);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return {};
  }
  const size_t first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? std::string_view() : digits.substr(first);
}

Result<BinlogPosition> ParseBinlogPosition(std::string_view text) {
  BinlogPosition position;
  if (text == "-") {
    return position;
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return Status::Corruption("source position: no file:offset in \"" + std::string(text) + "\"");
  }
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + colon + 1, end, position.offset);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return Status::Corruption("source position: bad offset in \"" + std::string(text) + "\"");
  }
  position.file.assign(text.substr(0, colon));
  return position;
}

}  // namespace

std::string BinlogPosition::ToString() const { return file + ":" + std::to_string(offset); }

std::strong_ordering BinlogPosition::operator<=>(const BinlogPosition& other) const {
  const std::string_view a = FileNumber(file);
  const std::string_view b = FileNumber(other.file);
  if (const auto order = a.size() <=> b.size(); std::is_neq(order)) {
    return order;
  }
  if (const auto order = a <=> b; std::is_neq(order)) {
    return order;
  }
  if (const auto order = file <=> other.file; std::is_neq(order)) {
    return order;
  }
  return offset <=> other.offset;
}

Status SourcePosition::Advance(const TransactionPosition& transaction) {
  if (!transaction.gtid.empty()) {
    Status added = flavor == Flavor::kMysql ? gtids.AddGtid(transaction.gtid)
                                            : mariadb_gtids.AddGtid(transaction.gtid);
    if (!added.ok()) {
      return Status::Corruption("transaction's GTID: " + added.message());
    }
  }
  if (!transaction.end.empty()) {
    binlog = transaction.end;
  }
  return Status::Ok();
}

std::string SourcePosition::GtidText() const {
  return flavor == Flavor::kMysql ? gtids.ToString() : mariadb_gtids.ToString();
}

std::string SourcePosition::Encode() const {
  std::string text = flavor == Flavor::kMysql ? "mysql " : "mariadb ";
  const std::string gtid_text = GtidText();
  text += gtid_text.empty() ? "-" : gtid_text;
  text += ' ';
  text += binlog.empty() ? "-" : binlog.ToString();
  return text;
}

Result<SourcePosition> SourcePosition::Parse(std::string_view text) {
  const size_t first = text.find(' ');
  const size_t second = first == std::string_view::npos ? first : text.find(' ', first + 1);
  if (second == std::string_view::npos) {
    return Status::Corruption("source position: three parts wanted in \"" + std::string(text) +
                              "\"");
  }
  const std::string_view flavor_text = text.substr(0, first);
  std::string_view gtid_text = text.substr(first + 1, second - first - 1);
  if (gtid_text == "-") {
    gtid_text = {};
  }
  SourcePosition position;
  if (flavor_text == "mysql") {
    auto gtids = GtidSet::Parse(gtid_text);
    if (!gtids.ok()) {
      return Status::Corruption("source position: " + gtids.status().message());
    }
    position.gtids = std::move(gtids).value();
  } else if (flavor_text == "mariadb") {
    position.flavor = Flavor::kMariadb;
    auto gtids = MariadbGtidPosition::Parse(gtid_text);
    if (!gtids.ok()) {
      return Status::Corruption("source position: " + gtids.status().message());
    }
    position.mariadb_gtids = std::move(gtids).value();
  } else {
    return Status::Corruption("source position: no server flavour in \"" + std::string(text) +
                              "\"");
  }
  BINSEEK_ASSIGN_OR_RETURN(position.binlog, ParseBinlogPosition(text.substr(second + 1)));
  return position;
}

}  // namespace binseek::change
