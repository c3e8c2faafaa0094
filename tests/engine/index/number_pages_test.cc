#include "engine/index/number_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <vector>

#include "engine/index/number_kernels.h"
#include "tests/engine/index/page_history.h"
#include "tests/support/seeded_test.h"

namespace binseek::index::test {
namespace {

using Values = std::vector<int64_t>;  // of a document, ascending
using Model = std::vector<Values>;    // of a column
using History = PageHistory<NumberPages, Model>;

constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

// An immutable column made from a model.
class Base {
 public:
  explicit Base(const Model& model) {
    codec::PackedColumnWriter writer(&sink_);
    for (size_t doc = 0; doc < model.size(); ++doc) {
      writer.Add(static_cast<DocId>(doc), model[doc]);
    }
    writer.Finish(static_cast<uint32_t>(model.size()));
    base_ = *NumberBase::Open(sink_.bytes(), static_cast<uint32_t>(model.size()));
  }
  Base(const Base&) = delete;
  Base& operator=(const Base&) = delete;
  const NumberBase* get() const { return &base_; }

 private:
  codec::StringSink sink_;
  NumberBase base_;
};

class NumberPagesTest : public ::binseek::test::SeededTest {
 protected:
  // Values of all magnitudes, so that pages of all widths come up.
  int64_t RandomValue() {
    switch (Uniform(8)) {
      case 0:
        return static_cast<int64_t>(random()());
      case 1:
        return OneIn(2) ? kLeast + static_cast<int64_t>(Uniform(3))
                        : kMost - static_cast<int64_t>(Uniform(3));
      case 2:
        return static_cast<int64_t>(Uniform(1u << 20)) - 1000;
      default:
        return 5000 + static_cast<int64_t>(Uniform(magnitude_));
    }
  }
  Values RandomValues(bool several) {
    Values values(several && OneIn(4) ? Uniform(6) : (OneIn(5) ? 0 : 1));
    for (int64_t& value : values) {
      value = tame_ ? 5000 + static_cast<int64_t>(Uniform(magnitude_)) : RandomValue();
    }
    std::sort(values.begin(), values.end());
    return values;
  }
  Model RandomModel(uint32_t docs, bool several) {
    Model model(docs);
    for (Values& values : model) {
      values = RandomValues(several);
    }
    return model;
  }
  void ExpectShows(const NumberPages& column, const Model& model) {
    ExpectReads(column, model);
    ExpectMatches(column, model);
    for (uint32_t page = 0; page < column.pages(); ++page) {
      ExpectPage(column, model, page);
    }
  }
  void ExpectReads(const NumberPages& column, const Model& model) {
    const auto docs = static_cast<uint32_t>(model.size());
    const DocId first = static_cast<DocId>(Uniform(docs)) / 64 * 64;
    const auto n = static_cast<uint32_t>(1 + Uniform(docs - first));
    Values values(n, -1);
    std::vector<uint64_t> present((n + 63) / 64, ~uint64_t{0});
    column.Read(first, n, values.data(), present.data());
    Values scratch;
    for (DocId doc = 0; doc < docs; ++doc) {
      const auto all = column.GetAll(doc, &scratch);
      ASSERT_EQ(Values(all.begin(), all.end()), model[doc]) << "document " << doc;
      const auto one = column.Get(doc);
      ASSERT_EQ(one.has_value(), !model[doc].empty());
      ASSERT_TRUE(!one || *one == model[doc].front());
      if (doc >= first && doc < first + n) {
        const DocId at = doc - first;
        ASSERT_EQ((present[at / 64] >> (at % 64)) & 1, one.has_value() ? 1u : 0u) << doc;
        ASSERT_EQ(values[at], one.value_or(0)) << doc;
      }
    }
  }
  // Whole pages side by side, as scans ask for them.
  void ExpectMatches(const NumberPages& column, const Model& model) {
    const uint32_t page_docs = column.docs_per_page();
    const auto docs = static_cast<uint32_t>(model.size());
    const DocId first = static_cast<DocId>(Uniform(docs)) / page_docs * page_docs;
    const uint32_t rest = docs - first;
    const uint32_t n =
        OneIn(2)
            ? rest
            : std::min(rest, static_cast<uint32_t>(1 + Uniform(rest / page_docs + 1)) * page_docs);
    const int64_t low = OneIn(6) ? kLeast : RandomValue();
    const int64_t high = OneIn(6) ? kMost : RandomValue();
    std::vector<uint64_t> match((n + 63) / 64, ~uint64_t{0});
    column.MatchDocs(first, n, low, high, match.data());
    for (uint32_t i = 0; i < match.size() * 64; ++i) {
      const bool expected =
          i < n && std::any_of(model[first + i].begin(), model[first + i].end(),
                               [&](int64_t value) { return low <= value && value <= high; });
      ASSERT_EQ((match[i / 64] >> (i % 64)) & 1, expected ? 1u : 0u) << first + i;
    }
  }
  void ExpectPage(const NumberPages& column, const Model& model, uint32_t page) {
    const DocId first = column.first_doc(page);
    NumberZone zone;
    for (uint32_t i = 0; i < column.docs_of(page); ++i) {
      for (const int64_t value : model[first + i]) {
        zone.Add(value);
      }
    }
    ASSERT_EQ(column.page_min(page), zone.min);
    ASSERT_EQ(column.page_max(page), zone.max);
    // Bounds that are values of the page, or near to them, or anything.
    const auto bound = [&] {
      const Values& values = model[first + Uniform(column.docs_of(page))];
      const int64_t near = values.empty() ? RandomValue() : values[Uniform(values.size())];
      return OneIn(3) ? RandomValue()
                      : static_cast<int64_t>(static_cast<uint64_t>(near) + Uniform(3) - 1);
    };
    const int64_t low = OneIn(6) ? kLeast : bound();
    const int64_t high = OneIn(6) ? kMost : bound();
    std::vector<uint64_t> match(column.words_of(page), 0x5555);
    column.MatchRange(page, low, high, match.data());
    for (uint32_t i = 0; i < column.words_of(page) * 64; ++i) {
      const bool expected =
          i < column.docs_of(page) &&
          std::any_of(model[first + i].begin(), model[first + i].end(),
                      [&](int64_t value) { return value >= low && value <= high; });
      ASSERT_EQ(((match[i / 64] >> (i % 64)) & 1) != 0, expected) << low << " to " << high;
    }
  }

