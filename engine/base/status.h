// Status: the outcome of an operation that can fail. OK, or a code and a message for a human.
//
// Every fallible function of the tree returns a Status or a Result<T> (result.h); nothing throws.
//
//   Status Flush() {
//     BINSEEK_RETURN_IF_ERROR(file_->Sync());             // result.h
//     if (full) return Status::ResourceExhausted("translog is full");
//     return Status::Ok();
//   }
//
// Thread-safety: thread-compatible; copies share one immutable state and may be used, copied and
// destroyed in different threads.
// Cost: 8 bytes, a null pointer when OK. Making an error allocates; copying one counts a reference.
//
// Ignoring a returned Status does not compile ([[nodiscard]]). Built with BINSEEK_CHECK_STATUS the
// process also aborts when the last copy of an error dies and nobody ever asked it anything.
#ifndef BINSEEK_ENGINE_BASE_STATUS_H_
#define BINSEEK_ENGINE_BASE_STATUS_H_

#include <atomic>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace binseek {

// What a caller can decide upon. The message says the rest.
enum class StatusCode : uint8_t {
  kOk,
  kNotFound,         // what was asked for does not exist
  kInvalidArgument,  // the caller's request is wrong, and would be wrong again
  kCorruption,       // bytes that we or the server wrote are not as they must be; names file:offset
  kFormatTooOld,     // sound bytes of a format version that is no longer read
  kFormatTooNew,     // sound bytes of a format version from a later release
  kIoError,          // the operating system refused
  kUnavailable,      // the other side is away; the only code that is worth retrying as it is
  kResourceExhausted,  // a configured limit or the disk is full
  kAborted,            // stopped on purpose: shutdown, cancel, deadline, conflict
  kInternal,           // a bug of ours, noticed
};

// "kCorruption" reads "CORRUPTION": for logs and messages.
std::string_view StatusCodeName(StatusCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;  // OK
  Status(const Status& other) : state_(other.state_) { Ref(); }
  Status(Status&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  Status& operator=(const Status& other) {
    Status copy(other);
    std::swap(state_, copy.state_);
    return *this;
  }
  Status& operator=(Status&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~Status() { Unref(); }

  static Status Ok() { return Status(); }
  static Status NotFound(std::string message);
  static Status InvalidArgument(std::string message);
  static Status Corruption(std::string message);
  static Status FormatTooOld(std::string message);
  static Status FormatTooNew(std::string message);
  static Status IoError(std::string message);
  static Status Unavailable(std::string message);
  static Status ResourceExhausted(std::string message);
  static Status Aborted(std::string message);
  static Status Internal(std::string message);

  // An error of `code`; OK when `code` is kOk, whatever the message.
  static Status FromCode(StatusCode code, std::string message);

  bool ok() const {
    MarkRead();
    return state_ == nullptr;
  }
  StatusCode code() const;
  const std::string& message() const;  // empty when OK; lives as long as any copy
  bool retryable() const { return code() == StatusCode::kUnavailable; }

  // "OK" or "CORRUPTION: message".
  std::string ToString() const;

  // The same error with "what: " before its message, so that a message reads from the outside in.
  // OK stays OK.
  Status WithContext(std::string_view what) const;

  // The same error under a name that programs go by where its code is too coarse: "gtids_off". `reason` is a literal of the program, and borrowed. An
  // error that has one keeps it: whoever is nearest to the cause knows best. OK stays OK.
  Status WithReason(std::string_view reason) const;
  std::string_view reason() const;  // empty: none

  // For code that decided deliberately that this error does not matter; say why beside the call.
  void IgnoreError() const { MarkRead(); }

  // ok() without counting as having looked: for the macros that hand an error on.
  bool PeekOk() const { return state_ == nullptr; }

 private:
  struct State {
    State(StatusCode c, std::string m, std::string_view r)
        : code(c), message(std::move(m)), reason(r) {}
    const StatusCode code;
    const std::string message;
    const std::string_view reason;
    std::atomic<uint32_t> references{1};
    std::atomic<bool> read{false};  // used with BINSEEK_CHECK_STATUS only
  };

  Status(StatusCode code, std::string message, std::string_view reason = {});

  void Ref() const {
    if (state_ != nullptr) {
      state_->references.fetch_add(1, std::memory_order_relaxed);
    }
  }
  void Unref() const {
    if (state_ != nullptr) {
      UnrefState(state_);
    }
  }
  void MarkRead() const {
#ifdef BINSEEK_CHECK_STATUS
    if (state_ != nullptr) {
      state_->read.store(true, std::memory_order_relaxed);
    }
#endif
  }
  static void UnrefState(State* state);

  State* state_ = nullptr;
};

static_assert(sizeof(Status) == sizeof(void*));

std::ostream& operator<<(std::ostream& out, const Status& status);

}  // namespace binseek

#endif  // BINSEEK_ENGINE_BASE_STATUS_H_
