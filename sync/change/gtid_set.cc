#include "sync/change/gtid_set.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"

namespace binseek::change {
namespace {

// The server's own bound: numbers go up to 2^63 - 2, so that an exclusive end still fits.
constexpr uint64_t kMaxGno = (uint64_t{1} << 63) - 2;
constexpr size_t kMaxTagLength = 32;
// First word of the tagged wire form: format 1 in the lowest and highest byte, the count in between.
constexpr uint64_t kTaggedFormat = uint64_t{1} << 56 | 1;

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// The part before `separator`, trimmed; takes it and the separator off `text`.
std::string_view TakePart(std::string_view* text, char separator) {
  const size_t at = text->find(separator);
  const std::string_view part = text->substr(0, at);
  *text = at == std::string_view::npos ? std::string_view() : text->substr(at + 1);
  return Trim(part);
}

std::optional<uint64_t> ParseNumber(std::string_view text) {
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) {
    return std::nullopt;
  }
  return number;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool ParseUuid(std::string_view text, std::array<uint8_t, 16>* uuid) {
  if (text.size() != 36) {
    return false;
  }
  size_t byte = 0;
  for (size_t i = 0; i < text.size();) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i++] != '-') {
        return false;
      }
      continue;
    }
    const int high = HexDigit(text[i]);
    const int low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) {
      return false;
    }
    (*uuid)[byte++] = static_cast<uint8_t>(high << 4 | low);
    i += 2;
  }
  return true;
}

void AppendUuid(const std::array<uint8_t, 16>& uuid, std::string* text) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (size_t i = 0; i < uuid.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      text->push_back('-');
    }
    text->push_back(kDigits[uuid[i] >> 4]);
    text->push_back(kDigits[uuid[i] & 15]);
  }
}

// [a-z_][a-z0-9_]{0,31}, any case, into lower case.
std::optional<std::string> ParseTag(std::string_view text) {
  if (text.empty() || text.size() > kMaxTagLength || (text[0] >= '0' && text[0] <= '9')) {
    return std::nullopt;
  }
  std::string tag;
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (!upper && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_') {
      return std::nullopt;
    }
    tag.push_back(upper ? static_cast<char>(c | 0x20) : c);
  }
  return tag;
}

Status BadSet(std::string_view part) {
  return Status::InvalidArgument("GTID set: cannot read \"" + std::string(part.substr(0, 80)) +
                                 "\"");
}

// "7" or "1-18" as [first, end).
std::optional<std::pair<uint64_t, uint64_t>> ParseInterval(std::string_view text) {
  const bool range = text.find('-') != std::string_view::npos;
  const auto first = ParseNumber(TakePart(&text, '-'));
  const auto last = range ? ParseNumber(Trim(text)) : first;
  if (!first || !last || *first == 0 || *last < *first || *last > kMaxGno) {
    return std::nullopt;
  }
  return std::pair(*first, *last + 1);
}

Status ParseOneSid(std::string_view text, GtidSet* set) {
  std::string_view rest = text;
  GtidSet::Sid sid;
  if (!ParseUuid(TakePart(&rest, ':'), &sid.uuid) || Trim(rest).empty()) {
    return BadSet(text);
  }
  bool tag_needs_interval = false;
  while (!rest.empty()) {
    const std::string_view part = TakePart(&rest, ':');
    if (const auto interval = ParseInterval(part)) {
      set->Add(sid, interval->first, interval->second);
      tag_needs_interval = false;
      continue;
    }
    auto tag = ParseTag(part);
    if (!tag || tag_needs_interval) {
      return BadSet(part);
    }
    sid.tag = *std::move(tag);
    tag_needs_interval = true;
  }
  return tag_needs_interval ? BadSet(text) : Status::Ok();
}

struct OneGtid {
  GtidSet::Sid sid;
  uint64_t gno = 0;
};

std::optional<OneGtid> ParseOneGtid(std::string_view text) {
  OneGtid gtid;
  std::string_view rest = text;
  if (!ParseUuid(TakePart(&rest, ':'), &gtid.sid.uuid)) {
    return std::nullopt;
  }
  std::string_view last = TakePart(&rest, ':');
  if (!rest.empty()) {
    auto tag = ParseTag(last);
    if (!tag) {
      return std::nullopt;
    }
    gtid.sid.tag = *std::move(tag);
    last = Trim(rest);
  }
  const auto gno = ParseNumber(last);
  if (!gno || *gno == 0 || *gno > kMaxGno) {
    return std::nullopt;
  }
  gtid.gno = *gno;
  return gtid;
}

}  // namespace

Result<GtidSet> GtidSet::Parse(std::string_view text) {
  GtidSet set;
  while (!text.empty()) {
    const std::string_view part = TakePart(&text, ',');
    if (!part.empty()) {  // the server itself accepts stray commas
      BINSEEK_RETURN_IF_ERROR(ParseOneSid(part, &set));
    }
  }
  return set;
}

