// One login as the engine keeps it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/boxed_optional.h"
#include "idled/core/evidence.h"
#include "idled/core/schedule.h"
#include "idled/core/types.h"

namespace idled::core {

struct Terminal {
  std::string name;
  TerminalMemory memory;
  BoxedOptional<std::string> foreground;  // TerminalSample::foreground
  bool watched = false;
};

std::vector<std::string> names_of(const std::vector<Terminal>& terminals);
bool all_watched(const std::vector<Terminal>& terminals);

// That the user has been told of a logout to come.
struct Warning {
  BootTime last_input{};  // as it was then; input after it cancels a logout for idleness
  seconds lead{0};        // the shortest lead time told so far
  bool delivered = true;  // some terminal may take nothing: XOFF, a full buffer
  BootTime tried_at{};
  bool shown = true;  // in mode report it is only recorded
};

// An administrator, or the user, ends the login at a time, input or not.
struct Kick {
  BootTime at;
  std::string by;        // "root", or another user
  std::string message;   // empty: none
  bool by_admin = true;  // then no user puts it off
};

// The login is not ended before a time, and then not without a new warning. A kick ends it
// all the same, and so does its `session` cap unless an administrator holds it.
struct Hold {
  BootTime until;
  std::string by;  // "root", or another user
  bool by_admin = false;
  std::string why;  // empty: not said
};

// Why a login ends: it was idle, it has lasted as long as it may (`session`), or somebody
// wants it gone.
enum class Cause { kIdle, kCap, kKick };

// The ladder: each rung is tried, then time is given, then the terminals are
// looked at again, before the next.
enum class Rung {
  kFarewell,        // why, on the terminals: a hangup throws away what is not read yet
  kHangUp,          // TIOCVHANGUP, then SIGHUP and SIGCONT to the terminals' session leaders
  kTerminate,       // SIGTERM to them
  kKill,            // SIGKILL to them
  kTerminateLogin,  // SIGTERM to the login's leader
  kKillLogin,       // SIGKILL to it
  kStuck,           // nothing helped: an error that somebody sees, and SIGKILL again now and then
};

struct Ending {
  Cause cause = Cause::kIdle;
  bool whole_login = false;            // not only the terminals below
  bool all_processes = false;          // nor only what hangs on its connection (`leftovers` "kill")
  bool own_processes = false;          // only those of its user: may_be_of_a_server()
  std::vector<std::string> terminals;  // those to end
  Rung rung = Rung::kFarewell;
  BootTime rung_at;
  BootTime began;
  std::optional<BootTime> gone_at;  // when none of the terminals was left
};

// What of a login outlives the daemon: see idled/snapshot.h.
//
// A look reads most of what is below, and the memory that it has to fetch for that is most of
// what it costs where many are logged in. So what few logins have is boxed, and what is asked at
// every look stands together: from `opened` on here, up to `schedule` in Session.
struct SessionData {
  Login login;
  std::string tmout;  // what its shell was told, core/tmout.h; empty: nothing
  BootTime opened;
  // Not ended for idleness before this, whatever the limit says: set when a limit
  // shrinks, or when a login is found already idle, so that its warning comes first.
  BootTime floor{};
  BootTime cap_floor{};  // so, for its cap
  std::vector<Terminal> terminals;
  // No input came after this on its terminals that have closed; none have, so far.
  std::optional<BootTime> closed_input;
  BoxedOptional<Warning> cap_warning;  // of a logout by the cap
  BoxedOptional<Warning> warning;      // of one for idleness
  BoxedOptional<Kick> kick;
  BoxedOptional<Hold> hold;
  // Since when its user holds it: all holds since the last input are within `hold_max` of
  // this, so that no script keeps a login for ever.
  std::optional<BootTime> held_from;
  // Mode report: what has been recorded and would be over by now.
  std::optional<BootTime> reported_input;  // the silence after this input
  bool reported_cap = false;
};

struct Session;

// Its neighbours among the logins of its user: idled/core/user_index.h.
struct SameUser {
  Session* next = nullptr;
  Session* previous = nullptr;
};

// Null: it is not known.
const Terminal* find_terminal(const SessionData& session, const std::string& name);

struct Session : SessionData {
  explicit Session(SessionData data) : SessionData(std::move(data)) {}

  std::shared_ptr<const policy::Resolved> rules;
  // Under whatever rule a terminal that opens may bring: policy::Policy::shortest_idle.
  std::optional<seconds> shortest_idle;
  std::optional<LastInput> input;  // as of the last look; none without evidence
  BootTime looked_at{};
  ClockReading clocks;       // of that look; before the first one, of the opening
  Look look = Look::kBrief;  // of which kind that was
  BoxedOptional<Ending> ending;
  std::vector<std::string> watched;  // the terminals whose reads are asked for
  bool output_watched = false;       // and their output
  ScheduleEntry schedule;
  // The program of `never_interrupt` in front, as of the last close look, and the one that
  // the logout waits for.
  BoxedOptional<std::string> waits_for;
  BoxedOptional<std::string> uninterruptible;
  SameUser same_user;
};

}  // namespace idled::core
