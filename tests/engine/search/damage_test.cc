// Searches over segments with damaged bytes: an answer or kCorruption, nothing else.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/codec/segment_builder.h"
#include "engine/index/engine_view.h"
#include "engine/index/keyword_writer.h"
#include "engine/index/page_pool.h"
#include "engine/mapping/document_parser.h"
#include "engine/search/searcher.h"
#include "tests/engine/search/aggregations.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::search::test {
namespace {

class DamageTest : public binseek::test::SeededTest {
 protected:
  DamageTest() {
    mapping_ = mapping::Mapping::FromJson(R"({"properties": {"name": {"type": "text"},
      "sku": {"type": "keyword"}, "tags": {"type": "keyword"}, "attrs": {"type": "flattened"},
      "price": {"type": "long"}, "sizes": {"type": "long"}}})")
                   .value();
    codec::SegmentBuilder builder(&mapping_);
    for (int i = 0; i < 3000; ++i) {
      const std::string n = std::to_string(i);
      std::string json = R"({"name": "red w)" + std::to_string(i % 50);
      json += i % 3 == 0 ? " blue red" : " green";
      json += R"(", "sku": "s)" + n + R"(", "tags": ["t)" + std::to_string(i % 7) + R"(", "u)";
      json += std::to_string(i % 11) + R"("], "attrs": {"color": "c)" + std::to_string(i % 5);
      json += R"("}, "price": )" + n + R"(, "sizes": [)" + n + ", " + std::to_string(i / 2) + "]}";
      EXPECT_OK(builder.Add(n, mapping::ParseDocument(json, &mapping_).value()));
    }
    payload_ = builder.Finish().value();
    WriterIds ids;
    payload_with_ids_ = builder.Finish(&ids).value();
    keywords_ = ids.writer.View();
  }

  struct WriterIds final : codec::KeywordIdSource {
    bool Give(mapping::FieldId field, std::span<const std::string_view> values,
              std::vector<uint32_t>* given) override {
      return writer.Give(
          field, values, [] { return uint64_t{3000}; }, given);
    }
    index::KeywordWriter writer;
  };

  // Null where already opening sees the damage.
  std::shared_ptr<index::IndexView> Open(const std::string& payload) const {
    const auto owner = std::make_shared<std::vector<uint64_t>>(payload.size() / 8 + 1);
    payload.copy(reinterpret_cast<char*>(owner->data()), payload.size());
    const std::string_view bytes(reinterpret_cast<const char*>(owner->data()), payload.size());
    const auto segment = codec::Segment::Open(bytes, owner);
    if (!segment.ok()) {
      EXPECT_STATUS(segment, kCorruption);
      return nullptr;
    }
    auto index = std::make_shared<index::IndexView>();
    index->name = "products";
    index->mapping = std::make_shared<const mapping::Mapping>(mapping_);
    index->keywords = keywords_;
    index->segments.push_back(std::make_shared<const index::SegmentView>(
        1, false, *segment, std::make_shared<index::PagePool>()));
    return index;
  }

  static std::vector<SearchRequest> Requests() {
    std::vector<SearchRequest> requests;
    for (const QueryPtr& query :
         {MakeMatch({.field = "name", .text = "red blue w7"}), MakeTerm("name", "green"),
          MakePrefix("sku", "s1"), MakeTerms("tags", {"t1", "u2"}), MakeExists("attrs.color"),
          MakeRange("price", Bound{"100"}, Bound{"900"}), MakeTerms("sizes", {"3", "900", "77"})}) {
      requests.emplace_back().query = query;
      requests.emplace_back().query = MakeConstantScore(query);
    }
    for (const char* field : {"sku", "tags", "attrs", "attrs.color", "price"}) {
      SearchRequest request;
      request.sort.emplace_back();
      request.sort[0].field = field;
      request.sort[0].descending = true;
      request.aggregations = {TermsSpec(field)};
      requests.push_back(request);
    }
    return requests;
  }

  mapping::Mapping mapping_;
  std::string payload_;
  std::string payload_with_ids_;
  std::shared_ptr<const index::KeywordViews> keywords_;
};

TEST_F(DamageTest, SearchesAnswerOrSayThatBytesAreDamaged) {
  const std::vector<SearchRequest> requests = Requests();
  uint64_t noticed = 0;
  for (uint64_t round = 0; round < Iterations(300); ++round) {
    std::string damaged = OneIn(2) ? payload_ : payload_with_ids_;
    for (uint64_t run = 1 + Uniform(4); run > 0; --run) {
      const uint64_t begin = Uniform(damaged.size());
      const uint64_t length = OneIn(2) ? 1 : Uniform(200);
      for (uint64_t i = begin; i < std::min<uint64_t>(begin + length, damaged.size()); ++i) {
        damaged[i] = static_cast<char>(Uniform(256));
      }
    }
    const std::shared_ptr<index::IndexView> index = Open(damaged);
    if (index == nullptr) {
      continue;
    }
    const index::EngineView view(1, {index});
    for (const SearchRequest& request : requests) {
      const Result<SearchResult> result = Search(view, {{index.get()}}, request, {});
      if (!result.ok()) {
        EXPECT_STATUS(result, kCorruption);
        ++noticed;
      }
    }
  }
  EXPECT_GT(noticed, 0u);
}

TEST_F(DamageTest, SoundBytesAnswer) {
  for (const std::string& payload : {payload_, payload_with_ids_}) {
    const std::shared_ptr<index::IndexView> index = Open(payload);
    ASSERT_NE(index, nullptr);
    const index::EngineView view(1, {index});
    for (const SearchRequest& request : Requests()) {
      const Result<SearchResult> result = Search(view, {{index.get()}}, request, {});
      ASSERT_OK(result);
      EXPECT_GT(result->total->value, 0u);
    }
  }
}

TEST_F(DamageTest, IdsThatNobodyKnowsAreDamage) {
  const std::shared_ptr<index::IndexView> index = Open(payload_with_ids_);
  ASSERT_NE(index, nullptr);
  index->keywords = nullptr;
  const index::EngineView view(1, {index});
  SearchRequest request;
  request.aggregations = {TermsSpec("tags")};
  EXPECT_STATUS(Search(view, {{index.get()}}, request, {}), kCorruption);
}

}  // namespace
}  // namespace binseek::search::test
