#include <charconv>

#include "sync/change/gtid_set.h"

namespace binseek::change {
namespace {

Status BadGtid(std::string_view text) {
  return Status::InvalidArgument("MariaDB GTID: cannot read \"" + std::string(text.substr(0, 80)) +
                                 "\"");
}

template <class Number>
bool TakeNumber(std::string_view* text, Number* number) {
  const char* end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, *number);
  if (parsed.ec != std::errc() || parsed.ptr == text->data()) {
    return false;
  }
  text->remove_prefix(static_cast<size_t>(parsed.ptr - text->data()));
  return true;
}

bool TakeDash(std::string_view* text) {
  if (text->empty() || text->front() != '-') {
    return false;
  }
  text->remove_prefix(1);
  return true;
}

bool TakeGtid(std::string_view* text, uint32_t* domain, MariadbGtidPosition::Last* last) {
  return TakeNumber(text, domain) && TakeDash(text) && TakeNumber(text, &last->server_id) &&
         TakeDash(text) && TakeNumber(text, &last->sequence);
}

void SkipBlanks(std::string_view* text) {
  const size_t first = text->find_first_not_of(" \t\r\n");
  text->remove_prefix(first == std::string_view::npos ? text->size() : first);
}

}  // namespace

Result<MariadbGtidPosition> MariadbGtidPosition::Parse(std::string_view text) {
  MariadbGtidPosition position;
  SkipBlanks(&text);
  while (!text.empty()) {
    uint32_t domain = 0;
    Last last;
    const std::string_view from_here = text;
    if (!TakeGtid(&text, &domain, &last)) {
      return BadGtid(from_here);
    }
    if (!position.domains_.emplace(domain, last).second) {
      return Status::InvalidArgument("MariaDB GTID position: domain " + std::to_string(domain) +
                                     " comes twice");
    }
    SkipBlanks(&text);
    if (!text.empty()) {
      if (text.front() != ',') {
        return BadGtid(from_here);
      }
      text.remove_prefix(1);
      SkipBlanks(&text);
    }
  }
  return position;
}

std::string MariadbGtidPosition::ToString() const {
  std::string text;
  for (const auto& [domain, last] : domains_) {
    text += (text.empty() ? "" : ",") + std::to_string(domain) + "-" +
            std::to_string(last.server_id) + "-" + std::to_string(last.sequence);
  }
  return text;
}

Status MariadbGtidPosition::AddGtid(std::string_view gtid) {
  uint32_t domain = 0;
  Last last;
  std::string_view rest = gtid;
  if (!TakeGtid(&rest, &domain, &last) || !rest.empty()) {
    return BadGtid(gtid);
  }
  domains_[domain] = last;
  return Status::Ok();
}

bool MariadbGtidPosition::Contains(const MariadbGtidPosition& other) const {
  for (const auto& [domain, last] : other.domains_) {
    const auto found = domains_.find(domain);
    if (found == domains_.end() || found->second.sequence < last.sequence) {
      return false;
    }
  }
  return true;
}

}  // namespace binseek::change
