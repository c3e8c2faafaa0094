// Ids of keyword values: tables, their order, who gives ids, and the files that keep them. Against plain maps.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/index/check_index.h"
#include "engine/index/keyword_files.h"
#include "engine/index/segment_file.h"
#include "engine/store/file_envelope.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

using mapping::FieldId;

class KeywordTableTest : public ::binseek::test::SeededTest {
 protected:
  std::string NewValue() {
    for (;;) {
      std::string value = OneIn(30)  ? RandomBytes(600)
                          : OneIn(2) ? "series " + std::to_string(Uniform(1'000'000))
                                     : RandomBytes(12);
      if (known_.insert(value).second) {
        return value;
      }
    }
  }

  std::set<std::string> known_;
};

TEST_F(KeywordTableTest, ValuesStayAndTheNewestCanBeTakenBack) {
  KeywordTable table;
  std::vector<std::string> model;
  for (uint64_t i = 0; i < Iterations(60); ++i) {
    for (uint64_t more = Uniform(200); more > 0; --more) {
      model.push_back(NewValue());
      ASSERT_EQ(table.Append(model.back()), model.size() - 1);
    }
    if (OneIn(3)) {
      const auto size = static_cast<uint32_t>(model.size() - Uniform(model.size() + 1) / 4);
      table.Truncate(size);
      model.resize(size);
    }
    ASSERT_EQ(table.size(), model.size());
    uint64_t bytes = 0;
    for (uint32_t id = 0; id < model.size(); ++id) {
      ASSERT_EQ(table.Value(id), model[id]);
      bytes += model[id].size();
    }
    ASSERT_EQ(table.value_bytes(), bytes);
  }
}

// Every value is where it belongs, whether ranked or in the tail.
TEST_F(KeywordTableTest, CodesCompareAsValuesDo) {
  KeywordTable table;
  std::map<std::string, uint32_t> model;
  bool tails = false;
  for (uint64_t i = 0; i < Iterations(40); ++i) {
    for (uint64_t more = OneIn(5) ? Uniform(900) : Uniform(40); more > 0; --more) {
      const std::string value = NewValue();
      model[value] = table.Append(value);
    }
    const auto ranks = table.Ranks(table.size());
    ASSERT_EQ(ranks->size(), table.size());
    ASSERT_EQ(table.Ranks(table.size() / 2), ranks) << "what knows more serves too";
    tails = tails || ranks->tail_size() > 0;
    uint64_t before = 0;
    for (const auto& [value, id] : model) {
      const uint64_t code = ranks->Code(id);
      ASSERT_GT(code, before);
      ASSERT_EQ(ranks->IdOf(code), id);
      ASSERT_TRUE(ranks->Find(value).found);
      ASSERT_EQ(ranks->Find(value).code, code);
      before = code;
    }
    for (int probe = 0; probe < 50; ++probe) {
      const std::string value = OneIn(2) ? RandomBytes(12) : "series " + RandomBytes(4);
      const auto at = model.lower_bound(value);
      const KeywordRanks::Place place = ranks->Find(value);
      ASSERT_EQ(place.found, at != model.end() && at->first == value);
      if (!place.found) {
        ASSERT_EQ(place.code, at == model.begin() ? 0 : ranks->Code(std::prev(at)->second));
      }
    }
  }
  EXPECT_TRUE(tails);
}

TEST_F(KeywordTableTest, TheOrderFollowsOnlyWhereSomebodyAskedForIt) {
  KeywordTable table;
  table.Append("b");
  table.RefreshRanks(1);
  const auto ranks = table.Ranks(1);
  table.Append("a");
  table.RefreshRanks(2);
  EXPECT_EQ(ranks->size(), 1u) << "what is held stays as it is";
  EXPECT_EQ(table.Ranks(1)->size(), 2u);
}

class KeywordWriterTest : public KeywordTableTest {
 protected:
  static constexpr FieldId kFieldA{20};
  static constexpr FieldId kFieldB{21};

  // A segment's distinct values, in order, some of them known.
  std::vector<std::string> Values() {
    std::set<std::string> values;
    for (uint64_t i = Uniform(60); i > 0; --i) {
      values.insert("v" + std::to_string(Uniform(400)));
    }
    return {values.begin(), values.end()};
  }

  static std::vector<std::string_view> ViewsOf(const std::vector<std::string>& values) {
    return {values.begin(), values.end()};
  }
};

