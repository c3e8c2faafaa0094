// Which of the followed sources a request is about: the one that it names, or the only one that it can mean.
//
// Thread-safe. Errors: 400 for a name that no source has, and where several could be meant.
#ifndef BINSEEK_API_HANDLERS_SOURCE_CHOICE_H_
#define BINSEEK_API_HANDLERS_SOURCE_CHOICE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http_message.h"
#include "api/node.h"
#include "api/rest_error.h"

namespace binseek::api {

// The one that the parameter names; nullopt: the request does not have it.
RestResult<std::optional<FollowedSource>> NamedSource(const FollowedSources& sources,
                                                      const Request& request,
                                                      std::string_view parameter);

// The one that [source] names, or that alone follows the table (with or without its database); where none does, nullopt, unless there is one source only.
RestResult<std::optional<FollowedSource>> SourceOfTable(const FollowedSources& sources,
                                                        const Request& request,
                                                        const std::string& table);

// The one that the parameter names, or that alone writes to these indices. REQUIRES: there is a source.
RestResult<FollowedSource> SourceOfIndices(const FollowedSources& sources, const Request& request,
                                           std::string_view parameter,
                                           const std::vector<std::string>& indices);

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_SOURCE_CHOICE_H_
