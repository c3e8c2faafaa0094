#include "engine/codec/bit_packing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "tests/support/seeded_test.h"

namespace binseek::codec {
namespace {

// The definition, bit by bit.
template <class T>
std::vector<uint8_t> Reference(const std::vector<T>& values, uint32_t width) {
  std::vector<uint8_t> bytes(values.size() * width / 8);
  for (size_t i = 0; i < values.size() * width; ++i) {
    const uint64_t bit = values[i / width] >> (i % width) & 1;
    bytes[i / 8] = static_cast<uint8_t>(bytes[i / 8] | bit << (i % 8));
  }
  return bytes;
}

std::vector<const Kernels*> AllKernels() {
  std::vector<const Kernels*> all = {&internal::ScalarKernels()};
  for (const Kernels* kernels : {internal::Avx2Kernels(), internal::Avx512Kernels()}) {
    if (kernels != nullptr) {
      all.push_back(kernels);
    }
  }
  return all;
}

class BitPackingTest : public test::SeededTest {
 protected:
  template <class T>
  std::vector<T> Values(size_t count, uint32_t width) {
    std::vector<T> values(count);
    const uint64_t mask = width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1;
    for (T& value : values) {
      value = static_cast<T>(OneIn(4) ? mask : random()() & mask);
    }
    return values;
  }
};

// Exactly as many bytes on the heap as may be read, so that a sanitizer sees one too many.
std::unique_ptr<uint8_t[]> Exactly(const std::vector<uint8_t>& bytes, size_t pad, uint8_t filler) {
  auto copy = std::make_unique<uint8_t[]>(bytes.size() + pad);
  std::copy(bytes.begin(), bytes.end(), copy.get());
  std::fill_n(copy.get() + bytes.size(), pad, filler);
  return copy;
}

TEST_F(BitPackingTest, BlocksOf256EqualTheReferenceAtEveryWidth) {
  for (uint32_t width = 0; width <= 64; ++width) {
    const std::vector<uint64_t> values = Values<uint64_t>(kBlock256, width);
    const std::vector<uint8_t> expected = Reference(values, width);
    ASSERT_EQ(expected.size(), Block256Bytes(width));
    std::vector<uint8_t> packed(expected.size() + 1, 0xa5);
    PackBlock256(values.data(), width, packed.data());
    ASSERT_EQ(packed.back(), 0xa5) << width;
    packed.pop_back();
    ASSERT_EQ(packed, expected) << width;
    const auto bytes = Exactly(packed, 0, 0);
    for (const Kernels* kernels : AllKernels()) {
      std::vector<uint64_t> unpacked(kBlock256, 0xdead);
      kernels->unpack_block256(bytes.get(), width, unpacked.data());
      ASSERT_EQ(unpacked, values) << kernels->name << " width " << width;
    }
    for (uint32_t i = 0; i < kBlock256; ++i) {
      ASSERT_EQ(UnpackOne(bytes.get(), width, i), values[i]) << width << " at " << i;
    }
  }
}

TEST_F(BitPackingTest, NarrowBlocksAreMatchedAndExpandedAsTheyLie) {
  for (uint32_t width = 1; width <= kNarrowWidth; ++width) {
    const std::vector<uint64_t> values = Values<uint64_t>(kBlock256, width);
    std::vector<uint8_t> packed(Block256Bytes(width));
    PackBlock256(values.data(), width, packed.data());
    const uint64_t mask = (uint64_t{1} << width) - 1;
    for (const uint8_t filler : {uint8_t{0}, uint8_t{0xff}}) {
      const auto bytes = Exactly(packed, kBlock256Pad, filler);
      // Bounds that are values, next to values, the ends, or anything.
      const auto bound = [&] {
        const uint64_t near = OneIn(4) ? mask * Uniform(2) : values[Uniform(values.size())];
        return static_cast<uint32_t>((near + Uniform(3) - 1) & mask);
      };
      const auto [low, high] = std::minmax({bound(), bound()});
      const uint64_t base = random()();
      const uint64_t factor = OneIn(3) ? 1 : OneIn(2) ? random()() : 1 + Uniform(1000);
      for (const Kernels* kernels : AllKernels()) {
        std::vector<uint64_t> match(kBlock256 / 64, 0xdead);
        std::vector<uint64_t> expanded(kBlock256, 0xdead);
        kernels->match_block256(bytes.get(), width, low, high, match.data());
        kernels->expand_block256(bytes.get(), width, base, factor, expanded.data());
        for (uint32_t i = 0; i < kBlock256; ++i) {
          ASSERT_EQ(match[i / 64] >> i % 64 & 1, low <= values[i] && values[i] <= high ? 1u : 0u)
              << kernels->name << " width " << width << " at " << i;
          ASSERT_EQ(expanded[i], base + factor * values[i])
              << kernels->name << " width " << width << " at " << i;
        }
      }
    }
  }
}

TEST_F(BitPackingTest, CountsBits) {
  for (uint64_t round = 0; round < Iterations(50); ++round) {
    const std::vector<uint64_t> words = Values<uint64_t>(Uniform(70), 64);
    uint64_t expected = 0;
    for (uint64_t word : words) {
      for (; word != 0; word &= word - 1) {
        ++expected;
      }
    }
    for (const Kernels* kernels : AllKernels()) {
      ASSERT_EQ(kernels->count_bits(words.data(), words.size()), expected) << kernels->name;
    }
  }
}

TEST_F(BitPackingTest, BlocksOf128EqualTheReferenceAtEveryWidth) {
  for (uint32_t width = 0; width <= 32; ++width) {
    const std::vector<uint32_t> values = Values<uint32_t>(kBlock128, width);
    std::vector<uint8_t> packed(Block128Bytes(width));
    PackBlock128(values.data(), width, packed.data());
    ASSERT_EQ(packed, Reference(values, width)) << width;
    for (const uint8_t filler : {uint8_t{0}, uint8_t{0xff}}) {
      const auto bytes = Exactly(packed, kBlock128Pad, filler);
      for (const Kernels* kernels : AllKernels()) {
        std::vector<uint32_t> unpacked(kBlock128, 0xdead);
        kernels->unpack_block128(bytes.get(), width, unpacked.data());
        ASSERT_EQ(unpacked, values) << kernels->name << " width " << width;
        const auto base = static_cast<uint32_t>(random()());
        kernels->unpack_gaps128(bytes.get(), width, base, unpacked.data());
        uint32_t sum = base;
        for (uint32_t i = 0; i < kBlock128; ++i) {
          sum += values[i] + 1;
          ASSERT_EQ(unpacked[i], sum) << kernels->name << " width " << width << " at " << i;
        }
      }
    }
  }
}

TEST_F(BitPackingTest, BitsAboveTheWidthAreDropped) {
  const std::vector<uint64_t> values(kBlock256, ~uint64_t{0});
  std::vector<uint8_t> packed(Block256Bytes(5));
  PackBlock256(values.data(), 5, packed.data());
  EXPECT_EQ(packed, std::vector<uint8_t>(packed.size(), 0xff));
}

TEST_F(BitPackingTest, ExpandsBits) {
  for (uint64_t round = 0; round < Iterations(200); ++round) {
    const size_t words = Uniform(40);
    const uint64_t sparse = 1 + Uniform(9);
    std::vector<uint8_t> bytes(8 * words);
    std::vector<uint32_t> expected;
    const auto base = static_cast<uint32_t>(random()());
    for (uint32_t i = 0; i < 64 * words; ++i) {
      if (OneIn(sparse)) {
        bytes[i / 8] = static_cast<uint8_t>(bytes[i / 8] | 1u << (i % 8));
        expected.push_back(base + i);
      }
    }
    const auto exact = Exactly(bytes, 0, 0);
    for (const Kernels* kernels : AllKernels()) {
      std::vector<uint32_t> out(expected.size() + kBitsPad);
      ASSERT_EQ(kernels->expand_bits(exact.get(), words, base, expected.size(), out.data()),
                expected.size());
      out.resize(expected.size());
      ASSERT_EQ(out, expected) << kernels->name;
      if (!expected.empty()) {
        const size_t limit = Uniform(expected.size());
        std::vector<uint32_t> few(limit + kBitsPad);
        ASSERT_GT(kernels->expand_bits(exact.get(), words, base, limit, few.data()), limit)
            << kernels->name;
      }
    }
  }
}

TEST_F(BitPackingTest, FindsTheFirstThatIsNotLess) {
  for (uint64_t round = 0; round < Iterations(300); ++round) {
    std::vector<uint32_t> values(Uniform(400));
    const uint64_t range = 1 + Uniform(OneIn(2) ? 500 : uint64_t{1} << 32);
    for (uint32_t& value : values) {
      value = static_cast<uint32_t>(Uniform(range));
    }
    std::sort(values.begin(), values.end());
    // One byte off any alignment.
    std::vector<uint8_t> bytes(1 + 4 * values.size());
    if (!values.empty()) {
      std::memcpy(bytes.data() + 1, values.data(), 4 * values.size());
    }
    for (int i = 0; i < 20; ++i) {
      const size_t from = Uniform(values.size() + 1);
      const auto target = static_cast<uint32_t>(OneIn(10) ? ~uint32_t{0} : Uniform(range + 1));
      const auto expected =
          static_cast<size_t>(std::lower_bound(values.begin() + static_cast<std::ptrdiff_t>(from),
                                               values.end(), target) -
                              values.begin());
      for (const Kernels* kernels : AllKernels()) {
        ASSERT_EQ(kernels->find_first_ge(bytes.data() + 1, from, values.size(), target), expected)
            << kernels->name;
      }
    }
  }
}

}  // namespace
}  // namespace binseek::codec
