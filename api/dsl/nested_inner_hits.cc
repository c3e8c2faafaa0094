#include "api/dsl/nested_inner_hits.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "api/dsl/hit_highlights.h"
#include "api/dsl/hit_writer.h"
#include "engine/search/index_setting.h"

namespace binseek::api::dsl {
namespace {

constexpr uint64_t kMaxWindow = 100;  // from + size

Status CheckWindow(const index::IndexView& index, const InnerHits& inner) {
  const search::SearchRequest& request = inner.body.request;
  const uint64_t most = search::IndexSetting(index, "index.max_inner_result_window", kMaxWindow);
  if (request.from + request.size <= most) {
    return Status::Ok();
  }
  return Status::InvalidArgument(
      "Inner result window is too large, the inner hit definition's [" + inner.name +
      "]'s from + size must be less than or equal to: [" + std::to_string(most) + "] but was [" +
      std::to_string(request.from + request.size) +
      "]. This limit can be set by changing the [index.max_inner_result_window] index level "
      "setting.");
}

}  // namespace

struct NestedInnerHits::Asked {
  struct Found {
    uint64_t total = 0;
    std::optional<float> max_score{};
    size_t begin = 0;  // of its hits in Asked::hits
    size_t count = 0;
  };
  const search::NestedOptions* nested = nullptr;
  std::string name{};
  SearchBody body{};  // its query is the nested one's
  HitContext context{};
  std::unique_ptr<HitWriter> writer{};
  // Null: the index does not have the path.
  std::map<const index::IndexView*, std::unique_ptr<const search::InnerHitsSearch>> searches{};
  // Of the hits looked at last.
  std::map<const search::Hit*, Found> found{};
  std::vector<search::Hit> hits{};
};

NestedInnerHits::NestedInnerHits(const SearchBody* body, const HitContext* context)
    : context_(context) {
  Collect(body->request.query);
  Collect(body->request.post_filter);
}

NestedInnerHits::~NestedInnerHits() = default;

std::vector<const search::NestedOptions*> NestedWithInnerHits(const search::QueryPtr& root) {
  std::vector<const search::NestedOptions*> found;
  std::vector<const search::Query*> pending;
  if (root != nullptr) {
    pending.push_back(root.get());
  }
  while (!pending.empty()) {
    const search::Query* const query = pending.back();
    pending.pop_back();
    const search::NestedOptions* const nested = query->AsNested();
    if (nested == nullptr) {
      const std::vector<const search::Query*> children = query->children();
      pending.insert(pending.end(), children.rbegin(), children.rend());  // the first one next
    } else if (nested->inner_hits != nullptr) {
      found.push_back(nested);
    }
  }
  return found;
}

const InnerHits& InnerHitsOf(const search::NestedOptions& nested) {
  return *static_cast<const InnerHits*>(nested.inner_hits.get());
}

void NestedInnerHits::Collect(const search::QueryPtr& root) {
  for (const search::NestedOptions* const nested : NestedWithInnerHits(root)) {
    const InnerHits& inner = InnerHitsOf(*nested);
    auto asked = std::make_unique<Asked>();
    asked->nested = nested;
    asked->name = inner.name;
    asked->body = inner.body;
    asked->body.request.query = nested->query;
    asked->context = *context_;
    asked->context.level = nested->path;
    asked->writer = std::make_unique<HitWriter>(&asked->body, &asked->context);
    asked_.push_back(std::move(asked));
  }
}

Status NestedInnerHits::LookInIndex(std::span<const search::Hit* const> hits, Asked* asked) const {
  const index::IndexView& index = *hits[0]->index;
  const auto [search, added] = asked->searches.try_emplace(&index);
  if (added) {
    const InnerHits& inner = InnerHitsOf(*asked->nested);
    BINSEEK_RETURN_IF_ERROR(CheckWindow(index, inner));
    const search::SearchRequest& request = asked->body.request;
    BINSEEK_ASSIGN_OR_RETURN(search->second,
                             search::InnerHitsSearch::Bind(context_->BindTo(index),
                                                           {.path = asked->nested->path,
                                                            .query = request.query,
                                                            .from = request.from,
                                                            .size = request.size,
                                                            .sort = request.sort,
                                                            .track_scores = request.track_scores,
                                                            .parts = request.parts}));
  }
  if (search->second == nullptr) {
    return Status::Ok();
  }
  std::vector<index::DocAddress> parents;
  for (const search::Hit* const hit : hits) {
    parents.push_back(hit->address);
  }
  BINSEEK_ASSIGN_OR_RETURN(std::vector<search::InnerHitsResult> found,
                           search->second->Search(parents));
  for (size_t i = 0; i < hits.size(); ++i) {
    Asked::Found& of_hit = asked->found[hits[i]];
    of_hit.total = found[i].total;
    of_hit.max_score = found[i].max_score;
    of_hit.begin = asked->hits.size();
    of_hit.count = found[i].hits.size();
    std::move(found[i].hits.begin(), found[i].hits.end(), std::back_inserter(asked->hits));
  }
  return Status::Ok();
}

Status NestedInnerHits::LookFor(std::span<const search::Hit* const> hits, Asked* asked) const {
  asked->found.clear();
  asked->hits.clear();
  for (size_t begin = 0; begin < hits.size();) {
    size_t end = begin + 1;
    while (end < hits.size() && hits[end]->index == hits[begin]->index) {
      ++end;
    }
    BINSEEK_RETURN_IF_ERROR(LookInIndex(hits.subspan(begin, end - begin), asked));
    begin = end;
  }
  return asked->writer->Prepare(asked->hits);
}

Status NestedInnerHits::Look(std::span<const search::Hit> hits) {
  const std::vector<const search::Hit*> by_place =
      asked_.empty() ? std::vector<const search::Hit*>() : ByPlace(hits);
  for (const auto& asked : asked_) {
    BINSEEK_RETURN_IF_ERROR(LookFor(by_place, asked.get()));
  }
  return Status::Ok();
}

Status NestedInnerHits::WriteOne(const search::Hit& hit, Asked* asked, JsonWriter* writer) const {
  const Asked::Found found = asked->found[&hit];
  writer->Key(asked->name).BeginObject();
  writer->Key("hits").BeginObject();
  WriteInnerTotals(found.total, found.max_score, context_->total_hits_as_int, writer);
  writer->Key("hits").BeginArray();
  for (const search::Hit& inner_hit :
       std::span<const search::Hit>(asked->hits).subspan(found.begin, found.count)) {
    BINSEEK_RETURN_IF_ERROR(asked->writer->Write(inner_hit, writer));
  }
  writer->EndArray();
  writer->EndObject();
  writer->EndObject();
  return Status::Ok();
}

Status NestedInnerHits::Write(const search::Hit& hit, JsonWriter* writer) {
  for (const auto& asked : asked_) {
    BINSEEK_RETURN_IF_ERROR(WriteOne(hit, asked.get(), writer));
  }
  return Status::Ok();
}

}  // namespace binseek::api::dsl
