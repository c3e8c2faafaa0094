#include "tests/engine/search/test_engine.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/mapping/document_parser.h"
#include "engine/store/ram_directory.h"

namespace binseek::search::test {
namespace {

template <class T>
T Must(Result<T> result) {
  BINSEEK_CHECK(result.ok(), result.status().ToString().c_str());
  return std::move(result).value();
}

}  // namespace

TestEngine::TestEngine(index::EngineOptions options) : options_(std::move(options)) {
  options_.directory = std::make_shared<store::RamDirectory>();
  engine_ = Must(index::Engine::Open(options_));
}

void TestEngine::Reopen() {
  held_view_.reset();
  last_view_.reset();
  engine_.reset();
  engine_ = Must(index::Engine::Open(options_));
}

void TestEngine::CreateIndex(const std::string& name, const std::string& mapping_json,
                             const std::set<std::string>& in_place,
                             const std::string& settings_json) {
  const mapping::Mapping plain = Must(mapping::Mapping::FromJson(mapping_json));
  mapping::Mapping mapping;
  for (mapping::Field field : plain.fields()) {
    field.in_place = in_place.count(field.name) != 0;
    Must(mapping.AddField(field));  // in the same order, so parents keep their ids
  }
  Must(engine_->CreateIndex(name, std::move(mapping), settings_json));
}

index::IndexId TestEngine::IdOf(const std::string& index) const {
  return engine_->View()->Find(index)->id;
}

void TestEngine::Put(const std::string& index, const std::string& id, const std::string& json) {
  PutBlock(index, id, json, {});
}

void TestEngine::PutBlock(const std::string& index, const std::string& id, const std::string& json,
                          const std::vector<std::string>& children) {
  mapping::Mapping mapping = *engine_->View()->Find(index)->mapping;
  index::Operation operation;
  operation.index = IdOf(index);
  operation.key = id;
  operation.document = Must(mapping::ParseDocument(json, &mapping));
  for (const std::string& child : children) {
    operation.document.children.push_back(Must(mapping::ParseDocument(child, &mapping)));
  }
  batch_.operations.push_back(std::move(operation));
}

void TestEngine::Delete(const std::string& index, const std::string& id) {
  index::Operation operation;
  operation.kind = index::OpKind::kDelete;
  operation.index = IdOf(index);
  operation.key = id;
  batch_.operations.push_back(std::move(operation));
}

void TestEngine::Update(const std::string& index, const std::string& id, const std::string& field,
                        std::optional<int64_t> column_value) {
  index::Operation operation;
  operation.kind = index::OpKind::kUpdateColumns;
  operation.index = IdOf(index);
  operation.key = id;
  operation.columns.push_back(
      {engine_->View()->Find(index)->mapping->Find(field)->id, column_value});
  batch_.operations.push_back(std::move(operation));
}

void TestEngine::Apply() {
  const index::ApplyResult result = Must(engine_->Apply(batch_));
  for (const index::OpResult& op : result.results) {
    BINSEEK_CHECK(op.outcome != index::Outcome::kFailed, op.status.ToString().c_str());
  }
  batch_ = {};
}

void TestEngine::Commit() { Must(engine_->Commit()); }

void TestEngine::ForceMerge(const std::string& index, uint64_t max_segments) {
  const Status status = engine_->ForceMerge(IdOf(index), max_segments);
  BINSEEK_CHECK(status.ok(), status.ToString().c_str());
}

SearchOptions TestEngine::options() const {
  SearchOptions options;
  options.clock = &clock_;
  options.max_result_window = 1'000'000;
  options.filters = &filters_;
  return options;
}

Result<SearchResult> TestEngine::TrySearch(const SearchRequest& request,
                                           const std::vector<std::string>& indices) const {
  last_view_ = held_view_ != nullptr ? held_view_ : engine_->View();
  std::vector<const index::IndexView*> searched;
  for (const std::string& name : indices) {
    searched.push_back(last_view_->Find(name));
  }
  if (indices.empty()) {
    for (const auto& index : last_view_->indices()) {
      searched.push_back(index.get());
    }
  }
  return search::Search(*last_view_, searched, request, options());
}

SearchResult TestEngine::Search(const SearchRequest& request,
                                const std::vector<std::string>& indices) const {
  return Must(TrySearch(request, indices));
}

std::vector<std::string> TestEngine::Ids(const QueryPtr& query) const {
  SearchRequest request;
  request.query = query;
  request.size = 100'000;
  const Result<SearchResult> result = TrySearch(request);
  if (!result.ok()) {
    return {result.status().message()};
  }
  std::vector<std::string> ids = IdsOf(*result);
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::map<std::string, float> TestEngine::Scores(const QueryPtr& query) const {
  SearchRequest request;
  request.query = query;
  request.size = 100'000;
  std::map<std::string, float> scores;
  for (const Hit& hit : Search(request).hits) {
    scores[hit.id] = *hit.score;
  }
  return scores;
}

std::string TestEngine::ErrorOf(const QueryPtr& query) const {
  SearchRequest request;
  request.query = query;
  return TrySearch(request).status().message();
}

std::vector<std::string> TestEngine::Ordered(const SearchRequest& request) const {
  return IdsOf(Search(request));
}

std::vector<std::string> IdsOf(const SearchResult& result) {
  std::vector<std::string> ids;
  for (const Hit& hit : result.hits) {
    ids.push_back(hit.id);
  }
  return ids;
}

}  // namespace binseek::search::test
