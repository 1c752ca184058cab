// What a policy decides about a login, every value resolved.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

namespace idled::policy {

// What the shell's own TMOUT is set to: twice the limit and readonly; the limit,
// readonly and exported; or nothing.
enum class Tmout { kBackstop, kLimit, kOff };
enum class Mode { kEnforce, kReport };
// What counts beside input: nothing, output too, a working foreground job too.
enum class Activity { kInput, kOutput, kJob };
enum class NoTerminal { kIgnore, kNetwork };
enum class Leftovers { kKeep, kKill };

// Names of programs. A copy shares them: there is one list for all logins under a rule.
class Programs {
 public:
  // Package managers and file system tools.
  static const Programs& built_in_never_interrupt();

  explicit Programs(std::vector<std::string> names)
      : names_(std::make_shared<const std::vector<std::string>>(std::move(names))) {}

  [[nodiscard]] const std::vector<std::string>& names() const { return *names_; }
  friend bool operator==(const Programs& a, const Programs& b) {
    return a.names_ == b.names_ || *a.names_ == *b.names_;
  }

 private:
  std::shared_ptr<const std::vector<std::string>> names_;
};

// A default-constructed Settings is what is built in.
struct Settings {
  std::optional<seconds> idle = std::chrono::minutes(5);  // 1 s to kLongestDuration; none: never
  // Lead times before a logout: longest first, distinct, each at least 1 s. As the
  // policy states them: warnings_before() leaves out those that a limit is too
  // short for.
  std::vector<seconds> warn = {std::chrono::minutes(1), seconds(10)};
  std::optional<seconds> session;  // 1 s to kLongestDuration; none: never
  Activity activity = Activity::kInput;
  NoTerminal no_terminal = NoTerminal::kIgnore;
  Leftovers leftovers = Leftovers::kKeep;
  Mode mode = Mode::kEnforce;
  Tmout tmout = Tmout::kBackstop;
  Programs never_interrupt = Programs::built_in_never_interrupt();
  seconds hold_max{0};  // 0: no hold
  std::string message;  // one line of at most 256 bytes; empty: none

  bool operator==(const Settings&) const = default;
};

// The lead times that come before a logout `limit` after the last activity (or
// after the opening, for `session`): a warning no shorter than the limit is
// skipped. Longest first; a view into `settings`.
std::span<const seconds> warnings_before(const Settings& settings, seconds limit);

// Whether `never_interrupt` names `program`, as /proc/PID/comm has it (cut to 15
// bytes, proc(5)) or in full.
bool is_never_interrupted(const Settings& settings, std::string_view program);

}  // namespace idled::policy
