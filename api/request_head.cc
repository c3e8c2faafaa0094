#include "api/request_head.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace binseek::api {
namespace {

constexpr std::string_view kBlanks = " \t";

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return Lower(a) == b; });
}

bool IsTokenChar(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  const char lower = Lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
         kMarks.find(c) != std::string_view::npos;
}

std::string_view Trim(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(kBlanks), text.size());
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

// What the headers say of the body.
class BodyHeaders {
 public:
  explicit BodyHeaders(uint64_t max_body_bytes) : max_body_bytes_(max_body_bytes) {}

  void set_is_old() { is_old_ = true; }  // HTTP/1.0

  std::optional<HeadError> Add(std::string_view name, std::string_view value) {
    if (EqualsIgnoringCase(name, "content-length")) {
      return AddLength(value);
    }
    if (EqualsIgnoringCase(name, "transfer-encoding")) {
      if (chunked_ || !EqualsIgnoringCase(value, "chunked")) {
        return HeadError{400, "Transfer-Encoding must be chunked, once"};
      }
      chunked_ = true;
    }
    return std::nullopt;
  }

  std::optional<HeadError> Check() const {
    if (has_length_ && chunked_) {
      return HeadError{400, "Content-Length and Transfer-Encoding exclude each other"};
    }
    if (is_old_ && chunked_) {  // RFC 9112, 6.1
      return HeadError{400, "Transfer-Encoding is none of HTTP/1.0"};
    }
    if (length_ > max_body_bytes_) {
      return HeadError{413, "the request's body is larger than allowed"};
    }
    return std::nullopt;
  }

 private:
  std::optional<HeadError> AddLength(std::string_view value) {
    const bool digits = !value.empty() && std::all_of(value.begin(), value.end(),
                                                      [](char c) { return c >= '0' && c <= '9'; });
    if (has_length_ || !digits) {
      return HeadError{400, "Content-Length must be a number, once"};
    }
    has_length_ = true;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), length_);
    if (parsed.ec != std::errc()) {
      length_ = UINT64_MAX;
    }
    return std::nullopt;
  }

  const uint64_t max_body_bytes_;
  uint64_t length_ = 0;
  bool is_old_ = false;
  bool has_length_ = false;
  bool chunked_ = false;
};

// Whether a list such as "TE, close" has `token`, in lower case.
bool HasToken(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const std::string_view item = list.substr(0, list.find(','));
    if (EqualsIgnoringCase(Trim(item), token)) {
      return true;
    }
    list.remove_prefix(std::min(item.size() + 1, list.size()));
  }
  return false;
}

}  // namespace

std::optional<HeadError> CheckRequestHead(std::string_view head, uint64_t max_body_bytes) {
  BodyHeaders headers(max_body_bytes);
  bool request_line = true;
  while (!head.empty()) {
    const size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    constexpr std::string_view kNeverInside("\r\n\0", 3);
    if (end == std::string_view::npos || line.find_first_of(kNeverInside) != line.npos) {
      return HeadError{400, "every line of a request's head must end in CR LF, and hold neither"};
    }
    head.remove_prefix(end + 2);
    if (request_line) {
      request_line = false;
      if (line.ends_with(" HTTP/1.0")) {
        headers.set_is_old();
      }
      continue;
    }
    if (line.empty()) {
      break;
    }
    const size_t colon = std::min(line.find(':'), line.size());
    const std::string_view name = line.substr(0, colon);
    if (name.empty() || colon == line.size() ||
        !std::all_of(name.begin(), name.end(), IsTokenChar)) {
      return HeadError{400, "a header must be a name, a colon and a value, on one line"};
    }
    if (std::optional<HeadError> error = headers.Add(name, Trim(line.substr(colon + 1)))) {
      return error;
    }
  }
  return headers.Check();
}

bool AsksToClose(std::string_view head) {
  while (!head.empty()) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(std::min(line.size() + 2, head.size()));
    const size_t colon = std::min(line.find(':'), line.size());
    if (EqualsIgnoringCase(line.substr(0, colon), "connection") && colon < line.size() &&
        HasToken(line.substr(colon + 1), "close")) {
      return true;
    }
  }
  return false;
}

}  // namespace binseek::api
