// Keys and key table against a vector and a map, on any keys, and on damaged bytes.
#include "engine/codec/key_table.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::codec {
namespace {

struct Sections {
  std::string keys;
  std::string table;
  uint32_t max_doc = 0;

  Result<std::unique_ptr<const KeyTable>> Open() const {
    return KeyTable::Open(keys, table, max_doc);
  }
};

Sections Write(const std::vector<std::string>& keys) {
  StringSink key_sink;
  StringSink table_sink;
  KeysWriter writer(&key_sink, &table_sink);
  for (const std::string& key : keys) {
    EXPECT_OK(writer.Add(key));
  }
  writer.Finish();
  return {key_sink.Take(), table_sink.Take(), static_cast<uint32_t>(keys.size())};
}

class KeyTableTest : public test::SeededTest {
 protected:
  std::vector<std::string> RandomKeys() {
    std::vector<std::string> keys(Uniform(OneIn(10) ? 5'000 : 300));
    const uint64_t kind = Uniform(5);
    for (std::string& key : keys) {
      switch (kind) {
        case 0:
          key = std::to_string(1'000'000 + Uniform(8'000'000));  // one size
          break;
        case 1:
          key = std::to_string(Uniform(1 + keys.size() * 2));  // some sizes, duplicates
          break;
        case 2:
          key = RandomBytes(40);
          break;
        case 3:
          key = OneIn(2) ? "" : OneIn(50) ? std::string(Uniform(200'000), 'x') : RandomBytes(600);
          break;
        default:
          key = std::to_string(Uniform(7));  // hardly any that is not a duplicate
      }
    }
    return keys;
  }
};

TEST_F(KeyTableTest, AnswersAsAVectorAndAMapDo) {
  for (uint64_t round = 0; round < Iterations(150); ++round) {
    const std::vector<std::string> keys = RandomKeys();
    const Sections sections = Write(keys);
    const auto opened = sections.Open();
    ASSERT_OK(opened);
    const KeyTable& table = **opened;
    ASSERT_OK(table.Verify());
    std::map<std::string, DocId, std::less<>> last;
    std::vector<std::pair<DocId, std::string>> expected;
    for (DocId doc = 0; doc < keys.size(); ++doc) {
      ASSERT_EQ(table.Key(doc), keys[doc]);
      if (!keys[doc].empty()) {
        last[keys[doc]] = doc;
        expected.emplace_back(doc, keys[doc]);
      }
    }
    ASSERT_EQ(table.key_count(), last.size());
    std::vector<std::pair<DocId, std::string>> visited;
    table.ForEachKey([&](DocId doc, std::string_view key) { visited.emplace_back(doc, key); });
    ASSERT_EQ(visited, expected);
    for (const auto& [key, doc] : last) {
      ASSERT_EQ(table.Find(key), doc);
    }
    for (int i = 0; i < 100; ++i) {
      const std::string key = OneIn(2) ? RandomBytes(10) : std::to_string(Uniform(10'000'000));
      const auto at = last.find(key);
      ASSERT_EQ(table.Find(key), at == last.end() ? std::nullopt : std::optional(at->second));
    }
    ASSERT_EQ(table.Find(""), std::nullopt);
    ASSERT_FALSE(table.corrupt());
  }
}

TEST_F(KeyTableTest, NoDocumentsNoKeys) {
  for (const std::vector<std::string>& keys : {std::vector<std::string>{}, {"", "", ""}}) {
    const Sections sections = Write(keys);
    EXPECT_TRUE(sections.table.empty());
    const auto opened = sections.Open();
    ASSERT_OK(opened);
    EXPECT_EQ((*opened)->Find("a"), std::nullopt);
    (*opened)->ForEachKey([](DocId, std::string_view) { ADD_FAILURE(); });
    EXPECT_OK((*opened)->Verify());
  }
}

TEST_F(KeyTableTest, HoldsKeysOfAnySize) {
  std::vector<std::string> keys(130, "k");
  keys[3] = std::string(5'000'000, 'x');  // longer than the field of the shortest size
  keys[64] = std::string(255, 'y');
  keys[65] = std::string(256, 'y');
  keys[129] = std::string(5'000'000, 'z');  // alone in its block, but for one
  const Sections sections = Write(keys);
  const auto opened = sections.Open();
  ASSERT_OK(opened);
  for (DocId doc = 0; doc < keys.size(); ++doc) {
    ASSERT_EQ((*opened)->Key(doc), keys[doc]);
  }
  EXPECT_EQ((*opened)->Find(keys[129]), 129u);
  EXPECT_EQ((*opened)->Find("k"), 128u);
  const std::vector<std::string> long_keys(3, std::string(4'200'000, 'q'));
  const Sections long_sections = Write(long_keys);
  const auto long_opened = long_sections.Open();
  ASSERT_OK(long_opened);
  EXPECT_EQ((*long_opened)->Key(2), long_keys[2]);
}

TEST_F(KeyTableTest, NumericKeysCostLittle) {
  std::vector<std::string> keys;
  size_t key_bytes = 0;
  for (uint32_t i = 0; i < 200'000; ++i) {
    keys.push_back(std::to_string(Uniform(10'000'000)));
    key_bytes += keys.back().size();
  }
  const Sections sections = Write(keys);
  EXPECT_LT(sections.keys.size(), key_bytes + keys.size() * 3 / 2);
  EXPECT_LT(sections.table.size(), keys.size() * 5);
}

TEST_F(KeyTableTest, SurvivesDamage) {
  for (uint64_t round = 0; round < Iterations(60); ++round) {
    const std::vector<std::string> keys = RandomKeys();
    const Sections sound = Write(keys);
    for (int damage = 0; damage < 20; ++damage) {
      Sections sections = sound;
      for (uint64_t flips = 1 + Uniform(5); flips != 0; --flips) {
        std::string& section = OneIn(2) || sections.table.empty() ? sections.keys : sections.table;
        const size_t window = OneIn(2) ? section.size() : std::min<size_t>(section.size(), 64);
        section[section.size() - 1 - Uniform(window)] ^= static_cast<char>(1 << Uniform(8));
      }
      if (OneIn(5)) {
        sections.keys.resize(Uniform(sections.keys.size() + 1));
      }
      if (OneIn(5)) {
        sections.table.resize(Uniform(sections.table.size() + 1));
      }
      if (OneIn(5)) {
        sections.max_doc = static_cast<uint32_t>(Uniform(2 * sections.max_doc + 2));
      }
      sections.keys.shrink_to_fit();
      sections.table.shrink_to_fit();
      const auto opened = sections.Open();
      if (!opened.ok()) {
        continue;
      }
      const KeyTable& table = **opened;
      table.Verify().IgnoreError();  // damage may leave another sound table
      size_t bytes = 0;
      table.ForEachKey([&](DocId doc, std::string_view key) {
        ASSERT_LT(doc, table.max_doc());
        bytes += static_cast<size_t>(std::count(key.begin(), key.end(), 'x'));
      });
      ASSERT_LE(bytes, sections.keys.size() * (table.max_doc() + 1));
      for (const std::string& key : keys) {
        const auto doc = table.Find(key);
        ASSERT_TRUE(!doc || (*doc < table.max_doc() && table.Key(*doc) == key));
      }
    }
  }
}

TEST_F(KeyTableTest, VerifyNamesALostKey) {
  Sections sections = Write({"a", "b", "c"});
  const auto opened = sections.Open();
  ASSERT_OK(opened);
  ASSERT_OK((*opened)->Verify());
  sections.table.assign(sections.table.size(), '\0');
  EXPECT_STATUS((*opened)->Verify(), kCorruption);
}

}  // namespace
}  // namespace binseek::codec
