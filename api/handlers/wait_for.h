// wait_for_gtid, wait_for_position, wait_for_source, wait_timeout: a search that reflects what its client has written to the source.
//
// Thread-safe. Blocks the thread of the request until then, at most kMaxWaitMs; how many requests may wait at the same time is bounded by
// the source's supervisor, so that others are still served.
#ifndef BINSEEK_API_HANDLERS_WAIT_FOR_H_
#define BINSEEK_API_HANDLERS_WAIT_FOR_H_

#include <cstdint>
#include <optional>

#include "api/http_message.h"
#include "api/node.h"
#include "api/rest_error.h"

namespace binseek::api {

// Names of parameters for Router::Add.
#define BINSEEK_WAIT_PARAMETERS "wait_for_gtid,wait_for_position,wait_for_source,wait_timeout"

inline constexpr int64_t kDefaultWaitMs = 1'000;
inline constexpr int64_t kMaxWaitMs = 60'000;

// Waits, where the request asks for it. A view that is taken behind this shows what was waited for. Errors: 400 for what cannot be read or
// is of another kind of server, where none of the request's indices follows a source, and where it is not told which of several sources is meant; 408 where the time is over; 429 where too many
// wait; 503 where the source, or the table of an index, is not followed any more or is read again.
std::optional<RestError> AwaitSource(const Node& node, const Request& request);

// The 429 of a request that would wait for a source, and has got none of the node's slots.
RestError TooManyWait(const Node& node);

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_WAIT_FOR_H_
