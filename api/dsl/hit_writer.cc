#include "api/dsl/hit_writer.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <tuple>

#include "api/dsl/nested_source.h"
#include "api/dsl/response.h"

namespace binseek::api::dsl {
namespace {

using search::Explanation;

constexpr const char* kAllMatches = "the inner hits and matched queries of all hits";

std::string_view NameOf(search::Rescorer::Mode mode) {
  switch (mode) {
    case search::Rescorer::Mode::kTotal:
      return "sum of:";
    case search::Rescorer::Mode::kMultiply:
      return "product of:";
    case search::Rescorer::Mode::kAvg:
      return "avg of:";
    case search::Rescorer::Mode::kMax:
      return "max of:";
    case search::Rescorer::Mode::kMin:
      return "min of:";
  }
  return "sum of:";
}

}  // namespace

void HitContext::StartDeadline(int64_t search_timeout_ms) {
  constexpr int64_t kMost = int64_t{1} << 40;
  timeout_ms = std::min(search_timeout_ms, kMost);
  deadline_micros = timeout_ms > 0 ? options.clock->MonotonicMicros() + timeout_ms * 1000 : 0;
  interrupt = std::make_shared<search::Interrupt>(options.cancel, options.clock, timeout_ms);
}

bool HitContext::OutOfTime() const {
  return deadline_micros > 0 && options.clock->MonotonicMicros() >= deadline_micros;
}

Status HitContext::CheckTime(const std::string& what) const {
  BINSEEK_RETURN_IF_ERROR(interrupt == nullptr ? Status::Ok() : interrupt->Check());
  return OutOfTime() ? TooLate(what) : Status::Ok();
}

int64_t HitContext::LeftMs() const {
  return std::max<int64_t>(1, (deadline_micros - options.clock->MonotonicMicros()) / 1000);
}

Status HitContext::TooLate(const std::string& what) const {
  return Status::Aborted(what + " were not complete within the search's timeout of [" +
                         std::to_string(timeout_ms) + "ms]");
}

void WriteInnerTotals(uint64_t total, std::optional<float> max_score, bool total_as_int,
                      JsonWriter* writer) {
  if (total_as_int) {
    writer->Key("total").Uint(total);
  } else {
    writer->Key("total").BeginObject();
    writer->Key("value").Uint(total);
    writer->Key("relation").String("eq");
    writer->EndObject();
  }
  writer->Key("max_score");
  max_score ? writer->Float(*max_score) : writer->Null();
}

void WriteExplanation(const Explanation& explanation, JsonWriter* writer) {
  writer->BeginObject();
  writer->Key("value").Float(explanation.value);
  writer->Key("description").String(explanation.description);
  writer->Key("details").BeginArray();
  for (const Explanation& detail : explanation.details) {
    WriteExplanation(detail, writer);
  }
  writer->EndArray();
  writer->EndObject();
}

search::BindContext HitContext::BindTo(const index::IndexView& index) const {
  search::BindContext bind;
  bind.index = &index;
  bind.analysis = options.analysis;
  bind.form = options.form;
  bind.scores = true;
  bind.now_micros = options.clock->NowMicros();
  bind.interrupt = interrupt.get();
  bind.view = view;
  bind.level = level;
  return bind;
}

std::vector<const search::Hit*> ByPlace(std::span<const search::Hit> hits) {
  std::vector<const search::Hit*> by_place;
  for (const search::Hit& hit : hits) {
    by_place.push_back(&hit);
  }
  const auto place = [](const search::Hit* hit) {
    return std::tuple(hit->index, hit->address.segment, hit->address.doc);
  };
  std::sort(by_place.begin(), by_place.end(),
            [&](const search::Hit* a, const search::Hit* b) { return place(a) < place(b); });
  return by_place;
}

HitWriter::HitWriter(const SearchBody* body, const HitContext* context)
    : body_(body),
      context_(context),
      highlights_(body, context),
      matched_(body, context),
      nested_(body, context) {}

Status HitWriter::ReadSource(const search::Hit& hit, Source* source) const {
  BINSEEK_ASSIGN_OR_RETURN(source->steps, search::NestedPathOf(*hit.index, hit.address));
  const bool shows = body_->source.enabled() && body_->shows_id;
  const bool looks_inside =
      !body_->highlight.empty() || !body_->fields.empty() || (shows && !source->steps.empty());
  if (!shows && !looks_inside) {
    return Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(
      index::AppendSource(*hit.index, search::RootOf(*hit.index, hit.address), &source->text));
  if (looks_inside) {
    BINSEEK_ASSIGN_OR_RETURN(source->parsed, ParseJson(source->text));
  }
  if (!source->steps.empty()) {
    source->parsed = IsolateObject(source->parsed, source->steps);
    source->text.clear();
    JsonWriter(&source->text).Value(source->parsed);
  }
  return Status::Ok();
}

Status HitWriter::WriteSource(const Source& source, JsonWriter* writer) const {
  if (!body_->source.enabled() || !body_->shows_id) {
    return Status::Ok();
  }
  std::string wanted;
  if (!body_->source.everything()) {
    BINSEEK_RETURN_IF_ERROR(body_->source.Append(source.text, &wanted));
  }
  const std::string& shown = body_->source.everything() ? source.text : wanted;
  writer->Key("_source");
  if (source.steps.empty()) {
    writer->Raw(shown);
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(const JsonValue isolated, ParseJson(shown));
  const JsonValue* const object = ObjectOf(isolated, source.steps);
  object != nullptr ? writer->Value(*object) : writer->BeginObject().EndObject();
  return Status::Ok();
}

Status HitWriter::WriteFields(const search::Hit& hit, const JsonValue& source,
                              JsonWriter* writer) const {
  std::vector<FieldValues> fields;
  BINSEEK_RETURN_IF_ERROR(
      ReadDocValueFields(*hit.index, hit.address, body_->docvalue_fields, &fields));
  BINSEEK_RETURN_IF_ERROR(
      ReadSourceFields(*hit.index, hit.address, source, body_->fields, &fields));
  const std::string& collapse = body_->request.collapse_field;
  if (!collapse.empty() && std::none_of(fields.begin(), fields.end(), [&](const auto& field) {
        return field.first == collapse;
      })) {
    fields.emplace_back(collapse, std::vector<std::string>{hit.collapse_value});
  }
  if (fields.empty()) {
    return Status::Ok();
  }
  writer->Key("fields").BeginObject();
  for (const auto& [name, values] : fields) {
    writer->Key(name).BeginArray();
    for (const std::string& value : values) {
      writer->Raw(value);
    }
    writer->EndArray();
  }
  writer->EndObject();
  return Status::Ok();
}

Result<Explanation> HitWriter::ExplainRescored(const search::Hit& hit, Explanation explanation) {
  IndexParts& parts = parts_[hit.index];
  const std::vector<search::Rescorer>& rescorers = body_->request.rescorers;
  for (size_t i = 0; i < rescorers.size(); ++i) {
    const search::Rescorer& rescorer = rescorers[i];
    if (parts.rescorers.size() <= i) {
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<search::Weight> weight,
                               rescorer.query->Bind(context_->BindTo(*hit.index), 1));
      parts.rescorers.push_back(std::move(weight));
    }
    const float first = explanation.value;
    std::vector<Explanation> factors = {std::move(explanation)};
    factors.push_back(search::Matched(rescorer.query_weight, "primaryWeight"));
    explanation = search::Matched(rescorer.Weigh(first), "product of:", std::move(factors));
    if ((hit.rescored >> i & 1) == 0) {
      continue;
    }
    BINSEEK_ASSIGN_OR_RETURN(Explanation second, parts.rescorers[i]->Explain(
                                                     hit.index->at(hit.address), hit.address.doc));
    if (!second.matches) {
      continue;
    }
    const float value = second.value;
    std::vector<Explanation> second_factors = {std::move(second)};
    second_factors.push_back(search::Matched(rescorer.rescore_query_weight, "secondaryWeight"));
    std::vector<Explanation> both = {std::move(explanation)};
    both.push_back(search::Matched(search::Finite(value * rescorer.rescore_query_weight),
                                   "product of:", std::move(second_factors)));
    explanation = search::Matched(rescorer.Combine(first, value),
                                  std::string(NameOf(rescorer.mode)), std::move(both));
  }
  return explanation;
}

Status HitWriter::WriteHitExplanation(const search::Hit& hit, JsonWriter* writer) {
  if (body_->explain == ExplainForm::kNone) {
    return Status::Ok();
  }
  IndexParts& parts = parts_[hit.index];
  if (parts.query == nullptr) {
    const search::QueryPtr query =
        body_->request.query != nullptr ? body_->request.query : search::MakeMatchAll();
    const std::vector<float>& boosts = body_->request.index_boosts;
    const auto& indices = context_->indices;
    const auto place = std::find(indices.begin(), indices.end(), hit.index) - indices.begin();
    const float boost = boosts.empty() ? 1 : boosts[static_cast<size_t>(place)];
    BINSEEK_ASSIGN_OR_RETURN(parts.query, query->Bind(context_->BindTo(*hit.index), boost));
  }
  BINSEEK_ASSIGN_OR_RETURN(Explanation explanation,
                           parts.query->Explain(hit.index->at(hit.address), hit.address.doc));
  BINSEEK_ASSIGN_OR_RETURN(explanation, ExplainRescored(hit, std::move(explanation)));
  BINSEEK_RETURN_IF_ERROR(context_->CheckTime("the explanations of all hits"));
  writer->Key("_explanation");
  if (body_->explain == ExplainForm::kSentence) {
    writer->String(search::ExplanationSentence(explanation));
  } else {
    WriteExplanation(explanation, writer);
  }
  return Status::Ok();
}

// The search's matches that are of the hit's group.
search::QueryPtr HitWriter::GroupQuery(const search::Hit& hit) const {
  const std::string& field = body_->request.collapse_field;
  search::BoolOptions options;
  options.must = {body_->request.query != nullptr ? body_->request.query : search::MakeMatchAll()};
  if (body_->request.post_filter != nullptr) {
    options.filter.push_back(body_->request.post_filter);
  }
  if (hit.collapse_value == "null") {
    options.must_not.push_back(search::MakeExists(field));
    return search::MakeBool(std::move(options));
  }
  const Result<JsonValue> value = ParseJson(hit.collapse_value);
  const bool is_text = value.ok() && value->is_string();
  options.filter.push_back(
      search::MakeTerm(field, is_text ? value->AsString() : hit.collapse_value));
  return search::MakeBool(std::move(options));
}

Status HitWriter::WriteGroup(const search::Hit& hit, const InnerHits& inner,
                             JsonWriter* writer) const {
  SearchBody body = inner.body;
  body.request.query = GroupQuery(hit);
  body.request.index_boosts = body_->request.index_boosts;
  body.request.restriction = body_->request.restriction;
  if (context_->deadline_micros > 0) {
    body.request.timeout_ms = context_->LeftMs();
  }
  BINSEEK_ASSIGN_OR_RETURN(
      const search::SearchResult result,
      search::Search(*context_->view, context_->indices, body.request, context_->options));
  if (result.timed_out) {
    return context_->TooLate("the inner hits [" + inner.name + "] of all groups");
  }
  writer->Key(inner.name).BeginObject();
  writer->Key("hits").BeginObject();
  WriteInnerTotals(result.total ? result.total->value : 0, result.max_score,
                   context_->total_hits_as_int, writer);
  writer->Key("hits").BeginArray();
  BINSEEK_RETURN_IF_ERROR(HitWriter(&body, context_).WriteAll(result.hits, writer));
  writer->EndArray();
  writer->EndObject();
  writer->EndObject();
  return Status::Ok();
}

Status HitWriter::WriteInnerHits(const search::Hit& hit, JsonWriter* writer) {
  if (body_->inner_hits.empty() && nested_.empty()) {
    return Status::Ok();
  }
  writer->Key("inner_hits").BeginObject();
  for (const InnerHits& inner : body_->inner_hits) {
    BINSEEK_RETURN_IF_ERROR(WriteGroup(hit, inner, writer));
  }
  BINSEEK_RETURN_IF_ERROR(nested_.Write(hit, writer));
  writer->EndObject();
  return Status::Ok();
}

Status HitWriter::WriteHead(const search::Hit& hit, const Source& source,
                            JsonWriter* writer) const {
  writer->Key("_index").String(hit.index->name);
  if (body_->shows_id) {
    writer->Key("_id").String(hit.id);
  }
  WriteNestedIdentity(source.steps, writer);
  if (body_->version) {
    writer->Key("_version").Int(hit.version);
  }
  if (body_->seq_no_primary_term) {
    writer->Key("_seq_no").Int(hit.seq_no);
    writer->Key("_primary_term").Int(1);
  }
  writer->Key("_score");
  hit.score ? writer->Float(*hit.score) : writer->Null();
  return WriteSystemKeywords(hit.index->at(hit.address), hit.address.doc, writer);
}

Status HitWriter::WriteAll(std::span<const search::Hit> hits, JsonWriter* writer,
                           const std::function<Status()>& after_each) {
  constexpr size_t kHitsAtOnce = 256;
  while (!hits.empty()) {
    const std::span<const search::Hit> some = hits.first(std::min(hits.size(), kHitsAtOnce));
    hits = hits.subspan(some.size());
    BINSEEK_RETURN_IF_ERROR(Prepare(some));
    for (const search::Hit& hit : some) {
      BINSEEK_RETURN_IF_ERROR(Write(hit, writer));
      BINSEEK_RETURN_IF_ERROR(after_each == nullptr ? Status::Ok() : after_each());
    }
  }
  return Status::Ok();
}

Status HitWriter::Prepare(std::span<const search::Hit> hits) {
  BINSEEK_RETURN_IF_ERROR(matched_.Look(hits));
  BINSEEK_RETURN_IF_ERROR(nested_.Look(hits));
  return matched_.empty() && nested_.empty() ? Status::Ok() : context_->CheckTime(kAllMatches);
}

Status HitWriter::Write(const search::Hit& hit, JsonWriter* writer) {
  Source source;
  BINSEEK_RETURN_IF_ERROR(ReadSource(hit, &source));
  writer->BeginObject();
  BINSEEK_RETURN_IF_ERROR(WriteHead(hit, source, writer));
  BINSEEK_RETURN_IF_ERROR(WriteSource(source, writer));
  BINSEEK_RETURN_IF_ERROR(WriteFields(hit, source.parsed, writer));
  BINSEEK_RETURN_IF_ERROR(highlights_.Write(hit, source.parsed, writer));
  if (!hit.sort.empty()) {
    writer->Key("sort").BeginArray();
    for (const std::string& value : hit.sort) {
      writer->Raw(value);
    }
    writer->EndArray();
  }
  matched_.Write(hit, writer);
  BINSEEK_RETURN_IF_ERROR(WriteHitExplanation(hit, writer));
  BINSEEK_RETURN_IF_ERROR(WriteInnerHits(hit, writer));
  writer->EndObject();
  return Status::Ok();
}

}  // namespace binseek::api::dsl
