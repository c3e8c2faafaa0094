// CheckDirectory: verifies every byte of a data directory that the manifest names, and of the translog behind it. Behind `binseek check`.
//
// Reads only; takes no lock, so it must not run beside an engine that writes the directory.
#ifndef BINSEEK_ENGINE_INDEX_CHECK_INDEX_H_
#define BINSEEK_ENGINE_INDEX_CHECK_INDEX_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/store/directory.h"

namespace binseek::index {

struct CheckReport {
  uint64_t generation = 0;
  uint64_t indices = 0;
  uint64_t segments = 0;
  uint64_t live_docs = 0;
  uint64_t attached = 0;  // files of the engine's user
  uint64_t bytes = 0;
  uint64_t translog_records = 0;  // that a restart would apply
  uint64_t translog_bytes = 0;
  std::vector<std::string> problems;  // each names the file; empty: all is well
  std::vector<std::string> notes;     // what looks odd and is harmless, with the file too
};

// kNotFound: no commit there. Other trouble is in the report.
[[nodiscard]] Result<CheckReport> CheckDirectory(const store::Directory& directory);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_CHECK_INDEX_H_
