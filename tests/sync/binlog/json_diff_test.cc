// Partial updates of JSON, applied to documents by hand. Against a real server: tests/integration/binlog_values_test.cc.
#include "sync/binlog/json_diff.h"

#include <gtest/gtest.h>

#include "engine/base/coding.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::binlog {
namespace {

enum Operation : uint8_t { kReplace = 0, kInsert = 1, kRemove = 2 };

// One difference; `value` is a string that becomes one of JSON.
std::string Diff(Operation operation, std::string_view path, std::string_view value = "") {
  std::string out;
  PutU8(&out, operation);
  PutU8(&out, static_cast<uint8_t>(path.size()));
  out += path;
  if (operation != kRemove) {
    PutU8(&out, static_cast<uint8_t>(value.size() + 2));
    out += "\x0c";
    PutU8(&out, static_cast<uint8_t>(value.size()));
    out += value;
  }
  return out;
}

std::string Applied(std::string document, const std::string& diffs) {
  const Status applied = ApplyJsonDiffs(diffs, &document);
  return applied.ok() ? document : std::string(StatusCodeName(applied.code()));
}

TEST(JsonDiffTest, EveryDifferenceOfTheVectorIsApplied) {
  const std::string document = R"({"a":1.50,"b":{"c":[1,"two",{}]}})";
  EXPECT_EQ(Applied(document, Diff(kReplace, "$.a", "x") + Diff(kRemove, "$.b.c[0]") +
                                  Diff(kInsert, "$.b.d", "y")),
            R"({"a":"x","b":{"c":["two",{}],"d":"y"}})");
  EXPECT_EQ(Applied(document, ""), document);
  // Each sees what those before it left.
  EXPECT_EQ(Applied("[1,2,3]",
                    Diff(kRemove, "$[0]") + Diff(kRemove, "$[0]") + Diff(kReplace, "$[0]", "last")),
            R"(["last"])");
}

TEST(JsonDiffTest, KeysStayInTheServersOrder) {
  const std::string document = R"({"b":1,"aa":2,"zzz":3})";
  EXPECT_EQ(Applied(document, Diff(kInsert, "$.c", "")), R"({"b":1,"c":"","aa":2,"zzz":3})");
  EXPECT_EQ(Applied(document, Diff(kInsert, "$.ab", "")), R"({"b":1,"aa":2,"ab":"","zzz":3})");
  EXPECT_EQ(Applied(document, Diff(kInsert, "$.long_name", "")),
            R"({"b":1,"aa":2,"zzz":3,"long_name":""})");
  EXPECT_EQ(Applied("{}", Diff(kInsert, R"($."")", "")), R"({"":""})");
}

TEST(JsonDiffTest, QuotedKeysAreUnescapedAndWrittenAsTheServerWritesThem) {
  EXPECT_EQ(Applied(R"({"a b":1,"q\"":2,"tab\t":3,"dot.":4})",
                    Diff(kRemove, R"($."a b")") + Diff(kRemove, R"($."q\"")") +
                        Diff(kReplace, R"($."tab\t")", "t") + Diff(kRemove, R"($."dot.")")),
            R"({"tab\t":"t"})");
  EXPECT_EQ(Applied("{}", Diff(kInsert, R"($."new\n\u0001")", "")), R"({"new\n\u0001":""})");
}

TEST(JsonDiffTest, ArraysTakeInsertsInTheMiddleAndBehindTheEnd) {
  EXPECT_EQ(Applied("[1,2]", Diff(kInsert, "$[1]", "x")), R"([1,"x",2])");
  EXPECT_EQ(Applied("[1,2]", Diff(kInsert, "$[9]", "x")), R"([1,2,"x"])");
  EXPECT_EQ(Applied("[[],2]", Diff(kInsert, "$[0][0]", "x")), R"([["x"],2])");
}

TEST(JsonDiffTest, WhatDoesNotFitIsAbortedAndLeavesTheDocument) {
  const std::string document = R"({"a":[1],"b":2})";
  for (const std::string& misfit :
       {Diff(kReplace, "$.x", ""), Diff(kRemove, "$.a[1]"), Diff(kRemove, "$.b[0]"),
        Diff(kInsert, "$.b", ""), Diff(kInsert, "$.b.c", ""), Diff(kInsert, "$.a.c", ""),
        Diff(kReplace, "$.x.y", ""), Diff(kRemove, "$"), Diff(kInsert, "$", "")}) {
    std::string copy = document;
    EXPECT_STATUS(ApplyJsonDiffs(Diff(kRemove, "$.a[0]") + misfit, &copy), kAborted);
    EXPECT_EQ(copy, document);
  }
}

TEST(JsonDiffTest, BytesThatAreNoDifferencesAreCorruption) {
  const std::string whole = Diff(kReplace, "$.a", "x") + Diff(kRemove, "$.b");
  const size_t first = Diff(kReplace, "$.a", "x").size();
  for (size_t size = 1; size < whole.size(); ++size) {
    if (size != first) {
      EXPECT_EQ(Applied(R"({"a":1,"b":2})", whole.substr(0, size)), "CORRUPTION") << size;
    }
  }
  for (const std::string_view path : {"", "a", "$a", "$.", "$[", "$[x]", "$[1", "$.\"a", "$[-1]"}) {
    EXPECT_EQ(Applied("[1]", Diff(kRemove, path)), "CORRUPTION") << path;
  }
  EXPECT_EQ(Applied("[1]", Diff(static_cast<Operation>(3), "$[0]", "x")), "CORRUPTION");
}

