// How much memory this process may have: the machine's, or what a control group above it allows, whichever is less.
//
// Thread-safe. Read anew at every call.
#ifndef BINSEEK_ENGINE_BASE_SYSTEM_MEMORY_H_
#define BINSEEK_ENGINE_BASE_SYSTEM_MEMORY_H_

#include <cstdint>
#include <string>

namespace binseek {

// 0 where the system does not say. `root` stands before /proc and /sys; another than the default is for tests.
uint64_t SystemMemoryBytes(const std::string& root = "");

}  // namespace binseek

#endif  // BINSEEK_ENGINE_BASE_SYSTEM_MEMORY_H_
