#include "engine/search/each_field_query.h"

#include <memory>
#include <string_view>

#include "engine/base/name_pattern.h"
#include "engine/search/constant_query.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

bool IsSearchable(const mapping::Field& field) {
  return field.indexed && (field.is_numeric() || field.kind == mapping::FieldKind::kText ||
                           field.is_keyword() || field.kind == mapping::FieldKind::kFlattened);
}

class LenientQuery final : public Query {
 public:
  explicit LenientQuery(QueryPtr query) : query_(std::move(query)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    Result<std::unique_ptr<Weight>> weight = query_->Bind(context, boost);
    if (!weight.ok() && weight.status().code() == StatusCode::kInvalidArgument) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    return weight;
  }
  std::vector<const Query*> children() const override { return {query_.get()}; }

 private:
  const QueryPtr query_;
};

class EachFieldQuery final : public Query {
 public:
  EachFieldQuery(EachFieldOptions options, FieldQueryMaker make)
      : options_(std::move(options)), make_(std::move(make)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    return Expanded(context)->Bind(context, boost);
  }
  Result<QueryPtr> Resolve(const BindContext& context) const override { return Expanded(context); }

 private:
  QueryPtr Expanded(const BindContext& context) const {
    std::vector<QueryPtr> queries;
    for (const MeantField& field : ExpandFields(*context.index->mapping, options_.fields)) {
      if (QueryPtr query = make_(field)) {
        const bool lenient = options_.lenient || field.by_pattern;
        queries.push_back(lenient ? MakeLenient(std::move(query)) : std::move(query));
      }
    }
    return queries.empty()       ? MakeMatchNone()
           : queries.size() == 1 ? queries[0]
                                 : MakeDisMax(std::move(queries), options_.tie_breaker);
  }

  const EachFieldOptions options_;
  const FieldQueryMaker make_;
};

}  // namespace

std::vector<MeantField> ExpandFields(const mapping::Mapping& mapping,
                                     const std::vector<std::pair<std::string, float>>& fields) {
  std::vector<MeantField> out;
  const auto add = [&out](MeantField field) {
    for (MeantField& known : out) {
      if (known.name == field.name) {
        known.boost *= field.boost;
        return;
      }
    }
    out.push_back(std::move(field));
  };
  for (const auto& [name, boost] : fields) {
    if (name.find('*') == std::string::npos) {
      const mapping::Field* field = mapping.Find(name);
      if (field != nullptr && field->kind == mapping::FieldKind::kAlias) {
        field = mapping.Find(field->parameters().path);
      }
      add({name, boost, false, field});
      continue;
    }
    for (const mapping::Field& field : mapping.fields()) {
      if (IsSearchable(field) && MatchesPattern(name, field.name)) {
        add({field.name, boost, true, &field});
      }
    }
  }
  return out;
}

QueryPtr MakeEachField(EachFieldOptions options, FieldQueryMaker make) {
  return std::make_shared<EachFieldQuery>(std::move(options), std::move(make));
}

QueryPtr MakeLenient(QueryPtr query) { return std::make_shared<LenientQuery>(std::move(query)); }

}  // namespace binseek::search
