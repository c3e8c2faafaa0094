#include "tests/drills/soak_engine/soak_answers.h"

#include <array>
#include <memory>
#include <sstream>
#include <utility>

#include "engine/search/aggregation_result.h"
#include "engine/search/metric_aggregation.h"
#include "engine/search/searcher.h"
#include "engine/search/terms_aggregation.h"
#include "tests/drills/soak_engine/soak_shop.h"

namespace binseek::soak {
namespace {

using search::SearchRequest;
using search::SearchResult;

Result<SearchResult> SearchBoth(const index::EngineView& view, const SearchRequest& request) {
  const std::array<const index::IndexView*, 2> indices = {view.Find(kIndexNames[0]),
                                                          view.Find(kIndexNames[1])};
  if (indices[0] == nullptr || indices[1] == nullptr) {
    return Status::Internal("an index is missing");
  }
  return search::Search(view, indices, request, {});
}

search::AggregationSpec Metric(search::Metric metric, const std::string& field) {
  auto what = std::make_shared<search::MetricAggregation>(metric);
  what->source.field = field;
  return {.name = field, .what = std::move(what)};
}

search::AggregationSpec Terms(const std::string& field) {
  auto what = std::make_shared<search::TermsAggregation>();
  what->source.field = field;
  what->size = 300;
  return {.name = field, .what = std::move(what)};
}

// Highest first.
search::SortKey SortKey(const std::string& field) {
  search::SortKey key;
  key.field = field;
  key.descending = true;
  return key;
}

SearchRequest MatchingWords() {
  SearchRequest request;
  request.track_total_hits = SearchRequest::kCountAll;
  request.query = search::MakeBool(
      {.must = {search::MakeMatch({.field = "title", .text = "red phone"})},
       .filter = {search::MakeRange("stock", search::Bound{"900"}, search::Bound{"1100"})}});
  return request;
}

void AppendHits(const SearchResult& result, std::ostringstream* out) {
  *out << result.total->value;
  for (const search::Hit& hit : result.hits) {
    *out << " " << hit.id << ":" << hit.version;
  }
  *out << "\n";
}

Status AppendSources(const index::EngineView& view, uint32_t documents, uint32_t stride,
                     std::ostringstream* out) {
  for (uint32_t document = 0; document < documents; document += stride) {
    const std::string key = KeyOf(document);
    for (const char* name : kIndexNames) {
      const index::IndexView* index = view.Find(name);
      const auto address = index->FindKey(key);
      if (address) {
        std::string source;
        BINSEEK_RETURN_IF_ERROR(AppendSource(*index, *address, &source));
        *out << name << " " << key << " " << source << "\n";
      }
    }
  }
  return Status::Ok();
}

}  // namespace

Result<Totals> ReadTotals(const index::EngineView& view) {
  SearchRequest request;
  request.size = 0;
  request.track_total_hits = SearchRequest::kCountAll;
  request.aggregations = {Metric(search::Metric::kSum, "stock")};
  BINSEEK_ASSIGN_OR_RETURN(const SearchResult result, SearchBoth(view, request));
  // Exact: far below 2^53.
  return Totals{result.total->value,
                static_cast<int64_t>(*result.aggregations[0].As<search::NumberResult>()->value)};
}

Result<std::string> ReadAnswers(const index::EngineView& view, uint32_t documents,
                                uint32_t stride) {
  std::ostringstream out;
  SearchRequest request;
  request.track_total_hits = SearchRequest::kCountAll;
  request.aggregations = {Metric(search::Metric::kStats, "stock"),
                          Metric(search::Metric::kStats, "price"), Terms("brand")};
  request.sort = {SortKey("stock"), SortKey("revision")};
  BINSEEK_ASSIGN_OR_RETURN(const SearchResult everything, SearchBoth(view, request));
  AppendHits(everything, &out);
  for (const search::AggregationResult& aggregation : everything.aggregations) {
    out << aggregation.name;
    if (const auto* const stats = aggregation.As<search::StatsResult>()) {
      out << " " << stats->count << " " << static_cast<int64_t>(stats->sum) << " " << stats->min
          << " " << stats->max;
    }
    if (const auto* const buckets = aggregation.buckets()) {
      for (const search::AggregationBucket& bucket : *buckets) {
        out << " " << bucket.key_text << ":" << bucket.doc_count;
      }
    }
    out << "\n";
  }
  SearchRequest words = MatchingWords();
  words.sort = {SortKey("revision")};
  BINSEEK_ASSIGN_OR_RETURN(const SearchResult matches, SearchBoth(view, words));
  AppendHits(matches, &out);
  BINSEEK_RETURN_IF_ERROR(AppendSources(view, documents, stride, &out));
  return out.str();
}

Result<std::string> ReadBestHits(const index::EngineView& view) {
  BINSEEK_ASSIGN_OR_RETURN(const SearchResult best, SearchBoth(view, MatchingWords()));
  std::ostringstream out;
  AppendHits(best, &out);
  for (const search::Hit& hit : best.hits) {
    out << *hit.score << " ";
  }
  return out.str();
}

std::string FirstDifference(const std::string& before, const std::string& now) {
  if (before == now) {
    return "";
  }
  std::istringstream old_lines(before);
  std::istringstream new_lines(now);
  std::string was;
  std::string is;
  do {
    was.clear();
    is.clear();
    std::getline(old_lines, was);
    std::getline(new_lines, is);
  } while (was == is && (old_lines || new_lines));
  return "[" + was.substr(0, 300) + "] has become [" + is.substr(0, 300) + "]";
}

}  // namespace binseek::soak
