// Floor: what a class of queries costs at the least, where all matches are looked at: bytes of its terms' postings, by the speed at which this machine reads memory.
//
// Postings and, where it scores, a norm per posting; positions where it is a phrase. Terms of patterns, numbers and what else is read are not in it, so it is no bound
// for those; and whoever passes over blocks by their bounds reads less. Single-threaded free function.
#ifndef BINSEEK_TESTS_BENCH_ENGINE_BENCH_FLOOR_H_
#define BINSEEK_TESTS_BENCH_ENGINE_BENCH_FLOOR_H_

#include <span>

#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/search/searcher.h"
#include "tests/bench/engine_bench/measure.h"

namespace binseek::bench {

// bytes: of a query, as the mean; floor_us: how long reading as many takes.
Result<Report> FloorOf(const index::EngineView& view, const index::IndexView& index,
                       std::span<const search::SearchRequest> requests);

}  // namespace binseek::bench

#endif  // BINSEEK_TESTS_BENCH_ENGINE_BENCH_FLOOR_H_