TEST_F(KeywordWriterTest, WhatFailsLeavesNothing) {
  KeywordWriter writer;
  std::map<std::string, uint32_t> model;
  for (uint64_t i = 0; i < Iterations(200); ++i) {
    std::map<std::string, uint32_t> next = model;
    for (uint64_t segments = 1 + Uniform(3); segments > 0; --segments) {
      const std::vector<std::string> values = Values();
      std::vector<uint32_t> ids;
      ASSERT_TRUE(writer.Give(
          kFieldA, ViewsOf(values), [] { return uint64_t{0}; }, &ids));
      ASSERT_EQ(ids.size(), values.size());
      for (size_t v = 0; v < values.size(); ++v) {
        const auto id = next.emplace(values[v], static_cast<uint32_t>(next.size())).first->second;
        ASSERT_EQ(ids[v], id);
      }
    }
    ASSERT_EQ(writer.changed(), next.size() != model.size());
    if (OneIn(2)) {
      writer.Abandon();
    } else {
      writer.Published();
      model = next;
    }
    ASSERT_FALSE(writer.changed());
    for (int v = 0; v < 400; ++v) {
      const std::string value = "v" + std::to_string(v);
      const auto known = model.find(value);
      ASSERT_EQ(writer.Find(kFieldA, value),
                known == model.end() ? std::nullopt : std::optional<uint32_t>(known->second));
    }
    ASSERT_FALSE(writer.Find(kFieldB, "v1"));
  }
}

TEST_F(KeywordWriterTest, AFieldOfTooManyValuesIsClosedUntilTheBatchFails) {
  KeywordWriter writer({.values = 4, .bytes = 100});
  uint64_t docs = 100;
  const auto give = [&](const std::vector<std::string>& values) {
    std::vector<uint32_t> ids;
    return writer.Give(
        kFieldA, ViewsOf(values), [&docs] { return docs; }, &ids);
  };
  EXPECT_TRUE(give({"a", "b", "c"}));
  EXPECT_TRUE(give({"d", "e", "f"})) << "there are enough documents";
  writer.Published();
  docs = 12;
  EXPECT_TRUE(give({"a", "f"})) << "nothing new";
  EXPECT_FALSE(give({"f", "g"}));
  EXPECT_FALSE(give({"a"}));
  writer.Abandon();
  EXPECT_TRUE(give({"a"}));
  docs = 3;
  EXPECT_FALSE(give({"g"}));
  writer.Published();
  docs = 1000;
  EXPECT_FALSE(give({"g"})) << "for good";
  const auto view = writer.View();
  ASSERT_NE(view->Find(kFieldA), nullptr);
  EXPECT_TRUE(view->Find(kFieldA)->closed);
  EXPECT_EQ(view->Find(kFieldA)->size, 6u) << "segments may have ids still";
  writer.DropUnused([](FieldId, bool) { return false; });
  EXPECT_FALSE(writer.changed());
  writer.DropUnused([](FieldId, bool closed) { return closed; });
  EXPECT_EQ(writer.View()->Find(kFieldA)->size, 0u);
  writer.Abandon();
  EXPECT_EQ(writer.View()->Find(kFieldA)->size, 6u);
  EXPECT_EQ(writer.Find(kFieldA, "f"), 5u);
  writer.DropUnused([](FieldId, bool closed) { return closed; });
  writer.Published();
  EXPECT_EQ(writer.View()->Find(kFieldA)->size, 0u);
  EXPECT_FALSE(writer.Find(kFieldA, "f"));
  EXPECT_EQ(view->Find(kFieldA)->table->Value(5), "f") << "a view keeps what it shows";
  EXPECT_FALSE(give({"a"}));
}

TEST_F(KeywordWriterTest, LongValuesCloseAFieldToo) {
  KeywordWriter writer({.values = 1000, .bytes = 100});
  const std::vector<std::string> values{std::string(60, 'a'), std::string(60, 'b')};
  std::vector<uint32_t> ids;
  EXPECT_TRUE(writer.Give(
      kFieldA, ViewsOf(values), [] { return uint64_t{4}; }, &ids));
  writer.Abandon();
  EXPECT_FALSE(writer.Give(
      kFieldA, ViewsOf(values), [] { return uint64_t{3}; }, &ids));
}

