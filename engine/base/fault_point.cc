#include "engine/base/fault_point.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/result.h"

namespace binseek {
namespace {

struct Fault {
  std::string point;
  bool kill = false;
  uint64_t passes_left = 1;  // fires when this reaches 0
  bool every_later = false;
};

Result<Fault> ParseFault(std::string_view text) {
  const auto invalid = [&] {
    return Status::InvalidArgument("fault \"" + std::string(text) +
                                   "\" is not of the form point=kill|error[@n[+]]");
  };
  Fault fault;
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return invalid();
  }
  fault.point = text.substr(0, equals);
  std::string_view action = text.substr(equals + 1);
  const size_t at = action.find('@');
  if (at != std::string_view::npos) {
    std::string_view number = action.substr(at + 1);
    fault.every_later = number.ends_with('+');
    number.remove_suffix(fault.every_later ? 1 : 0);
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), fault.passes_left);
    if (error != std::errc() || end != number.data() + number.size() || fault.passes_left == 0) {
      return invalid();
    }
    action = action.substr(0, at);
  }
  fault.kill = action == "kill";
  if (!fault.kill && action != "error") {
    return invalid();
  }
  return fault;
}

Result<std::vector<Fault>> ParseSpec(std::string_view spec) {
  std::vector<Fault> faults;
  while (!spec.empty()) {
    const size_t end = std::min(spec.find(';'), spec.size());
    if (end > 0) {
      BINSEEK_ASSIGN_OR_RETURN(Fault fault, ParseFault(spec.substr(0, end)));
      faults.push_back(std::move(fault));
    }
    spec.remove_prefix(std::min(end + 1, spec.size()));
  }
  return faults;
}

struct State {
  Mutex mutex;
  bool environment_read BINSEEK_GUARDED_BY(mutex) = false;
  std::vector<Fault> armed BINSEEK_GUARDED_BY(mutex);
  std::map<std::string, uint64_t> passes BINSEEK_GUARDED_BY(mutex);
};

State& TheState() {
  static auto* const kState = new State;  // threads may pass points until the very end
  return *kState;
}

void ReadEnvironment(State* state) BINSEEK_REQUIRES(state->mutex) {
  if (std::exchange(state->environment_read, true)) {
    return;
  }
  const char* spec = std::getenv("BINSEEK_FAULTS");
  if (spec == nullptr) {
    return;
  }
  Result<std::vector<Fault>> faults = ParseSpec(spec);
  if (!faults.ok()) {
    std::fprintf(stderr, "BINSEEK_FAULTS: %s\n", faults.status().ToString().c_str());
    std::abort();
  }
  state->armed.insert(state->armed.end(), faults->begin(), faults->end());
}

}  // namespace

Status FaultPoints::Arm(std::string_view spec) {
  BINSEEK_ASSIGN_OR_RETURN(const std::vector<Fault> faults, ParseSpec(spec));
  State& state = TheState();
  const MutexLock lock(&state.mutex);
  ReadEnvironment(&state);
  state.armed.insert(state.armed.end(), faults.begin(), faults.end());
  return Status::Ok();
}

void FaultPoints::Reset() {
  State& state = TheState();
  const MutexLock lock(&state.mutex);
  state.environment_read = true;  // what it armed is disarmed too
  state.armed.clear();
  state.passes.clear();
}

std::map<std::string, uint64_t> FaultPoints::Passes() {
  State& state = TheState();
  const MutexLock lock(&state.mutex);
  return state.passes;
}

Status FaultPoints::Pass(std::string_view name) {
  State& state = TheState();
  const MutexLock lock(&state.mutex);
  ReadEnvironment(&state);
  ++state.passes[std::string(name)];
  bool fails = false;
  for (Fault& fault : state.armed) {
    if (fault.point != name || fault.passes_left == 0 || --fault.passes_left > 0) {
      continue;
    }
    fault.passes_left = fault.every_later ? 1 : 0;
    if (fault.kill) {
      ::_exit(kKilledExitStatus);
    }
    fails = true;
  }
  return fails ? Status::IoError("fault point " + std::string(name)) : Status::Ok();
}

}  // namespace binseek
