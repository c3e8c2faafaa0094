#include "engine/mapping/ip.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>

namespace binseek::mapping {
namespace {

constexpr size_t kGroups = 8;
constexpr char kMapped[] = "\0\0\0\0\0\0\0\0\0\0\xff\xff";
constexpr size_t kMappedBytes = 12;

Status NotAnIp(std::string_view text) {
  return Status::InvalidArgument("'" + std::string(text.substr(0, 100)) +
                                 "' is not an IP string literal.");
}

// Four numbers below 256, without leading zeros.
std::optional<std::string> ParseV4(std::string_view text) {
  std::string out;
  for (int i = 0; i < 4; ++i) {
    const std::string_view part = text.substr(0, text.find('.'));
    unsigned value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (part.empty() || part.size() > 3 || error != std::errc() ||
        end != part.data() + part.size() || value > 255 || (part.size() > 1 && part[0] == '0')) {
      return std::nullopt;
    }
    out.push_back(static_cast<char>(value));
    text.remove_prefix(part.size());
    if ((i < 3) != text.starts_with('.')) {
      return std::nullopt;
    }
    text.remove_prefix(i < 3 ? 1 : 0);
  }
  return text.empty() ? std::optional<std::string>(out) : std::nullopt;
}

// Groups on one side of "::", the last of which may be an IPv4 address.
bool ParseGroups(std::string_view text, std::string* out) {
  while (!text.empty()) {
    const size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    if (colon == std::string_view::npos && part.find('.') != std::string_view::npos) {
      const auto v4 = ParseV4(part);
      out->append(v4.value_or(""));
      return v4.has_value();
    }
    unsigned value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value, 16);
    if (part.empty() || part.size() > 4 || error != std::errc() ||
        end != part.data() + part.size()) {
      return false;
    }
    out->push_back(static_cast<char>(value >> 8));
    out->push_back(static_cast<char>(value & 0xff));
    if (colon == std::string_view::npos) {
      return true;
    }
    text.remove_prefix(colon + 1);
    if (text.empty()) {
      return false;
    }
  }
  return true;
}

std::optional<std::string> ParseV6(std::string_view text) {
  std::string head;
  std::string tail;
  const size_t gap = text.find("::");
  if (!ParseGroups(text.substr(0, gap), &head) || head.size() > kIpBytes) {
    return std::nullopt;
  }
  if (gap == std::string_view::npos) {
    return head.size() == kIpBytes ? std::optional<std::string>(head) : std::nullopt;
  }
  if (!ParseGroups(text.substr(gap + 2), &tail) || head.size() + tail.size() >= kIpBytes) {
    return std::nullopt;
  }
  return head + std::string(kIpBytes - head.size() - tail.size(), '\0') + tail;
}

}  // namespace

Result<std::string> ParseIp(std::string_view text) {
  if (text.size() > 45) {
    return NotAnIp(text);
  }
  if (text.find(':') == std::string_view::npos) {
    const auto v4 = ParseV4(text);
    if (!v4) {
      return NotAnIp(text);
    }
    return std::string(kMapped, kMappedBytes) + *v4;
  }
  const auto v6 = ParseV6(text);
  if (!v6) {
    return NotAnIp(text);
  }
  return *v6;
}

std::string FormatIp(std::string_view bytes) {
  if (bytes.size() != kIpBytes) {
    return std::string(bytes);
  }
  const auto byte = [&](size_t i) { return static_cast<unsigned>(static_cast<uint8_t>(bytes[i])); };
  char buffer[24];
  if (bytes.starts_with(std::string_view(kMapped, kMappedBytes))) {
    std::snprintf(buffer, sizeof(buffer), "%u.%u.%u.%u", byte(12), byte(13), byte(14), byte(15));
    return buffer;
  }
  std::array<unsigned, kGroups> groups{};
  for (size_t i = 0; i < kGroups; ++i) {
    groups[i] = byte(2 * i) << 8 | byte(2 * i + 1);
  }
  // The longest run of zeros, of two groups at least, the first one of its length.
  size_t best = 0;
  size_t best_length = 1;
  for (size_t i = 0; i < kGroups; ++i) {
    size_t length = 0;
    while (i + length < kGroups && groups[i + length] == 0) {
      ++length;
    }
    if (length > best_length) {
      best = i;
      best_length = length;
    }
  }
  std::string out;
  for (size_t i = 0; i < kGroups; ++i) {
    if (best_length > 1 && i == best) {
      out.append("::");
      i += best_length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') {
      out.push_back(':');
    }
    std::snprintf(buffer, sizeof(buffer), "%x", groups[i]);
    out.append(buffer);
  }
  return out;
}

Result<IpBlock> ParseCidr(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string_view length_text =
      slash == std::string_view::npos ? "" : text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] =
      std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
  if (slash == std::string_view::npos || length_text.empty() || error != std::errc() ||
      end != length_text.data() + length_text.size()) {
    return Status::InvalidArgument("Expected [ip/prefix] but was [" +
                                   std::string(text.substr(0, 100)) + "]");
  }
  const std::string_view address = text.substr(0, slash);
  BINSEEK_ASSIGN_OR_RETURN(std::string bytes, ParseIp(address));
  const bool v4 = address.find(':') == std::string_view::npos;
  if (length > (v4 ? 32 : 128)) {
    return Status::InvalidArgument("Illegal prefix length [" + std::to_string(length) + "] in [" +
                                   std::string(text.substr(0, 100)) + "]. Must be 0-32 for IPv4 " +
                                   "ranges, 0-128 for IPv6 ranges");
  }
  const size_t fixed = length + (v4 ? kMappedBytes * 8 : 0);
  IpBlock block{bytes, bytes};
  for (size_t bit = fixed; bit < kIpBytes * 8; ++bit) {
    const auto mask = static_cast<uint8_t>(0x80U >> (bit % 8));
    block.first[bit / 8] = static_cast<char>(static_cast<uint8_t>(block.first[bit / 8]) & ~mask);
    block.last[bit / 8] = static_cast<char>(static_cast<uint8_t>(block.last[bit / 8]) | mask);
  }
  return block;
}

bool StepIp(std::string* bytes, bool up) {
  const char end = up ? '\xff' : '\0';
  const size_t last = bytes->find_last_not_of(end);
  if (last == std::string::npos) {
    return false;
  }
  (*bytes)[last] = static_cast<char>((*bytes)[last] + (up ? 1 : -1));
  std::fill(bytes->begin() + static_cast<std::ptrdiff_t>(last) + 1, bytes->end(),
            up ? '\0' : '\xff');
  return true;
}

}  // namespace binseek::mapping
