#include "engine/search/system_field.h"

#include <algorithm>
#include <utility>

#include "engine/index/keyword_table.h"
#include "engine/search/query.h"

namespace binseek::search {

bool IsSystemField(std::string_view field) { return field == "_id" || field == "_index"; }

Result<std::unique_ptr<Weight>> BindSystemTerms(const BindContext& context, std::string_view field,
                                                const std::vector<std::string>& values,
                                                float boost) {
  if (field == "_id") {
    return MakeIds(values)->Bind(context, boost);
  }
  const bool named = std::find(values.begin(), values.end(), context.index->name) != values.end();
  return (named ? MakeMatchAll() : MakeMatchNone())->Bind(context, boost);
}

Result<std::optional<FieldRef>> FindValues(const index::IndexView& index, const std::string& name) {
  if (name == "_id") {
    return Status::InvalidArgument(
        "Fielddata access on the _id field is disallowed, you can re-enable it by updating the "
        "dynamic cluster setting: indices.id_field_data.enabled");
  }
  if (name != "_index") {
    std::optional<FieldRef> ref = FindField(*index.mapping, name);
    if (ref) {
      ref->keywords = index.Keywords(ref->field->id);
    }
    return ref;
  }
  static const auto* const kIndexField = [] {
    auto* const field = new mapping::Field;
    field->name = "_index";
    return field;
  }();
  auto names = std::make_shared<index::KeywordTable>();
  names->Append(index.name);
  auto view = std::make_shared<index::KeywordView>();
  view->table = std::move(names);
  view->size = 1;
  FieldRef ref{.field = kIndexField};
  ref.keywords = view.get();
  ref.constant = std::move(view);
  return std::optional<FieldRef>(std::move(ref));
}

}  // namespace binseek::search
