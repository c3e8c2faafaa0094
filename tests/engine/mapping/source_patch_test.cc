#include "engine/mapping/source_patch.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/base/json.h"
#include "engine/mapping/document_parser.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::mapping {
namespace {

std::string Patched(std::string_view json, std::string_view path, std::string_view value) {
  const auto patched = PatchSource(json, path, value);
  EXPECT_OK(patched) << json;
  return patched.ok() ? *patched : "";
}

TEST(SourcePatchTest, TheValueIsReplacedAndNothingElse) {
  EXPECT_EQ(Patched(R"({"price":12.50})", "price", "13"), R"({"price":13})");
  EXPECT_EQ(
      Patched("\n{ \"a\" : [1, {\"price\":2}],\t\"price\" : 12.50 , \"z\":\"}\" } ", "price", "13"),
      "\n{ \"a\" : [1, {\"price\":2}],\t\"price\" : 13 , \"z\":\"}\" } ");
  EXPECT_EQ(Patched(R"({"price":[1,2, 3],"b":1})", "price", "13"), R"({"price":13,"b":1})");
  EXPECT_EQ(Patched(R"({"price":"12.50"})", "price", "null"), R"({"price":null})");
  EXPECT_EQ(Patched(R"({"price":null})", "price", "[1,2]"), R"({"price":[1,2]})");
  EXPECT_EQ(Patched(R"({"a":"\"price\":1","pri\u0063e":2,"\\":3})", "price", "9"),
            R"({"a":"\"price\":1","pri\u0063e":9,"\\":3})");
  EXPECT_EQ(Patched(R"({"p":{"price":1},"price":2})", "price", "9"),
            R"({"p":{"price":1},"price":9})");
}

TEST(SourcePatchTest, PathsGoThroughObjectsDotsAndArrays) {
  EXPECT_EQ(Patched(R"({"shop":{"x":1,"price":2}})", "shop.price", "9"),
            R"({"shop":{"x":1,"price":9}})");
  EXPECT_EQ(Patched(R"({"shop.price":2})", "shop.price", "9"), R"({"shop.price":9})");
  EXPECT_EQ(Patched(R"({"a.b":{"c.d":2}})", "a.b.c.d", "9"), R"({"a.b":{"c.d":9}})");
  EXPECT_EQ(Patched(R"({"a":[{"b":1},{"c":5},[{"b":2}],3]})", "a.b", "9"),
            R"({"a":[{"b":null},{"c":5},[{"b":9}],3]})");
  EXPECT_EQ(Patched(R"({"a":{"b":1},"a.b":2})", "a.b", "9"), R"({"a":{"b":null},"a.b":9})");
  EXPECT_EQ(Patched(R"({"price":1,"price":2})", "price", "9"), R"({"price":null,"price":9})")
      << "who reads one of them reads the last one";
}

TEST(SourcePatchTest, WhatIsMissingGoesToTheEndOfTheInnermostObject) {
  EXPECT_EQ(Patched("{}", "price", "9"), R"({"price":9})");
  EXPECT_EQ(Patched("{ }", "price", "9"), R"({"price":9 })");
  EXPECT_EQ(Patched(R"({"a":1 })", "price", "9"), R"({"a":1,"price":9 })");
  EXPECT_EQ(Patched(R"({"a":1})", "price", "null"), R"({"a":1})") << "null is no value";
  EXPECT_EQ(Patched(R"({"a":1})", "shop.in.price", "9"), R"({"a":1,"shop":{"in":{"price":9}}})");
  EXPECT_EQ(Patched(R"({"shop":{"in":{}},"b":1})", "shop.in.price", "9"),
            R"({"shop":{"in":{"price":9}},"b":1})");
  EXPECT_EQ(Patched(R"({"shop":{"x":1},"b":1})", "shop.in.price", "9"),
            R"({"shop":{"x":1,"in":{"price":9}},"b":1})");
  EXPECT_EQ(Patched(R"({"shop":null})", "shop.price", "9"), R"({"shop":null,"shop.price":9})");
  EXPECT_EQ(Patched(R"({"shop":[]})", "shop.price", "9"), R"({"shop":[],"shop.price":9})");
  EXPECT_EQ(Patched(R"({"shop":[{"x":1},{"y":2}]})", "shop.price", "9"),
            R"({"shop":[{"x":1},{"y":2,"price":9}]})");
}

