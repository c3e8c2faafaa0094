// CheckRequestHead: whether a request's head, as it was sent, says beyond doubt where the request's body ends.
//
// A proxy in front and this server must never disagree on where one request ends and the next begins, else a client can put a request of
// its own behind the proxy's back. So what RFC 9112 leaves to taste is refused here. Thread-safe free functions.
#ifndef BINSEEK_API_REQUEST_HEAD_H_
#define BINSEEK_API_REQUEST_HEAD_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace binseek::api {

struct HeadError {
  int status = 400;  // or 413, for a body that is announced as larger than allowed
  std::string_view reason;
};

// `head`: request line and headers with the empty line behind them. nullopt: nothing against it.
std::optional<HeadError> CheckRequestHead(std::string_view head, uint64_t max_body_bytes);

// Whether the client wants the connection closed behind the answer: `close` among what Connection lists, in any case.
bool AsksToClose(std::string_view head);

}  // namespace binseek::api

#endif  // BINSEEK_API_REQUEST_HEAD_H_
