#include "idled/session_view.h"

#include <algorithm>

#include "base/text.h"
#include "idled/core/records.h"

namespace idled {
namespace {

using core::Kind;
using core::Session;
using core::State;

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kTerminal:
      return "terminal";
    case Kind::kConsole:
      return "console";
    case Kind::kNoTerminal:
      return "no-terminal";
    case Kind::kGraphical:
      return "graphical";
  }
  return "";
}

std::string_view name_of(State state) {
  switch (state) {
    case State::kActive:
      return "active";
    case State::kWarned:
      return "warned";
    case State::kHeld:
      return "held";
    case State::kWaiting:
      return "waiting";
    case State::kEnding:
      return "ending";
    case State::kExempt:
      return "exempt";
  }
  return "";
}

std::int64_t seconds_since(BootTime then, const core::Now& now) {
  return std::chrono::floor<seconds>(std::max(now.boot() - then, nanoseconds(0))).count();
}

// What keeps the login, in words.
std::optional<std::string> hold_of(const Session& session, const core::Now& now) {
  if (session.waits_for) return "waits for " + *session.waits_for + ", run by root in front";
  if (!session.hold) return std::nullopt;
  const core::Hold& hold = *session.hold;
  return "held by " + hold.by + " until " + format_rfc3339(now.clocks.to_wall(hold.until)) +
         (hold.why.empty() ? "" : ": " + hold.why);
}

}  // namespace

protocol::SessionInfo view_of(const Session& session, const core::Now& now) {
  const core::Login& login = session.login;
  protocol::SessionInfo info;
  info.id = login.id.value;
  info.user = login.user;
  info.uid = login.uid;
  info.service = login.service;
  info.kind = name_of(kind_of(session));
  if (!login.remote_host.empty()) info.remote_host = login.remote_host;
  info.leader_pid = login.leader.pid;
  info.opened_at = format_rfc3339(login.opened_at);
  info.state = name_of(state_of(session));
  info.rule = session.rules->idle_rule;
  if (session.input) {
    info.idle_seconds = seconds_since(session.input->at, now);
    info.witness = core::name_of(session.input->witness);
  }
  info.hold = hold_of(session, now);
  if (session.rules->settings.idle && session.input)
    info.limit_seconds = session.rules->settings.idle->count();
  if (const std::optional<core::End> end = core::end_of(session)) {
    info.logout_at = format_rfc3339(now.clocks.to_wall(end->at));
    info.logout_cause = core::name_of(end->cause);
  }
  for (const core::Terminal& terminal : session.terminals) {
    info.terminals.push_back({terminal.name, seconds_since(terminal.memory.last_input, now),
                              std::nullopt, core::is_forged(terminal.memory.forgeries)});
    if (terminal.foreground) info.terminals.back().foreground = *terminal.foreground;
  }
  return info;
}

std::vector<protocol::NamedCount> count_by_state(const core::Engine& engine) {
  std::vector<protocol::NamedCount> counts;
  for (const State state : {State::kActive, State::kWarned, State::kHeld, State::kWaiting,
                            State::kEnding, State::kExempt})
    counts.push_back({std::string(name_of(state)), 0});
  engine.for_each([&](const Session& session) {
    const std::string_view state = name_of(state_of(session));
    for (protocol::NamedCount& each : counts) each.count += each.name == state ? 1 : 0;
  });
  return counts;
}

}  // namespace idled