class KeywordFilesTest : public KeywordWriterTest {
 protected:
  static std::shared_ptr<const EngineView> ViewOf(const KeywordWriters& writers) {
    std::vector<std::shared_ptr<const IndexView>> indices;
    for (const auto& [id, writer] : writers) {
      auto index = std::make_shared<IndexView>();
      index->id = id;
      index->name = "index" + std::to_string(static_cast<uint32_t>(id));
      index->keywords = writer.View();
      indices.push_back(std::move(index));
    }
    return std::make_shared<const EngineView>(1, std::move(indices));
  }

  void Grow(KeywordWriter* writer, uint64_t most) {
    for (const FieldId field : {kFieldA, kFieldB}) {
      std::set<std::string> values;
      for (uint64_t i = 1 + Uniform(most); i > 0; --i) {
        values.insert(NewValue());
      }
      std::vector<uint32_t> ids;
      writer->Give(
          field, ViewsOf({values.begin(), values.end()}), [] { return uint64_t{0}; }, &ids);
    }
    writer->Published();
  }

  static void ExpectSame(const KeywordWriters& a, const KeywordWriters& b) {
    ASSERT_EQ(a.size(), b.size());
    ASSERT_EQ(EncodeKeywords(*ViewOf(a), Everything(a)), EncodeKeywords(*ViewOf(b), Everything(a)));
  }

  static KeywordCounts Everything(const KeywordWriters& writers) {
    KeywordCounts all;
    for (const auto& [id, writer] : writers) {
      all[{id, kFieldA}] = 0;
      all[{id, kFieldB}] = 0;
    }
    return all;
  }
};

TEST_F(KeywordFilesTest, AFewFilesHoldWhatManyCommitsAppended) {
  store::RamDirectory directory;
  KeywordFiles files;
  KeywordWriters writers;
  Manifest manifest;
  uint64_t written = 0;
  for (uint32_t id = 1; id <= 3; ++id) {
    writers.emplace(IndexId{id}, KeywordWriter({.values = 2000, .bytes = 1 << 20}));
  }
  for (uint64_t generation = 1; generation <= Iterations(150); ++generation) {
    const auto grows = std::next(writers.begin(), static_cast<int>(Uniform(writers.size())));
    Grow(&grows->second, OneIn(8) ? 300 : 20);
    if (generation == 60) {
      writers.erase(IndexId{2});  // the index is dropped
      writers.emplace(IndexId{4}, KeywordWriter());
    }
    const auto view = ViewOf(writers);
    KeywordFiles::Plan plan = files.MakePlan(*view);
    if (OneIn(10)) {
      continue;  // this commit failed
    }
    manifest.keyword_files = files.Named(plan, generation);
    if (!plan.payload.empty()) {
      written += plan.payload.size();
      ASSERT_OK(store::WriteFile(&directory, KeywordFile(generation),
                                 store::WrapInEnvelope(kKeywordFormat, "", plan.payload)));
    }
    files.Committed(std::move(plan), *view, generation);
    ASSERT_TRUE(files.MakePlan(*view).payload.empty()) << "nothing is new";
    ASSERT_LT(manifest.keyword_files.size(), 12u);
    if (OneIn(5)) {
      KeywordWriters loaded;
      for (const auto& [id, writer] : writers) {
        loaded[id];
      }
      files = KeywordFiles();
      ASSERT_OK(files.Load(directory, manifest, &loaded));
      ExpectSame(loaded, writers);
      ASSERT_TRUE(files.MakePlan(*view).payload.empty());
    }
  }
  uint64_t held = 0;
  for (const ManifestKeywords& file : manifest.keyword_files) {
    held += file.bytes;
  }
  // A value is written a logarithmic number of times, small files in every commit.
  EXPECT_LT(written, 10 * held + 4096 * Iterations(150));
}

