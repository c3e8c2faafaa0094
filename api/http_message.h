// Request and Response: what handlers see of HTTP, free of sockets and of any library.
//
// Plain value types.
#ifndef BINSEEK_API_HTTP_MESSAGE_H_
#define BINSEEK_API_HTTP_MESSAGE_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace binseek::api {

struct Request {
  std::string method;  // upper case
  std::string path;    // as sent, without the query: still percent-encoded
  std::vector<std::pair<std::string, std::string>> parameters;  // of the query, decoded, in order
  std::string body;
  std::string content_type;
  std::map<std::string, std::string, std::less<>> captures;  // of the route: "index", "id"

  // The last value of that parameter; nullopt: not given. "" for `?pretty`.
  std::optional<std::string_view> Parameter(std::string_view name) const;
  // "" where it is not given.
  std::string_view ParameterOr(std::string_view name, std::string_view fallback = {}) const;
  // Of the route; "" where the route has none of that name.
  const std::string& Capture(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// Takes "/a/b?x=1&y" apart. Bad percent escapes are kept as they are.
Request MakeRequest(std::string_view method, std::string_view target);

// "%41+" -> "A+"; in queries '+' is a space.
std::string PercentDecode(std::string_view text, bool plus_is_space);
// What a path segment may not hold as it is becomes %XX.
std::string PercentEncode(std::string_view text);

// Whether a Content-Type names JSON, in any of the ways that Elasticsearch takes.
bool IsJson(std::string_view content_type);

}  // namespace binseek::api

#endif  // BINSEEK_API_HTTP_MESSAGE_H_
