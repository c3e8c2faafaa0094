#include "engine/base/system_memory.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <string_view>
#include <system_error>

namespace binseek {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

// The number that a file begins with; `max`, or no file: no limit.
uint64_t LimitIn(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  file >> text;
  uint64_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  return error == std::errc() && end != text.data() ? limit : kNoLimit;
}

// Of a group and all groups above it.
uint64_t LimitOfGroups(const std::string& mount, std::string group, const std::string& file) {
  uint64_t limit = LimitIn(mount + "/" + file);
  while (group.size() > 1) {
    limit = std::min(limit, LimitIn(std::string(mount).append(group).append("/").append(file)));
    group.resize(std::max<size_t>(group.rfind('/'), 1));
  }
  return limit;
}

// Lines of /proc/self/cgroup: number:controllers:group. Version 2 has no controllers, version 1 one hierarchy for memory.
uint64_t LimitOfControlGroups(const std::string& root) {
  std::ifstream file(root + "/proc/self/cgroup");
  uint64_t limit = kNoLimit;
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) {
      continue;
    }
    const std::string_view controllers =
        std::string_view(line).substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      limit = std::min(limit, LimitOfGroups(root + "/sys/fs/cgroup", group, "memory.max"));
    } else if (controllers.find("memory") != std::string_view::npos) {
      limit = std::min(
          limit, LimitOfGroups(root + "/sys/fs/cgroup/memory", group, "memory.limit_in_bytes"));
    }
  }
  return limit;
}

uint64_t MachineMemory(const std::string& root) {
  std::ifstream file(root + "/proc/meminfo");
  std::string name;
  uint64_t kilobytes = 0;
  for (std::string rest; file >> name >> kilobytes; std::getline(file, rest)) {
    if (name == "MemTotal:") {
      return kilobytes << 10;
    }
  }
  return kNoLimit;
}

}  // namespace

uint64_t SystemMemoryBytes(const std::string& root) {
  const uint64_t bytes = std::min(MachineMemory(root), LimitOfControlGroups(root));
  return bytes == kNoLimit ? 0 : bytes;
}

}  // namespace binseek
