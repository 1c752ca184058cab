// The engine decides who is warned and who is logged out, and when.
//
// A value machine: step() takes what happened and the time, and returns what to
// do. It never sleeps, reads no clock, opens nothing and kills nobody, so a whole
// night of sessions is a test of a millisecond and a fuzzer can drive it.
//
// It is driven by deadlines, not by polling. A session's earliest possible logout
// follows from its last input; the session is looked at when the first warning
// before it would be due, and not sooner. A look that shows input moves the
// deadline. While a warning stands, reads of the terminal are told by the host, so
// that the cancellation is prompt; where they cannot be, the engine looks once a
// second.
//
//      active --look: warning due--> warned --look: deadline--> ending --> gone
//        ^                             |
//        +------look: input------------+
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "idled/core/event.h"
#include "idled/core/schedule.h"
#include "idled/core/session.h"
#include "idled/core/session_table.h"
#include "idled/core/shared_rules.h"
#include "idled/core/user_index.h"

namespace idled::core {

struct Step {
  std::vector<Action> actions;
  std::optional<BootTime> next;  // when it wants TimerExpired; none: not before an event
};

enum class State { kActive, kWarned, kHeld, kWaiting, kEnding, kExempt };

// When and why a login ends.
struct End {
  BootTime at;
  Cause cause;
};

class Engine {
 public:
  explicit Engine(std::shared_ptr<const policy::Policy> policy);

  Step step(const Event& event, const Now& now);

  // Whether `observation` still justifies the logout for a limit that is under way: asked
  // once more, right before it is done.
  [[nodiscard]] bool is_due(const SessionId& id, const Observation& observation) const;

  [[nodiscard]] const Session* find(const SessionId& id) const;
  [[nodiscard]] const Session* find_leader(const ProcessIdentity& leader) const;
  void for_each(const std::function<void(const Session&)>& visit) const;
  // The logins of one user.
  void for_each_of(uid_t user, const std::function<void(const Session&)>& visit) const;
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }
  [[nodiscard]] const policy::Policy& policy() const { return *policy_; }

 private:
  struct Context;  // of one step: the time, and the actions so far
  struct PendingKick {
    Token token;
    std::vector<SessionId> ids;
    std::vector<SessionId> remaining;
    std::vector<SessionId> still_there;
  };

  void on(const LoginOpened& event, Context& context);
  void on(const LoginRestored& event, Context& context);
  void on(const LoginClosed& event, Context& context);
  void on(const LeaderExited& event, Context& context);
  void on(const Observed& event, Context& context);
  void on(const TerminalSeen& event, Context& context);
  void on(const HungUp& event, Context& context);
  void on(const Spared& event, Context& context);
  void on(const Written& event, Context& context);
  void on(const Watched& event, Context& context);
  void on(const KickRequested& event, Context& context);
  void on(const HoldRequested& event, Context& context);
  void on(const PolicyChanged& event, Context& context);
  void on(const ClockStepped& event, Context& context);
  void on(const TimerExpired& event, Context& context);

  Session* lookup(const SessionId& id);
  Session& insert(SessionData data, const Now& now);
  void close(Session& session, Context& context);
  void learn_of_server(const LoginOpened& event, Context& context);
  [[nodiscard]] bool is_server(const ProcessIdentity& process) const;
  void leave(const SessionId& id, Context& context);
  void resolve(Session& session, const Now& now);
  void resolve_all(Context& context);
  void meet_new_rules(Session& session, Context& context);

  [[nodiscard]] std::string tmout_of(const policy::Subject& subject) const;
  [[nodiscard]] const Session* enclosing(const LoginOpened& event) const;

  // look.cc
  void take_in(Session& session, const Observation& observation, Context& context);
  void update_watch(Session& session, Context& context);
  void look_soon(Session& session, Context& context);
  void go_on_unseen(Session& session, Context& context);
  void plan(Session& session, BootTime next);

  // decide.cc
  void decide(Session& session, Context& context);
  BootTime pursue_kick(Session& session, Context& context);
  BootTime pursue_cap(Session& session, Context& context);
  BootTime pursue_idle(Session& session, Context& context);
  BootTime approach(Session& session, End end, Context& context);
  BootTime end_or_wait(Session& session, Cause cause, Context& context);
  void warn(Session& session, End end, seconds lead, Context& context);
  void cancel_warning(Session& session, Context& context);
  void put_off(Session& session, Context& context);
  void report(Session& session, Cause cause, Context& context);
  void say(Session& session, std::string text, Context& context);

  // hold.cc
  HoldOutcome grant_hold(Session& session, const HoldRequested& event, Context& context);
  void drop_hold(Session& session, const std::string& how, Context& context);
  void keep_hold_in_bounds(Session& session, Context& context);

  // ending.cc
  void begin_ending(Session& session, Cause cause, Context& context);
  void hang_up(Session& session, Context& context);
  void spare(Session& session, Context& context);
  void go_on_ending(Session& session, Context& context);
  void climb(Session& session, Rung rung, Context& context);
  void leave_to_server(Session& session, Context& context);
  void finish_ending(Session& session, Context& context);
  void outlive_leader(Session& session, const Observation& observation, Context& context);
  void settle_kicks(const SessionId& id, bool still_there, Context& context);

  std::shared_ptr<const policy::Policy> policy_;
  SessionTable sessions_;
  std::unordered_map<pid_t, Session*> by_leader_;
  UserIndex by_user_;
  Schedule<Session> schedule_;
  SharedRules rules_;
  std::optional<BootTime> rules_change_at_;  // when a time window next opens or shuts
  std::vector<PendingKick> kicks_;
  // Processes that have opened sessions of several users, and when they started. Such a one may
  // have come back as another, with its number: then it is overwritten or stays, a few bytes.
  std::unordered_map<pid_t, std::uint64_t> servers_;
};

// The longest warning that a logout at the end of `limit` grants; 0: none.
seconds longest_warning(const policy::Settings& settings, seconds limit);

// The end of its idle limit; none without a limit, or without evidence to count from.
std::optional<BootTime> idle_deadline(const Session& session);
// And were `input` its last.
std::optional<BootTime> idle_deadline(const Session& session, const LastInput& input);
// The end of its cap; none without one, or where mode report has recorded it.
std::optional<BootTime> cap_deadline(const Session& session);

// The sooner of the two.
std::optional<End> limit_of(const Session& session);
// How the login will be ended if nothing happens: by a limit or by a kick. None: not
// foreseen (no limit, no terminal, report only, waiting for a program).
std::optional<End> end_of(const Session& session);
State state_of(const Session& session);
// As it is now: a login without a terminal may open one, and lose it.
Kind kind_of(const Session& session);
// Whether its leader may be a server that opens sessions in its own process, and not the login's
// own: it has no terminal and came over no connection of its own. (Or cron's child, or such.)
bool may_be_of_a_server(const Session& session);
// What a rule can match on.
policy::Subject subject_of(const Session& session);

}  // namespace idled::core
