// IP addresses as 16 bytes in network order, IPv4 within ::ffff:0:0/96: the bytes' order is the addresses'.
//
// Thread-safe free functions. Errors: kInvalidArgument in Elasticsearch's words.
#ifndef BINSEEK_ENGINE_MAPPING_IP_H_
#define BINSEEK_ENGINE_MAPPING_IP_H_

#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace binseek::mapping {

inline constexpr size_t kIpBytes = 16;

Result<std::string> ParseIp(std::string_view text);
// Dotted for IPv4, else RFC 5952. REQUIRES: kIpBytes bytes; others give their text as it is.
std::string FormatIp(std::string_view bytes);

// First and last address of "10.0.0.0/8".
struct IpBlock {
  std::string first{};
  std::string last{};
};
Result<IpBlock> ParseCidr(std::string_view text);

// The address before, or behind; false: there is none.
bool StepIp(std::string* bytes, bool up);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_IP_H_
