// Guards of a write: the version that it is, or the state that it expects the document in.
//
// Thread-safe free functions. Errors are worded as Elasticsearch words them.
#ifndef BINSEEK_API_HANDLERS_WRITE_GUARDS_H_
#define BINSEEK_API_HANDLERS_WRITE_GUARDS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "api/handlers/document_writer.h"
#include "api/rest_error.h"

namespace binseek::api {

// "internal", "external", "external_gte" and the version that goes with it.
std::optional<RestError> SetVersion(std::string_view version_type, std::optional<int64_t> version,
                                    DocumentWrite* write);
// The error for if_seq_no without if_primary_term, or the other way round: half a guard guards nothing.
std::optional<RestError> CheckGuards(const DocumentWrite& write);

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_WRITE_GUARDS_H_
