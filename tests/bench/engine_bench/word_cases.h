// Queries of `./dev bench search`: words of the titles by how many documents have them. Free functions; thread-safe.
//
// A class is MODE/OPERATOR/BAND: top10, top100, top1000, top100count, count or page (shop_page.h); term, and, or, plus (+a b c), not (a -b), range (a b in a
// price range), prefix (of three letters), fuzzy1, fuzzy2 (of a misspelt word), shop (shop_page.h) or phrase; high, mid or low, and for phrases pairs (the
// corpus' own queries). Both sides choose the same words: by rank, the most frequent first, equal ones by their bytes.
#ifndef BINSEEK_TESTS_BENCH_ENGINE_BENCH_WORD_CASES_H_
#define BINSEEK_TESTS_BENCH_ENGINE_BENCH_WORD_CASES_H_

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/search/searcher.h"
#include "tests/bench/engine_bench/corpus.h"

namespace binseek::bench {

// Whether it names one of these classes.
bool IsWordClass(const std::string& query_class);
// kInvalidArgument: no such class, or too few words.
Result<std::vector<search::SearchRequest>> MakeWordRequests(const index::IndexView& index,
                                                            const Corpus& corpus,
                                                            const std::string& query_class);

}  // namespace binseek::bench

#endif  // BINSEEK_TESTS_BENCH_ENGINE_BENCH_WORD_CASES_H_
