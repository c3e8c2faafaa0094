// Bytes that are not as they were written: whatever they are, documents ascend and are below max_doc, and nothing else happens.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "engine/base/coding.h"
#include "engine/codec/block_codec.h"
#include "engine/codec/impacts.h"
#include "tests/engine/codec/postings_model.h"
#include "tests/support/seeded_test.h"

namespace binseek::codec {
namespace {

class PostingsCorruptionTest : public test::SeededTest {
 protected:
  void Damage(std::string* bytes) {
    if (bytes->empty()) {
      return;
    }
    switch (Uniform(4)) {
      case 0:
        bytes->resize(Uniform(bytes->size()));
        break;
      case 1:
        *bytes = RandomBytes(bytes->size() + 1);
        break;
      default:
        for (uint64_t flips = 1 + Uniform(8); flips > 0; --flips) {
          (*bytes)[Uniform(bytes->size())] ^= static_cast<char>(1u << Uniform(8));
        }
    }
  }

  void Damage(TermInfo* info) {
    const auto any = [this] { return random()() >> Uniform(64); };
    switch (Uniform(6)) {
      case 0:
        info->doc_freq = static_cast<uint32_t>(any());
        break;
      case 1:
        info->total_term_freq = any();
        break;
      case 2:
        info->only_doc = static_cast<DocId>(any());
        break;
      case 3:
        info->postings_start = any();
        break;
      case 4:
        info->positions_start = any();
        break;
      default:
        info->offsets_start = any();
    }
  }

