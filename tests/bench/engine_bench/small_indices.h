// A thousand small indices in one engine: what each takes in memory, and how long they take to open.
#ifndef BINSEEK_TESTS_BENCH_ENGINE_BENCH_SMALL_INDICES_H_
#define BINSEEK_TESTS_BENCH_ENGINE_BENCH_SMALL_INDICES_H_

#include <cstdint>
#include <string>

#include "engine/base/result.h"
#include "tests/bench/engine_bench/corpus.h"
#include "tests/bench/engine_bench/measure.h"

namespace binseek::bench {

// Makes `count` indices of 20 products each in an empty folder, commits, updates a product of each, and opens the folder again: written_kb_each and opened_kb_each of
// anonymous memory, open_seconds, threads (that the engine has with all of them open).
[[nodiscard]] Result<Report> MeasureSmallIndices(const Corpus& corpus, const std::string& folder,
                                                 uint64_t count);

}  // namespace binseek::bench

#endif  // BINSEEK_TESTS_BENCH_ENGINE_BENCH_SMALL_INDICES_H_
