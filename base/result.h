// Errors as values.
//
// Two kinds of error exist in this house. An outcome of the domain (no such
// session, not permitted) is a type of its own, handled by the caller. All else
// is an Error: a sentence for the person who reads the log, that gathers context
// on its way up, and the errno it began with, if it did.
#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace idled {

struct Error {
  std::string text;  // "cannot open /etc/idled/policy.json: Permission denied"
  int code = 0;      // errno(3) at its root; 0 where no system call failed

  // The same error, told from one step further up: "CONTEXT: text".
  [[nodiscard]] Error within(std::string_view context) const {
    return {std::string(context) + ": " + text, code};
  }
};

// The error of the system call that just failed: "WHAT: strerror(errno)".
[[nodiscard]] inline Error errno_error(std::string_view what, int code = errno) {
  char buffer[128];
  // GNU strerror_r(3): thread-safe, and may ignore the buffer.
  return {std::string(what) + ": " + strerror_r(code, buffer, sizeof buffer), code};
}

// For want of descriptors or memory: it says nothing of what was asked for, and another time may
// do.
[[nodiscard]] inline bool is_shortage(const Error& error) {
  return error.code == EMFILE || error.code == ENFILE || error.code == ENOMEM;
}

// A T, or why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

// Done, or why not.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error)
      : error_(std::move(error)), failed_(true) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return !failed_; }
  const Error& error() const { return error_; }

 private:
  Error error_;
  bool failed_ = false;
};

}  // namespace idled
