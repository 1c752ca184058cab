// Which sessions `list` shows, and in which order. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "protocol/messages.h"

namespace idled::tools {

// The words of SessionInfo's `state`, as io.idled.Sessions.varlink has them.
inline constexpr std::array<std::string_view, 6> kStates{"active",  "warned", "held",
                                                         "waiting", "ending", "exempt"};

struct SessionFilter {
  std::string user;                  // empty: all
  std::vector<std::string> states;   // empty: all
  std::optional<seconds> idle_over;  // idle for longer; one whose idle time is not known is not

  [[nodiscard]] bool takes(const protocol::SessionInfo& session) const;
  // "user alice, idle over 3m, warned or held"; empty if it takes all.
  [[nodiscard]] std::string in_words() const;
};

// What follows --state: one of kStates, or several with commas between.
Result<std::vector<std::string>> parse_states(std::string_view text);

enum class SortKey {
  kLogout,   // those that end soonest first; those that do not end last
  kIdle,     // those idle for longest first; those of which it is not known last
  kUser,     // by name, those of one user as by kLogout
  kSession,  // by id
};
inline constexpr std::array<std::string_view, 4> kSortKeys{"logout", "idle", "user", "session"};

Result<SortKey> parse_sort_key(std::string_view text);

// Equals are in the order of their ids, "c2" before "c10".
void sort_sessions(std::vector<protocol::SessionInfo>& sessions, SortKey key = SortKey::kLogout);

}  // namespace idled::tools
