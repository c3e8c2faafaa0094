#include "engine/index/primary_key_map.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>

#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index {
namespace {

struct Keys {
  std::vector<std::string> keys;
  std::string_view Key(DocId doc) const { return keys.at(doc); }
};
using Segment = std::shared_ptr<Keys>;

std::shared_ptr<const KeyReader> ReaderOf(const Segment& segment) {
  return std::make_shared<SegmentKeys<Keys>>(segment);
}

Segment SegmentOf(std::vector<std::string> keys) {
  return std::make_shared<Keys>(Keys{std::move(keys)});
}

// Keys prefix0, prefix1 ...
Segment Numbered(const std::string& prefix, size_t count) {
  std::vector<std::string> keys;
  for (size_t i = 0; i < count; ++i) {
    keys.push_back(prefix + std::to_string(i));
  }
  return SegmentOf(std::move(keys));
}

PrimaryKeyMap::DocMap MapOf(std::vector<DocId> docs) {
  return std::make_shared<const std::vector<DocId>>(std::move(docs));
}

void PutAll(PrimaryKeyMap* map, uint64_t id, const Segment& segment) {
  ASSERT_OK(map->AddSegment(id, ReaderOf(segment)));
  for (DocId doc = 0; doc < segment->keys.size(); ++doc) {
    ASSERT_EQ(map->Put(segment->Key(doc), id, doc), std::nullopt);
  }
}

void ExpectPlace(const PrimaryKeyMap& map, std::string_view key, uint64_t segment_id, DocId doc) {
  const std::optional<KeyPlace> place = map.Find(key);
  ASSERT_TRUE(place.has_value()) << key;
  EXPECT_EQ(place->segment_id, segment_id) << key;
  EXPECT_EQ(place->doc, doc) << key;
}

uint64_t OnePartition(std::string_view key) { return codec::KeyHash(key) >> 8; }
uint64_t FewHashes(std::string_view key) { return (codec::KeyHash(key) & 7) << 54; }
uint64_t OneHash(std::string_view) { return 0; }
// The last homes of the last partition, whose chains go round to its front.
uint64_t LastHomes(std::string_view key) { return codec::KeyHash(key) | 0xFFFFFF0000000000u; }

TEST(PrimaryKeyMapTest, PutFindAndEraseTellThePlaceBefore) {
  PrimaryKeyMap map;
  ASSERT_OK(map.AddSegment(7, ReaderOf(SegmentOf({"a", "b", "a"}))));
  EXPECT_EQ(map.Find("a"), std::nullopt);
  EXPECT_EQ(map.Erase("a"), std::nullopt);
  EXPECT_EQ(map.Put("a", 7, 0), std::nullopt);
  EXPECT_EQ(map.Put("b", 7, 1), std::nullopt);
  EXPECT_EQ(map.Put("a", 7, 2), (KeyPlace{7, 0}));
  EXPECT_EQ(map.size(), 2u);
  EXPECT_EQ(map.Erase("a"), (KeyPlace{7, 2}));
  EXPECT_EQ(map.Find("a"), std::nullopt);
  ExpectPlace(map, "b", 7, 1);
  EXPECT_EQ(map.size(), 1u);
}

TEST(PrimaryKeyMapTest, GuessesWhereAKeyIsByItsHashAlone) {
  PrimaryKeyMap map;
  map.Prefetch("a");
  EXPECT_EQ(map.Guess("a"), std::nullopt);
  PutAll(&map, 1, Numbered("k", 1000));
  map.Prefetch("k77");
  EXPECT_EQ(map.Guess("k77"), map.Find("k77"));
  map.RemoveSegment(1);
  EXPECT_EQ(map.Guess("k77"), std::nullopt);
}

TEST(PrimaryKeyMapTest, HoldsTheGreatestDocument) {
  struct AnyDoc final : KeyReader {
    std::string_view Key(DocId) const override { return "k"; }
  };
  PrimaryKeyMap map;
  ASSERT_OK(map.AddSegment(1, std::make_shared<AnyDoc>()));
  map.Put("k", 1, codec::kNoMoreDocs - 1);
  ExpectPlace(map, "k", 1, codec::kNoMoreDocs - 1);
}

TEST(PrimaryKeyMapTest, FewKeysCostLessThanFiveKilobytes) {
  PrimaryKeyMap map;
  PutAll(&map, 1, Numbered("k", 8));
  EXPECT_LT(map.memory_bytes(),
            5'120u + 8 * 64);  // the partitions, and one small table for each key
  PrimaryKeyMap empty;
  EXPECT_LT(empty.memory_bytes(), 5'120u);
}

TEST(PrimaryKeyMapTest, GrowingKeepsEveryKeyAndTheBytesPerKeyLow) {
  PrimaryKeyMap map;
  const Segment segment = Numbered("k", 200'000);
  PutAll(&map, 1, segment);
  for (DocId doc = 0; doc < segment->keys.size(); ++doc) {
    ExpectPlace(map, segment->Key(doc), 1, doc);
  }
  EXPECT_EQ(map.Find("k200000"), std::nullopt);
  EXPECT_LT(map.memory_bytes(), 16 * map.size());
}

TEST(PrimaryKeyMapTest, ForwardedDocumentsAreFoundBeforeAndAfterTheyAreRewritten) {
  constexpr DocId kDocs = 10'000;  // more than are moved at once
  PrimaryKeyMap map;
  const Segment old = Numbered("k", kDocs);
  PutAll(&map, 1, old);
  Segment merged = SegmentOf({});
  std::vector<DocId> docs(kDocs, codec::kNoMoreDocs);
  for (DocId doc = kDocs; doc-- > 0;) {
    if (doc % 3 != 0) {  // every third one died
      docs[doc] = static_cast<DocId>(merged->keys.size());
      merged->keys.push_back(old->keys[doc]);
    }
  }
  ASSERT_OK(map.AddSegment(2, ReaderOf(merged)));
  map.Forward(1, 2, MapOf(docs));
  EXPECT_EQ(old.use_count(), 1) << "the reader of the old segment is released at once";
  EXPECT_EQ(map.known_segments(), 1u);
  const auto expect_all = [&] {
    for (DocId doc = 0; doc < kDocs; ++doc) {
      if (docs[doc] == codec::kNoMoreDocs) {
        ASSERT_EQ(map.Find(old->keys[doc]), std::nullopt);
      } else {
        ExpectPlace(map, old->keys[doc], 2, docs[doc]);
      }
    }
  };
  expect_all();
  EXPECT_EQ(map.forwarded_segments(), 1u);
  size_t steps = 1;
  while (map.RehomeSome(100)) {
    ++steps;
  }
  EXPECT_GE(steps, kDocs / 100);  // a step does not do more than it is told
  EXPECT_EQ(map.forwarded_segments(), 0u);
  EXPECT_EQ(map.size(), merged->keys.size());
  expect_all();
}

TEST(PrimaryKeyMapTest, SmallSegmentsAreMovedAtOnce) {
  PrimaryKeyMap map;
  const Segment small = Numbered("k", PrimaryKeyMap::kMovedAtOnceDocs);
  PutAll(&map, 1, small);
  map.Erase("k5");
  Segment merged = SegmentOf(small->keys);
  ASSERT_OK(map.AddSegment(2, ReaderOf(merged)));
  std::vector<DocId> docs(small->keys.size());
  for (DocId doc = 0; doc < docs.size(); ++doc) {
    docs[doc] = doc;
  }
  docs[6] = codec::kNoMoreDocs;
  map.Forward(1, 2, MapOf(docs));
  EXPECT_EQ(map.forwarded_segments(), 0u);
  EXPECT_EQ(map.size(), small->keys.size() - 2);
  EXPECT_EQ(map.Find("k5"), std::nullopt);
  EXPECT_EQ(map.Find("k6"), std::nullopt);
  ExpectPlace(map, "k7", 2, 7);
  EXPECT_FALSE(map.RehomeSome(1));
}

TEST(PrimaryKeyMapTest, ASegmentInAChainOfForwardsLivesUntilWhatLeadsToItIsWorkedOff) {
  constexpr DocId kDocs = 2'000;
  PrimaryKeyMap map;
  const Segment segment = Numbered("k", kDocs);
  PutAll(&map, 1, segment);
  std::vector<DocId> reversed(kDocs);
  for (DocId doc = 0; doc < kDocs; ++doc) {
    reversed[doc] = kDocs - 1 - doc;
  }
  const Segment backward =
      SegmentOf(std::vector<std::string>(segment->keys.rbegin(), segment->keys.rend()));
  for (uint64_t id = 2; id <= 6; ++id) {
    ASSERT_OK(map.AddSegment(id, ReaderOf(id % 2 == 0 ? backward : segment)));
    map.Forward(id - 1, id, MapOf(reversed));
    EXPECT_EQ(map.forwarded_segments(), id - 1);
  }
  for (DocId doc = 0; doc < kDocs; ++doc) {
    ExpectPlace(map, segment->Key(doc), 6, reversed[doc]);
  }
  EXPECT_EQ(map.Put("k0", 6, kDocs - 1), (KeyPlace{6, kDocs - 1}));
  EXPECT_EQ(map.Erase("k1"), (KeyPlace{6, kDocs - 2}));
  while (map.RehomeSome(64)) {
  }
  EXPECT_EQ(map.forwarded_segments(), 0u);
  ExpectPlace(map, "k2", 6, kDocs - 3);
}

TEST(PrimaryKeyMapTest, KeysOfARemovedSegmentAreGone) {
  PrimaryKeyMap map;
  PutAll(&map, 1, Numbered("a", 3'000));
  PutAll(&map, 2, Numbered("b", 3'000));
  map.RemoveSegment(1);
  EXPECT_EQ(map.Find("a17"), std::nullopt);
  EXPECT_EQ(map.Put("b17", 2, 17), (KeyPlace{2, 17}));
  while (map.RehomeSome(1'000)) {
  }
  EXPECT_EQ(map.size(), 3'000u);
  for (DocId doc = 0; doc < 3'000; ++doc) {
    ExpectPlace(map, "b" + std::to_string(doc), 2, doc);
  }
}

TEST(PrimaryKeyMapTest, AtMostFourThousandSegmentsAndSlotsAreUsedAgain) {
  PrimaryKeyMap map;
  const Segment segment = SegmentOf({"k"});
  for (uint64_t id = 0; id < PrimaryKeyMap::kMaxSegments; ++id) {
    ASSERT_OK(map.AddSegment(id, ReaderOf(segment)));
  }
  EXPECT_EQ(map.AddSegment(10'000, ReaderOf(segment)).code(), StatusCode::kResourceExhausted);
  map.Put("k", 4'095, 0);
  map.RemoveSegment(17);
  ASSERT_OK(map.AddSegment(10'000, ReaderOf(segment)));
  EXPECT_EQ(map.Put("k", 10'000, 0), (KeyPlace{4'095, 0}));
  map.RemoveSegment(10'000);  // an entry still names it
  EXPECT_EQ(map.AddSegment(10'001, ReaderOf(segment)).code(), StatusCode::kResourceExhausted);
  while (map.RehomeSome(1)) {
  }
  ASSERT_OK(map.AddSegment(10'001, ReaderOf(segment)));
  EXPECT_EQ(map.Find("k"), std::nullopt);
}

TEST(PrimaryKeyMapTest, BuildingFromSegmentsTakesTheLivingDocuments) {
  PrimaryKeyMap map;
  map.Reserve(30'000);
  const size_t reserved = map.memory_bytes();
  const Segment first = Numbered("k", 20'000);
  const Segment second = Numbered("k", 40'000);
  ASSERT_OK(map.AddSegment(1, ReaderOf(first)));
  ASSERT_OK(map.AddSegment(2, ReaderOf(second)));
  ASSERT_OK(map.BuildFrom(1, 20'000, [](DocId doc) { return doc < 10'000; }));
  ASSERT_OK(map.BuildFrom(2, 40'000, [](DocId doc) { return doc >= 20'000; }));
  EXPECT_EQ(map.size(), 30'000u);
  EXPECT_LT(map.memory_bytes(), reserved + 1'000);
  ExpectPlace(map, "k9999", 1, 9'999);
  EXPECT_EQ(map.Find("k10000"), std::nullopt);
  ExpectPlace(map, "k20000", 2, 20'000);
}

TEST(PrimaryKeyMapTest, BuildingPassesOverDocumentsWithoutAKey) {
  PrimaryKeyMap map;
  ASSERT_OK(map.AddSegment(1, ReaderOf(SegmentOf({"", "", "root", ""}))));
  ASSERT_OK(map.BuildFrom(1, 4, nullptr));
  EXPECT_EQ(map.size(), 1u);
  ExpectPlace(map, "root", 1, 2);
}

TEST(PrimaryKeyMapTest, BuildingRefusesAKeyThatLivesTwice) {
  PrimaryKeyMap map;
  ASSERT_OK(map.AddSegment(1, ReaderOf(SegmentOf({"a", "b"}))));
  ASSERT_OK(map.AddSegment(2, ReaderOf(SegmentOf({"c", "b"}))));
  ASSERT_OK(map.BuildFrom(1, 2, nullptr));
  const Status status = map.BuildFrom(2, 2, nullptr);
  EXPECT_EQ(status.code(), StatusCode::kCorruption);
  EXPECT_EQ(status.message(),
            "segment 2: document 1 has the key of another that lives, document 1 of segment 1");
}

// Random histories beside a std::unordered_map: batches, deletes, merges that overlap with writes,
// rehoming.
class PrimaryKeyMapRandomTest : public ::binseek::test::SeededTest {
 protected:
  std::string RandomKey() { return std::to_string(Uniform(universe_)); }

  void Write(uint64_t docs) {
    Segment segment = SegmentOf({});
    for (uint64_t i = 0; i < docs; ++i) {
      segment->keys.push_back(RandomKey());
    }
    const uint64_t id = Add(segment);
    for (DocId doc = 0; doc < docs; ++doc) {
      const std::string& key = segment->keys[doc];
      ASSERT_EQ(map_->Put(key, id, doc), Expected(key));
      model_[key] = {id, doc};
    }
  }

  void Erase() {
    const std::string key = RandomKey();
    ASSERT_EQ(map_->Erase(key), Expected(key));
    model_.erase(key);
  }

  // Merges some segments into one, while the writer goes on.
  void Merge() {
    std::vector<uint64_t> from;
    for (const auto& [id, segment] : segments_) {
      if (OneIn(3)) {
        from.push_back(id);
      }
    }
    Segment merged = SegmentOf({});
    std::map<uint64_t, std::vector<DocId>> doc_maps;
    for (const uint64_t id : from) {
      const Segment& segment = segments_[id];
      for (DocId doc = 0; doc < segment->keys.size(); ++doc) {
        const std::string& key = segment->keys[doc];
        const bool kept = Expected(key) == KeyPlace{id, doc} && !OneIn(50);
        doc_maps[id].push_back(kept ? static_cast<DocId>(merged->keys.size()) : codec::kNoMoreDocs);
        if (kept) {
          merged->keys.push_back(key);
        }
      }
    }
    for (uint64_t i = Uniform(4); i > 0; --i) {
      OneIn(2) ? Write(1 + Uniform(100)) : Erase();
    }
    const uint64_t to = Add(merged);
    for (const uint64_t id : from) {
      map_->Forward(id, to, MapOf(doc_maps[id]));
      segments_.erase(id);
    }
    for (auto it = model_.begin(); it != model_.end();) {
      const auto doc_map = doc_maps.find(it->second.segment_id);
      if (doc_map == doc_maps.end()) {
        ++it;
        continue;
      }
      it->second = {to, doc_map->second[it->second.doc]};
      it = it->second.doc == codec::kNoMoreDocs ? model_.erase(it) : std::next(it);
    }
  }

  void Remove() {
    auto it = segments_.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(Uniform(segments_.size())));
    map_->RemoveSegment(it->first);
    std::erase_if(model_, [&](const auto& entry) { return entry.second.segment_id == it->first; });
    segments_.erase(it);
  }

  std::optional<KeyPlace> Expected(const std::string& key) const {
    const auto it = model_.find(key);
    return it == model_.end() ? std::nullopt : std::optional<KeyPlace>(it->second);
  }

  void ExpectEqual() {
    for (uint64_t key = 0; key < universe_; ++key) {
      ASSERT_EQ(map_->Find(std::to_string(key)), Expected(std::to_string(key))) << key;
    }
  }

  void Run(PrimaryKeyMap::Hash hash, uint64_t universe, uint64_t max_batch) {
    map_.emplace(hash);
    model_.clear();
    segments_.clear();
    universe_ = universe;
    for (uint64_t i = 0; i < Iterations(400); ++i) {
      const uint64_t what = Uniform(100);
      if (what < 40) {
        Write(OneIn(10) ? 1 + Uniform(max_batch) : 1 + Uniform(8));
      } else if (what < 70) {
        Erase();
      } else if (what < 80) {
        Merge();
      } else if (what < 82 && !segments_.empty()) {
        Remove();
      } else {
        map_->RehomeSome(Uniform(universe));
      }
      ASSERT_EQ(map_->known_segments(), segments_.size());
      if (OneIn(20)) {
        ExpectEqual();
      }
      if (HasFatalFailure()) {
        return;
      }
    }
    while (map_->RehomeSome(1'000)) {
    }
    ExpectEqual();
    EXPECT_EQ(map_->size(), model_.size());
    for (const auto& [id, segment] : segments_) {
      EXPECT_EQ(segment.use_count(), 2);
    }
    for (uint64_t key = 0; key < universe_; ++key) {
      map_->Erase(std::to_string(key));
    }
    EXPECT_EQ(map_->size(), 0u);
  }

 private:
  uint64_t Add(const Segment& segment) {
    const uint64_t id = next_id_++;
    EXPECT_OK(map_->AddSegment(id, ReaderOf(segment)));
    segments_[id] = segment;
    return id;
  }

  std::optional<PrimaryKeyMap> map_;
  std::unordered_map<std::string, KeyPlace> model_;
  std::map<uint64_t, Segment> segments_;
  uint64_t universe_ = 0;
  uint64_t next_id_ = 1;
};

TEST_F(PrimaryKeyMapRandomTest, EqualsAPlainMapWithTheRealHash) {
  Run(codec::KeyHash, 20'000, 8'000);
}
TEST_F(PrimaryKeyMapRandomTest, EqualsAPlainMapWithAllKeysInOnePartition) {
  Run(OnePartition, 5'000, 3'000);
}
TEST_F(PrimaryKeyMapRandomTest, EqualsAPlainMapWithAllKeysAtTheEndOfAPartition) {
  Run(LastHomes, 3'000, 2'000);
}
TEST_F(PrimaryKeyMapRandomTest, EqualsAPlainMapWithFewHashes) { Run(FewHashes, 1'000, 500); }
TEST_F(PrimaryKeyMapRandomTest, EqualsAPlainMapWithOneHash) { Run(OneHash, 200, 100); }

}  // namespace
}  // namespace binseek::index