std::string GtidSet::ToString() const {
  std::string text;
  const Sid* previous = nullptr;
  for (const auto& [sid, intervals] : sids_) {
    if (previous == nullptr || previous->uuid != sid.uuid) {
      if (previous != nullptr) {
        text.push_back(',');
      }
      AppendUuid(sid.uuid, &text);
    }
    if (!sid.tag.empty()) {
      text += ":" + sid.tag;
    }
    for (const auto& [first, end] : intervals) {
      text += ":" + std::to_string(first);
      if (end - first > 1) {
        text += "-" + std::to_string(end - 1);
      }
    }
    previous = &sid;
  }
  return text;
}

void GtidSet::Add(const Sid& sid, uint64_t first, uint64_t end) {
  if (first >= end) {
    return;
  }
  Intervals& intervals = sids_[sid];
  // The first interval that touches or follows the new one; intervals up to `to` are swallowed by it.
  auto from =
      std::lower_bound(intervals.begin(), intervals.end(), first,
                       [](const auto& interval, uint64_t v) { return interval.second < v; });
  auto to = from;
  while (to != intervals.end() && to->first <= end) {
    first = std::min(first, to->first);
    end = std::max(end, to->second);
    ++to;
  }
  if (from == to) {
    intervals.insert(from, {first, end});
    return;
  }
  *from = {first, end};
  intervals.erase(from + 1, to);
}

Status GtidSet::AddGtid(std::string_view gtid) {
  const auto parsed = ParseOneGtid(gtid);
  if (!parsed) {
    return BadSet(gtid);
  }
  Add(parsed->sid, parsed->gno, parsed->gno + 1);
  return Status::Ok();
}

void GtidSet::Union(const GtidSet& other) {
  for (const auto& [sid, intervals] : other.sids_) {
    for (const auto& [first, end] : intervals) {
      Add(sid, first, end);
    }
  }
}

bool GtidSet::Contains(const Sid& sid, uint64_t gno) const {
  const auto found = sids_.find(sid);
  if (found == sids_.end()) {
    return false;
  }
  const auto interval =
      std::upper_bound(found->second.begin(), found->second.end(), gno,
                       [](uint64_t v, const auto& candidate) { return v < candidate.second; });
  return interval != found->second.end() && interval->first <= gno;
}

bool GtidSet::ContainsGtid(std::string_view gtid) const {
  const auto parsed = ParseOneGtid(gtid);
  return parsed && Contains(parsed->sid, parsed->gno);
}

bool GtidSet::Contains(const GtidSet& subset) const { return subset.Subtract(*this).empty(); }

GtidSet GtidSet::Subtract(const GtidSet& other) const {
  GtidSet rest;
  for (const auto& [sid, intervals] : sids_) {
    const auto found = other.sids_.find(sid);
    if (found == other.sids_.end()) {
      rest.sids_[sid] = intervals;
      continue;
    }
    auto hole = found->second.begin();
    const auto holes_end = found->second.end();
    for (auto [first, end] : intervals) {
      while (hole != holes_end && hole->second <= first) {
        ++hole;
      }
      // `hole` stays where it reaches into the next interval.
      for (auto cut = hole; cut != holes_end && cut->first < end; ++cut) {
        rest.Add(sid, first, std::max(first, cut->first));
        first = std::min(end, cut->second);
      }
      rest.Add(sid, first, end);
    }
  }
  return rest;
}

std::string GtidSet::EncodeWire() const {
  const bool tagged = std::any_of(sids_.begin(), sids_.end(),
                                  [](const auto& entry) { return !entry.first.tag.empty(); });
  std::string out;
  PutU64(&out, tagged ? kTaggedFormat | static_cast<uint64_t>(sids_.size()) << 8 : sids_.size());
  for (const auto& [sid, intervals] : sids_) {
    out.append(reinterpret_cast<const char*>(sid.uuid.data()), sid.uuid.size());
    if (tagged) {
      out.push_back(static_cast<char>(sid.tag.size() << 1));
      out += sid.tag;
    }
    PutU64(&out, intervals.size());
    for (const auto& [first, end] : intervals) {
      PutU64(&out, first);
      PutU64(&out, end);
    }
  }
  return out;
}

Result<GtidSet> GtidSet::DecodeWire(std::string_view bytes) {
  ByteReader reader(bytes);
  GtidSet set;
  uint64_t sids = reader.U64();
  const bool tagged = sids >> 56 == 1;
  if (tagged) {
    sids = sids >> 8 & ((uint64_t{1} << 48) - 1);
  }
  for (uint64_t i = 0; i < sids && reader.ok(); ++i) {
    Sid sid;
    const std::string_view uuid = reader.Bytes(sid.uuid.size());
    std::copy(uuid.begin(), uuid.end(), sid.uuid.begin());
    if (tagged) {
      const std::string_view tag = reader.Bytes(reader.U8() >> 1);
      if (tag.size() > kMaxTagLength) {
        reader.Fail("tag too long");
      }
      sid.tag.assign(tag);
    }
    const uint64_t intervals = reader.U64();
    for (uint64_t k = 0; k < intervals && reader.ok(); ++k) {
      const uint64_t first = reader.U64();
      const uint64_t end = reader.U64();
      if (reader.ok() && (first == 0 || end <= first || end > kMaxGno + 1)) {
        reader.Fail("bad interval");
      }
      if (reader.ok()) {
        set.Add(sid, first, end);
      }
    }
  }
  BINSEEK_RETURN_IF_ERROR(reader.status("GTID set"));
  return set;
}

}  // namespace binseek::change
