#include "engine/base/status.h"

#include <cstdio>
#include <cstdlib>
#include <ostream>

namespace binseek {

std::string_view StatusCodeName(StatusCode code) {
  switch (code) {
    case StatusCode::kOk:
      return "OK";
    case StatusCode::kNotFound:
      return "NOT_FOUND";
    case StatusCode::kInvalidArgument:
      return "INVALID_ARGUMENT";
    case StatusCode::kCorruption:
      return "CORRUPTION";
    case StatusCode::kFormatTooOld:
      return "FORMAT_TOO_OLD";
    case StatusCode::kFormatTooNew:
      return "FORMAT_TOO_NEW";
    case StatusCode::kIoError:
      return "IO_ERROR";
    case StatusCode::kUnavailable:
      return "UNAVAILABLE";
    case StatusCode::kResourceExhausted:
      return "RESOURCE_EXHAUSTED";
    case StatusCode::kAborted:
      return "ABORTED";
    case StatusCode::kInternal:
      return "INTERNAL";
  }
  return "UNKNOWN";
}

Status::Status(StatusCode code, std::string message, std::string_view reason)
    : state_(new State(code, std::move(message), reason)) {}

Status Status::FromCode(StatusCode code, std::string message) {
  return code == StatusCode::kOk ? Status() : Status(code, std::move(message));
}

Status Status::NotFound(std::string message) {
  return Status(StatusCode::kNotFound, std::move(message));
}
Status Status::InvalidArgument(std::string message) {
  return Status(StatusCode::kInvalidArgument, std::move(message));
}
Status Status::Corruption(std::string message) {
  return Status(StatusCode::kCorruption, std::move(message));
}
Status Status::FormatTooOld(std::string message) {
  return Status(StatusCode::kFormatTooOld, std::move(message));
}
Status Status::FormatTooNew(std::string message) {
  return Status(StatusCode::kFormatTooNew, std::move(message));
}
Status Status::IoError(std::string message) {
  return Status(StatusCode::kIoError, std::move(message));
}
Status Status::Unavailable(std::string message) {
  return Status(StatusCode::kUnavailable, std::move(message));
}
Status Status::ResourceExhausted(std::string message) {
  return Status(StatusCode::kResourceExhausted, std::move(message));
}
Status Status::Aborted(std::string message) {
  return Status(StatusCode::kAborted, std::move(message));
}
Status Status::Internal(std::string message) {
  return Status(StatusCode::kInternal, std::move(message));
}

StatusCode Status::code() const {
  MarkRead();
  return state_ == nullptr ? StatusCode::kOk : state_->code;
}

const std::string& Status::message() const {
  static const std::string* const kEmpty = new std::string;  // outlives every static destructor
  MarkRead();
  return state_ == nullptr ? *kEmpty : state_->message;
}

std::string Status::ToString() const {
  if (ok()) {
    return "OK";
  }
  std::string text(StatusCodeName(code()));
  text.append(": ").append(message());
  return text;
}

Status Status::WithContext(std::string_view what) const {
  if (ok()) {
    return Status();
  }
  std::string message(what);
  message.append(": ").append(state_->message);
  return Status(state_->code, std::move(message), state_->reason);
}

Status Status::WithReason(std::string_view reason) const {
  return ok() || !state_->reason.empty() ? *this : Status(state_->code, state_->message, reason);
}

std::string_view Status::reason() const {
  MarkRead();
  return state_ == nullptr ? std::string_view() : state_->reason;
}

void Status::UnrefState(State* state) {
  if (state->references.fetch_sub(1, std::memory_order_acq_rel) != 1) {
    return;
  }
#ifdef BINSEEK_CHECK_STATUS
  if (!state->read.load(std::memory_order_relaxed)) {
    std::fprintf(stderr, "an error was dropped unread: %s: %s\n",
                 std::string(StatusCodeName(state->code)).c_str(), state->message.c_str());
    std::abort();
  }
#endif
  delete state;
}

std::ostream& operator<<(std::ostream& out, const Status& status) {
  return out << status.ToString();
}

}  // namespace binseek
