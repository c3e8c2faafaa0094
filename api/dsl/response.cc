#include "api/dsl/response.h"

#include "api/dsl/aggregation_response.h"
#include "engine/base/json.h"
#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/index/system_keywords.h"

namespace binseek::api::dsl {
namespace {

void WriteShards(uint32_t shards, JsonWriter* writer) {
  writer->Key("_shards").BeginObject();
  writer->Key("total").Uint(shards);
  writer->Key("successful").Uint(shards);
  writer->Key("skipped").Int(0);
  writer->Key("failed").Int(0);
  writer->EndObject();
}

void WriteTotal(const std::optional<search::TotalHits>& total, bool as_int, JsonWriter* writer) {
  if (as_int) {
    writer->Key("total");
    total ? writer->Uint(total->value) : writer->Int(-1);
  } else if (total) {
    writer->Key("total").BeginObject();
    writer->Key("value").Uint(total->value);
    writer->Key("relation").String(total->exact ? "eq" : "gte");
    writer->EndObject();
  }
}

void WriteScore(std::string_view key, const std::optional<float>& score, JsonWriter* writer) {
  writer->Key(key);
  score ? writer->Float(*score) : writer->Null();
}

// What one index took, in the names of Elasticsearch's breakdown.
void WriteProfile(const index::IndexView& index, const search::IndexProfile& profile,
                  JsonWriter* writer) {
  writer->BeginObject();
  writer->Key("id").String("[binseek][" + index.name + "][0]");
  writer->Key("searches").BeginArray().BeginObject();
  writer->Key("query").BeginArray().BeginObject();
  writer->Key("type").String("Query");
  writer->Key("description").String("");
  writer->Key("time_in_nanos")
      .Uint(profile.bind_nanos + profile.build_scorer_nanos + profile.match_nanos);
  writer->Key("breakdown").BeginObject();
  writer->Key("create_weight").Uint(profile.bind_nanos);
  writer->Key("create_weight_count").Uint(1);
  writer->Key("build_scorer").Uint(profile.build_scorer_nanos);
  writer->Key("build_scorer_count").Uint(profile.build_scorer_count);
  writer->Key("next_doc").Uint(profile.match_nanos);  // with the scores
  writer->Key("next_doc_count").Uint(profile.match_count);
  writer->EndObject();
  writer->EndObject().EndArray();
  writer->Key("rewrite_time").Uint(0);
  writer->Key("collector").BeginArray().BeginObject();
  writer->Key("name").String("TopDocs");
  writer->Key("reason").String("search_top_hits");
  writer->Key("time_in_nanos").Uint(profile.collect_nanos);
  writer->EndObject().EndArray();
  writer->EndObject().EndArray();
  writer->Key("aggregations").BeginArray().EndArray();
  writer->EndObject();
}

// Tells while an answer grows whether it is still within its bound.
class Budget {
 public:
  Budget(const std::string* out, size_t max_bytes)
      : out_(out), before_(out->size()), max_bytes_(max_bytes) {}

  Status Check() const {
    return out_->size() - before_ <= max_bytes_ ? Status::Ok()
                                                : Status::ResourceExhausted("answer is too large");
  }

 private:
  const std::string* const out_;
  const size_t before_;
  const size_t max_bytes_;
};

Status WriteResponse(const search::SearchResult& result, const SearchBody& body,
                     const ResponseOptions& options, const Budget& budget, JsonWriter* writer) {
  writer->BeginObject();
  if (body.point_in_time) {
    writer->Key("pit_id").String(body.point_in_time->id);
  }
  if (!options.scroll_id.empty()) {
    writer->Key("_scroll_id").String(options.scroll_id);
  }
  writer->Key("took").Int(options.took_ms);
  writer->Key("timed_out").Bool(result.timed_out);
  if (body.request.terminate_after > 0) {
    writer->Key("terminated_early").Bool(result.terminated_early);
  }
  WriteShards(result.shards, writer);
  writer->Key("hits").BeginObject();
  WriteTotal(result.total, options.total_hits_as_int, writer);
  WriteScore("max_score", result.max_score, writer);
  writer->Key("hits").BeginArray();
  HitContext context = options.hits;
  context.StartDeadline(body.request.timeout_ms);
  BINSEEK_RETURN_IF_ERROR(
      HitWriter(&body, &context).WriteAll(result.hits, writer, [&] { return budget.Check(); }));
  writer->EndArray();
  writer->EndObject();
  if (!result.aggregations.empty()) {
    writer->Key("aggregations").BeginObject();
    BINSEEK_RETURN_IF_ERROR(WriteAggregations(result.aggregations,
                                              {.typed_keys = options.typed_keys,
                                               .total_hits_as_int = options.total_hits_as_int,
                                               .hits = &context},
                                              writer));
    writer->EndObject();
  }
  if (!result.profile.empty()) {
    writer->Key("profile").BeginObject();
    writer->Key("shards").BeginArray();
    for (size_t i = 0; i < result.profile.size(); ++i) {
      WriteProfile(*options.hits.indices[i], result.profile[i], writer);
    }
    writer->EndArray();
    writer->EndObject();
  }
  writer->EndObject();
  return budget.Check();
}

}  // namespace

Status WriteSystemKeywords(const index::SegmentView& segment, index::DocId doc,
                           JsonWriter* writer) {
  std::vector<std::string> values;
  BINSEEK_RETURN_IF_ERROR(index::ReadSystemKeywords(segment, doc, mapping::kIgnoredField, &values));
  if (!values.empty()) {
    writer->Key("_ignored").BeginArray();
    for (const std::string& value : values) {
      writer->String(value);
    }
    writer->EndArray();
  }
  BINSEEK_RETURN_IF_ERROR(index::ReadSystemKeywords(segment, doc, mapping::kRoutingField, &values));
  if (!values.empty()) {
    writer->Key("_routing").String(values.front());
  }
  return Status::Ok();
}

Status AppendSearchResponse(const search::SearchResult& result, const SearchBody& body,
                            const ResponseOptions& options, std::string* out) {
  const size_t before = out->size();
  JsonWriter writer(out);
  Status status = WriteResponse(result, body, options, Budget(out, options.max_bytes), &writer);
  if (!status.PeekOk()) {
    out->resize(before);
  }
  return status;
}

}  // namespace binseek::api::dsl
