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

Status WriteSource(const search::Hit& hit, const SourceFilter& filter, JsonWriter* writer) {
  if (!filter.enabled()) {
    return Status::Ok();
  }
  std::string source;
  BINSEEK_RETURN_IF_ERROR(index::AppendSource(*hit.index, hit.address, &source));
  writer->Key("_source");
  if (filter.everything()) {
    writer->Raw(source);
    return Status::Ok();
  }
  std::string wanted;
  BINSEEK_RETURN_IF_ERROR(filter.Append(source, &wanted));
  writer->Raw(wanted);
  return Status::Ok();
}

Status WriteHit(const search::Hit& hit, const SearchBody& body, JsonWriter* writer) {
  writer->BeginObject();
  writer->Key("_index").String(hit.index->name);
  writer->Key("_id").String(hit.id);
  if (body.version) {
    writer->Key("_version").Int(hit.version);
  }
  if (body.seq_no_primary_term) {
    writer->Key("_seq_no").Int(hit.seq_no);
    writer->Key("_primary_term").Int(1);
  }
  WriteScore("_score", hit.score, writer);
  BINSEEK_RETURN_IF_ERROR(WriteSystemKeywords(hit.index->at(hit.address), hit.address.doc, writer));
  BINSEEK_RETURN_IF_ERROR(WriteSource(hit, body.source, writer));
  if (!hit.sort.empty()) {
    writer->Key("sort").BeginArray();
    for (const std::string& value : hit.sort) {
      writer->Raw(value);
    }
    writer->EndArray();
  }
  writer->EndObject();
  return Status::Ok();
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
  for (const search::Hit& hit : result.hits) {
    BINSEEK_RETURN_IF_ERROR(WriteHit(hit, body, writer));
    BINSEEK_RETURN_IF_ERROR(budget.Check());
  }
  writer->EndArray();
  writer->EndObject();
  if (!result.aggregations.empty()) {
    writer->Key("aggregations").BeginObject();
    WriteAggregations(result.aggregations, options.typed_keys, writer);
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
