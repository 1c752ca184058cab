#include "tools/session_filter.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <span>
#include <tuple>

#include "base/duration.h"
#include "base/text.h"
#include "tools/rfc3339.h"

namespace idled::tools {
namespace {

using protocol::SessionInfo;
using Names = std::span<const std::string_view>;

std::string joined(Names names, const char* between) {
  std::string text;
  for (const std::string_view name : names) text.append(text.empty() ? "" : between).append(name);
  return text;
}

bool is_one_of(std::string_view name, Names names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "there is no state 'warnd'; did you mean 'warned'?"
Error unknown(const char* what, std::string_view name, Names known) {
  const std::string_view meant = nearest(name, known);
  return {std::string("there is no ") + what + " '" + printable(name) + "'; " +
          (meant.empty() ? "there are " + joined(known, ", ")
                         : "did you mean '" + std::string(meant) + "'?")};
}

std::chrono::sys_seconds logout_of(const SessionInfo& session) {
  const auto logout = session.logout_at ? parse_rfc3339(*session.logout_at) : std::nullopt;
  return logout.value_or(std::chrono::sys_seconds::max());
}

// What decides the order, found once a session and not once a comparison.
struct Key {
  std::string_view name;
  std::int64_t number = 0;
  std::string_view id;
  const SessionInfo* session;

  explicit Key(const SessionInfo& of, SortKey key) : id(of.id), session(&of) {
    if (key == SortKey::kUser) name = of.user;
    if (key == SortKey::kLogout || key == SortKey::kUser)
      number = logout_of(of).time_since_epoch().count();
    if (key == SortKey::kIdle) number = ~of.idle_seconds.value_or(-1);  // the longest first
    if (key == SortKey::kIdle && !of.idle_seconds)
      number = std::numeric_limits<std::int64_t>::max();
  }

  bool operator<(const Key& other) const {
    return std::tuple(name, number, id.size(), id) <
           std::tuple(other.name, other.number, other.id.size(), other.id);
  }
};

}  // namespace

bool SessionFilter::takes(const SessionInfo& session) const {
  if (!user.empty() && session.user != user) return false;
  if (idle_over && session.idle_seconds.value_or(-1) <= idle_over->count()) return false;
  return states.empty() || std::find(states.begin(), states.end(), session.state) != states.end();
}

std::string SessionFilter::in_words() const {
  std::vector<std::string> parts;
  if (!user.empty()) parts.push_back("user " + printable(user));
  if (idle_over) parts.push_back("idle over " + format_duration(*idle_over));
  const std::vector<std::string_view> wanted(states.begin(), states.end());
  if (!wanted.empty()) parts.push_back(joined(wanted, " or "));
  const std::vector<std::string_view> views(parts.begin(), parts.end());
  return joined(views, ", ");
}

Result<std::vector<std::string>> parse_states(std::string_view text) {
  std::vector<std::string> states;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view name = text.substr(begin, end - begin);
    if (!is_one_of(name, kStates)) return unknown("state", name, kStates);
    states.emplace_back(name);
    begin = end + 1;
  }
  return states;
}

Result<SortKey> parse_sort_key(std::string_view text) {
  const auto key = std::find(kSortKeys.begin(), kSortKeys.end(), text);
  if (key == kSortKeys.end()) return unknown("order", text, kSortKeys);
  return static_cast<SortKey>(key - kSortKeys.begin());
}

void sort_sessions(std::vector<SessionInfo>& sessions, SortKey key) {
  std::vector<Key> keys;
  keys.reserve(sessions.size());
  for (const SessionInfo& session : sessions) keys.emplace_back(session, key);
  std::stable_sort(keys.begin(), keys.end());
  std::vector<SessionInfo> sorted;
  sorted.reserve(sessions.size());
  for (const Key& one : keys) sorted.push_back(*one.session);
  sessions = std::move(sorted);
}

}  // namespace idled::tools
