// A run of the soak: loads a shop into a new directory, then writes, commits, reads and holds views for a time, looks at memory, and at
// the end compares everything with the ledger, before and after a restart.
//
// Prints a line of figures every few seconds, `DIFFERS ...` for what is wrong, and at the end one line of JSON.
#ifndef BINSEEK_TESTS_DRILLS_SOAK_ENGINE_SOAK_RUN_H_
#define BINSEEK_TESTS_DRILLS_SOAK_ENGINE_SOAK_RUN_H_

#include <cstdint>
#include <string>

namespace binseek::soak {

struct SoakOptions {
  std::string directory;
  double seconds = 60;
  double hold_seconds = 600;  // how long a view is held
  uint32_t documents = 400'000;
  uint64_t rows_per_second = 50'000;
  uint64_t readers = 2;
  uint64_t memory_limit_mb = 64;       // the engine's, for segments that are not on disk
  uint64_t anonymous_limit_mb = 1024;  // that the process may hold
  uint64_t seed = 1;
};

// Returns the number of differences.
uint64_t RunSoak(const SoakOptions& options);

}  // namespace binseek::soak

#endif  // BINSEEK_TESTS_DRILLS_SOAK_ENGINE_SOAK_RUN_H_
