// Against Lucene: the same documents and queries give the same matches, and scores that are equal to the bit (BM25, boolean) or as near as logarithms are.
//
// What Lucene found is in lucene_expected.txt. To make it anew, after a change of the cases or with a newer Lucene, and to try other
// cases: tests/engine/search/lucene_oracle.py
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/engine/search/lucene_cases.h"
#include "tests/engine/search/test_engine.h"

namespace binseek::search::test {
namespace {

constexpr uint64_t kDocuments = 400;

// Fresh cases, of which lucene_oracle.py --seed has asked Lucene just now.
uint64_t Seed() {
  const char* const given = std::getenv("BINSEEK_LUCENE_SEED");
  return given != nullptr ? std::stoull(given) : 20'261'129;
}
std::string ExpectedFile() {
  const char* const given = std::getenv("BINSEEK_LUCENE_EXPECTED");
  return given != nullptr ? given : "tests/engine/search/lucene_expected.txt";
}

constexpr char kMapping[] =
    R"({"properties": {"a": {"type": "text"}, "b": {"type": "text"}, "k": {"type": "keyword"}}})";

struct Case {
  const char* name;
  const char* kind;  // of index: plain; with deletes; with deletes, then merged
  const char* similarity;
  const char* settings;  // of ours
  ScoreForm form;
  uint64_t queries;
  bool exact;  // scores to the bit
};

constexpr Case kCases[] = {
    {"terms", "plain", "lucene", "", ScoreForm::kLucene, 1200, true},
    {"factor", "plain", "elasticsearch", "", ScoreForm::kElasticsearch, 300, true},
    {"merged", "merged", "lucene", "", ScoreForm::kLucene, 400, true},
    {"deletes", "deletes", "lucene", "", ScoreForm::kLucene, 300, true},
    {"parameters", "plain", "bm25", R"({"type": "BM25", "k1": 0.9, "b": "0.3"})",
     ScoreForm::kLucene, 100, true},
    {"boolean", "plain", "boolean", R"({"type": "boolean"})", ScoreForm::kLucene, 150, true},
    {"classic", "plain", "classic", R"({"type": "classic"})", ScoreForm::kLucene, 40, false},
    {"dirichlet", "plain", "dirichlet", R"({"type": "LMDirichlet", "mu": 50})", ScoreForm::kLucene,
     40, false},
    {"mercer", "plain", "mercer", R"({"type": "LMJelinekMercer", "lambda": 0.3})",
     ScoreForm::kLucene, 40, false},
    {"dfr1", "plain", "dfr_g_b_h1",
     R"({"type": "DFR", "basic_model": "g", "after_effect": "b", "normalization": "h1", "normalization.h1.c": "1.5"})",
     ScoreForm::kLucene, 40, false},
    {"dfr2", "plain", "dfr_if_l_h2",
     R"({"type": "DFR", "basic_model": "if", "after_effect": "l", "normalization": "h2", "normalization.h2.c": 2})",
     ScoreForm::kLucene, 40, false},
    {"dfr3", "plain", "dfr_in_b_h3",
     R"({"type": "DFR", "basic_model": "in", "after_effect": "b", "normalization": "h3", "normalization.h3.c": 300})",
     ScoreForm::kLucene, 40, false},
    {"dfr4", "plain", "dfr_ine_l_z",
     R"({"type": "DFR", "basic_model": "ine", "after_effect": "l", "normalization": "z", "normalization.z.z": 0.4})",
     ScoreForm::kLucene, 40, false},
    {"dfr5", "plain", "dfr_in_l_no",
     R"({"type": "DFR", "basic_model": "in", "after_effect": "l", "normalization": "no"})",
     ScoreForm::kLucene, 40, false},
    {"ib1", "plain", "ib_ll_df",
     R"({"type": "IB", "distribution": "ll", "lambda": "df", "normalization": "h2"})",
     ScoreForm::kLucene, 40, false},
    {"ib2", "plain", "ib_spl_ttf",
     R"({"type": "IB", "distribution": "spl", "lambda": "ttf", "normalization": "h1"})",
     ScoreForm::kLucene, 40, false},
    {"dfi1", "plain", "dfi_standardized",
     R"({"type": "DFI", "independence_measure": "standardized"})", ScoreForm::kLucene, 40, false},
    {"dfi2", "plain", "dfi_saturated", R"({"type": "DFI", "independence_measure": "saturated"})",
     ScoreForm::kLucene, 40, false},
    {"dfi3", "plain", "dfi_chisquared", R"({"type": "DFI", "independence_measure": "chisquared"})",
     ScoreForm::kLucene, 40, false},
};

std::vector<LuceneQuery> QueriesOf(const Case& test) {
  LuceneCases cases(Seed() + test.queries + std::string(test.name).size());
  std::vector<LuceneQuery> out;
  for (uint64_t i = 0; i < test.queries; ++i) {
    out.push_back(test.exact ? cases.MakeQuery(3) : cases.MakeLeaf());
  }
  return out;
}

std::vector<LuceneCases::Document> Documents() {
  return LuceneCases(Seed()).MakeDocuments(kDocuments);
}

std::string HeadOf(const Case& test) {
  return std::string("case ") + test.name + " " + test.kind + " " + test.similarity +
         (test.exact ? " hash" : " scores");
}

// The answers of a case, in the order of its queries.
std::vector<std::string> ExpectedOf(const Case& test) {
  std::ifstream in(ExpectedFile());
  std::vector<std::string> out;
  bool here = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("case ")) {
      here = line == HeadOf(test);
    } else if (here) {
      out.push_back(line);
    }
  }
  return out;
}

