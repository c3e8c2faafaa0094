#include "engine/search/system_field.h"

#include <algorithm>

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

}  // namespace binseek::search
