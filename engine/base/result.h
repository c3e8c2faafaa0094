// Result<T>: a T, or the Status that says why there is none.
//
//   Result<std::unique_ptr<Reader>> Open(std::string_view name) {
//     BINSEEK_ASSIGN_OR_RETURN(auto file, directory->OpenMapped(name));
//     if (file->view().empty()) return Status::Corruption("empty file");
//     return std::make_unique<Reader>(std::move(file));
//   }
//
// Thread-safety: as T. Ownership: holds the value itself; T may be move-only.
// A miss that a caller must expect is no error: say Result<std::optional<T>>.
#ifndef BINSEEK_ENGINE_BASE_RESULT_H_
#define BINSEEK_ENGINE_BASE_RESULT_H_

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status.h"

namespace binseek {

template <class T>
class Result;

namespace internal {

// What a Result<T> can be made of besides results and statuses.
template <class U, class T>
concept ValueFor = !std::same_as<std::remove_cvref_t<U>, Result<T>> &&
                   !std::same_as<std::remove_cvref_t<U>, Status> && std::convertible_to<U&&, T>;

}  // namespace internal

template <class T>
class [[nodiscard]] Result {
  static_assert(!std::is_reference_v<T>, "return a pointer");
  static_assert(!std::is_same_v<std::remove_cv_t<T>, Status>, "return the Status");

 public:
  using value_type = T;

  // Implicit on purpose: `return value;`, `return status;` and `return std::make_unique<Derived>()`.
  // It hides no copy or move: the concept excludes results, which the check does not see.
  template <internal::ValueFor<T> U = T>
  // NOLINTNEXTLINE(bugprone-forwarding-reference-overload,google-explicit-constructor)
  Result(U&& value) : value_(std::forward<U>(value)) {}

  // REQUIRES: `status` is an error.
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    BINSEEK_CHECK(!status_.PeekOk(), "a Result without a value needs an error");
  }

  bool ok() const { return status_.ok(); }
  bool PeekOk() const { return status_.PeekOk(); }  // see Status::PeekOk

  // OK exactly when there is a value.
  const Status& status() const& { return status_; }
  Status status() && { return std::move(status_); }

  // REQUIRES: ok(). After std::move(result).value() the value is moved-from.
  T& value() & {
    RequireValue();
    return *value_;
  }
  const T& value() const& {
    RequireValue();
    return *value_;
  }
  T&& value() && {
    RequireValue();
    return *std::move(value_);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // The value, or `fallback` where there is none; the error is then gone.
  T value_or(T fallback) const& { return ok() ? *value_ : std::move(fallback); }
  T value_or(T fallback) && { return ok() ? *std::move(value_) : std::move(fallback); }

 private:
  void RequireValue() const {
    if (!value_.has_value()) [[unlikely]] {
      CheckFailed(__FILE__, __LINE__, "result.ok()", status_.ToString());
    }
  }

  Status status_;
  std::optional<T> value_;
};

}  // namespace binseek

// Returns from the enclosing function with the error of its argument, a Status or a Result, if any.
#define BINSEEK_RETURN_IF_ERROR(...)                                      \
  do {                                                                    \
    auto binseek_outcome = (__VA_ARGS__);                                 \
    if (!binseek_outcome.PeekOk()) [[unlikely]] {                         \
      return ::binseek::internal::TakeStatus(std::move(binseek_outcome)); \
    }                                                                     \
  } while (false)

// Evaluates a Result: returns its error from the enclosing function, or gives its value to `target`
// (`auto x`, `const Foo& x` or an existing variable). It is two statements: braces
// are needed where it is the body of an if; a comma in the type of `target` needs a type alias.
#define BINSEEK_ASSIGN_OR_RETURN(target, ...)                                            \
  BINSEEK_ASSIGN_OR_RETURN_2_(BINSEEK_RESULT_CONCAT_(binseek_result_, __LINE__), target, \
                              __VA_ARGS__)

#define BINSEEK_ASSIGN_OR_RETURN_2_(result, target, ...) \
  auto result = (__VA_ARGS__);                           \
  if (!result.PeekOk()) [[unlikely]] {                   \
    return std::move(result).status();                   \
  }                                                      \
  target = std::move(result).value()

#define BINSEEK_RESULT_CONCAT_(a, b) BINSEEK_RESULT_CONCAT_2_(a, b)
#define BINSEEK_RESULT_CONCAT_2_(a, b) a##b

namespace binseek::internal {

inline Status TakeStatus(Status status) { return status; }

template <class T>
Status TakeStatus(Result<T> result) {
  return std::move(result).status();
}

}  // namespace binseek::internal

#endif  // BINSEEK_ENGINE_BASE_RESULT_H_
