// Samples and the process's own costs. Thread-compatible.
#ifndef BINSEEK_TESTS_BENCH_ENGINE_BENCH_MEASURE_H_
#define BINSEEK_TESTS_BENCH_ENGINE_BENCH_MEASURE_H_

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace binseek::bench {

class Stopwatch {
 public:
  double Micros() const {
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start_)
        .count();
  }
  double Seconds() const { return Micros() / 1e6; }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

double CpuSeconds();          // of all threads, so far
double AnonymousMegabytes();  // resident and not backed by a file
void TrimHeap();              // what the allocator keeps for reuse goes back to the system

// The most of AnonymousMegabytes from its making to Stop, looked at every 5 ms by a thread of its own.
class PeakMemory {
 public:
  PeakMemory();
  ~PeakMemory() { Stop(); }
  PeakMemory(const PeakMemory&) = delete;
  PeakMemory& operator=(const PeakMemory&) = delete;
  double Stop();

 private:
  std::atomic<bool> stop_{false};
  double megabytes_ = 0;  // of the thread, until it is joined
  std::thread thread_;
};

// What a command answers: one line of JSON.
class Report {
 public:
  Report& Add(std::string_view name, double value);
  // mean_us, p50_us, p99_us, max_us. REQUIRES: not empty.
  Report& AddLatencies(std::vector<double> micros);
  std::string ToJson() const { return "{" + members_ + "}"; }

 private:
  std::string members_;
};

// Matches of low <= value <= high in a plain array: what a scan of a column is held against. As wide as the processor allows.
uint64_t CountBetween(const std::vector<int64_t>& values, int64_t low, int64_t high);
uint64_t CountBetween(const std::vector<int32_t>& values, int32_t low, int32_t high);

}  // namespace binseek::bench

#endif  // BINSEEK_TESTS_BENCH_ENGINE_BENCH_MEASURE_H_
