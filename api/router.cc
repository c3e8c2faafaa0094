#include "api/router.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "api/dsl/source_filter.h"
#include "api/nearest_name.h"
#include "engine/base/json.h"

namespace binseek::api {
namespace {

constexpr std::string_view kCommonParameters[] = {"pretty", "human", "error_trace", "filter_path"};
constexpr size_t kMaxSegments = 8;

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const size_t end = std::min(text.find(separator), text.size());
    if (end > 0) {
      parts.push_back(text.substr(0, end));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

bool IsCapture(std::string_view segment) { return segment.front() == '{'; }

// How well the pattern fits: -1 not at all, else the literals as bits, the leftmost weighing most.
int Fit(const std::vector<std::string_view>& pattern, const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) {
    return -1;
  }
  int fit = 0;
  for (size_t i = 0; i < path.size(); ++i) {
    if (!IsCapture(pattern[i])) {
      if (pattern[i] != path[i]) {
        return -1;
      }
      fit |= 1 << (kMaxSegments - i);
    } else if (pattern[i] == "{index}" && path[i].front() == '_' && path[i] != "_all") {
      return -1;
    }
  }
  return fit;
}

// The elements of a list, each with what the filter leaves of it; what is left empty goes.
std::string FilterList(const dsl::SourceFilter& filter, const std::string& body) {
  const Result<JsonValue> list = ParseJson(body);
  if (!list.ok()) {
    return body;
  }
  std::string out;
  JsonWriter writer(&out);
  writer.BeginArray();
  for (const JsonValue& element : list->array()) {
    std::string text;
    JsonWriter(&text).Value(element);
    std::string shown;
    const Status status = filter.Append(text, &shown);
    if (!status.ok() || shown != "{}") {
      writer.Raw(status.ok() ? shown : text);
    }
  }
  writer.EndArray();
  return out;
}

// The JSON `body` with only what filter_path names; "-name" leaves out.
std::string FilterBody(std::string_view filter_path, const std::string& body) {
  std::vector<std::string> includes;
  std::vector<std::string> excludes;
  for (const std::string_view path : Split(filter_path, ',')) {
    if (path.front() == '-') {
      excludes.emplace_back(path.substr(1));
    } else {
      includes.emplace_back(path);
    }
  }
  const dsl::SourceFilter filter(std::move(includes), std::move(excludes));
  if (body.starts_with('[')) {
    return FilterList(filter, body);
  }
  std::string out;
  const Status status = filter.Append(body, &out);
  return status.ok() ? out : body;  // a body that is no object is not filtered
}

std::string PrettyBody(const std::string& body) {
  const Result<JsonValue> json = ParseJson(body);
  if (!json.ok()) {
    return body;  // text, or too large to be read by a human anyway
  }
  std::string out;
  JsonWriter(&out, true).Value(*json);
  out += '\n';
  return out;
}

std::optional<RestError> CheckParameters(const Request& request,
                                         const std::vector<std::string_view>& known) {
  std::string unknown;
  size_t count = 0;
  for (const auto& [name, value] : request.parameters) {
    if (std::find(known.begin(), known.end(), name) != known.end()) {
      continue;
    }
    unknown += (count++ == 0 ? "[" : ", [") + name + "]";
    const std::string_view nearest = NearestName(name, known);
    if (!nearest.empty()) {
      unknown += " -> did you mean [" + std::string(nearest) + "]?";
    }
  }
  if (count == 0) {
    return std::nullopt;
  }
  return IllegalArgument("request [" + request.path + "] contains unrecognized parameter" +
                         (count > 1 ? "s: " : ": ") + unknown);
}

bool IsOn(std::optional<std::string_view> parameter) { return parameter && *parameter != "false"; }

}  // namespace

void Router::Add(std::string_view methods, std::string_view pattern, std::string_view parameters,
                 Handler handler) {
  Route route{Split(methods, ','), Split(pattern, '/'), Split(parameters, ','), std::move(handler)};
  route.parameters.insert(route.parameters.end(), std::begin(kCommonParameters),
                          std::end(kCommonParameters));
  routes_.push_back(std::move(route));
}

const Router::Route* Router::Find(const Request& request, const std::vector<std::string>& segments,
                                  std::vector<std::string_view>* allowed) const {
  const Route* best = nullptr;
  int best_fit = -1;
  for (const Route& route : routes_) {
    const int fit = Fit(route.segments, segments);
    if (fit < 0) {
      continue;
    }
    allowed->insert(allowed->end(), route.methods.begin(), route.methods.end());
    if (fit > best_fit && std::find(route.methods.begin(), route.methods.end(), request.method) !=
                              route.methods.end()) {
      best_fit = fit;
      best = &route;
    }
  }
  return best;
}

Response Router::NoRoute(const Request& request, std::vector<std::string_view> allowed) const {
  Response response;
  JsonWriter writer(&response.body);
  if (allowed.empty()) {
    response.status = 400;
    writer.BeginObject();
    writer.Key("error").String("no handler found for uri [" + request.path + "] and method [" +
                               request.method + "]");
    writer.EndObject();
    return response;
  }
  std::sort(allowed.begin(), allowed.end());
  allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
  std::string list;
  for (const std::string_view method : allowed) {
    list.append(list.empty() ? "" : ", ").append(method);
  }
  response.headers.emplace_back("Allow", list);
  if (request.method == "OPTIONS") {
    response.content_type = "text/plain; charset=UTF-8";
    return response;
  }
  response.status = 405;
  writer.BeginObject();
  writer.Key("error").String("Incorrect HTTP method for uri [" + request.path + "] and method [" +
                             request.method + "], allowed: [" + list + "]");
  writer.Key("status").Int(405);
  writer.EndObject();
  return response;
}

Response Router::Dispatch(Request request) const {
  std::vector<std::string> segments;
  for (const std::string_view segment : Split(request.path, '/')) {
    segments.push_back(PercentDecode(segment, false));
  }
  std::vector<std::string_view> allowed;
  const Route* route = segments.size() > kMaxSegments ? nullptr : Find(request, segments, &allowed);
  if (route == nullptr) {
    return NoRoute(request, std::move(allowed));
  }
  for (size_t i = 0; i < segments.size(); ++i) {
    if (const std::string_view name = route->segments[i]; IsCapture(name)) {
      request.captures.emplace(name.substr(1, name.size() - 2), segments[i]);
    }
  }
  Response response;
  bool failed = true;  // errors are shown whole
  if (std::optional<RestError> error = CheckParameters(request, route->parameters); error) {
    response = ErrorResponse(*error);
  } else {
    HandlerResult result = route->handler(request);
    failed = !result.ok();
    response = result.ok() ? *std::move(result) : ErrorResponse(result.error());
  }
  if (response.content_type == "application/json") {
    const std::string_view filter = request.ParameterOr("filter_path");
    if (!failed && !filter.empty()) {
      response.body = FilterBody(filter, response.body);
    }
    if (IsOn(request.Parameter("pretty"))) {
      response.body = PrettyBody(response.body);
    }
  }
  return response;
}

}  // namespace binseek::api
