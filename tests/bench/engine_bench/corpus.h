// Corpus: the synthetic shop that both sides of the engine's bench read, and the texts that both look for.
//
// One product a line, tab-separated: id, title, brand, category, price in cents, stock, updated_at in microseconds, rating * 10. Titles mix
// Chinese and English words of Zipf frequency; prices are log-normal. All from one seed.
// A query a line: a text of two terms that stand together in some title, and bounds of a price range, in cents.
//
// Thread-safe once open. Views borrow from the corpus. Errors: kIoError, kInvalidArgument for a file that is none.
#ifndef BINSEEK_TESTS_BENCH_ENGINE_BENCH_CORPUS_H_
#define BINSEEK_TESTS_BENCH_ENGINE_BENCH_CORPUS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/store/directory.h"

namespace binseek::bench {

struct Row {
  std::string_view id;
  std::string_view title;
  std::string_view brand;
  std::string_view category;
  int64_t price_cents = 0;
  int64_t stock = 0;
  int64_t updated_at_us = 0;
  int64_t rating_tenths = 0;
};

struct TextQuery {
  std::string text;
  int64_t low_cents = 0;
  int64_t high_cents = 0;
};

inline constexpr char kCorpusFile[] = "products.tsv";
inline constexpr char kQueriesFile[] = "queries.tsv";

// Writes both files into `folder`.
Status GenerateCorpus(const std::string& folder, uint64_t docs, uint64_t seed);

class Corpus {
 public:
  // Maps the products and touches every page of them, so that no read of a Row waits for a disk.
  static Result<Corpus> Open(const std::string& folder);

  size_t size() const { return starts_.size() - 1; }
  Row at(size_t number) const;
  const std::vector<TextQuery>& queries() const { return queries_; }

 private:
  std::shared_ptr<const store::MappedFile> file_;
  std::vector<uint64_t> starts_;  // of each line, and the end
  std::vector<TextQuery> queries_;
};

}  // namespace binseek::bench

#endif  // BINSEEK_TESTS_BENCH_ENGINE_BENCH_CORPUS_H_
