// SeededTest: the fixture of every random test. Prints the seed and a line that repeats the run
// when a test fails.
//
// BINSEEK_SEED sets the seed (default: drawn anew), BINSEEK_TEST_SCALE multiplies iterations
// (default 1).
#ifndef BINSEEK_TESTS_SUPPORT_SEEDED_TEST_H_
#define BINSEEK_TESTS_SUPPORT_SEEDED_TEST_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

namespace binseek::test {

class SeededTest : public ::testing::Test {
 public:
  SeededTest();
  ~SeededTest() override;

 protected:
  uint64_t seed() const { return seed_; }
  std::mt19937_64& random() { return random_; }
  // A number in [0, limit). REQUIRES: limit > 0.
  uint64_t Uniform(uint64_t limit) { return random_() % limit; }
  bool OneIn(uint64_t n) { return Uniform(n) == 0; }
  std::string RandomBytes(size_t max_size);
  static uint64_t Iterations(uint64_t base);

 private:
  uint64_t seed_;
  std::mt19937_64 random_;
};

}  // namespace binseek::test

#endif  // BINSEEK_TESTS_SUPPORT_SEEDED_TEST_H_
