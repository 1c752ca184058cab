// The ladder: how a login ends, one rung at a time, looked at again before each.
#include <algorithm>

#include "base/duration.h"
#include "idled/core/context.h"
#include "idled/core/engine.h"
#include "idled/core/notice.h"
#include "idled/core/records.h"

namespace idled::core {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPoll{100};      // between looks while a login ends
constexpr milliseconds kSlowPoll{500};  // and once it has taken long
constexpr seconds kFarewell{1};  // how long a connection may take to follow its last terminal

// How long a rung is given before the next.
nanoseconds patience(Rung rung) {
  switch (rung) {
    case Rung::kFarewell:
      return milliseconds(100);
    case Rung::kHangUp:
      return milliseconds(500);
    case Rung::kTerminate:
      return seconds(3);
    case Rung::kKill:
      return seconds(2);
    case Rung::kTerminateLogin:
      return seconds(3);
    case Rung::kKillLogin:
      return seconds(2);
    case Rung::kStuck:
      return seconds(60);
  }
  return seconds(60);
}

Reach reach_of(const Ending& ending) {
  if (ending.own_processes) return Reach::kOwn;
  if (ending.all_processes) return Reach::kAll;
  return ending.cause == Cause::kIdle ? Reach::kConnection : Reach::kBelow;
}

Rung next_rung(Rung rung) {
  return rung == Rung::kStuck ? Rung::kStuck : static_cast<Rung>(static_cast<int>(rung) + 1);
}

}  // namespace

void Engine::begin_ending(Session& session, Cause cause, Context& context) {
  const BoxedOptional<Warning>& told = warning_of(session, cause);
  if (cause != Cause::kKick && told && !told->delivered)
    context.want(record_of(RecordKind::kWarningUndelivered, Severity::kWarning, session,
                           context.now, cause, "A terminal took no warning: " + describe(session)));
  Ending ending;
  ending.cause = cause;
  ending.own_processes = cause == Cause::kKick && may_be_of_a_server(session);
  ending.all_processes =
      session.rules->settings.leftovers == policy::Leftovers::kKill && !ending.own_processes;
  ending.whole_login = cause != Cause::kIdle || ending.all_processes || session.terminals.empty();
  ending.terminals = names_of(session.terminals);
  ending.began = ending.rung_at = context.boot();
  session.ending = ending;
  session.waits_for.reset();
  if (ending.terminals.empty()) return hang_up(session, context);
  context.want(Write{session.login.id, ending.terminals, farewell_text(session, cause)});
  schedule_.set(session, context.boot() + patience(Rung::kFarewell));
}

void Engine::hang_up(Session& session, Context& context) {
  Ending& ending = *session.ending;
  ending.rung = Rung::kHangUp;
  ending.rung_at = context.boot();
  // Stands in for an answer that never comes.
  schedule_.set(session, context.boot() + patience(Rung::kHangUp));
  context.want(HangUp{session.login.id, ending.terminals, ending.cause != Cause::kKick,
                      ending.all_processes});
}

// A key came at the last moment, or a program that is not to be interrupted.
void Engine::spare(Session& session, Context& context) {
  const bool idle = session.ending->cause == Cause::kIdle;
  session.ending.reset();
  const bool told = session.warning.has_value();  // then decide() says that it is off
  decide(session, context);
  if (!idle || told || session.ending || session.waits_for || !session.input) return;
  context.want(
      Write{session.login.id, names_of(session.terminals), cancelled_text(session, context.now)});
}

