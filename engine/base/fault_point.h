// Fault points: named places where a test makes the program fail or die.
//
//   BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("commit.before_rename"));
//
// A point gives OK until it is armed; then it gives an error of its own (kIoError that names the point), or ends the process at
// once with exit status 137, as kill -9 would: nothing is flushed, no destructor runs. Armed by a test through Arm, or from
// outside by the environment variable BINSEEK_FAULTS, read at the first point that is passed. A spec is a list:
//
//   commit.before_rename=kill@3;store.sync=error@1+
//
// `@n`: at the n-th pass from now (default 1); `+`: and at every later one. Passes are counted, so that a test can tell which
// points it reached. Without BINSEEK_ENABLE_FAULTS (release) a point is an OK Status and no code.
// Thread-safe. A spec that cannot be read ends the process when it comes from the environment: a crash test must not pass unarmed.
#ifndef BINSEEK_ENGINE_BASE_FAULT_POINT_H_
#define BINSEEK_ENGINE_BASE_FAULT_POINT_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace binseek {

inline constexpr int kKilledExitStatus = 137;

class FaultPoints {
 public:
  // True where points were compiled in.
  static constexpr bool Enabled() {
#ifdef BINSEEK_ENABLE_FAULTS
    return true;
#else
    return false;
#endif
  }
  // Arms what `spec` names, in addition to what is armed; passes are counted from here. kInvalidArgument: nothing was armed.
  [[nodiscard]] static Status Arm(std::string_view spec);
  // Disarms all, forgets all counts.
  static void Reset();
  // Passes per point since the start or the last Reset; only points that were passed.
  static std::map<std::string, uint64_t> Passes();
  // What the macro calls.
  [[nodiscard]] static Status Pass(std::string_view name);
};

}  // namespace binseek

#ifdef BINSEEK_ENABLE_FAULTS
#define BINSEEK_FAULT_POINT(name) ::binseek::FaultPoints::Pass(name)
#else
#define BINSEEK_FAULT_POINT(name) ::binseek::Status::Ok()
#endif

#endif  // BINSEEK_ENGINE_BASE_FAULT_POINT_H_
