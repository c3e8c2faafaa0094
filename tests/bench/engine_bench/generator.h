// Generator: seeded randomness with the skews of a shop. Single-threaded.
#ifndef BINSEEK_TESTS_BENCH_ENGINE_BENCH_GENERATOR_H_
#define BINSEEK_TESTS_BENCH_ENGINE_BENCH_GENERATOR_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace binseek::bench {

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  uint64_t Below(uint64_t limit) { return engine_() % limit; }
  double Unit() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  int64_t Price();  // cents, log-normal around 50.00
  int64_t Stock();  // skewed, often 0
  uint64_t Next() { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

// Ranks from 0, rank r about (r + 1)^-exponent as often as rank 0.
class Zipf {
 public:
  Zipf(size_t ranks, double exponent);
  size_t Draw(Random* random) const;

 private:
  std::vector<double> cumulative_;
};

// The word of a rank, the same in every run; frequent ranks have short English words. Chinese ones are of two characters.
std::string EnglishWord(size_t rank);
std::string ChineseWord(size_t rank);

}  // namespace binseek::bench

#endif  // BINSEEK_TESTS_BENCH_ENGINE_BENCH_GENERATOR_H_
