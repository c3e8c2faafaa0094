// What was written is read: documents, frequencies, positions, offsets, bounds; block by block, document by document, and by advancing.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "engine/codec/impacts.h"
#include "tests/engine/codec/postings_model.h"
#include "tests/support/seeded_test.h"

namespace binseek::codec {
namespace {

class PostingsTest : public test::SeededTest {
 protected:
  // Calls check(model, term, sections) for terms of random fields.
  template <class Check>
  void ForTerms(uint64_t fields, Check check) {
    for (uint64_t i = 0; i < Iterations(fields); ++i) {
      const uint64_t wide_from = OneIn(3) ? Uniform(2000) : uint64_t{1} << 32;
      const PostingsModel model =
          PostingsModel::Random(&random(), RandomShape(&random()), 12,
                                static_cast<uint32_t>(OneIn(4) ? 40 : 5000), wide_from);
      const ExactBytes postings(model.postings);
      const ExactBytes positions(model.positions);
      const ExactBytes offsets(model.offsets);
      const PostingsSections sections = {postings.view(), positions.view(), offsets.view()};
      for (const ModelTerm& term : model.terms) {
        check(model, term, sections);
        ASSERT_FALSE(HasFatalFailure())
            << "document frequency " << term.docs.size() << " of " << model.max_doc;
      }
    }
  }

