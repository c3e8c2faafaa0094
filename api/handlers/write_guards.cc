#include "api/handlers/write_guards.h"

#include <string>

namespace binseek::api {

std::optional<RestError> SetVersion(std::string_view version_type, std::optional<int64_t> version,
                                    DocumentWrite* write) {
  if (version_type.empty() || version_type == "internal") {
    if (version) {
      return RestError(400, "action_request_validation_exception",
                       "Validation Failed: 1: internal versioning can not be used for optimistic "
                       "concurrency control. Please use "
                       "`if_seq_no` and `if_primary_term` instead;");
    }
    return std::nullopt;
  }
  if (version_type != "external" && version_type != "external_gt" &&
      version_type != "external_gte") {
    return IllegalArgument("No version type match [" + std::string(version_type) + "]");
  }
  if (!version || *version < 0) {
    return RestError(400, "action_request_validation_exception",
                     "Validation Failed: 1: illegal version value for version type [" +
                         std::string(version_type) + "];");
  }
  write->version_type = version_type == "external_gte" ? index::VersionType::kExternalGte
                                                       : index::VersionType::kExternal;
  write->version = *version;
  return std::nullopt;
}

std::optional<RestError> CheckGuards(const DocumentWrite& write) {
  if (write.if_seq_no.has_value() == write.if_primary_term.has_value()) {
    return std::nullopt;
  }
  return RestError(400, "action_request_validation_exception",
                   std::string("Validation Failed: 1: ") +
                       (write.if_primary_term ? "if_primary_term is set, but if_seq_no is not;"
                                              : "ifSeqNo is set, but primary term is [0];"));
}

}  // namespace binseek::api
