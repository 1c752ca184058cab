#include "idled/core/records.h"

#include <algorithm>

#include "base/text.h"

namespace idled::core {
namespace {

std::string terminal_names(const Session& session) {
  std::string names;
  for (const Terminal& terminal : session.terminals)
    names += (names.empty() ? "" : " ") + terminal.name;
  return names;
}

}  // namespace

std::string describe(const Session& session) {
  std::string text = "session " + session.login.id.value + " of " + printable(session.login.user);
  std::string where = terminal_names(session);
  if (!session.login.remote_host.empty())
    where += (where.empty() ? "from " : ", from ") + printable(session.login.remote_host);
  return where.empty() ? text : text + " (" + where + ")";
}

Record record_of(RecordKind kind, Severity severity, const Session& session, const Now& now,
                 std::optional<Cause> cause, std::string message) {
  Record record{kind, severity, std::move(message), {}};
  record.fields.reserve(16);  // of all kinds
  auto add = [&](const char* name, std::string value) {
    record.fields.emplace_back(name, std::move(value));
  };
  add("IDLED_SESSION", session.login.id.value);
  add("IDLED_USER", printable(session.login.user));
  add("IDLED_UID", std::to_string(session.login.uid));
  add("IDLED_SERVICE", printable(session.login.service));
  add("IDLED_HOST", printable(session.login.remote_host));
  add("IDLED_LEADER", std::to_string(session.login.leader.pid));
  add("IDLED_TERMINALS", terminal_names(session));
  if (session.rules) {
    const bool capped = cause == Cause::kCap;
    const policy::Settings& settings = session.rules->settings;
    add("IDLED_RULE", printable(capped ? session.rules->session_rule : session.rules->idle_rule));
    if (const std::optional<seconds>& limit = capped ? settings.session : settings.idle)
      add("IDLED_LIMIT_SECONDS", std::to_string(limit->count()));
  }
  if (session.input) {
    const auto idle = std::max(now.boot() - session.input->at, nanoseconds(0));
    add("IDLED_IDLE_SECONDS", std::to_string(std::chrono::floor<seconds>(idle).count()));
    add("IDLED_WITNESS", std::string(name_of(session.input->witness)));
  }
  if (cause) add("IDLED_CAUSE", std::string(name_of(*cause)));
  return record;
}

bool is_forged(std::uint32_t forgeries) {
  constexpr std::uint32_t kHarmless = 2;
  return forgeries > kHarmless;
}

Record record_forgery(const Session& session, const std::string& terminal, const Now& now) {
  Record record = record_of(
      RecordKind::kForged, Severity::kWarning, session, now, std::nullopt,
      "The times of " + terminal +
          " are set by hand, again and again, and are not believed: " + describe(session));
  record.fields.emplace_back("IDLED_FORGED", terminal);
  return record;
}

std::string forged_terminals(const Session& session) {
  std::string text;
  for (const Terminal& terminal : session.terminals) {
    if (!is_forged(terminal.memory.forgeries)) continue;
    text += (text.empty() ? "" : ", ") + terminal.name + " (" +
            std::to_string(terminal.memory.forgeries) + " times)";
  }
  return text;
}

std::string_view name_of(Witness witness) {
  switch (witness) {
    case Witness::kTerminal:
      return "terminal";
    case Witness::kDoubtful:
      return "terminal, its times changed";
    case Witness::kRead:
      return "reads";
    case Witness::kUnread:
      return "unread lines";
    case Witness::kWire:
      return "connection";
    case Witness::kOutput:
      return "output";
    case Witness::kJob:
      return "job in front";
    case Witness::kClosed:
      return "a terminal that closed";
    case Witness::kTraffic:
      return "traffic";
  }
  return "";
}

std::string_view name_of(Cause cause) {
  switch (cause) {
    case Cause::kIdle:
      return "idle";
    case Cause::kCap:
      return "cap";
    case Cause::kKick:
      return "kick";
  }
  return "";
}

std::string_view name_of(Rung rung) {
  switch (rung) {
    case Rung::kFarewell:
      return "farewell";
    case Rung::kHangUp:
      return "hangup";
    case Rung::kTerminate:
      return "SIGTERM to the terminal's session leader";
    case Rung::kKill:
      return "SIGKILL to the terminal's session leader";
    case Rung::kTerminateLogin:
      return "SIGTERM to the login's leader";
    case Rung::kKillLogin:
      return "SIGKILL to the login's leader";
    case Rung::kStuck:
      return "stuck";
  }
  return "";
}

}  // namespace idled::core
