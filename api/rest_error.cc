#include "api/rest_error.h"

namespace binseek::api {
namespace {

void WriteCause(const RestError& error, JsonWriter* writer) {
  writer->Key("type").String(error.type);
  writer->Key("reason").String(error.reason);
  for (const auto& [name, value] : error.details) {
    writer->Key(name).String(value);
  }
}

}  // namespace

RestError IllegalArgument(std::string reason) {
  return {400, "illegal_argument_exception", std::move(reason)};
}

RestError ResponseTooLarge(size_t max_bytes) {
  return {
      413, "content_too_long_exception",
      "the answer is larger than " + std::to_string(max_bytes) +
          " bytes, the limit of search.max_response_bytes; ask for fewer documents, or for less of "
          "each by _source"};
}

RestError IndexNotFound(std::string_view index) {
  RestError error(404, "index_not_found_exception", "no such index [" + std::string(index) + "]");
  error.details = {{"resource.type", "index_or_alias"},
                   {"resource.id", std::string(index)},
                   {"index_uuid", "_na_"},
                   {"index", std::string(index)}};
  return error;
}

RestError InvalidIndexName(const std::string& index, std::string reason) {
  RestError error(400, "invalid_index_name_exception", std::move(reason));
  error.details = {{"index_uuid", "_na_"}, {"index", index}};
  return error;
}

RestError ErrorOf(const Status& status) { return dsl::ErrorFromStatus(status); }

void WriteErrorObject(const RestError& error, JsonWriter* writer) {
  writer->BeginObject();
  writer->Key("root_cause").BeginArray().BeginObject();
  WriteCause(error, writer);
  writer->EndObject().EndArray();
  if (error.from_shard) {
    writer->Key("type").String("search_phase_execution_exception");
    writer->Key("reason").String("all shards failed");
    writer->Key("phase").String("query");
    writer->Key("grouped").Bool(true);
    writer->Key("failed_shards").BeginArray();
    writer->BeginObject().Key("shard").Int(0).Key("reason").BeginObject();
    WriteCause(error, writer);
    writer->EndObject().EndObject().EndArray();
  } else {
    WriteCause(error, writer);
  }
  writer->EndObject();
}

Response ErrorResponse(const RestError& error) {
  Response response;
  response.status = error.status;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("error");
  WriteErrorObject(error, &writer);
  writer.Key("status").Int(error.status);
  writer.EndObject();
  return response;
}

}  // namespace binseek::api
