// What one step of the engine carries through its functions: the instant, and the
// actions so far. Private to the engine's files.
#pragma once

#include <utility>
#include <vector>

#include "idled/core/engine.h"

namespace idled::core {

// How soon a watched terminal's reads lead to a second look: a flood of reads
// costs no more than this.
constexpr std::chrono::milliseconds kLookSpacing{250};

// A terminal that takes no warning, or whose reads nobody tells, is tried again. So is one that
// may be typed on and not read.
constexpr seconds kRetry{1};

// Of a logout for this cause; a kick has none of its own.
inline BoxedOptional<Warning>& warning_of(Session& session, Cause cause) {
  return cause == Cause::kCap ? session.cap_warning : session.warning;
}

// Whether mode report has recorded the end of this silence.
bool is_reported(const Session& session);

struct Engine::Context {
  const Now& now;
  std::vector<Action> actions;

  [[nodiscard]] BootTime boot() const { return now.boot(); }
  template <typename A>
  void want(A action) {
    actions.emplace_back(std::move(action));
  }
};

}  // namespace idled::core
