// What a policy decides about a login, every value resolved.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
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

// Package managers and file system tools, by the name of the program.
std::vector<std::string> built_in_never_interrupt();

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
  std::vector<std::string> never_interrupt = built_in_never_interrupt();
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
