// PacedWriter: writes in the background at a given rate, for what is measured meanwhile.
//
// Owns its thread; the destructor stops it. Borrows the ShopEngine. A writer that falls behind catches up as fast as it can; what it reached is in
// its report. Errors of a write come out of Stop.
#ifndef BINSEEK_TESTS_BENCH_ENGINE_BENCH_PACED_WRITER_H_
#define BINSEEK_TESTS_BENCH_ENGINE_BENCH_PACED_WRITER_H_

#include <atomic>
#include <cstdint>
#include <thread>

#include "engine/base/result.h"
#include "tests/bench/engine_bench/measure.h"
#include "tests/bench/engine_bench/shop_engine.h"

namespace binseek::bench {

class PacedWriter {
 public:
  // Ten rows a batch for columns, one for texts.
  enum class Kind : uint8_t { kColumns, kTexts };

  PacedWriter(ShopEngine* shop, Kind kind, double rows_per_second);
  ~PacedWriter();
  PacedWriter(const PacedWriter&) = delete;
  PacedWriter& operator=(const PacedWriter&) = delete;

  // rows_per_second as reached, longest_gap_ms between publishes, of the time since the start.
  Result<Report> Stop();

 private:
  void Run();

  ShopEngine* const shop_;
  const Kind kind_;
  const double rows_per_second_;
  const Stopwatch since_;
  std::atomic<bool> stop_{false};
  uint64_t rows_ = 0;  // of the thread, until it is joined
  double seconds_ = 0;
  Status status_;
  std::thread thread_;
};

}  // namespace binseek::bench

#endif  // BINSEEK_TESTS_BENCH_ENGINE_BENCH_PACED_WRITER_H_
