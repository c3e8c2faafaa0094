#include "api/descriptor_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace binseek::api {
namespace {

// For segments and their columns, the log, the state store, connections to sources.
constexpr uint64_t kMostReserved = 512;

}  // namespace

uint64_t RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return UINT64_MAX;
  }
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  const rlim_t now = setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : before;
  return now == RLIM_INFINITY ? UINT64_MAX : now;
}

size_t ConnectionsWithin(size_t wanted, uint64_t descriptor_limit) {
  const uint64_t reserved = std::min(kMostReserved, descriptor_limit / 2);
  const uint64_t most = std::max<uint64_t>(1, descriptor_limit - reserved);
  return static_cast<size_t>(std::min<uint64_t>(wanted, most));
}

}  // namespace binseek::api