TEST_F(KeywordFilesTest, ATableThatIsGoneLeavesNoValuesInFiles) {
  KeywordFiles files;
  KeywordWriters writers;
  KeywordWriter& writer = writers.emplace(IndexId{1}, KeywordWriter({.values = 50})).first->second;
  std::vector<uint32_t> ids;
  const std::vector<std::string> few{"a", "b"};
  ASSERT_TRUE(writer.Give(
      kFieldA, ViewsOf(few), [] { return uint64_t{0}; }, &ids));
  writer.Published();
  auto view = ViewOf(writers);
  files.Committed(files.MakePlan(*view), *view, 1);
  std::vector<std::string> many;
  for (int i = 100; i < 200; ++i) {
    many.push_back("v" + std::to_string(i));
  }
  ASSERT_FALSE(writer.Give(
      kFieldA, ViewsOf(many), [] { return uint64_t{0}; }, &ids));
  writer.Published();
  writer.DropUnused([](FieldId, bool closed) { return closed; });
  writer.Published();
  view = ViewOf(writers);
  const KeywordFiles::Plan plan = files.MakePlan(*view);
  EXPECT_EQ(plan.kept, 0u);
  KeywordWriters loaded;
  loaded[IndexId{1}];
  ASSERT_OK(ReadKeywords(plan.payload, &loaded, nullptr));
  ASSERT_NE(loaded[IndexId{1}].View(), nullptr);
  EXPECT_TRUE(loaded[IndexId{1}].View()->Find(kFieldA)->closed);
  EXPECT_EQ(loaded[IndexId{1}].View()->Find(kFieldA)->size, 0u);
}

TEST_F(KeywordFilesTest, AnIndexWhoseSegmentsHaveMoreIdsThanItsFilesIsNotOpened) {
  auto directory = std::make_shared<store::RamDirectory>();
  {
    const auto engine = MustOpen(directory, /*background_merges=*/false);
    const IndexId id = *engine->CreateIndex("products", ShopMapping(), "{}");
    for (const std::string brand : {"acme", "zen", "nix"}) {
      MustApply(engine.get(), {Upsert(id, brand, {brand, brand, 100, 1})});
    }
    ASSERT_OK(engine->Commit());
  }
  const auto manifest = LoadManifest(*directory);
  ASSERT_OK(manifest);
  ASSERT_EQ(manifest->keyword_files.size(), 1u);
  KeywordWriters writers;
  writers[manifest->indices.at(0).id];
  ASSERT_OK(KeywordFiles().Load(*directory, *manifest, &writers));
  auto views = std::make_shared<KeywordViews>(*writers.begin()->second.View());
  for (KeywordView& view : views->fields) {
    view.size -= view.field == kBrand ? 1 : 0;
  }
  auto index = std::make_shared<IndexView>();
  index->id = writers.begin()->first;
  index->keywords = views;
  const auto named = KeywordFile(manifest->keyword_files[0].generation);
  ASSERT_OK(store::WriteFile(
      directory.get(), named,
      store::WrapInEnvelope(kKeywordFormat, "",
                            EncodeKeywords(EngineView(1, {index}), {{{index->id, kBrand}, 0}}))));
  EngineOptions options;
  options.directory = directory;
  const auto opened = Engine::Open(options);
  EXPECT_STATUS(opened, kCorruption);
  EXPECT_NE(opened.status().message().find(named), std::string::npos) << opened.status();
  const std::string segment = SegmentFile(manifest->indices[0].segments.at(0).id);
  EXPECT_NE(opened.status().message().find(segment), std::string::npos) << opened.status();
  const auto report = CheckDirectory(*directory);
  ASSERT_OK(report);
  EXPECT_EQ(report->problems.empty() ? "" : report->problems[0], opened.status().ToString());
}

TEST_F(KeywordFilesTest, BytesOfNobodyGiveValuesOrAnError) {
  KeywordWriters writers;
  Grow(&writers[IndexId{1}], 20);
  Grow(&writers[IndexId{2}], 20);
  const std::string payload = EncodeKeywords(*ViewOf(writers), Everything(writers));
  for (uint64_t i = 0; i < Iterations(2000); ++i) {
    std::string changed = payload;
    for (uint64_t n = Uniform(3); n > 0; --n) {
      changed[Uniform(changed.size())] = static_cast<char>(OneIn(2) ? Uniform(256) : 0xff);
    }
    changed.resize(OneIn(3) ? Uniform(changed.size()) : changed.size());
    KeywordWriters read;
    read[IndexId{1}];
    KeywordCounts starts;
    const Status status = ReadKeywords(changed, &read, &starts);
    ASSERT_TRUE(status.ok() || status.code() == StatusCode::kCorruption) << status;
  }
  KeywordWriters twice;
  twice[IndexId{1}];
  twice[IndexId{2}];
  ASSERT_OK(ReadKeywords(payload, &twice, nullptr));
  EXPECT_STATUS(ReadKeywords(payload, &twice, nullptr), kCorruption);
}

}  // namespace
}  // namespace binseek::index::test
