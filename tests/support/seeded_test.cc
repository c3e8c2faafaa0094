#include "tests/support/seeded_test.h"

#include <cstdio>
#include <cstdlib>

namespace binseek::test {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

SeededTest::SeededTest()
    : seed_(FromEnvironment("BINSEEK_SEED", std::random_device()())), random_(seed_) {
  RecordProperty("seed", std::to_string(seed_));
}

SeededTest::~SeededTest() {
  if (HasFailure()) {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    std::printf("repeat with: BINSEEK_SEED=%llu %s --gtest_filter=%s.%s\n",
                static_cast<unsigned long long>(seed_), program_invocation_name,
                info->test_suite_name(), info->name());
  }
}

std::string SeededTest::RandomBytes(size_t max_size) {
  std::string out(Uniform(max_size + 1), '\0');
  for (char& c : out) {
    c = static_cast<char>(Uniform(256));
  }
  return out;
}

uint64_t SeededTest::Iterations(uint64_t base) {
  return base * FromEnvironment("BINSEEK_TEST_SCALE", 1);
}

}  // namespace binseek::test