TEST(SourcePatchTest, DamagedSourcesAreSaidToBeDamaged) {
  const std::string sound = R"({"a":{"b":[1,{"price":"x\"y"}]},"price":[true,null,-1.5e3]})";
  for (size_t size = 0; size < sound.size(); ++size) {
    EXPECT_STATUS(PatchSource(sound.substr(0, size), "price", "9"), kCorruption) << size;
  }
  for (const char* json :
       {"[]", "1", "{\"a\"}", "{\"a\":}", "{,}", "{\"a\":1,,}", "{}}", "{\"price\":}"}) {
    EXPECT_STATUS(PatchSource(json, "price", "9"), kCorruption) << json;
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) {
    deep += "{\"a\":";
  }
  std::string path = "a";
  for (int i = 0; i < 1000; ++i) {
    path += ".a";
  }
  EXPECT_STATUS(PatchSource(deep, path, "9"), kCorruption);
}

class SourcePatchRandomTest : public binseek::test::SeededTest {
 protected:
  // An object over few names, so that paths are met in all of their forms.
  std::string RandomObject(int depth) {
    std::string out = "{";
    std::vector<std::string> used;
    for (uint64_t members = Uniform(4); members > 0; --members) {
      const std::string name = Name();
      if (std::find(used.begin(), used.end(), name) != used.end()) {
        continue;
      }
      used.push_back(name);
      out += (out.size() > 1 ? Space() + "," : "") + Space() + "\"" + name + "\"" + Space() + ":" +
             Space() + RandomValue(depth);
    }
    return out + Space() + "}";
  }
  std::string RandomValue(int depth) {
    switch (depth > 3 ? Uniform(2) : Uniform(5)) {
      case 0:
        return std::to_string(Uniform(100));
      case 1:
        return "null";
      case 2:
        return "[" + RandomValue(depth + 1) + "," + Space() + RandomValue(depth + 1) + "]";
      default:
        return RandomObject(depth + 1);
    }
  }
  std::string Name() {
    static const char* const kNames[] = {"a", "b", "a.b", "b.a"};
    return kNames[Uniform(4)];
  }
  std::string Space() { return OneIn(4) ? " " : ""; }
};

// Parsing the patched document gives the new values to the field, and to all others what they had.
TEST_F(SourcePatchRandomTest, ThePatchedDocumentHasTheNewValue) {
  const std::string path = "a.b.a";
  for (uint64_t i = 0; i < Iterations(3000); ++i) {
    const std::string json = RandomObject(0);
    const auto values = [&](std::string_view text) {
      // Leaves by path, in order; what the path stands for apart.
      std::pair<std::vector<std::string>, std::vector<std::string>> found;
      const auto parsed = ParseJson(text);
      EXPECT_OK(parsed) << text;
      const auto walk = [&](const auto& self, const std::string& at,
                            const JsonValue& value) -> void {
        for (const auto& [name, member] : value.members()) {
          self(self, at.empty() ? name : at + "." + name, member);
        }
        for (const JsonValue& item : value.array()) {
          self(self, at, item);
        }
        // What lies below a place of the path goes with it.
        if (!value.is_null() && !value.is_object() && !value.is_array() &&
            !at.starts_with(path + ".")) {
          (at == path ? found.first : found.second).push_back(at + "=" + value.number_text());
        }
      };
      if (parsed.ok()) {
        walk(walk, "", *parsed);
      }
      return found;
    };
    const auto before = values(json);
    const bool null = OneIn(4);
    const std::string patched = Patched(json, path, null ? "null" : "777");
    const auto after = values(patched);
    EXPECT_EQ(after.first,
              null ? std::vector<std::string>() : std::vector<std::string>{path + "=777"})
        << json << " -> " << patched;
    EXPECT_EQ(after.second, before.second) << json << " -> " << patched;
    ASSERT_EQ(Patched(patched, path, null ? "null" : "777"), patched) << json;
  }
}

}  // namespace
}  // namespace binseek::mapping
