// A search result as Elasticsearch's JSON.
//
// Thread-safe free functions. Sources are fetched here, for the hits shown only.
#ifndef BINSEEK_API_DSL_RESPONSE_H_
#define BINSEEK_API_DSL_RESPONSE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/dsl/hit_writer.h"
#include "api/dsl/search_request_parser.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/index/segment_view.h"
#include "engine/search/searcher.h"

namespace binseek::api::dsl {

struct ResponseOptions {
  int64_t took_ms = 0;
  std::string_view scroll_id{};    // not empty: as _scroll_id
  bool total_hits_as_int = false;  // rest_total_hits_as_int
  bool typed_keys = false;         // "sterms#colors"
  size_t max_bytes = SIZE_MAX;     // of what is appended
  HitContext hits{};               // whose indices are the result's
};

// Appends {"took":..,"timed_out":..,"_shards":{..},"hits":{..},"aggregations":{..}}. `body` says what of each hit is shown. The view that
// made the result must still be held. Errors, with nothing appended: kResourceExhausted beyond max_bytes; those of index::AppendSource.
Status AppendSearchResponse(const search::SearchResult& result, const SearchBody& body,
                            const ResponseOptions& options, std::string* out);

// The members "_ignored" and "_routing" of a hit or of a document that was got, where it has them. kCorruption.
Status WriteSystemKeywords(const index::SegmentView& segment, index::DocId doc, JsonWriter* writer);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_RESPONSE_H_