TEST(JsonDiffTest, NoDocumentBecomesDeeperThanTheServersAllow) {
  // An array of an array is inserted into the innermost one, again and again.
  const std::string nested = std::string("\x02\x01\0\x0b\0\x02\x07\0\0\0\x04\0", 12);
  std::string document = "[]";
  std::string path = "$";
  int levels = 1;
  for (; levels < 200; levels += 2) {
    path += "[0]";
    std::string diff;
    PutU8(&diff, kInsert);
    PutU8(&diff, 0xfc);
    PutU16(&diff, static_cast<uint16_t>(path.size()));
    diff += path;
    PutU8(&diff, static_cast<uint8_t>(nested.size()));
    diff += nested;
    const std::string before = document;
    if (!ApplyJsonDiffs(diff, &document).ok()) {
      EXPECT_EQ(document, before);
      break;
    }
    path += "[0]";
  }
  EXPECT_GT(levels, 90);
  EXPECT_LT(levels, 110);
}

// [1,1,1,...]
std::string Ones(size_t count) {
  std::string text = "[1";
  for (size_t i = 1; i < count; ++i) {
    text += ",1";
  }
  return text + "]";
}

TEST(JsonDiffTest, DifferencesThatMoveEverythingOverAndOverAreRefused) {
  // A megabyte of them, each of which moves 300,000 members.
  std::string document = Ones(300'000);
  const std::string before = document;
  std::string diffs;
  for (int i = 0; i < 170'000; ++i) {
    diffs += Diff(kRemove, "$[0]");
  }
  const Status applied = ApplyJsonDiffs(diffs, &document);
  EXPECT_STATUS(applied, kCorruption);
  EXPECT_NE(applied.message().find("more members"), std::string::npos) << applied;
  EXPECT_EQ(document, before);
}

TEST(JsonDiffTest, DifferencesThatLookForKeysOverAndOverAreRefused) {
  std::string document = "{";
  for (int i = 0; i < 60'000; ++i) {
    document += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
  }
  document += "}";
  std::string diffs;
  for (int i = 0; i < 80'000; ++i) {
    diffs += Diff(kReplace, "$.k59999", "x");
  }
  EXPECT_STATUS(ApplyJsonDiffs(diffs, &document), kCorruption);
}

TEST(JsonDiffTest, ManyDifferencesOfALargeDocumentAreApplied) {
  std::string document = Ones(300'000);
  std::string diffs;
  for (int i = 0; i < 60; ++i) {
    diffs += Diff(kRemove, "$[0]");
  }
  ASSERT_OK(ApplyJsonDiffs(diffs, &document));
  EXPECT_EQ(document, Ones(300'000 - 60));
}

TEST(JsonDiffTest, ValuesThatShareBytesDoNotMultiply) {
  // Arrays of two that both point at the array behind them, ten deep: too little text to be refused alone.
  constexpr int kLevels = 10;
  std::string value(1, '\x02');
  for (int level = 0; level < kLevels; ++level) {
    const bool last = level + 1 == kLevels;
    PutU16(&value, last ? 0 : 2);
    PutU16(&value, static_cast<uint16_t>(10 * (kLevels - level)));
    for (int i = 0; i < 2; ++i) {
      value.push_back(last ? '\0' : '\x02');
      PutU16(&value, last ? 0 : 10);
    }
  }
  std::string diffs;
  for (int i = 0; i < 1000; ++i) {
    PutU8(&diffs, kInsert);
    PutU8(&diffs, 4);
    diffs += "$[0]";
    PutU8(&diffs, static_cast<uint8_t>(value.size()));
    diffs += value;
  }
  std::string document = "[]";
  EXPECT_STATUS(ApplyJsonDiffs(diffs, &document), kCorruption);
  EXPECT_EQ(document, "[]");
}

class JsonDiffModelTest : public test::SeededTest {};

TEST_F(JsonDiffModelTest, ArraysChangeAsVectorsDo) {
  for (uint64_t round = Iterations(200); round > 0; --round) {
    std::vector<std::string> model;
    std::string diffs;
    for (uint64_t step = Uniform(30); step > 0; --step) {
      const std::string value(1, static_cast<char>('a' + Uniform(26)));
      const size_t at = Uniform(model.size() + 1);
      const std::string path = "$[" + std::to_string(at) + "]";
      if (at == model.size() || OneIn(3)) {
        diffs += Diff(kInsert, path, value);
        model.insert(model.begin() + static_cast<std::ptrdiff_t>(at), value);
      } else if (OneIn(2)) {
        diffs += Diff(kReplace, path, value);
        model[at] = value;
      } else {
        diffs += Diff(kRemove, path);
        model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
    std::string wanted = "[";
    for (const std::string& value : model) {
      wanted += (wanted.size() > 1 ? ",\"" : "\"") + value + "\"";
    }
    EXPECT_EQ(Applied("[]", diffs), wanted + "]");
  }
}

}  // namespace
}  // namespace binseek::binlog
