// ShopEngine: an engine over one directory with the shop's index, and the writes that the bench times.
//
// Thread-safe but for Open and Close. Borrows the corpus. Versions grow over all writes of a process, and over reopening too, since they start at the time of day.
#ifndef BINSEEK_TESTS_BENCH_ENGINE_BENCH_SHOP_ENGINE_H_
#define BINSEEK_TESTS_BENCH_ENGINE_BENCH_SHOP_ENGINE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/index/engine.h"
#include "tests/bench/engine_bench/corpus.h"
#include "tests/bench/engine_bench/shop.h"

namespace binseek::bench {

// The longest time between two successive publishes, of whichever thread.
class PublishGap {
 public:
  void Reset();
  void Published();
  double longest_ms() const { return static_cast<double>(longest_ns_.load()) / 1e6; }

 private:
  std::atomic<int64_t> last_ns_{0};
  std::atomic<int64_t> longest_ns_{0};
};

class ShopEngine {
 public:
  static Result<std::unique_ptr<ShopEngine>> Open(const Corpus* corpus, const std::string& folder);

  // Creates the index, upserts the whole corpus in batches of a snapshot's chunk, and commits, so often on the way. One thread makes documents, one applies.
  Status Build(size_t commits);
  size_t segments() const;

  // Updates price, stock and updated_at of `rows` random products.
  index::Batch MakeColumnUpdates(size_t rows, Random* random);
  // Replaces `rows` random products, each with the title of another.
  index::Batch MakeTextUpserts(size_t rows, Random* random);
  // kInternal where an operation had no effect, but for one that a later write of another thread overtook.
  Status Apply(const index::Batch& batch);

  index::Engine* engine() { return engine_.get(); }
  const Corpus& corpus() const { return *corpus_; }
  PublishGap& gap() { return gap_; }

 private:
  ShopEngine(const Corpus* corpus, std::unique_ptr<index::Engine> engine);
  Status FindIndex();
  index::Batch MakeChunk(size_t first, size_t end) const;

  const Corpus* const corpus_;
  const std::unique_ptr<index::Engine> engine_;
  index::IndexId index_{};  // constant after Open or Build
  ShopFields fields_;
  std::atomic<int64_t> version_;
  PublishGap gap_;
};

}  // namespace binseek::bench

#endif  // BINSEEK_TESTS_BENCH_ENGINE_BENCH_SHOP_ENGINE_H_
