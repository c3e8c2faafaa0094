// MakeNamed: a query under a name; its matches and scores are as without. MakeByIndex: one of several, by the index.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/engine_view.h"
#include "engine/search/query.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

class NamedQuery final : public Query {
 public:
  NamedQuery(QueryPtr query, std::string name) : query_(std::move(query)), name_(std::move(name)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    return query_->Bind(context, boost);
  }
  std::vector<const Query*> children() const override { return {query_.get()}; }
  bool constant_score() const override { return query_->constant_score(); }
  std::string_view name() const override { return name_; }

 private:
  const QueryPtr query_;
  const std::string name_;
};

class ByIndexQuery final : public Query {
 public:
  explicit ByIndexQuery(std::vector<std::pair<index::IndexId, QueryPtr>> queries)
      : queries_(std::move(queries)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    return Of(*context.index)->Bind(context, boost);
  }
  Result<QueryPtr> Resolve(const BindContext& context) const override { return Of(*context.index); }

 private:
  QueryPtr Of(const index::IndexView& index) const {
    for (const auto& [id, query] : queries_) {
      if (id == index.id) {
        return query;
      }
    }
    return MakeMatchAll();
  }

  const std::vector<std::pair<index::IndexId, QueryPtr>> queries_;
};

}  // namespace

QueryPtr MakeByIndex(std::vector<std::pair<index::IndexId, QueryPtr>> queries) {
  return std::make_shared<ByIndexQuery>(std::move(queries));
}

QueryPtr MakeNamed(QueryPtr query, std::string name) {
  return std::make_shared<NamedQuery>(std::move(query), std::move(name));
}

}  // namespace binseek::search
