// Which names an index may have (engine.h).
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/utf8.h"
#include "engine/index/engine.h"

namespace binseek::index {
namespace {

constexpr size_t kMaxNameBytes = 255;

Status InvalidName(std::string_view name, std::string_view why) {
  return Status::InvalidArgument("Invalid index name [" + std::string(name) + "], " +
                                 std::string(why));
}

}  // namespace

Status CheckIndexName(std::string_view name) {
  if (name.empty() || name == "." || name == "..") {
    return InvalidName(name, "must not be empty, '.' or '..'");
  }
  if (name.size() > kMaxNameBytes) {
    return InvalidName(name, "index name is too long, (" + std::to_string(name.size()) + " > 255)");
  }
  if (name[0] == '_' || name[0] == '-' || name[0] == '+') {
    return InvalidName(name, "must not start with '_', '-', or '+'");
  }
  if (name.find_first_of(" \"*\\<|,>/?#:") != std::string_view::npos) {
    return InvalidName(name,
                       "must not contain the following characters [' "
                       "','\"','*','\\','<','|',',','>','/','?','#',':']");
  }
  if (std::any_of(name.begin(), name.end(),
                  [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; })) {
    return InvalidName(name, "must not contain control characters");
  }
  if (!IsValidUtf8(name)) {
    return InvalidName(name, "must be UTF-8");
  }
  if (std::any_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) {
    return InvalidName(name, "must be lowercase");
  }
  return Status::Ok();
}

}  // namespace binseek::index
