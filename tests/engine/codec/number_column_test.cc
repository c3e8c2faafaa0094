#include "engine/codec/number_column.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "engine/base/coding.h"
#include "engine/codec/range_match.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::codec {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

using Model = std::vector<std::vector<int64_t>>;  // the values of each document

// A copy that is aligned and ends where the column does, so that a sanitizer sees any read beyond it.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::string_view bytes) : words_(bytes.size() / 8) {
    std::copy_n(bytes.data(), words_.size() * 8, reinterpret_cast<char*>(words_.data()));
  }
  std::string_view view() const {
    return {reinterpret_cast<const char*>(words_.data()), words_.size() * 8};
  }

 private:
  std::vector<uint64_t> words_;
};

std::string Write(const Model& model, std::string_view before = {}) {
  StringSink sink;
  sink.Append(before);
  PackedColumnWriter writer(&sink);
  for (uint32_t doc = 0; doc < model.size(); ++doc) {
    writer.Add(doc, model[doc]);
  }
  writer.Finish(static_cast<uint32_t>(model.size()));
  return sink.Take().substr(before.size());
}

bool Has(const uint64_t* bits, uint32_t i) { return (bits[i / 64] >> i % 64 & 1) != 0; }

void ExpectEqual(const PackedColumn& column, const Model& model) {
  const auto docs = static_cast<uint32_t>(model.size());
  const uint32_t padded = (docs + 255) / 256 * 256;
  std::vector<int64_t> scratch;
  std::vector<int64_t> values(padded, 77);
  std::vector<uint64_t> present(padded / 64, ~uint64_t{0});
  column.Read(0, docs, values.data(), present.data());
  uint32_t with_value = 0;
  for (uint32_t doc = 0; doc < padded; ++doc) {
    const std::vector<int64_t> wanted = doc < docs ? model[doc] : std::vector<int64_t>();
    const int64_t first = wanted.empty() ? 0 : wanted.front();
    ASSERT_EQ(values[doc], first) << doc;
    ASSERT_EQ(Has(present.data(), doc), !wanted.empty()) << doc;
    if (doc < docs) {
      int64_t got = 77;
      ASSERT_EQ(column.Get(doc, &got), !wanted.empty()) << doc;
      ASSERT_EQ(got, first) << doc;
      const auto all = column.GetAll(doc, &scratch);
      ASSERT_EQ(std::vector<int64_t>(all.begin(), all.end()), wanted) << doc;
      with_value += wanted.empty() ? 0 : 1;
    }
  }
  EXPECT_EQ(column.docs_with_value(), with_value);
}

void ExpectBlocks(const PackedColumn& column, const Model& model) {
  PackedColumn::Lists lists;
  for (uint32_t block = 0; block < column.block_count(); ++block) {
    column.ReadLists(block, &lists);
    int64_t min = kMax;
    int64_t max = kMin;
    bool any = false;
    for (uint32_t i = 0; i < 256; ++i) {
      const size_t doc = size_t{block} * 256 + i;
      const std::vector<int64_t> wanted = doc < model.size() ? model[doc] : std::vector<int64_t>();
      ASSERT_EQ(std::vector<int64_t>(lists.values.begin() + lists.starts[i],
                                     lists.values.begin() + lists.starts[i + 1]),
                wanted)
          << doc;
      for (const int64_t value : wanted) {
        any = true;
        min = std::min(min, value);
        max = std::max(max, value);
      }
    }
    ASSERT_EQ(column.has_values(block), any);
    ASSERT_EQ(column.block_min(block), min);
    ASSERT_EQ(column.block_max(block), max);
  }
}

void ExpectMatches(const PackedColumn& column, const Model& model, int64_t low, int64_t high) {
  for (uint32_t block = 0; block < column.block_count(); ++block) {
    BlockBits match;
    match.fill(~uint64_t{0});
    column.MatchRange(block, low, high, &match);
    for (uint32_t i = 0; i < 256; ++i) {
      const size_t doc = size_t{block} * 256 + i;
      const bool wanted =
          doc < model.size() && std::any_of(model[doc].begin(), model[doc].end(),
                                            [&](int64_t v) { return v >= low && v <= high; });
      ASSERT_EQ(Has(match.data(), i), wanted) << doc << " in " << low << ".." << high;
    }
  }
}

