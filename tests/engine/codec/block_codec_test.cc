#include "engine/codec/block_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/support/seeded_test.h"

namespace binseek::codec {
namespace {

// On the heap without a spare byte, so that a sanitizer sees a read behind the end.
struct Exact {
  explicit Exact(const std::string& from) : bytes(new uint8_t[from.size()]), size(from.size()) {
    std::copy(from.begin(), from.end(), bytes.get());
  }
  const uint8_t* begin() const { return bytes.get(); }
  const uint8_t* end() const { return bytes.get() + size; }
  std::unique_ptr<uint8_t[]> bytes;
  size_t size;
};

class BlockCodecTest : public test::SeededTest {
 protected:
  // 128 documents from `first` on within about `span`.
  std::vector<DocId> Docs(DocId first, uint64_t span) {
    std::set<DocId> docs;
    while (docs.size() < kBlockSize) {
      docs.insert(static_cast<DocId>(first + Uniform(span)));
    }
    return {docs.begin(), docs.end()};
  }
  // Encodes, decodes, compares; returns the encoded size.
  static size_t RoundTrip(const std::vector<DocId>& docs, DocId first, bool all_ones,
                          const std::string& behind) {
    std::string bytes;
    EncodeDocBlock(docs.data(), first, all_ones, &bytes);
    const Exact exact(bytes + behind);
    std::vector<DocId> decoded(kDocBufferSize);
    const DocBlockEnd end =
        DecodeDocBlock(exact.begin(), exact.end(), {first, docs.back()}, decoded.data());
    EXPECT_EQ(end.next, exact.begin() + bytes.size());
    EXPECT_EQ(end.all_ones, all_ones);
    decoded.resize(kBlockSize);
    EXPECT_EQ(decoded, docs);
    return bytes.size();
  }
};

TEST_F(BlockCodecTest, DocumentsRoundTripAtEveryDensity) {
  for (uint64_t round = 0; round < Iterations(400); ++round) {
    const uint64_t span = kBlockSize + (random()() >> Uniform(64)) % (uint64_t{1} << 31);
    const auto first = static_cast<DocId>(OneIn(3) ? 0 : Uniform(uint64_t{1} << 31));
    const auto before = static_cast<DocId>(first - (OneIn(2) ? 0 : Uniform(uint64_t{first} + 1)));
    const std::string behind = RandomBytes(OneIn(2) ? 0 : 40);
    // So dense that drawing takes long: all of the range instead.
    std::vector<DocId> docs;
    if (span < 2 * kBlockSize) {
      for (uint32_t i = 0; i < kBlockSize; ++i) {
        docs.push_back(first + i + (i > 60 ? static_cast<DocId>(span - kBlockSize) : 0));
      }
    } else {
      docs = Docs(first, span);
    }
    RoundTrip(docs, before, OneIn(2), behind);
    ASSERT_FALSE(HasFailure()) << "span " << span << " first " << first << " before " << before;
  }
}

TEST_F(BlockCodecTest, EachDensityHasItsEncoding) {
  std::vector<DocId> run(kBlockSize);
  for (uint32_t i = 0; i < kBlockSize; ++i) {
    run[i] = 1'000'000 + i;
  }
  // A run costs nothing but its head, however far it is from what came before.
  EXPECT_EQ(RoundTrip(run, 5, true, ""), 1u);
  // Half of all documents: a bit each, and a word more at most.
  EXPECT_LE(RoundTrip(Docs(7, 2 * kBlockSize), 7, false, ""), 1u + 2 * kBlockSize / 8 + 8);
  // Few documents: no more than the widest gap takes.
  EXPECT_LE(RoundTrip(Docs(0, kBlockSize * 1000), 0, false, ""), 1 + Block128Bytes(14));
}

TEST_F(BlockCodecTest, DocumentsOfCorruptBlocksAreInRangeOrRefused) {
  for (uint64_t round = 0; round < Iterations(4000); ++round) {
    const uint64_t span = uint64_t{300} << Uniform(23);
    const auto first = static_cast<DocId>(Uniform(1000));
    const std::vector<DocId> docs = Docs(first, span);
    std::string bytes;
    EncodeDocBlock(docs.data(), first, true, &bytes);
    DocRange range = {first, docs.back()};
    switch (Uniform(4)) {
      case 0:
        bytes.resize(Uniform(bytes.size()));
        break;
      case 1:
        bytes[0] = static_cast<char>(random()());
        break;
      case 2:
        range.last = static_cast<DocId>(range.first + Uniform(uint64_t{1} << (32 - Uniform(30))) %
                                                          (~uint64_t{0} - range.first));
        range.last = std::max(range.first, range.last);
        break;
      default:
        bytes[Uniform(bytes.size())] ^= static_cast<char>(1u << Uniform(8));
    }
    const Exact exact(bytes);
    std::vector<DocId> decoded(kDocBufferSize);
    if (DecodeDocBlock(exact.begin(), exact.end(), range, decoded.data()).next == nullptr) {
      continue;
    }
    ASSERT_GE(decoded[0], range.first);
    ASSERT_EQ(decoded[kBlockSize - 1], range.last);
    for (uint32_t i = 1; i < kBlockSize; ++i) {
      ASSERT_LT(decoded[i - 1], decoded[i]);
    }
  }
}

TEST_F(BlockCodecTest, WideGapsThatComeRoundAreRefused) {
  // The sum of the gaps is 2^32 more than from the first possible document to the last one: the end is right, what lies between is not.
  const DocRange range = {1000, 5000};
  std::vector<uint32_t> gaps(kBlockSize, (1u << 25) - 1);
  gaps[0] += range.last - range.first + 1;
  std::string bytes(1, char{26});
  bytes.resize(1 + Block128Bytes(26));
  PackBlock128(gaps.data(), 26, reinterpret_cast<uint8_t*>(bytes.data()) + 1);
  std::vector<DocId> decoded(kDocBufferSize);
  const Exact exact(bytes);
  EXPECT_EQ(DecodeDocBlock(exact.begin(), exact.end(), range, decoded.data()).next, nullptr);
  EXPECT_EQ(decoded[kBlockSize - 1], range.last);
}

TEST_F(BlockCodecTest, ABitsetThatDoesNotEndWithTheLastDocumentIsRefused) {
  std::vector<DocId> docs;
  for (uint32_t i = 0; i < kBlockSize; ++i) {
    docs.push_back(100 + 2 * i);
  }
  std::string bytes;
  EncodeDocBlock(docs.data(), 0, true, &bytes);
  // The last bit moves down by one.
  bytes.back() = static_cast<char>((static_cast<uint8_t>(bytes.back()) & 0x7f) | 0x40);
  const Exact exact(bytes);
  std::vector<DocId> decoded(kDocBufferSize);
  EXPECT_EQ(DecodeDocBlock(exact.begin(), exact.end(), {0, docs.back()}, decoded.data()).next,
            nullptr);
}

TEST_F(BlockCodecTest, ValuesRoundTripWithAndWithoutOutliers) {
  for (uint64_t round = 0; round < Iterations(1000); ++round) {
    std::vector<uint32_t> values(kBlockSize);
    const uint64_t width = Uniform(33);
    for (uint32_t& value : values) {
      value = static_cast<uint32_t>(Uniform(uint64_t{1} << width));
    }
    for (uint64_t i = Uniform(20); i > 0; --i) {
      values[Uniform(kBlockSize)] = static_cast<uint32_t>(random()() >> (32 + Uniform(32)));
    }
    std::string bytes;
    EncodeValueBlock(values.data(), &bytes);
    ASSERT_LE(bytes.size(),
              1 + Block128Bytes(BitWidth(*std::max_element(values.begin(), values.end()))));
    const std::string behind = RandomBytes(OneIn(2) ? 0 : 40);
    const Exact exact(bytes + behind);
    std::vector<uint32_t> decoded(kBlockSize);
    ASSERT_EQ(DecodeValueBlock(exact.begin(), exact.end(), decoded.data()),
              exact.begin() + bytes.size());
    ASSERT_EQ(decoded, values);
    // Every shorter block is refused.
    const Exact cut(bytes.substr(0, Uniform(bytes.size())));
    ASSERT_EQ(DecodeValueBlock(cut.begin(), cut.end(), decoded.data()), nullptr);
  }
}

TEST_F(BlockCodecTest, OneOutlierDoesNotWidenABlock) {
  std::vector<uint32_t> values(kBlockSize, 1);
  values[77] = 200;
  std::string bytes;
  EncodeValueBlock(values.data(), &bytes);
  EXPECT_EQ(bytes.size(), 2 + 2 + Block128Bytes(1));
}

TEST_F(BlockCodecTest, AnyBytesAreAnyValuesOrRefused) {
  std::vector<uint32_t> decoded(kBlockSize);
  std::vector<DocId> docs(kDocBufferSize);
  for (uint64_t round = 0; round < Iterations(5000); ++round) {
    const Exact exact(RandomBytes(600));
    (void)DecodeValueBlock(exact.begin(), exact.end(), decoded.data());
    (void)DecodeDocBlock(exact.begin(), exact.end(), {5, 5 + static_cast<DocId>(Uniform(1 << 20))},
                         docs.data());
  }
}

TEST_F(BlockCodecTest, VarintsAreBounded) {
  for (uint64_t round = 0; round < Iterations(1000); ++round) {
    const uint64_t value = random()() >> Uniform(64);
    std::string bytes;
    PutVarint(&bytes, value);
    const Exact exact(bytes);
    uint64_t decoded = 0;
    ASSERT_EQ(DecodeVarint(exact.begin(), exact.end(), &decoded), exact.end());
    ASSERT_EQ(decoded, value);
    ASSERT_EQ(DecodeVarint(exact.begin(), exact.end() - 1, &decoded), nullptr);
  }
  const Exact endless(std::string(20, '\xff'));
  uint64_t decoded = 0;
  EXPECT_EQ(DecodeVarint(endless.begin(), endless.end(), &decoded), nullptr);
}

}  // namespace
}  // namespace binseek::codec
