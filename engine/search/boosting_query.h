// MakeBoosting: what matches one query, scored down where it matches another too. Thread-safe.
#ifndef BINSEEK_ENGINE_SEARCH_BOOSTING_QUERY_H_
#define BINSEEK_ENGINE_SEARCH_BOOSTING_QUERY_H_

#include "engine/search/query.h"

namespace binseek::search {

QueryPtr MakeBoosting(QueryPtr positive, QueryPtr negative, float negative_boost, float boost = 1);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_BOOSTING_QUERY_H_
