// The logins that there are and that idled does not end, and why.
#include <utmpx.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "tools/doctor/checks.h"
#include "tools/doctor/lines.h"

namespace idled::tools::doctor {
namespace {

using protocol::SessionInfo;

constexpr std::size_t kMostNames = 8;

// "c3 (alice, rule backup)", of the first few.
std::string shown(const std::vector<const SessionInfo*>& sessions, bool with_rule) {
  std::vector<std::string> names;
  for (const SessionInfo* session : sessions) {
    if (names.size() == kMostNames) {
      names.push_back(std::to_string(sessions.size() - kMostNames) + " more");
      break;
    }
    names.push_back(session->id + " (" + session->user +
                    (with_rule ? ", rule: " + session->rule : std::string()) + ")");
  }
  return enumerated(names);
}

std::vector<const SessionInfo*> those(const Machine& machine,
                                      const std::function<bool(const SessionInfo&)>& test) {
  std::vector<const SessionInfo*> found;
  if (const DaemonAnswer* daemon = machine.daemon())
    for (const SessionInfo& session : daemon->sessions)
      if (test(session)) found.push_back(&session);
  return found;
}

std::string counted(std::size_t count, const std::string& rest) {
  return std::to_string(count) + (count == 1 ? " session " : " sessions ") + rest;
}

// Without a terminal, and no limit from its traffic either.
bool is_ignored(const SessionInfo& session) {
  return session.kind == "no-terminal" && !session.limit_seconds;
}

bool is_graphical(const SessionInfo& session) {
  return session.kind == "graphical";
}

}  // namespace

Findings check_exempt(const Machine& machine) {
  const auto found = those(machine, [](const SessionInfo& session) {
    return session.state == "exempt" && !is_ignored(session) && !is_graphical(session);
  });
  if (found.empty()) return {};
  return {note("sessions.exempt", counted(found.size(), "without a limit: ") + shown(found, true),
               "The policy says so.", "idlectl explain " + found.front()->id)};
}

Findings check_no_terminal(const Machine& machine) {
  const auto found = those(machine, is_ignored);
  if (found.empty()) return {};
  return {
      note("sessions.no-terminal",
           counted(found.size(), "without a terminal, left alone: ") + shown(found, false),
           "Transfers, tunnels and commands without a terminal stay as long as they please, unless "
           "the policy makes their traffic the activity.",
           write_in("/etc/idled/policy.json", R"("no_terminal": "network")", "idlectl reload"))};
}

Findings check_graphical(const Machine& machine) {
  const auto found = those(machine, is_graphical);
  if (found.empty()) return {};
  return {note("sessions.graphical", counted(found.size(), "graphical: ") + shown(found, false),
               "idled ends terminals; a desktop locks its screen itself.")};
}

Findings check_forged(const Machine& machine) {
  const auto found = those(machine, [](const SessionInfo& session) {
    return std::any_of(session.terminals.begin(), session.terminals.end(),
                       [](const protocol::TerminalInfo& terminal) { return terminal.forged; });
  });
  if (found.empty()) return {};
  return {
      doubtful("sessions.forged",
               counted(found.size(), "with terminal times set by hand: ") + shown(found, false),
               "Again and again, as somebody does who wants to seem busy. They are not believed, "
               "and the session ends on time.",
               "journalctl -u idled")};
}

Findings check_unwatched(const Machine& machine) {
  if (!machine.living() || machine.daemon()) return {};
  const std::string records = machine.read("/run/utmp").value_or("");
  std::vector<std::string> names;
  for (std::size_t at = 0; at + sizeof(utmpx) <= records.size(); at += sizeof(utmpx)) {
    utmpx record{};
    std::memcpy(&record, records.data() + at, sizeof record);
    if (record.ut_type != USER_PROCESS) continue;
    const auto text = [](const char* field, std::size_t size) {
      return std::string(field, strnlen(field, size));
    };
    names.push_back(text(record.ut_user, sizeof record.ut_user) + " (" +
                    text(record.ut_line, sizeof record.ut_line) + ")");
  }
  if (names.empty()) return {};
  const std::size_t count = names.size();
  if (count > kMostNames) {
    names.resize(kMostNames);
    names.push_back(std::to_string(count - kMostNames) + " more");
  }
  return {note("sessions.unwatched", "Logged in and not watched: " + enumerated(names),
               "utmp has them. The daemon adopts them when it is started.")};
}

}  // namespace idled::tools::doctor
