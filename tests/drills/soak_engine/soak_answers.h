// What readers of the soak ask a view: sums, counts, facets, top hits, stored documents. One text, so that two answers are easily compared.
//
// Thread-safe: free functions on immutable views. Cost: several searches over all documents.
#ifndef BINSEEK_TESTS_DRILLS_SOAK_ENGINE_SOAK_ANSWERS_H_
#define BINSEEK_TESTS_DRILLS_SOAK_ENGINE_SOAK_ANSWERS_H_

#include <cstdint>
#include <string>

#include "engine/base/result.h"
#include "engine/index/engine_view.h"

namespace binseek::soak {

struct Totals {
  uint64_t documents = 0;
  int64_t stock = 0;
};

// Over both indices, in one search.
Result<Totals> ReadTotals(const index::EngineView& view);

// A line per answer, the same for equal documents wherever they lie; the stored form of every `stride`-th of `documents` documents is among them.
Result<std::string> ReadAnswers(const index::EngineView& view, uint32_t documents, uint32_t stride);

// Hits by score: those depend on how documents lie in segments, so they stay the same within one view only.
Result<std::string> ReadBestHits(const index::EngineView& view);

// "" where equal, else the first line that differs, in both.
std::string FirstDifference(const std::string& before, const std::string& now);

}  // namespace binseek::soak

#endif  // BINSEEK_TESTS_DRILLS_SOAK_ENGINE_SOAK_ANSWERS_H_