  static void ExpectOccurrences(const PostingsModel& model, const ModelTerm& term, size_t i,
                                BlockPostings* postings) {
    PositionCursor& cursor = postings->positions();
    ASSERT_EQ(cursor.left(), term.freqs[i]);
    // Offsets of every second document only, and of its last occurrence, so that reading them lazily is seen to work.
    for (size_t k = 0; k < term.occurrences[i].size(); ++k) {
      const Occurrence& expected = term.occurrences[i][k];
      ASSERT_EQ(cursor.NextPosition(), expected.position);
      ASSERT_EQ(cursor.position_length(), expected.length);
      if (model.shape.offsets && (i % 2 == 0 || k + 1 == term.occurrences[i].size())) {
        ASSERT_EQ(cursor.start_offset(), expected.start);
        ASSERT_EQ(cursor.end_offset(), expected.end);
      }
    }
    ASSERT_EQ(cursor.NextPosition(), kNoMorePositions);
    ASSERT_EQ(cursor.NextPosition(), kNoMorePositions);
  }
};

TEST_F(PostingsTest, StatisticsAreTheTerms) {
  ForTerms(10, [](const PostingsModel&, const ModelTerm& term, const PostingsSections&) {
    ASSERT_EQ(term.info.doc_freq, term.docs.size());
    ASSERT_EQ(term.info.total_term_freq,
              std::accumulate(term.freqs.begin(), term.freqs.end(), uint64_t{0}));
    if (term.docs.size() == 1) {
      ASSERT_EQ(term.info.only_doc, term.docs[0]);
    }
  });
}

TEST_F(PostingsTest, NextGivesEveryDocument) {
  ForTerms(40, [this](const PostingsModel& model, const ModelTerm& term,
                      const PostingsSections& sections) {
    BlockPostings postings(sections, model.shape, term.info, model.max_doc);
    ASSERT_EQ(postings.cost(), term.docs.size());
    const bool read_freqs = !OneIn(3);
    for (size_t i = 0; i < term.docs.size(); ++i) {
      ASSERT_EQ(postings.Next(), term.docs[i]) << i;
      ASSERT_EQ(postings.doc(), term.docs[i]);
      if (read_freqs) {
        ASSERT_EQ(postings.freq(), term.freqs[i]) << i;
      }
      if (model.shape.positions && OneIn(3)) {
        ExpectOccurrences(model, term, i, &postings);
        ASSERT_FALSE(HasFatalFailure()) << i;
      }
    }
    ASSERT_EQ(postings.Next(), kNoMoreDocs);
    ASSERT_EQ(postings.Next(), kNoMoreDocs);
    ASSERT_EQ(postings.Advance(0), kNoMoreDocs);
    ASSERT_FALSE(postings.NextBlock());
    ASSERT_TRUE(postings.status().ok());
  });
}

TEST_F(PostingsTest, BlocksGiveEveryDocument) {
  ForTerms(40, [this](const PostingsModel& model, const ModelTerm& term,
                      const PostingsSections& sections) {
    BlockPostings postings(sections, model.shape, term.info, model.max_doc);
    size_t i = 0;
    while (postings.NextBlock()) {
      const size_t count = std::min<size_t>(term.docs.size() - i, kBlockSize);
      ASSERT_EQ(postings.block_last_doc(), term.docs[i + count - 1]);
      if (!OneIn(4)) {
        ASSERT_TRUE(std::ranges::equal(postings.docs(), std::span(term.docs).subspan(i, count)));
        ASSERT_TRUE(std::ranges::equal(postings.freqs(), std::span(term.freqs).subspan(i, count)));
      }
      i += count;
    }
    ASSERT_EQ(i, term.docs.size());
    ASSERT_FALSE(postings.corrupt());
  });
}

TEST_F(PostingsTest, AdvanceEqualsLowerBound) {
  ForTerms(60, [this](const PostingsModel& model, const ModelTerm& term,
                      const PostingsSections& sections) {
    BlockPostings postings(sections, model.shape, term.info, model.max_doc);
    size_t at = 0;  // index of the current document
    bool started = false;
    const uint64_t step = 1 + Uniform(2 * model.max_doc / (1 + Uniform(term.docs.size())));
    for (int moves = 0; moves < 300; ++moves) {
      if (OneIn(5)) {
        at = started ? at + (at < term.docs.size() ? 1 : 0) : 0;
        ASSERT_EQ(postings.Next(), at < term.docs.size() ? term.docs[at] : kNoMoreDocs);
      } else {
        const uint64_t from = at < term.docs.size() && started ? term.docs[at] : 0;
        const auto target = static_cast<DocId>(
            OneIn(50) ? kNoMoreDocs : from + Uniform(step) - std::min<uint64_t>(from, Uniform(3)));
        // Looking ahead first changes nothing.
        if (OneIn(3) && (!started || (at < term.docs.size() && term.docs[at] < target))) {
          const bool found = postings.AdvanceBlock(target);
          ASSERT_EQ(found, term.docs.back() >= target);
          if (found) {
            ASSERT_GE(postings.block_last_doc(), target);
          }
        }
        const auto low = term.docs.begin() + static_cast<std::ptrdiff_t>(at);
        at =
            static_cast<size_t>(std::lower_bound(low, term.docs.end(), target) - term.docs.begin());
        ASSERT_EQ(postings.Advance(target), at < term.docs.size() ? term.docs[at] : kNoMoreDocs)
            << target;
      }
      started = true;
      if (at == term.docs.size()) {
        break;
      }
      if (OneIn(2)) {
        ASSERT_EQ(postings.freq(), term.freqs[at]);
      }
      if (model.shape.positions && OneIn(2)) {
        ExpectOccurrences(model, term, at, &postings);
        ASSERT_FALSE(HasFatalFailure());
      }
    }
    ASSERT_FALSE(postings.corrupt());
  });
}

TEST_F(PostingsTest, WindowsOfBitsHoldEveryDocument) {
  ForTerms(40, [this](const PostingsModel& model, const ModelTerm& term,
                      const PostingsSections& sections) {
    BlockPostings postings(sections, model.shape, term.info, model.max_doc);
    const bool skips = OneIn(3);
    size_t i = 0;
    for (uint64_t begin = Uniform(100); begin < model.max_doc;) {
      const uint64_t end =
          std::min<uint64_t>(model.max_doc, begin + 1 + Uniform(OneIn(2) ? 5000 : 100));
      // What is set stays, and no word behind the window is touched.
      std::vector<uint64_t> bits((end - begin + 63) / 64, 0);
      std::vector<uint64_t> expected = bits;
      bits[0] = expected[0] = 1;
      while (i < term.docs.size() && term.docs[i] < begin) {
        ++i;
      }
      for (; i < term.docs.size() && term.docs[i] < end; ++i) {
        expected[(term.docs[i] - begin) / 64] |= uint64_t{1} << ((term.docs[i] - begin) % 64);
      }
      postings.FillBits(static_cast<DocId>(begin), static_cast<DocId>(end), bits.data());
      ASSERT_EQ(bits, expected) << begin << " to " << end;
      begin = end + (skips ? Uniform(3000) : 0);
    }
    ASSERT_FALSE(postings.corrupt());
  });
}

TEST_F(PostingsTest, ACopyGoesItsOwnWay) {
  ForTerms(3,
           [](const PostingsModel& model, const ModelTerm& term, const PostingsSections& sections) {
             BlockPostings postings(sections, model.shape, term.info, model.max_doc);
             ASSERT_EQ(postings.Next(), term.docs[0]);
             BlockPostings copy = postings;
             while (postings.Next() != kNoMoreDocs) {
             }
             for (size_t i = 1; i < term.docs.size(); ++i) {
               ASSERT_EQ(copy.Next(), term.docs[i]);
               ASSERT_EQ(copy.freq(), term.freqs[i]);
             }
           });
}

// A similarity that only knows what Impacts promise: more occurrences score no less, a longer field scores no more.
double Score(double k, double b, uint32_t freq, uint8_t norm) {
  const double f = freq == kUnboundedFreq ? 1e30 : freq;
  return f / (f + k * (1 - b + b * norm / 20.0));
}
double Bound(double k, double b, const Impacts& impacts) {
  return std::max(Score(k, b, impacts.low.freq, impacts.low.norm),
                  Score(k, b, impacts.high.freq, impacts.high.norm));
}

TEST_F(PostingsTest, ImpactsBoundEveryDocument) {
  ForTerms(60, [this](const PostingsModel& model, const ModelTerm& term,
                      const PostingsSections& sections) {
    BlockPostings postings(sections, model.shape, term.info, model.max_doc);
    const double k = 0.01 + static_cast<double>(Uniform(1000)) / 100;
    const double b = static_cast<double>(Uniform(101)) / 100;
    size_t i = 0;
    while (postings.NextBlock()) {
      const auto last =
          static_cast<DocId>(postings.block_last_doc() + (OneIn(2) ? 0 : Uniform(10'000)));
      const double bound = Bound(k, b, postings.block_impacts());
      const double far_bound = Bound(k, b, postings.impacts_up_to(last));
      for (size_t j = i; j < term.docs.size() && term.docs[j] <= last; ++j) {
        const double score =
            Score(k, b, term.freqs[j], model.norms.empty() ? 0 : model.norms[term.docs[j]]);
        if (j - i < kBlockSize) {
          ASSERT_LE(score, bound);
        }
        ASSERT_LE(score, far_bound);
        ASSERT_LE(score, Bound(k, b, postings.term_impacts()));
      }
      i += kBlockSize;
    }
  });
}

TEST_F(PostingsTest, ImpactsAreTightWhereTheyFitABlock) {
  ImpactsBuilder builder;
  builder.Add(1, 4);
  builder.Add(1, 9);
  builder.Add(7, 40);
  builder.Add(3, 44);
  const Impacts impacts = builder.Build();
  EXPECT_EQ(impacts, (Impacts{{1, 4}, {7, 40}}));
  EXPECT_EQ(DecodeImpacts(EncodeImpacts(impacts)), impacts);
  EXPECT_EQ(DecodeImpacts(EncodeImpacts({{64, 3}, {kUnboundedFreq, 255}})),
            (Impacts{{64, 3}, {kUnboundedFreq, 255}}));
  EXPECT_EQ(DecodeImpacts(EncodeImpacts({{65, 0}, {78, 1}})), (Impacts{{70, 0}, {84, 1}}));
}

TEST_F(PostingsTest, AFrequencyBoundIsNeverBelowTheFrequencyNorFarAbove) {
  const auto check = [](uint64_t freq) {
    const auto f = static_cast<uint32_t>(freq);
    const uint8_t byte = EncodeFreqBound(f);
    const uint32_t bound = DecodeFreqBound(byte);
    ASSERT_GE(bound, f);
    ASSERT_LE(bound, freq + freq / 10);
    ASSERT_TRUE(f > 64 || bound == f);
    ASSERT_LE(f == 0 ? byte : EncodeFreqBound(f - 1), byte);
    ASSERT_EQ(EncodeFreqBound(bound), byte);
  };
  for (uint64_t freq = 0; freq < 100'000; ++freq) {
    ASSERT_NO_FATAL_FAILURE(check(freq));
  }
  for (uint32_t byte = 1; byte < 256; ++byte) {
    const uint64_t bound = DecodeFreqBound(static_cast<uint8_t>(byte));
    ASSERT_GE(bound, DecodeFreqBound(static_cast<uint8_t>(byte - 1)));
    for (uint64_t freq = bound - 1; freq <= std::min<uint64_t>(bound + 1, kUnboundedFreq); ++freq) {
      ASSERT_NO_FATAL_FAILURE(check(freq));
    }
  }
  for (uint64_t i = 0; i < Iterations(100'000); ++i) {
    ASSERT_NO_FATAL_FAILURE(check(random()() >> (32 + Uniform(32))));
  }
}

TEST_F(PostingsTest, ATermWithoutDocumentsIsExhausted) {
  BlockPostings none;
  EXPECT_EQ(none.Next(), kNoMoreDocs);
  EXPECT_EQ(none.Advance(3), kNoMoreDocs);
  EXPECT_FALSE(none.NextBlock());
  EXPECT_FALSE(none.AdvanceBlock(0));
  EXPECT_TRUE(none.docs().empty());
  BlockPostings empty({}, {}, TermInfo(), 10);
  EXPECT_EQ(empty.Next(), kNoMoreDocs);
  EXPECT_FALSE(empty.corrupt());
}

}  // namespace
}  // namespace binseek::codec