  uint64_t magnitude_ = 100;
  bool tame_ = false;  // values near to each other
};

TEST_F(NumberPagesTest, ReadsItsBaseUntilWritten) {
  for (const bool several : {false, true}) {
    const Model model = RandomModel(777, several);
    const Base base(model);
    ExpectShows(NumberPages(base.get(), 777), model);
  }
  ExpectShows(NumberPages(nullptr, 100), Model(100));
}

TEST_F(NumberPagesTest, ShowsEveryPinnedStateAsItWas) {
  for (uint64_t round = 0; round < Iterations(60); ++round) {
    const uint32_t docs = OneIn(4) ? 1 + static_cast<uint32_t>(Uniform(70))
                                   : 1 + static_cast<uint32_t>(Uniform(3000));
    const bool several = OneIn(2);
    tame_ = OneIn(2);
    magnitude_ = uint64_t{1} << (1 + Uniform(40));
    const Model model = OneIn(4) ? Model(docs) : RandomModel(docs, several);
    const Base base(model);
    const NumberPageShape shape{.docs = 64u << Uniform(4), .min_width = 1u << Uniform(4)};
    History history(NumberPages(base.get(), docs, shape), model);
    std::vector<Epoch> changed(NumberPages(base.get(), docs, shape).pages());
    const auto change = [&](bool publish) {
      return [this, publish, several, docs, &history, &changed](NumberPages* column, Model* shown,
                                                                PageEdit* edit) {
        for (uint64_t n = Uniform(40); n > 0; --n) {
          const auto doc = static_cast<DocId>(Uniform(docs));
          const Values values = RandomValues(several);
          const bool differs = values != (*shown)[doc];
          ASSERT_EQ(column->Set(doc, std::span<const int64_t>(values), edit), differs);
          (*shown)[doc] = values;
          if (publish && differs) {
            changed[doc / column->docs_per_page()] = history.newest().epoch + 1;
          }
        }
      };
    };
    for (int step = 0; step < 25; ++step) {
      if (OneIn(6)) {
        history.Abort(change(false));
      } else {
        history.Publish(change(true));
      }
      if (OneIn(3)) {
        history.Pin();
      }
      if (!history.views().empty() && OneIn(4)) {
        history.Unpin(Uniform(history.views().size()));
      }
    }
    const Epoch since = Uniform(history.newest().epoch + 1);
    std::vector<uint32_t> seen;
    history.newest().column.VisitChangedSince(since, [&](uint32_t page) { seen.push_back(page); });
    std::vector<uint32_t> expected;
    for (uint32_t page = 0; page < changed.size(); ++page) {
      if (changed[page] > since) {
        expected.push_back(page);
      }
    }
    ASSERT_EQ(seen, expected);
    for (const auto& view : history.views()) {
      ExpectShows(view.column, view.model);
    }
    ExpectShows(history.newest().column, history.newest().model);
    ASSERT_FALSE(HasFailure());
  }
}

TEST_F(NumberPagesTest, ScansGoOnFromOneInnerNodeToTheNext) {
  constexpr uint32_t kDocs = 9'001;
  const bool several = OneIn(2);
  tame_ = true;
  const Model model = RandomModel(kDocs, several);
  const Base base(model);
  const NumberPageShape shape{.docs = 64};  // 141 pages: three inner nodes
  History history(NumberPages(base.get(), kDocs, shape), model);
  history.Publish([&](NumberPages* column, Model* shown, PageEdit* edit) {
    for (int i = 0; i < 300; ++i) {
      const auto doc = static_cast<DocId>(Uniform(kDocs));
      (*shown)[doc] = RandomValues(several);
      column->Set(doc, std::span<const int64_t>((*shown)[doc]), edit);
    }
  });
  const auto& [epoch, column, shown] = history.newest();
  for (int i = 0; i < 30; ++i) {
    ExpectMatches(column, shown);
  }
  for (int i = 0; i < 4; ++i) {
    ExpectReads(column, shown);
  }
}

TEST_F(NumberPagesTest, HoldsWhatPinnedViewsNeedAndNoMore) {
  constexpr uint32_t kDocs = 20'000;
  constexpr size_t kViews = 3;
  History history(NumberPages(nullptr, kDocs, {.min_width = 8}), {});
  const auto rewrite = [&](NumberPages* column, Model*, PageEdit* edit) {
    for (DocId doc = 0; doc < kDocs; ++doc) {
      column->Set(doc, static_cast<int64_t>(random()() >> 1), edit);
    }
  };
  history.Publish(rewrite);
  const size_t column_bytes = history.pool().used_bytes();
  for (int round = 0; round < 4; ++round) {
    history.Publish(rewrite);
    EXPECT_EQ(history.pool().used_bytes(), column_bytes);
  }
  // Many epochs pass between the pins, and after them.
  for (size_t pins = 1; pins <= kViews; ++pins) {
    history.Pin();
    for (int round = 0; round < 5; ++round) {
      history.Publish(rewrite);
      ASSERT_LE(history.pool().used_bytes(), (pins + 1) * column_bytes);
    }
  }
  EXPECT_EQ(history.pool().used_bytes(), (kViews + 1) * column_bytes);
  while (!history.views().empty()) {
    history.Unpin(Uniform(history.views().size()));
    EXPECT_EQ(history.pool().used_bytes(), (history.views().size() + 1) * column_bytes);
  }
  EXPECT_EQ(history.reclaimer().waiting(), 0u);
}

TEST_F(NumberPagesTest, SmallSegmentCostsOneSmallPage) {
  History history(NumberPages(nullptr, 1), {});
  history.Publish([](NumberPages* column, Model*, PageEdit* edit) { column->Set(0, 42, edit); });
  EXPECT_EQ(history.newest().column.Get(0), 42);
  EXPECT_LE(history.pool().used_bytes(), 192u);
}

TEST_F(NumberPagesTest, EqualValueCopiesNothing) {
  const Base base({{1}, {2, 3}, {}});
  History history(NumberPages(base.get(), 3), {});
  history.Publish([](NumberPages* column, Model*, PageEdit* edit) {
    const Values both{2, 3};
    EXPECT_FALSE(column->Set(0, 1, edit));
    EXPECT_FALSE(column->Set(1, std::span<const int64_t>(both), edit));
    EXPECT_FALSE(column->Set(2, std::nullopt, edit));
    EXPECT_EQ(edit->made(), 0u);
  });
  EXPECT_EQ(history.newest().column.written_pages(), 0u);
}

TEST_F(NumberPagesTest, PageSharesSeveralValuesUntilTheyChange) {
  const Values both{2, 3};
  History history(NumberPages(nullptr, 64), {});
  history.Publish([&](NumberPages* column, Model*, PageEdit* edit) {
    column->Set(9, std::span<const int64_t>(both), edit);
    EXPECT_EQ(edit->made(), 2u);
  });
  history.Publish([](NumberPages* column, Model*, PageEdit* edit) {
    column->Set(8, 1, edit);
    EXPECT_EQ(edit->made(), 1u);  // the page alone
  });
  EXPECT_TRUE(history.newest().column.multi_valued());
  history.Publish([](NumberPages* column, Model*, PageEdit* edit) {
    column->Set(9, 1, edit);
    EXPECT_EQ(edit->replaced(), 2u);  // nobody has several any more
  });
  EXPECT_EQ(history.pool().used_bytes(), 192u);
}

TEST_F(NumberPagesTest, KernelsAgree) {
  const auto supported = NumberKernels::Supported();
  for (uint64_t round = 0; round < Iterations(300); ++round) {
    const uint32_t width = 1u << Uniform(4);
    std::vector<uint64_t> bytes(64 * 8);
    for (uint64_t& word : bytes) {
      word = OneIn(4) ? 0 : random()();
    }
    const auto words = static_cast<uint32_t>(1 + Uniform(8));
    const uint64_t mask = width == 8 ? ~uint64_t{0} : (uint64_t{1} << (8 * width)) - 1;
    auto low = static_cast<int64_t>(random()() & mask);
    auto high = static_cast<int64_t>(random()() & mask);
    if (low > high) {
      std::swap(low, high);
    }
    const auto n = static_cast<uint32_t>(1 + Uniform(words * 64));
    const int64_t frame = width == 8 ? 0 : static_cast<int64_t>(random()());
    std::vector<uint64_t> match(8);
    Values values(512);
    supported[0]->match(width, bytes.data(), words, low, high, match.data());
    supported[0]->widen(width, bytes.data(), n, frame, values.data());
    for (const NumberKernels* kernels : supported) {
      std::vector<uint64_t> other_match(8);
      Values other_values(512);
      kernels->match(width, bytes.data(), words, low, high, other_match.data());
      kernels->widen(width, bytes.data(), n, frame, other_values.data());
      ASSERT_EQ(other_match, match) << kernels->name << ", width " << width;
      ASSERT_EQ(other_values, values) << kernels->name << ", width " << width;
    }
  }
}

}  // namespace
}  // namespace binseek::index::test
