// How a command ends: the exit codes that scripts rely on, and what goes with them.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <variant>

namespace idled::tools {

enum class ExitCode {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kNoSuchSession = 3,
  kNotPermitted = 4,
  kNoDaemon = 5,
};

// Of two codes the one to exit with, when several things were tried: what concerns
// all of them (no daemon, no right) above a login that is still there, and that
// above one that was not there to begin with.
inline ExitCode graver(ExitCode a, ExitCode b) {
  constexpr std::array kByGravity{ExitCode::kDone,     ExitCode::kNoSuchSession,
                                  ExitCode::kFailed,   ExitCode::kNotPermitted,
                                  ExitCode::kNoDaemon, ExitCode::kUsage};
  const auto rank = [&](ExitCode code) {
    return std::find(kByGravity.begin(), kByGravity.end(), code) - kByGravity.begin();
  };
  return rank(a) < rank(b) ? b : a;
}

// A sentence for the person at the terminal (printable, without "idlectl: "), and
// the code to exit with.
struct Failure {
  ExitCode code = ExitCode::kFailed;
  std::string text;
};

// A T, or the failure to end with. Result<T> for what the user is told.
template <typename T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : state_(std::move(value)) {}            // NOLINT(google-explicit-constructor)
  Outcome(Failure failure) : state_(std::move(failure)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return std::holds_alternative<T>(state_); }
  T& operator*() & { return std::get<T>(state_); }
  const T& operator*() const& { return std::get<T>(state_); }
  T&& operator*() && { return std::get<T>(std::move(state_)); }
  T* operator->() { return &std::get<T>(state_); }
  const T* operator->() const { return &std::get<T>(state_); }
  const Failure& failure() const { return std::get<Failure>(state_); }

 private:
  std::variant<T, Failure> state_;
};

}  // namespace idled::tools
