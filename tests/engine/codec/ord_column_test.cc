#include "engine/codec/ord_column.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <vector>

#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::codec {
namespace {

using Model = std::vector<std::vector<uint32_t>>;

std::vector<uint64_t> Write(const Model& model) {
  StringSink sink;
  OrdColumnWriter writer(&sink);
  for (uint32_t doc = 0; doc < model.size(); ++doc) {
    writer.Add(doc, model[doc]);
  }
  writer.Finish(static_cast<uint32_t>(model.size()));
  std::vector<uint64_t> words(sink.bytes().size() / 8);
  std::memcpy(words.data(), sink.bytes().data(), sink.bytes().size());
  return words;
}

Result<OrdColumn> Open(const std::vector<uint64_t>& words, uint32_t docs, uint32_t ord_count) {
  return OrdColumn::Open({reinterpret_cast<const char*>(words.data()), words.size() * 8}, docs,
                         ord_count);
}

class OrdColumnTest : public test::SeededTest {
 protected:
  Model AnyModel(uint32_t docs, uint32_t ord_count, uint64_t most) {
    Model model(docs);
    for (auto& ords : model) {
      std::set<uint32_t> some;
      for (uint64_t n = Uniform(most + 1); n > 0; --n) {
        some.insert(static_cast<uint32_t>(Uniform(ord_count)));
      }
      ords.assign(some.begin(), some.end());
    }
    return model;
  }
};

TEST_F(OrdColumnTest, GivesBackWhatWasWritten) {
  for (uint64_t i = 0; i < Iterations(60); ++i) {
    const auto docs = static_cast<uint32_t>(Uniform(1500));
    const auto ord_count = static_cast<uint32_t>(1 + Uniform(uint64_t{1} << Uniform(32)));
    const uint64_t most = OneIn(2) ? 1 : 6;
    const Model model = AnyModel(docs, ord_count, most);
    const auto words = Write(model);
    const auto column = Open(words, docs, ord_count);
    ASSERT_OK(column);
    ASSERT_OK(column->Check());
    std::vector<uint32_t> scratch;
    std::vector<uint32_t> firsts((docs + 255) / 256 * 256);
    column->Read(0, docs, firsts.data());
    bool several = false;
    uint32_t below = 0;
    for (uint32_t doc = 0; doc < docs; ++doc) {
      below = model[doc].empty() ? below : std::max(below, model[doc].back() + 1);
      const auto ords = column->Ords(doc, &scratch);
      ASSERT_EQ(std::vector<uint32_t>(ords.begin(), ords.end()), model[doc]) << doc;
      const uint32_t first = model[doc].empty() ? kNoOrd : model[doc].front();
      ASSERT_EQ(column->Ord(doc), first) << doc;
      ASSERT_EQ(firsts[doc], first) << doc;
      several |= model[doc].size() > 1;
    }
    for (size_t doc = docs; doc < firsts.size(); ++doc) {
      ASSERT_EQ(firsts[doc], kNoOrd);
    }
    EXPECT_EQ(column->multi_valued(), several);
    EXPECT_EQ(column->ords_below(), below);
    EXPECT_OK(Open(words, docs, below));
    EXPECT_TRUE(below == 0 ||
                Open(words, docs, below - 1).status().code() == StatusCode::kCorruption);
    OrdColumn::Lists lists;
    for (uint32_t doc = 0; doc < docs; ++doc) {
      if (doc % 256 == 0) {
        column->ReadLists(doc / 256, &lists);
      }
      ASSERT_EQ(std::vector<uint32_t>(lists.ords.begin() + lists.starts[doc % 256],
                                      lists.ords.begin() + lists.starts[doc % 256 + 1]),
                model[doc])
          << doc;
    }
  }
}

TEST_F(OrdColumnTest, NoOrdinalIsBeyondTheirNumberWhateverTheBytes) {
  constexpr uint32_t kDocs = 700;
  for (uint64_t i = 0; i < Iterations(200); ++i) {
    const auto ord_count = static_cast<uint32_t>(1 + Uniform(1000));
    auto words = Write(AnyModel(kDocs, ord_count, OneIn(2) ? 1 : 4));
    for (int flip = 0; flip < 8; ++flip) {
      words[Uniform(words.size() - 3)] ^= uint64_t{1} << Uniform(64);
    }
    const auto column = Open(words, kDocs, ord_count);
    ASSERT_OK(column);
    std::vector<uint32_t> scratch;
    std::vector<uint32_t> firsts(768);
    column->Read(0, kDocs, firsts.data());
    OrdColumn::Lists lists;
    for (uint32_t doc = 0; doc < kDocs; ++doc) {
      for (const uint32_t ord : column->Ords(doc, &scratch)) {
        ASSERT_LT(ord, ord_count);
      }
      ASSERT_TRUE(firsts[doc] < ord_count || firsts[doc] == kNoOrd);
    }
    for (uint32_t block = 0; block < 3; ++block) {
      column->ReadLists(block, &lists);
      for (const uint32_t ord : lists.ords) {
        ASSERT_LT(ord, ord_count);
      }
    }
    static_cast<void>(column->Check().ok());
  }
}

TEST_F(OrdColumnTest, CheckFindsWhatIsNoSetOfOrdinals) {
  const auto twice = Write({{3}, {5, 5}});
  const auto column = Open(twice, 2, 6);
  ASSERT_OK(column);
  EXPECT_STATUS(column->Check(), kCorruption);
  EXPECT_STATUS(Open(twice, 2, 5), kCorruption);
  auto one_less = Write({{3}, {5}});
  one_less.back() -= uint64_t{1} << 32;  // it says that it has none above 4
  const auto beyond = Open(one_less, 2, 5);
  ASSERT_OK(beyond);
  EXPECT_STATUS(beyond->Check(), kCorruption);
  auto one_more = Write({{3}, {5}});
  one_more.back() += uint64_t{1} << 32;
  const auto above = Open(one_more, 2, 7);
  ASSERT_OK(above);
  EXPECT_STATUS(above->Check(), kCorruption);
}

}  // namespace
}  // namespace binseek::codec