void Engine::on(const HungUp& event, Context& context) {
  Session* session = lookup(event.id);
  if (!session || !session->ending) return;
  Record record = record_of(RecordKind::kLogout, Severity::kNotice, *session, context.now,
                            session->ending->cause, "Logging out " + describe(*session));
  if (const std::string forged = forged_terminals(*session); !forged.empty())
    record.fields.emplace_back("IDLED_FORGED", forged);
  if (session->ending->cause == Cause::kKick) {
    record.fields.emplace_back("IDLED_BY", session->kick->by);
    record.fields.emplace_back("IDLED_REASON", session->kick->message);
  }
  context.want(std::move(record));
  session->ending->rung_at = context.boot();
  if (session->ending->terminals.empty())
    climb(*session, Rung::kTerminateLogin, context);
  else
    schedule_.set(*session, context.boot() + kPoll);
}

void Engine::on(const Spared& event, Context& context) {
  Session* session = lookup(event.id);
  if (!session || !session->ending) return;
  if (event.observation.failed) {  // the farewell stands, and so does the last look
    session->ending->rung = Rung::kFarewell;
    return schedule_.set(*session, context.boot() + kRetry);
  }
  if (!event.observation.leader_alive) return close(*session, context);
  take_in(*session, event.observation, context);
  spare(*session, context);
}

void Engine::go_on_ending(Session& session, Context& context) {
  Ending& ending = *session.ending;
  const auto is_gone = [&](const std::string& name) {
    return std::none_of(session.terminals.begin(), session.terminals.end(),
                        [&](const Terminal& terminal) { return terminal.name == name; });
  };
  // Once it is gone, the next terminal of that name is another: names are given anew at once.
  if (ending.rung >= Rung::kHangUp) std::erase_if(ending.terminals, is_gone);
  const bool held = !std::all_of(ending.terminals.begin(), ending.terminals.end(), is_gone);
  const BootTime now = context.boot();
  if (ending.rung == Rung::kFarewell) {
    const std::optional<BootTime> deadline =
        ending.cause == Cause::kIdle ? idle_deadline(session) : std::nullopt;
    if (deadline && now < *deadline) return spare(session, context);
    if (now >= ending.rung_at + patience(Rung::kFarewell)) return hang_up(session, context);
    return schedule_.set(session, ending.rung_at + patience(Rung::kFarewell));
  }
  if (!held && !ending.whole_login) {
    // The connection of a single terminal follows it; one that carries a transfer
    // or a tunnel goes on.
    if (!ending.gone_at) ending.gone_at = now;
    if (now >= *ending.gone_at + kFarewell) return finish_ending(session, context);
  } else if (!held && ending.rung < Rung::kTerminateLogin) {
    return climb(session, Rung::kTerminateLogin, context);
  } else if (now >= ending.rung_at + patience(ending.rung)) {
    return climb(session, next_rung(ending.rung), context);
  }
  schedule_.set(session, now + (now - ending.began < seconds(2) ? nanoseconds(kPoll)
                                                                : nanoseconds(kSlowPoll)));
}

void Engine::climb(Session& session, Rung rung, Context& context) {
  const SessionId& id = session.login.id;
  session.ending->rung = rung;
  session.ending->rung_at = context.boot();
  schedule_.set(session, context.boot() + kPoll);
  switch (rung) {
    case Rung::kFarewell:
    case Rung::kHangUp:
      break;
    case Rung::kTerminate:
      context.want(SignalTerminalLeaders{id, Signal::kTerminate});
      break;
    case Rung::kKill:
      context.want(SignalTerminalLeaders{id, Signal::kKill});
      break;
    case Rung::kTerminateLogin:
      context.want(SignalLogin{id, Signal::kTerminate, reach_of(*session.ending)});
      break;
    case Rung::kKillLogin:
      context.want(SignalLogin{id, Signal::kKill, reach_of(*session.ending)});
      break;
    case Rung::kStuck:
      if (session.ending->own_processes) return leave_to_server(session, context);
      context.want(SignalLogin{id, Signal::kKill, reach_of(*session.ending)});
      context.want(record_of(RecordKind::kStuck, Severity::kError, session, context.now,
                             session.ending->cause,
                             "Cannot end " + describe(session) + ": process " +
                                 std::to_string(session.login.leader.pid) +
                                 " outlives SIGKILL; look at what it waits for (state D in ps)"));
      return settle_kicks(id, true, context);
  }
  Record record = record_of(
      RecordKind::kSignalled, Severity::kInfo, session, context.now, session.ending->cause,
      "Still there, " + std::string(name_of(rung)) + ": " + describe(session));
  record.fields.emplace_back("IDLED_RUNG", name_of(rung));
  context.want(std::move(record));
}