class LuceneTest : public ::testing::TestWithParam<Case> {
 protected:
  void Fill(uint64_t segments) {
    const Case& test = GetParam();
    const std::string similarity =
        *test.settings == '\0'
            ? "{}"
            : R"({"index": {"similarity": {"default": )" + std::string(test.settings) + "}}}";
    engine_.emplace();
    engine_->CreateIndex("products", kMapping, {}, similarity);
    const std::vector<LuceneCases::Document> documents = Documents();
    const bool deletes = std::string(test.kind) != "plain";
    for (uint64_t i = 0; i < documents.size(); ++i) {
      engine_->Put("products", std::to_string(i), documents[i].ToJson());
      if ((i + 1) % (documents.size() / segments + 1) == 0) {
        engine_->Apply();
      }
    }
    engine_->Apply();
    for (uint64_t i = 0; deletes && i < documents.size(); ++i) {
      if (IsDeleted(i)) {
        engine_->Delete("products", std::to_string(i));
      }
    }
    engine_->Apply();
    if (std::string(test.kind) == "merged") {
      engine_->Commit();
      engine_->ForceMerge("products", 1);
    }
    view_ = engine_->view();
    const index::IndexView& index = *view_->Find("products");
    ASSERT_EQ(index.segments.size(), std::string(test.kind) == "merged" ? 1 : segments);
    ASSERT_EQ(index.deleted_docs() > 0, std::string(test.kind) == "deletes");
  }

  SearchResult Run(const QueryPtr& query, uint64_t size, uint64_t total) const {
    SearchRequest request;
    request.query = query;
    request.size = size;
    request.track_total_hits = total;
    SearchOptions options = engine_->options();
    options.form = GetParam().form;
    const index::IndexView* const index = view_->Find("products");
    Result<SearchResult> result = Search(*view_, {&index, 1}, request, options);
    EXPECT_TRUE(result.ok()) << result.status().ToString();
    return result.ok() ? std::move(result).value() : SearchResult();
  }

  static std::string HashOf(const SearchResult& result) {
    std::vector<uint64_t> keys;
    for (const Hit& hit : result.hits) {
      keys.push_back(std::stoull(hit.id) << 32 | std::bit_cast<uint32_t>(*hit.score));
    }
    std::sort(keys.begin(), keys.end());
    uint64_t sum = 0xcbf29ce484222325;
    for (const uint64_t key : keys) {
      sum = (sum ^ key) * 0x100000001b3;
      sum ^= sum >> 29;
    }
    char text[64];
    std::snprintf(text, sizeof(text), "%zu %016" PRIx64, keys.size(), sum);
    return text;
  }

  static void ExpectScores(const std::string& expected, const SearchResult& result,
                           const std::string& query) {
    std::istringstream in(expected);
    size_t count = 0;
    in >> count;
    ASSERT_EQ(result.hits.size(), count) << query;
    std::string bits;
    for (size_t i = 0; in >> bits; ++i) {
      const auto score = std::bit_cast<float>(static_cast<uint32_t>(std::stoul(bits, nullptr, 16)));
      ASSERT_NEAR(*result.hits[i].score, score, 1e-5 * std::max(1.0F, std::abs(score)))
          << i << " of " << query;
    }
  }

  void CheckAll(uint64_t segments) {
    const Case& test = GetParam();
    ASSERT_NO_FATAL_FAILURE(Fill(segments));
    const std::vector<LuceneQuery> queries = QueriesOf(test);
    const std::vector<std::string> expected = ExpectedOf(test);
    ASSERT_EQ(expected.size(), queries.size()) << ExpectedFile();
    size_t different = 0;
    for (size_t i = 0; i < queries.size(); ++i) {
      const SearchResult all = Run(queries[i].query, 10 * kDocuments, SearchRequest::kCountAll);
      if (!test.exact) {
        ASSERT_NO_FATAL_FAILURE(ExpectScores(expected[i], all, queries[i].text));
      } else if (HashOf(all) != expected[i] && ++different < 6) {
        ADD_FAILURE() << HashOf(all) << " is not " << expected[i] << ": " << queries[i].text;
      }
      const SearchResult best = Run(queries[i].query, 10, SearchRequest::kCountNone);
      for (size_t hit = 0; hit < best.hits.size(); ++hit) {
        ASSERT_EQ(best.hits[hit].id, all.hits[hit].id) << queries[i].text;
      }
    }
    EXPECT_EQ(different, 0u) << "of " << queries.size() << " queries";
  }

  std::optional<TestEngine> engine_;
  std::shared_ptr<const index::EngineView> view_;
};

TEST_P(LuceneTest, FindsTheSameWithTheSameScoresInOneSegment) {
  CheckAll(std::string(GetParam().kind) == "merged" ? 2 : 1);
}

TEST_P(LuceneTest, FindsTheSameWithTheSameScoresInSegments) {
  CheckAll(std::string(GetParam().kind) == "plain" ? 7 : 3);
}

INSTANTIATE_TEST_SUITE_P(Cases, LuceneTest, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

// Not a test: writes what LuceneOracle reads, where it is asked to.
TEST(LuceneCasesTest, AreWrittenForTheOracle) {
  const char* const path = std::getenv("BINSEEK_LUCENE_CASES");
  if (path == nullptr) {
    return;
  }
  std::ofstream out(path);
  out << "docs " << kDocuments << "\n";
  for (const LuceneCases::Document& document : Documents()) {
    out << document.a << "|" << document.b << "|" << document.k << "\n";
  }
  for (const Case& test : kCases) {
    out << HeadOf(test) << "\n";
    for (const LuceneQuery& query : QueriesOf(test)) {
      out << query.text << "\n";
    }
  }
}

}  // namespace
}  // namespace binseek::search::test
