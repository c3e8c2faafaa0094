// SoakWriter: the one writer of the soak: transactions of column updates, text upserts, deletes and moves, at a pace, and the ledger of
// what they have made of each document.
//
// Run belongs to one thread; rows() and epoch() may be read by others. Borrows engine and findings.
#ifndef BINSEEK_TESTS_DRILLS_SOAK_ENGINE_SOAK_WRITER_H_
#define BINSEEK_TESTS_DRILLS_SOAK_ENGINE_SOAK_WRITER_H_

#include <atomic>
#include <cstdint>
#include <random>
#include <stop_token>
#include <vector>

#include "tests/drills/soak_engine/soak_findings.h"
#include "tests/drills/soak_engine/soak_shop.h"

namespace binseek::soak {

class SoakWriter {
 public:
  SoakWriter(index::Engine* engine, Findings* findings, IndexIds ids, uint64_t seed)
      : engine_(engine), findings_(findings), ids_(ids), random_(seed) {}

  // Writes `documents` new ones, half into each index.
  void Load(uint32_t documents);
  // Until stopped, or an Apply has failed.
  void Run(const std::stop_token& stop, uint64_t rows_per_second);

  // REQUIRES: Run has returned.
  const Ledger& ledger() const { return ledger_; }
  // Of each Apply, in microseconds, sorted. REQUIRES: as above.
  std::vector<uint32_t> SortedLatencies() const;
  uint64_t rows() const { return rows_.load(std::memory_order_relaxed); }
  uint32_t TakeLongestMicros() { return longest_micros_.exchange(0); }

 private:
  uint64_t Uniform(uint64_t limit) { return random_() % limit; }
  Entry& Touch(uint32_t document);
  void Transaction();
  void Transfer(index::Batch* batch);
  void Rewrite(index::Batch* batch);
  void MoveOrReplace(index::Batch* batch);
  bool Apply(const index::Batch& batch);

  index::Engine* const engine_;
  Findings* const findings_;
  const IndexIds ids_;
  std::mt19937_64 random_;
  Ledger ledger_;
  int64_t version_ = 0;
  std::vector<uint32_t> latencies_;
  std::atomic<uint64_t> rows_ = 0;
  std::atomic<uint32_t> longest_micros_ = 0;
  bool failed_ = false;
};

}  // namespace binseek::soak

#endif  // BINSEEK_TESTS_DRILLS_SOAK_ENGINE_SOAK_WRITER_H_
