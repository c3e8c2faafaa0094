#include "engine/index/system_pages.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/index/live_pages.h"
#include "tests/engine/index/page_history.h"
#include "tests/support/seeded_test.h"

namespace binseek::index::test {
namespace {

using Rows = std::vector<SystemRow>;
using RowHistory = PageHistory<SystemPages, Rows>;
using Bits = std::vector<bool>;
using LiveHistory = PageHistory<LivePages, Bits>;

class SystemPagesTest : public ::binseek::test::SeededTest {
 protected:
  std::optional<int64_t> RandomNumber() {
    return OneIn(4) ? std::nullopt : std::optional<int64_t>(static_cast<int64_t>(random()()));
  }
  void ExpectShows(const SystemPages& pages, const Rows& rows) {
    const auto docs = static_cast<uint32_t>(rows.size());
    const DocId first = static_cast<DocId>(Uniform(docs)) / 64 * 64;
    const auto n = static_cast<uint32_t>(1 + Uniform(docs - first));
    std::vector<int64_t> hashes(n, -1);
    std::vector<uint64_t> present((n + 63) / 64, ~uint64_t{0});
    pages.Read(SystemColumn::kRowHash, first, n, hashes.data(), present.data());
    for (DocId doc = 0; doc < docs; ++doc) {
      ASSERT_EQ(pages.Get(doc), rows[doc]) << doc;
      ASSERT_EQ(pages.Version(doc), rows[doc].version);
      ASSERT_EQ(pages.SeqNo(doc), rows[doc].seq_no);
      ASSERT_EQ(pages.RowHash(doc), rows[doc].row_hash);
      if (doc >= first && doc < first + n) {
        const DocId at = doc - first;
        ASSERT_EQ(hashes[at], rows[doc].row_hash.value_or(0));
        ASSERT_EQ((present[at / 64] >> (at % 64)) & 1, rows[doc].row_hash ? 1u : 0u);
      }
    }
  }
};

TEST_F(SystemPagesTest, ShowsEveryPinnedStateAsItWas) {
  for (uint64_t round = 0; round < Iterations(40); ++round) {
    const auto docs = static_cast<uint32_t>(1 + Uniform(OneIn(3) ? 40 : 2000));
    Rows rows(docs);
    codec::StringSink sink;
    codec::PackedColumnWriter writer(&sink);
    for (DocId doc = 0; doc < docs; ++doc) {
      rows[doc].version = RandomNumber();
      if (rows[doc].version) {
        writer.Add(doc, *rows[doc].version);
      }
    }
    writer.Finish(docs);
    const NumberBase version = *NumberBase::Open(sink.bytes(), docs);
    RowHistory history(SystemPages({.version = &version}, docs, OneIn(2) ? 32 : 64), rows);
    const auto change = [&](SystemPages* pages, Rows* shown, PageEdit* edit) {
      for (uint64_t n = Uniform(20); n > 0; --n) {
        const auto doc = static_cast<DocId>(Uniform(docs));
        const SystemRow row{
            .version = RandomNumber(), .seq_no = RandomNumber(), .row_hash = RandomNumber()};
        ASSERT_EQ(pages->Set(doc, row, edit), row != (*shown)[doc]);
        (*shown)[doc] = row;
      }
    };
    for (int step = 0; step < 20; ++step) {
      if (OneIn(6)) {
        history.Abort(change);
      } else {
        history.Publish(change);
      }
      if (OneIn(3)) {
        history.Pin();
      }
      if (!history.views().empty() && OneIn(4)) {
        history.Unpin(Uniform(history.views().size()));
      }
    }
    for (const auto& view : history.views()) {
      ExpectShows(view.column, view.model);
    }
    ExpectShows(history.newest().column, history.newest().model);
    ASSERT_FALSE(HasFailure());
  }
}

TEST_F(SystemPagesTest, VisitsThePagesThatChanged) {
  RowHistory history(SystemPages({}, 10'000), Rows(10'000));
  const auto changed_since = [&](Epoch epoch) {
    std::vector<uint32_t> pages;
    history.newest().column.VisitChangedSince(epoch, [&](uint32_t page) { pages.push_back(page); });
    return pages;
  };
  for (const DocId doc : {5u, 9'999u, 640u, 31u}) {
    history.Publish([&](SystemPages* pages, Rows*, PageEdit* edit) {
      pages->Set(doc, {.version = 2, .seq_no = doc, .row_hash = {}}, edit);
    });
  }
  EXPECT_EQ(changed_since(0), (std::vector<uint32_t>{0, 20, 312}));
  EXPECT_EQ(changed_since(3), (std::vector<uint32_t>{0, 20}));
  EXPECT_EQ(changed_since(4), (std::vector<uint32_t>{0}));
  EXPECT_EQ(changed_since(5), (std::vector<uint32_t>{}));
  EXPECT_EQ(history.newest().column.written_pages(), 3u);
}

class LivePagesTest : public ::binseek::test::SeededTest {
 protected:
  static void ExpectShows(const LivePages& live, const Bits& bits) {
    uint32_t count = 0;
    for (DocId doc = 0; doc < bits.size(); ++doc) {
      ASSERT_EQ(live.Get(doc), bits[doc]) << doc;
      ASSERT_EQ((live.Word(doc / 64 * 64) >> (doc % 64)) & 1, bits[doc] ? 1u : 0u) << doc;
      count += bits[doc] ? 1 : 0;
    }
    ASSERT_EQ(live.count(), count);
    const auto docs = static_cast<uint32_t>(bits.size());
    if (docs % 64 != 0) {
      ASSERT_EQ(live.Word(docs / 64 * 64) >> (docs % 64), 0u);
    }
  }
};

TEST_F(LivePagesTest, ShowsEveryPinnedStateAsItWas) {
  for (uint64_t round = 0; round < Iterations(20); ++round) {
    const auto docs = static_cast<uint32_t>(1 + Uniform(OneIn(2) ? 100 : 20'000));
    LiveHistory history(LivePages(docs), Bits(docs, true));
    std::vector<Epoch> changed(history.newest().column.pages());
    for (int step = 0; step < 20; ++step) {
      history.Publish([&](LivePages* live, Bits* bits, PageEdit* edit) {
        for (uint64_t n = Uniform(10); n > 0; --n) {
          const auto doc = static_cast<DocId>(Uniform(docs));
          const bool was_live = (*bits)[doc];
          ASSERT_EQ(live->Delete(doc, edit), was_live);
          (*bits)[doc] = false;
          if (was_live) {
            changed[doc / LivePages::kDocs] = history.newest().epoch + 1;
          }
        }
      });
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

TEST_F(LivePagesTest, SmallSegmentHasASmallPage) {
  LiveHistory history(LivePages(3), {});
  history.Publish([](LivePages* live, Bits*, PageEdit* edit) { live->Delete(1, edit); });
  EXPECT_EQ(history.newest().column.Word(0), 5u);
  EXPECT_EQ(history.pool().used_bytes(), 64u);
}

}  // namespace
}  // namespace binseek::index::test
