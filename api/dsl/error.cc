#include "api/dsl/error.h"

#include <string_view>

namespace binseek::api::dsl {
namespace {

// Complaints that Elasticsearch's shards make about a request that parses: what they begin with, and their type.
struct ShardComplaint {
  std::string_view prefix;
  std::string_view type;
};
constexpr ShardComplaint kShardComplaints[] = {
    {"failed to create query: ", "query_shard_exception"},
    {"No mapping found for [", "query_shard_exception"},
    {"Result window is too large", "illegal_argument_exception"},
    {"Batch size is too large", "illegal_argument_exception"},
    {"Fielddata is disabled", "illegal_argument_exception"},
    {"Text fields are not optimised", "illegal_argument_exception"},
    {"Can't load fielddata", "illegal_argument_exception"},
    {"The length [", "illegal_argument_exception"},
    {"Rescore window [", "illegal_argument_exception"},
    {"unknown type for collapse field", "illegal_argument_exception"},
    {"no mapping found for `", "illegal_argument_exception"},
    {"failed to collapse, ", "illegal_state_exception"},
    {"Invalid aggregation order path", "aggregation_execution_exception"},
    {"Aggregation [", "aggregation_execution_exception"},
    {"Encountered more than one weight", "aggregation_execution_exception"},
    {"Top hits result window is too large", "illegal_argument_exception"},
    {"failed to parse date field [", "parse_exception"},
};

DslError Make(int status, std::string_view type, std::string reason, bool from_shard = false) {
  return {.status = status,
          .type = std::string(type),
          .reason = std::move(reason),
          .from_shard = from_shard};
}

DslError FromInvalidArgument(const std::string& message) {
  for (const ShardComplaint& complaint : kShardComplaints) {
    if (message.starts_with(complaint.prefix)) {
      return Make(400, complaint.type, message, true);
    }
  }
  if (message.starts_with("Validation Failed: ")) {
    return Make(400, "action_request_validation_exception", message);
  }
  return Make(400, "illegal_argument_exception", message);
}

void AppendCause(const DslError& error, JsonWriter* writer) {
  writer->BeginObject();
  writer->Key("type").String(error.type);
  writer->Key("reason").String(error.reason);
  writer->EndObject();
}

}  // namespace

DslError ParsingError(std::string reason) {
  return Make(400, "parsing_exception", std::move(reason));
}
DslError ContentParseError(std::string reason) {
  return Make(400, "x_content_parse_exception", std::move(reason));
}
DslError IllegalArgument(std::string reason) {
  return Make(400, "illegal_argument_exception", std::move(reason));
}

DslError ErrorFromStatus(const Status& status) {
  const std::string& message = status.message();
  switch (status.code()) {
    case StatusCode::kInvalidArgument:
      return FromInvalidArgument(message);
    case StatusCode::kNotFound:
      return Make(404, "resource_not_found_exception", message);
    case StatusCode::kResourceExhausted:
      if (message.find("buckets") != std::string::npos) {
        return Make(400, "too_many_buckets_exception", message, true);
      }
      return Make(429, "es_rejected_execution_exception", message);
    case StatusCode::kUnavailable:
      return Make(503, "no_shard_available_action_exception", message);
    case StatusCode::kAborted:
      return Make(400, "task_cancelled_exception", message);
    case StatusCode::kCorruption:
      return Make(500, "corrupt_index_exception", message, true);
    case StatusCode::kIoError:
      return Make(500, "i_o_exception", message, true);
    case StatusCode::kOk:
    case StatusCode::kFormatTooOld:
    case StatusCode::kFormatTooNew:
    case StatusCode::kInternal:
      break;
  }
  return Make(500, "illegal_state_exception", message);
}

void AppendErrorResponse(const DslError& error, std::string* out) {
  JsonWriter writer(out);
  writer.BeginObject();
  writer.Key("error").BeginObject();
  writer.Key("root_cause").BeginArray();
  AppendCause(error, &writer);
  writer.EndArray();
  if (error.from_shard) {
    writer.Key("type").String("search_phase_execution_exception");
    writer.Key("reason").String("all shards failed");
    writer.Key("phase").String("query");
    writer.Key("grouped").Bool(true);
    writer.Key("failed_shards").BeginArray();
    writer.BeginObject();
    writer.Key("shard").Int(0);
    writer.Key("reason");
    AppendCause(error, &writer);
    writer.EndObject();
    writer.EndArray();
  } else {
    writer.Key("type").String(error.type);
    writer.Key("reason").String(error.reason);
  }
  writer.EndObject();
  writer.Key("status").Int(error.status);
  writer.EndObject();
}

}  // namespace binseek::api::dsl
