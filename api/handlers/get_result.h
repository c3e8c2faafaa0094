// One document by its key, as `_doc` and `_mget` answer it.
//
// Thread-safe free functions.
#ifndef BINSEEK_API_HANDLERS_GET_RESULT_H_
#define BINSEEK_API_HANDLERS_GET_RESULT_H_

#include <cstdint>
#include <string_view>

#include "api/dsl/source_filter.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/index/engine_view.h"

namespace binseek::api {

struct DocumentVersion {
  int64_t version = 0;
  int64_t seq_no = 0;
};
DocumentVersion VersionAt(const index::IndexView& index, index::DocAddress address);

// Writes {"_index":..,"_id":..,"_version":..,"found":true,"_source":{..}}; found: whether there is such a document.
Status WriteGetResult(const index::IndexView& index, std::string_view id,
                      const dsl::SourceFilter& filter, JsonWriter* writer, bool* found);

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_GET_RESULT_H_