// What is left may be the server, whose own it is.
void Engine::leave_to_server(Session& session, Context& context) {
  context.want(record_of(
      RecordKind::kEnded, Severity::kNotice, session, context.now, session.ending->cause,
      "Ended what the user runs below process " + std::to_string(session.login.leader.pid) +
          ", which may be a server's and goes on: " + describe(session)));
  session.ending.reset();
  close(session, context);
}

void Engine::finish_ending(Session& session, Context& context) {
  Record record =
      record_of(RecordKind::kEnded, Severity::kNotice, session, context.now, session.ending->cause,
                "Logged out the terminals of " + describe(session) + "; its connection goes on");
  context.want(std::move(record));
  session.ending.reset();
  session.warning.reset();
  update_watch(session, context);
  context.want(Save{session.login.id});
  decide(session, context);
}

// Where all processes of the login are to go, its leader is but the first of them.
void Engine::outlive_leader(Session& session, const Observation& observation, Context& context) {
  const bool more = session.ending && session.ending->all_processes && observation.processes > 0;
  if (!more) return close(session, context);
  session.terminals.clear();
  go_on_ending(session, context);
}

// --- kicks ----------------------------------------------------------------------

void Engine::on(const KickRequested& event, Context& context) {
  PendingKick pending{event.token, event.ids, {}, {}};
  std::vector<SessionId> changed;
  for (const SessionId& id : event.ids) {
    Session* session = lookup(id);
    if (!session) continue;
    pending.remaining.push_back(id);
    const BootTime at = context.boot() + event.delay;
    // An administrator's, and not later than what the user asks for: it stands.
    if (session->kick && session->kick->by_admin && !event.by_admin && session->kick->at <= at)
      continue;
    session->kick = Kick{at, event.by, event.message, event.by_admin};
    changed.push_back(id);
    Record record = record_of(
        RecordKind::kKickRequested, Severity::kNotice, *session, context.now, Cause::kKick,
        "Logout of " + describe(*session) + " requested by " + event.by +
            (event.delay > seconds(0) ? ", in " + format_duration(event.delay) : ""));
    record.fields.emplace_back("IDLED_BY", event.by);
    record.fields.emplace_back("IDLED_REASON", event.message);
    context.want(std::move(record));
    context.want(Save{id});
  }
  if (!event.wait || pending.remaining.empty())
    context.want(KickAnswered{event.token, pending.ids, {}});
  else
    kicks_.push_back(pending);

  for (const SessionId& id : changed) {
    Session* session = lookup(id);
    if (!session) continue;
    const bool now = event.delay == seconds(0);
    if (now && session->ending)
      session->ending->whole_login = true;  // it ends already, if not for this reason
    else if (now)
      begin_ending(*session, Cause::kKick, context);
    else
      context.want(Write{id, names_of(session->terminals),
                         kick_warning_text(*session->kick, event.delay, context.now)});
    // What is being ended may be a terminal of several: the kick comes when it is due.
    if (!now && !session->ending) decide(*session, context);
  }
}

void Engine::settle_kicks(const SessionId& id, bool still_there, Context& context) {
  for (PendingKick& kick : kicks_) {
    if (std::erase(kick.remaining, id) == 0) continue;
    if (still_there) kick.still_there.push_back(id);
    if (kick.remaining.empty()) context.want(KickAnswered{kick.token, kick.ids, kick.still_there});
  }
  std::erase_if(kicks_, [](const PendingKick& kick) { return kick.remaining.empty(); });
}

}  // namespace idled::core
