#include "api/dsl/matched_queries.h"

#include <algorithm>

#include "api/dsl/hit_writer.h"

namespace binseek::api::dsl {
namespace {

void CollectNamed(const search::QueryPtr& root, std::vector<const search::Query*>* out) {
  if (root == nullptr) {
    return;
  }
  std::vector<const search::Query*> pending = {root.get()};
  while (!pending.empty()) {
    const search::Query* const query = pending.back();
    pending.pop_back();
    if (!query->name().empty()) {
      out->push_back(query);
    }
    if (query->AsNested() != nullptr) {
      continue;  // what is within is of other documents
    }
    const std::vector<const search::Query*> children = query->children();
    pending.insert(pending.end(), children.rbegin(), children.rend());  // the first one next
  }
}

}  // namespace

MatchedQueries::MatchedQueries(const SearchBody* body, const HitContext* context)
    : body_(body), context_(context) {
  CollectNamed(body_->request.query, &named_);
  CollectNamed(body_->request.post_filter, &named_);
  for (const search::Rescorer& rescorer : body_->request.rescorers) {
    CollectNamed(rescorer.query, &named_);
  }
}

Result<const MatchedQueries::Weights*> MatchedQueries::WeightsOf(const index::IndexView& index) {
  const auto [it, added] = weights_.try_emplace(&index);
  if (added) {
    for (const search::Query* const query : named_) {
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<search::Weight> weight,
                               query->Bind(context_->BindTo(index), 1));
      it->second.push_back(std::move(weight));
    }
  }
  return &it->second;
}

Status MatchedQueries::LookInSegment(std::span<const search::Hit* const> hits) {
  std::vector<index::DocId> docs;
  for (const search::Hit* const hit : hits) {
    docs.push_back(hit->address.doc);
  }
  BINSEEK_ASSIGN_OR_RETURN(const Weights* const weights, WeightsOf(*hits[0]->index));
  for (size_t named = 0; named < named_.size(); ++named) {
    if (context_->OutOfTime()) {
      return Status::Ok();
    }
    BINSEEK_ASSIGN_OR_RETURN(
        const std::vector<search::DocMatch> found,
        search::MatchDocs(*(*weights)[named], hits[0]->index->at(hits[0]->address), docs));
    for (size_t i = 0; i < hits.size(); ++i) {
      if (found[i].matches) {
        matches_[hits[i]].push_back({named, found[i].score});
      }
    }
  }
  return Status::Ok();
}

Status MatchedQueries::Look(std::span<const search::Hit> hits) {
  matches_.clear();
  if (named_.empty()) {
    return Status::Ok();
  }
  const std::vector<const search::Hit*> by_place = ByPlace(hits);
  for (size_t begin = 0; begin < by_place.size();) {
    size_t end = begin + 1;
    while (end < by_place.size() && by_place[end]->index == by_place[begin]->index &&
           by_place[end]->address.segment == by_place[begin]->address.segment) {
      ++end;
    }
    BINSEEK_RETURN_IF_ERROR(LookInSegment(std::span(by_place).subspan(begin, end - begin)));
    begin = end;
  }
  return Status::Ok();
}

void MatchedQueries::Write(const search::Hit& hit, JsonWriter* writer) const {
  const auto it = matches_.find(&hit);
  if (it == matches_.end()) {
    return;
  }
  std::vector<std::pair<std::string_view, float>> matched;
  for (const Match& match : it->second) {
    const std::string_view name = named_[match.named]->name();
    if (std::none_of(matched.begin(), matched.end(),
                     [&](const auto& other) { return other.first == name; })) {
      matched.emplace_back(name, match.score);
    }
  }
  writer->Key("matched_queries");
  body_->named_query_scores ? writer->BeginObject() : writer->BeginArray();
  for (const auto& [name, score] : matched) {
    body_->named_query_scores ? writer->Key(name).Float(score) : writer->String(name);
  }
  body_->named_query_scores ? writer->EndObject() : writer->EndArray();
}

}  // namespace binseek::api::dsl