class NumberColumnTest : public test::SeededTest {
 protected:
  int64_t AnyValue(uint32_t kind) {
    switch (kind) {
      case 0:
        return 42;
      case 1:
        return static_cast<int64_t>(Uniform(1000)) - 500;
      case 2:
        return static_cast<int64_t>(Uniform(100'000)) * 100 + 7;
      case 3:
        return 1'700'000'000'000 + static_cast<int64_t>(Uniform(86'400)) * 1000;
      case 4:
        return OneIn(2) ? kMin : kMax;
      case 5:
        return static_cast<int64_t>((uint64_t{1} << 63) + (Uniform(3) << 62));
      case 6:
        return static_cast<int64_t>(Uniform(uint64_t{1} << Uniform(63)));
      default:
        return static_cast<int64_t>(random()());
    }
  }

  Model AnyModel(uint32_t docs) {
    Model model(docs);
    const uint32_t kind = static_cast<uint32_t>(Uniform(8));
    const uint64_t absent = OneIn(3) ? 0 : Uniform(1001);  // in a thousand
    const bool several = OneIn(2);
    const uint64_t several_from = Uniform(docs + 1);
    for (uint32_t doc = 0; doc < docs; ++doc) {
      if (Uniform(1000) < absent) {
        continue;
      }
      const uint64_t count = several && doc >= several_from && OneIn(3) ? 2 + Uniform(4) : 1;
      for (uint64_t i = 0; i < count; ++i) {
        model[doc].push_back(AnyValue(OneIn(1000) ? 7 : kind));
      }
      std::sort(model[doc].begin(), model[doc].end());
    }
    return model;
  }

  // Calls everything with everything, whatever it may answer.
  static void Probe(const PackedColumn& column) {
    std::vector<int64_t> scratch;
    PackedColumn::Lists lists;
    std::array<int64_t, 256> values;
    for (uint32_t doc = 0; doc < column.max_doc(); ++doc) {
      column.Get(doc, values.data());
      column.GetAll(doc, &scratch);
    }
    for (uint32_t block = 0; block < column.block_count(); ++block) {
      BlockBits bits;
      column.Read(block * 256, 1, values.data(), bits.data());
      column.ReadLists(block, &lists);
      column.MatchRange(block, -5, 1'000'000, &bits);
    }
    static_cast<void>(column.Check().ok());
  }
};

TEST_F(NumberColumnTest, GivesBackWhatWasWritten) {
  constexpr uint32_t kSizes[] = {0, 1, 2, 129, 255, 256, 257, 511, 512, 1000, 3000};
  for (uint64_t i = 0; i < Iterations(150); ++i) {
    const Model model = AnyModel(kSizes[Uniform(std::size(kSizes))]);
    const AlignedBytes bytes(Write(model));
    const auto column = PackedColumn::Open(bytes.view(), static_cast<uint32_t>(model.size()));
    ASSERT_OK(column);
    ASSERT_OK(column->Check());
    ASSERT_NO_FATAL_FAILURE(ExpectEqual(*column, model));
    ASSERT_NO_FATAL_FAILURE(ExpectBlocks(*column, model));
    for (uint32_t range = 0; range < 12; ++range) {
      int64_t low = AnyValue(static_cast<uint32_t>(Uniform(8)));
      int64_t high = AnyValue(static_cast<uint32_t>(Uniform(8)));
      if (!model.empty() && OneIn(2)) {
        const auto& values = model[Uniform(model.size())];
        low = values.empty() ? low : values.front();
        high = OneIn(2) ? low : high;
      }
      ASSERT_NO_FATAL_FAILURE(ExpectMatches(*column, model, low, high));
    }
    ASSERT_NO_FATAL_FAILURE(ExpectMatches(*column, model, kMin, kMax));
  }
}

TEST_F(NumberColumnTest, TheSameBytesWhereverItBegins) {
  const Model model = AnyModel(1000);
  EXPECT_EQ(Write(model), Write(model, std::string(4096, 'x')));
}

TEST_F(NumberColumnTest, TheWholeRangeIsExact) {
  const Model model = {{kMin}, {kMax}, {}, {-1}, {0}, {kMin, kMax}, {kMin + 1}};
  const AlignedBytes bytes(Write(model));
  const auto column = PackedColumn::Open(bytes.view(), 7);
  ASSERT_OK(column);
  ExpectEqual(*column, model);
  ExpectBlocks(*column, model);
  for (const int64_t low : {kMin, kMin + 1, int64_t{-1}, int64_t{0}, kMax}) {
    for (const int64_t high : {kMin, kMin + 1, int64_t{-1}, int64_t{0}, kMax - 1, kMax}) {
      ExpectMatches(*column, model, low, high);
    }
  }
}

TEST_F(NumberColumnTest, RareFieldsAndConstantsTakeLittle) {
  constexpr uint32_t kDocs = 100'000;
  StringSink rare;
  PackedColumnWriter rare_writer(&rare);
  for (uint32_t doc = 0; doc < kDocs; doc += 1000) {
    rare_writer.Add(doc, static_cast<int64_t>(Uniform(1'000'000)));
  }
  rare_writer.Finish(kDocs);
  EXPECT_LT(rare.bytes().size(), kDocs / 5);

  Model constant(kDocs, {1'234'567});
  EXPECT_LT(Write(constant).size(), kDocs / 7);

  StringSink none;
  PackedColumnWriter none_writer(&none);
  none_writer.Add(kDocs - 1, 5);
  none_writer.Finish(kDocs);
  const AlignedBytes bytes(none.bytes());
  const auto column = PackedColumn::Open(bytes.view(), kDocs);
  ASSERT_OK(column);
  EXPECT_FALSE(column->has_values(0));
  int64_t value = 0;
  EXPECT_TRUE(column->Get(kDocs - 1, &value));
  EXPECT_EQ(value, 5);
}

TEST_F(NumberColumnTest, ACommonDivisorIsTakenOut) {
  Model hundreds(2560);
  Model plain(2560);
  for (size_t doc = 0; doc < hundreds.size(); ++doc) {
    const auto value = static_cast<int64_t>(Uniform(256));
    hundreds[doc] = {value * 1'000'000 + 999};
    plain[doc] = {value};
  }
  EXPECT_EQ(Write(hundreds).size(), Write(plain).size());
}

TEST_F(NumberColumnTest, NotACopyOfItselfIsRefused) {
  const std::string bytes = Write(AnyModel(700));
  const AlignedBytes aligned(bytes);
  EXPECT_STATUS(PackedColumn::Open(aligned.view(), 701), kCorruption);
  EXPECT_STATUS(PackedColumn::Open("", 0), kCorruption);
  for (size_t size = 0; size < bytes.size(); size += 8) {
    const AlignedBytes part(std::string_view(bytes).substr(0, size));
    const auto column = PackedColumn::Open(part.view(), 700);
    if (column.ok()) {
      Probe(*column);
    }
  }
}

TEST_F(NumberColumnTest, FlippedBytesDoNoHarm) {
  for (uint64_t i = 0; i < Iterations(300); ++i) {
    const auto docs = static_cast<uint32_t>(1 + Uniform(1200));
    std::string bytes = Write(AnyModel(docs));
    const size_t flips = 1 + Uniform(4);
    for (size_t flip = 0; flip < flips; ++flip) {
      // Half of them in the directory, where they do most.
      const size_t at = OneIn(2) ? Uniform(bytes.size())
                                 : bytes.size() - 1 - Uniform(std::min<size_t>(bytes.size(), 300));
      bytes[at] = static_cast<char>(random()());
    }
    const AlignedBytes aligned(bytes);
    const auto column = PackedColumn::Open(aligned.view(), docs);
    if (column.ok()) {
      Probe(*column);
    }
  }
}

TEST_F(NumberColumnTest, CheckFindsOtherValues) {
  Model model(600);
  for (size_t doc = 0; doc < model.size(); ++doc) {
    model[doc] = {static_cast<int64_t>(Uniform(4096))};
  }
  model[0] = {0};
  model[1] = {4095};
  std::string bytes = Write(model);
  bytes[1] = static_cast<char>(~bytes[1]);  // the greatest value of the first block
  const AlignedBytes aligned(bytes);
  const auto column = PackedColumn::Open(aligned.view(), 600);
  ASSERT_OK(column);
  EXPECT_STATUS(column->Check(), kCorruption);
}

// A column whose starts and footer are what somebody chose: document i's smallest value is 10 * i, and `lists` are 0, 1, 2 ...
std::string WriteLists(const std::vector<int64_t>& starts, uint32_t lists, uint32_t longest) {
  const auto docs = static_cast<uint32_t>(starts.size() - 1);
  StringSink sink;
  PackedBlocksWriter parts[] = {{&sink, 0}, {&sink, 0}, {&sink, 0}};
  for (uint32_t doc = 0; doc < docs; ++doc) {
    parts[0].Add(10 * int64_t{doc});
  }
  for (const int64_t start : starts) {
    parts[1].Add(start);
  }
  for (uint32_t value = 0; value < lists; ++value) {
    parts[2].Add(value);
  }
  std::string tail;
  for (PackedBlocksWriter& part : parts) {
    part.Flush();
    part.AppendDirectory(&tail);
  }
  PutU32(&tail, docs);
  PutU32(&tail, docs);
  PutU64(&tail, lists);
  PutU32(&tail, longest);
  PutU32(&tail, 0);
  sink.Append(tail);
  return sink.Take();
}

TEST_F(NumberColumnTest, ListsThatOverlapAreNone) {
  constexpr uint32_t kDocs = 600;
  constexpr uint32_t kLists = 5000;
  std::vector<int64_t> starts(kDocs + 1, 0);
  for (uint32_t doc = 1; doc <= kDocs; doc += 2) {
    starts[doc] = kLists;  // every other document claims all that there is
  }
  const AlignedBytes bytes(WriteLists(starts, kLists, kLists));
  const auto column = PackedColumn::Open(bytes.view(), kDocs);
  ASSERT_OK(column);
  std::vector<int64_t> scratch;
  for (uint32_t doc = 0; doc < kDocs; ++doc) {
    const auto values = column->GetAll(doc, &scratch);
    ASSERT_EQ(std::vector<int64_t>(values.begin(), values.end()), std::vector<int64_t>{10 * doc});
  }
  PackedColumn::Lists lists;
  BlockBits match;
  for (uint32_t block = 0; block < column->block_count(); ++block) {
    column->ReadLists(block, &lists);
    ASSERT_EQ(lists.values.size(), std::min(kDocs - block * 256, 256u));
    column->MatchRange(block, 10 * 256 * block + 1, 10 * 256 * block + 9, &match);
    ASSERT_EQ(match, BlockBits{}) << "a value of the lists";
  }
  EXPECT_STATUS(column->Check(), kCorruption);
}

TEST_F(NumberColumnTest, NoListIsLongerThanTheFooterSays) {
  const std::vector<int64_t> starts{0, 2, 7, 7};  // lists of two and five
  std::vector<int64_t> scratch;
  PackedColumn::Lists lists;
  for (uint32_t longest = 4; longest <= 6; ++longest) {
    const AlignedBytes bytes(WriteLists(starts, 7, longest));
    const auto column = PackedColumn::Open(bytes.view(), 3);
    ASSERT_OK(column);
    EXPECT_EQ(column->longest_list(), longest);
    EXPECT_EQ(column->GetAll(1, &scratch).size(), longest < 5 ? 1u : 5u);
    column->ReadLists(0, &lists);
    EXPECT_EQ(lists.values.size(), longest < 5 ? 3u : 8u);
  }
  const Model model{{0, 1}, {2, 3, 4, 5, 6}, {9}};
  const std::string bytes = Write(model);
  for (uint32_t longest = 4; longest <= 6; ++longest) {
    std::string changed = bytes;
    changed[changed.size() - 8] = static_cast<char>(longest);
    const AlignedBytes aligned(changed);
    const auto column = PackedColumn::Open(aligned.view(), 3);
    ASSERT_OK(column);
    EXPECT_EQ(column->Check().code(), longest == 5 ? StatusCode::kOk : StatusCode::kCorruption);
  }
}

TEST_F(NumberColumnTest, AFooterThatCannotBeIsRefused) {
  const std::vector<int64_t> starts{0, 2, 7, 7};
  for (const uint32_t longest : {0u, 1u, 2u, 8u, 0xffffffffu}) {
    const AlignedBytes bytes(WriteLists(starts, 7, longest));
    EXPECT_STATUS(PackedColumn::Open(bytes.view(), 3), kCorruption) << longest;
  }
  std::string bytes = Write({{5}, {6}});
  for (const size_t from_end : {8u, 4u}) {  // a list where there is none; a bound of ordinals
    std::string changed = bytes;
    changed[changed.size() - from_end] = 2;
    const AlignedBytes aligned(changed);
    EXPECT_STATUS(PackedColumn::Open(aligned.view(), 2), kCorruption);
  }
}

TEST_F(NumberColumnTest, ListsOfAnyLengthAreFound) {
  Model model(700);
  for (auto& values : model) {
    values.resize(OneIn(3) ? Uniform(400) : Uniform(3));
    for (int64_t& value : values) {
      value = static_cast<int64_t>(Uniform(100'000));
    }
    std::sort(values.begin(), values.end());
  }
  const AlignedBytes bytes(Write(model));
  const auto column = PackedColumn::Open(bytes.view(), 700);
  ASSERT_OK(column);
  ASSERT_OK(column->Check());
  ExpectEqual(*column, model);
  ExpectBlocks(*column, model);
  for (int i = 0; i < 20; ++i) {
    const auto low = static_cast<int64_t>(Uniform(100'000));
    ExpectMatches(*column, model, low, low + static_cast<int64_t>(Uniform(300)));
  }
}

class RangeMatchTest : public test::SeededTest {};

TEST_F(RangeMatchTest, AllVariantsAgree) {
  const auto& scalar = internal::ScalarRangeKernels();
  for (const auto* kernels : {internal::Avx2RangeKernels(), internal::Avx512RangeKernels()}) {
    if (kernels == nullptr) {
      continue;
    }
    for (uint64_t i = 0; i < Iterations(200); ++i) {
      std::vector<uint64_t> values(256);
      const uint32_t shift = static_cast<uint32_t>(Uniform(64));
      for (uint64_t& value : values) {
        value = random()() >> shift;
      }
      const uint64_t low = OneIn(2) ? values[Uniform(256)] : random()() >> shift;
      const uint64_t high = OneIn(2) ? values[Uniform(256)] : random()();
      BlockBits wanted;
      BlockBits got;
      scalar.match_range(values.data(), low, high, wanted.data());
      kernels->match_range(values.data(), low, high, got.data());
      ASSERT_EQ(got, wanted) << kernels->name;
      const BlockBits present = {random()(), random()(), 0, ~uint64_t{0}};
      const uint64_t factor = OneIn(2) ? 1 : random()() >> shift;
      const uint64_t* const bits = OneIn(2) ? nullptr : present.data();
      std::vector<uint64_t> other = values;
      scalar.rebase(low, factor, bits, values.data());
      kernels->rebase(low, factor, bits, other.data());
      ASSERT_EQ(other, values) << kernels->name;
      std::vector<uint32_t> narrow(256);
      std::vector<uint32_t> other_narrow(256);
      const uint64_t limit = Uniform((uint64_t{1} << 32) + 1);
      scalar.narrow(values.data(), present.data(), limit, 7, narrow.data());
      kernels->narrow(values.data(), present.data(), limit, 7, other_narrow.data());
      ASSERT_EQ(other_narrow, narrow) << kernels->name;
    }
  }
}

}  // namespace
}  // namespace binseek::codec
