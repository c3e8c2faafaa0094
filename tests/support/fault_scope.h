// FaultScope: arms fault points for the life of a block, and tells how often they were passed in it.
//
//   FaultScope faults("commit.before_rename=error@1");
//
// One at a time in a process. Without compiled-in fault points (FaultPoints::Enabled()) it has no effect.
#ifndef BINSEEK_TESTS_SUPPORT_FAULT_SCOPE_H_
#define BINSEEK_TESTS_SUPPORT_FAULT_SCOPE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/check.h"
#include "engine/base/fault_point.h"

namespace binseek::test {

class FaultScope {
 public:
  explicit FaultScope(std::string_view spec) {
    FaultPoints::Reset();
    BINSEEK_CHECK(FaultPoints::Arm(spec).ok(), spec);
  }
  ~FaultScope() { FaultPoints::Reset(); }
  FaultScope(const FaultScope&) = delete;
  FaultScope& operator=(const FaultScope&) = delete;

  static uint64_t passes(const std::string& point) {
    const auto all = FaultPoints::Passes();
    const auto it = all.find(point);
    return it == all.end() ? 0 : it->second;
  }
};

}  // namespace binseek::test

#endif  // BINSEEK_TESTS_SUPPORT_FAULT_SCOPE_H_
