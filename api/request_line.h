// RequestLine: takes the target out of a request's first line on its way to a parser that has views of its own on targets.
//
// httplib refuses a target of more than 8 KiB, or with two question marks; the head is bounded as a whole, and what a target means is for
// Request to say. So it is shown "/". A value; one per request.
#ifndef BINSEEK_API_REQUEST_LINE_H_
#define BINSEEK_API_REQUEST_LINE_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace binseek::api {

class RequestLine {
 public:
  // The next bytes of the head become those for the parser, in place. Gives their number, which may be 0.
  size_t Show(char* data, size_t size);
  // As it was sent, without a fragment; empty: there is none between single spaces.
  const std::string& target() const { return target_; }

 private:
  enum class Part : uint8_t { kMethod, kTargetBegins, kTarget, kFragment, kRest };
  Part part_ = Part::kMethod;
  std::string target_;  // bounded by the connection
};

}  // namespace binseek::api

#endif  // BINSEEK_API_REQUEST_LINE_H_
