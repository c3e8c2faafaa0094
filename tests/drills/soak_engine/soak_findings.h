// Findings: what a soak has found wrong; each is printed at once as `DIFFERS text`, up to a number.
//
// Thread-safe.
#ifndef BINSEEK_TESTS_DRILLS_SOAK_ENGINE_SOAK_FINDINGS_H_
#define BINSEEK_TESTS_DRILLS_SOAK_ENGINE_SOAK_FINDINGS_H_

#include <cstdint>
#include <cstdio>
#include <string>

#include "engine/base/mutex.h"
#include "engine/base/status.h"

namespace binseek::soak {

class Findings {
 public:
  void Add(const std::string& text) {
    const MutexLock lock(&mutex_);
    if (++count_ <= kShown) {
      std::printf("DIFFERS %s\n", text.c_str());
      std::fflush(stdout);
    }
  }
  // Adds an error under the name of what was tried; returns whether there was none.
  bool ExpectOk(const Status& status, const std::string& what) {
    if (!status.ok()) {
      Add(what + ": " + status.ToString());
    }
    return status.ok();
  }
  uint64_t count() const {
    const MutexLock lock(&mutex_);
    return count_;
  }

 private:
  static constexpr uint64_t kShown = 40;

  mutable Mutex mutex_;  // leaf lock
  uint64_t count_ BINSEEK_GUARDED_BY(mutex_) = 0;
};

}  // namespace binseek::soak

#endif  // BINSEEK_TESTS_DRILLS_SOAK_ENGINE_SOAK_FINDINGS_H_