  // Uses everything; what comes out only has to keep to the promise.
  void Walk(const PostingsSections& sections, PostingsShape shape, const TermInfo& info,
            uint32_t max_doc) {
    BlockPostings postings(sections, shape, info, max_doc);
    uint64_t least = 0;
    uint64_t given = 0;
    const uint64_t mode = Uniform(3);
    while (true) {
      DocId doc = kNoMoreDocs;
      if (mode == 0) {
        doc = postings.Next();
      } else if (mode == 1) {
        doc = postings.Advance(static_cast<DocId>(least + Uniform(1 + max_doc / 20)));
      } else {
        if (!(OneIn(2) ? postings.NextBlock() : postings.AdvanceBlock(static_cast<DocId>(least)))) {
          break;
        }
        (void)postings.block_impacts();
        (void)postings.impacts_up_to(static_cast<DocId>(least + Uniform(max_doc)));
        if (OneIn(4)) {
          // The bits fit the window exactly, for the sanitizer.
          BlockPostings filling = postings;
          const auto begin = static_cast<DocId>(least + Uniform(300));
          std::vector<uint64_t> bits(1 + Uniform(100));
          filling.FillBits(begin, static_cast<DocId>(begin + 64 * bits.size()), bits.data());
        }
        const DocId last = postings.block_last_doc();
        const auto docs = postings.docs();
        ASSERT_TRUE(docs.empty() || docs.back() == last);
        ASSERT_TRUE(docs.empty() || postings.freqs().size() == docs.size());
        for (const DocId each : docs) {
          ASSERT_GE(each, least);
          ASSERT_LT(each, max_doc);
          least = uint64_t{each} + 1;
          ++given;
        }
        continue;
      }
      if (doc == kNoMoreDocs) {
        break;
      }
      ASSERT_GE(doc, least);
      ASSERT_LT(doc, max_doc);
      least = uint64_t{doc} + 1;
      ++given;
      (void)postings.freq();
      if (OneIn(2)) {
        PositionCursor& cursor = postings.positions();
        for (int i = 0; i < 300 && cursor.NextPosition() != kNoMorePositions; ++i) {
          (void)cursor.position_length();
          if (shape.offsets && OneIn(10)) {
            (void)cursor.start_offset();
            (void)cursor.end_offset();
          }
        }
      }
    }
    ASSERT_LE(given, max_doc);
    if (!postings.corrupt() && mode == 0) {
      ASSERT_EQ(given, info.doc_freq);
    }
    ASSERT_EQ(postings.status().ok(), !postings.corrupt());
  }
};

TEST_F(PostingsCorruptionTest, DamagedBytesKeepTheOrderOfDocuments) {
  for (uint64_t round = 0; round < Iterations(60); ++round) {
    PostingsModel model = PostingsModel::Random(&random(), RandomShape(&random()), 6,
                                                static_cast<uint32_t>(OneIn(3) ? 200 : 2500),
                                                OneIn(2) ? 500 : 1u << 31);
    for (int variant = 0; variant < 25; ++variant) {
      std::string bytes[] = {model.postings, model.positions, model.offsets};
      Damage(&bytes[OneIn(2) ? 0 : Uniform(3)]);
      const ExactBytes postings(bytes[0]);
      const ExactBytes positions(bytes[1]);
      const ExactBytes offsets(bytes[2]);
      for (const ModelTerm& term : model.terms) {
        TermInfo info = term.info;
        if (OneIn(4)) {
          Damage(&info);
        }
        const auto max_doc =
            static_cast<uint32_t>(OneIn(8) ? Uniform(model.max_doc + 1) : model.max_doc);
        Walk({postings.view(), positions.view(), offsets.view()},
             OneIn(8) ? RandomShape(&random()) : model.shape, info, max_doc);
        ASSERT_FALSE(HasFatalFailure());
      }
    }
  }
}

TEST_F(PostingsCorruptionTest, AFrequencyBeyondAllNumbersIsNotNone) {
  std::array<DocId, kBlockSize> docs;
  std::iota(docs.begin(), docs.end(), 0);
  std::array<uint32_t, kBlockSize> less_one{};
  less_one[5] = 0xffffffff;
  std::string bytes;
  EncodeDocBlock(docs.data(), 0, /*all_ones=*/false, &bytes);
  EncodeValueBlock(less_one.data(), &bytes);
  TermInfo info;
  info.doc_freq = kBlockSize;
  info.total_term_freq = uint64_t{1} << 33;
  info.postings_start = bytes.size();
  PutU8(&bytes, 0);
  PutU32(&bytes, EncodeImpacts({{kUnboundedFreq, 0}, {kUnboundedFreq, 0}}));
  PutU32(&bytes, docs.back());
  PutU32(&bytes, static_cast<uint32_t>(info.postings_start));
  PutU32(&bytes, EncodeImpacts({{kUnboundedFreq, 0}, {kUnboundedFreq, 0}}));
  const ExactBytes exact(bytes);
  PostingsShape shape;
  shape.freqs = true;
  BlockPostings postings({.postings = exact.view(), .positions = {}, .offsets = {}}, shape, info,
                         1000);
  ASSERT_TRUE(postings.NextBlock());
  ASSERT_EQ(postings.docs().size(), kBlockSize);
  EXPECT_FALSE(postings.corrupt());
  const auto freqs = postings.freqs();
  EXPECT_EQ(std::count(freqs.begin(), freqs.end(), 1u), kBlockSize);
  EXPECT_TRUE(postings.corrupt());
}

TEST_F(PostingsCorruptionTest, AnyBytesAreReadAsAnyTerm) {
  for (uint64_t round = 0; round < Iterations(3000); ++round) {
    const ExactBytes postings(RandomBytes(3000));
    const ExactBytes positions(RandomBytes(3000));
    const ExactBytes offsets(RandomBytes(3000));
    TermInfo info;
    info.doc_freq = static_cast<uint32_t>(random()() >> (32 + Uniform(32)));
    info.total_term_freq = random()() >> Uniform(64);
    info.only_doc = static_cast<DocId>(random()() >> (32 + Uniform(32)));
    info.postings_start = Uniform(postings.view().size() + 2);
    info.positions_start = Uniform(positions.view().size() + 2);
    info.offsets_start = Uniform(offsets.view().size() + 2);
    // Sparse enough that some terms are read to the end.
    const auto max_doc = static_cast<uint32_t>(1 + (random()() >> (32 + Uniform(20))));
    Walk({postings.view(), positions.view(), offsets.view()}, RandomShape(&random()), info,
         max_doc);
    ASSERT_FALSE(HasFatalFailure());
  }
}

TEST_F(PostingsCorruptionTest, ABlockThatDoesNotEndAsTheTableSaysIsFound) {
  PostingsModel model;
  model.max_doc = 100'000;
  ModelTerm term;
  for (uint32_t i = 0; i < 3 * kBlockSize; ++i) {
    term.docs.push_back(i * 200 + i % 7);
    term.freqs.push_back(1);
  }
  model.terms.push_back(term);
  model.Write(uint64_t{1} << 32);
  // A gap in the middle of the second block becomes greater by one.
  const size_t block = model.terms[0].info.postings_start / 3;
  model.postings[block + block / 2] ^= 1;
  const ExactBytes bytes(model.postings);
  BlockPostings postings({bytes.view(), {}, {}}, model.shape, model.terms[0].info, model.max_doc);
  uint32_t given = 0;
  while (postings.Next() != kNoMoreDocs) {
    ++given;
  }
  EXPECT_EQ(given, kBlockSize);
  EXPECT_TRUE(postings.corrupt());
  EXPECT_EQ(postings.status().code(), StatusCode::kCorruption);
}

TEST_F(PostingsCorruptionTest, ATableThatGoesBackIsFound) {
  // The third block is as the table says, but begins before what the first one gave.
  const uint32_t lasts[] = {2000, 10, 5000};
  const DocId firsts[] = {0, 2001, 11};
  std::string bytes;
  std::string table(1, '\0');
  std::string ends;
  for (int block = 0; block < 3; ++block) {
    std::vector<DocId> docs;
    for (uint32_t i = 0; i < kBlockSize; ++i) {
      docs.push_back(firsts[block] + 9 * i);
    }
    docs.back() = block == 1 ? docs.back() : lasts[block];
    EncodeDocBlock(docs.data(), firsts[block], true, &bytes);
    PutU32(&table, lasts[block]);
    PutU32(&ends, static_cast<uint32_t>(bytes.size()));
  }
  TermInfo info;
  info.doc_freq = 3 * kBlockSize;
  info.total_term_freq = info.doc_freq;
  info.postings_start = bytes.size();
  const ExactBytes exact(bytes + table + ends);
  BlockPostings postings({exact.view(), {}, {}}, {}, info, 100'000);
  ASSERT_TRUE(postings.NextBlock());
  EXPECT_EQ(postings.docs().back(), 2000u);
  EXPECT_FALSE(postings.AdvanceBlock(3000));
  EXPECT_TRUE(postings.corrupt());
}

}  // namespace
}  // namespace binseek::codec
