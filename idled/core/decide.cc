// From what is known to what follows: nothing yet, a warning, a cancellation, the end.
//
// A login has up to three ends ahead of it: a kick, its cap, its idle limit. Each is pursued
// by itself, with warnings of its own, and says when it wants the login looked at again.
#include <algorithm>

#include "base/duration.h"
#include "idled/core/context.h"
#include "idled/core/engine.h"
#include "idled/core/notice.h"
#include "idled/core/records.h"

namespace idled::core {
namespace {

// Two looks at one silence may differ by the grain of the clocks. Input that
// cancels a warning came seconds after the one that led to it.
constexpr std::chrono::milliseconds kGrain{100};

// While a logout waits for a program, how often it is looked whether that is done.
constexpr seconds kWaitPoll{1};

constexpr BootTime kNever = BootTime::max();

// Whether Enter may be pressed, as a warning asks for, and nobody be told: it lies unread, or is
// read through /dev/tty. It is looked for.
bool some_may_go_untold(const Session& session) {
  return std::any_of(session.terminals.begin(), session.terminals.end(),
                     [](const Terminal& terminal) {
                       return terminal.memory.canonical ||
                              (terminal.memory.dev_tty && terminal.memory.dev_tty->held);
                     });
}

bool only_reports(const Session& session) {
  return session.rules->settings.mode == policy::Mode::kReport;
}

}  // namespace

bool is_reported(const Session& session) {
  return only_reports(session) && session.reported_input && session.input &&
         session.input->at <= *session.reported_input + kGrain;
}

void Engine::decide(Session& session, Context& context) {
  keep_hold_in_bounds(session, context);
  const std::optional<End> limit = limit_of(session);
  if (!limit || context.boot() < limit->at) session.waits_for.reset();

  BootTime next = session.hold ? session.hold->until : kNever;
  for (const auto pursue : {&Engine::pursue_kick, &Engine::pursue_cap, &Engine::pursue_idle}) {
    next = std::min(next, (this->*pursue)(session, context));
    if (session.ending) return;
  }
  if (next == kNever && !session.shortest_idle)
    schedule_.remove(session);  // exempt for good: looked at only when somebody asks
  else
    plan(session, next);
}

BootTime Engine::pursue_kick(Session& session, Context& context) {
  if (!session.kick) return kNever;
  if (context.boot() >= session.kick->at) begin_ending(session, Cause::kKick, context);
  return session.kick->at;
}

BootTime Engine::pursue_cap(Session& session, Context& context) {
  if (const std::optional<BootTime> deadline = cap_deadline(session))
    return approach(session, {*deadline, Cause::kCap}, context);
  if (session.cap_warning) put_off(session, context);
  return kNever;
}

BootTime Engine::pursue_idle(Session& session, Context& context) {
  const policy::Settings& settings = session.rules->settings;
  if (!settings.idle) {
    if (session.warning) put_off(session, context);
    return kNever;
  }
  if (!session.input) {
    // Nothing to go by now. A terminal that opens later is seen before its first warning.
    if (session.warning) context.want(Save{session.login.id});
    session.warning.reset();
    return context.boot() + *settings.idle - longest_warning(settings, *settings.idle);
  }
  if (session.warning && session.input->at > session.warning->last_input + kGrain)
    cancel_warning(session, context);
  if (is_reported(session)) return context.boot() + *settings.idle;

  const BootTime deadline = *idle_deadline(session);
  // Where another end comes first, Enter would not help: a warning must not say so.
  const BootTime other =
      std::min(session.kick ? session.kick->at : kNever, cap_deadline(session).value_or(kNever));
  if (other <= deadline) return kNever;
  return approach(session, {deadline, Cause::kIdle}, context);
}

// Warns as each lead time comes, and then ends the login. Returns when it is to be looked
// at next.
BootTime Engine::approach(Session& session, End end, Context& context) {
  const policy::Settings& settings = session.rules->settings;
  const bool capped = end.cause == Cause::kCap;
  const auto leads = policy::warnings_before(settings, capped ? *settings.session : *settings.idle);
  // None known: nowhere to warn, but it is looked at in time, for one may have opened.
  const bool has_terminal = !session.terminals.empty();
  BoxedOptional<Warning>& told = warning_of(session, end.cause);
  const BootTime now = context.boot();

  if (now >= end.at) {
    if (!has_terminal || leads.empty() || told) return end_or_wait(session, end.cause, context);
    // Overdue, and never warned: nobody was looking (suspended, or found late). Under a cap
    // there may be somebody at work.
    end.at = now + (capped ? leads.front() : leads.back());
    (capped ? session.cap_floor : session.floor) = end.at;
    context.want(Save{session.login.id});
  }

  // The shortest lead time that has come is told now, the next one then.
  const auto is_ahead = [&](seconds lead) { return end.at - lead > now; };
  const auto ahead = std::find_if(leads.begin(), leads.end(), is_ahead);  // longest first
  BootTime next = ahead == leads.end() ? end.at : end.at - *ahead;
  if (has_terminal && ahead != leads.begin() && (!told || *std::prev(ahead) < told->lead))
    warn(session, end, *std::prev(ahead), context);
  if (!told) return next;
  if (!told->delivered) warn(session, end, told->lead, context);
  if (!told->delivered || (!capped && some_may_go_untold(session)))
    next = std::min(next, now + kRetry);
  return next;
}

// The time has come. What runs in front decides whether now is the moment.
BootTime Engine::end_or_wait(Session& session, Cause cause, Context& context) {
  const BootTime now = context.boot();
  if (session.look != Look::kClose || session.looked_at + kRetry < now) {
    context.want(Observe{session.login.id, Look::kClose});
    return now + kRetry;  // stands in for an answer that never comes
  }
  if (session.uninterruptible) {
    if (session.waits_for != session.uninterruptible) {
      session.waits_for = session.uninterruptible;
      say(session, waiting_text(*session.waits_for, cause), context);
      context.want(
          record_of(only_reports(session) ? RecordKind::kWouldWait : RecordKind::kWaiting,
                    Severity::kNotice, session, context.now, cause,
                    (only_reports(session) ? "Logout would wait for " : "Logout waits for ") +
                        *session.waits_for + ", run by root in front: " + describe(session)));
    }
    return now + kWaitPoll;
  }
  if (!only_reports(session)) {
    begin_ending(session, cause, context);
    return kNever;
  }
  report(session, cause, context);
  return cause == Cause::kIdle ? now + *session.rules->settings.idle : kNever;
}

void Engine::warn(Session& session, End end, seconds lead, Context& context) {
  BoxedOptional<Warning>& told = warning_of(session, end.cause);
  const bool first = !told;
  const bool again = !first && lead == told->lead;  // the same, not taken by a terminal yet
  if (again && context.boot() < told->tried_at + kRetry) return;
  Warning warning;
  if (session.input) warning.last_input = session.input->at;
  warning.lead = lead;
  warning.delivered = again ? told->delivered : true;
  warning.tried_at = context.boot();
  warning.shown = !only_reports(session);
  told = warning;

  if (first) update_watch(session, context);  // before the text, which some answer at once
  const seconds left = std::chrono::round<seconds>(end.at - context.boot());
  if (warning.shown) {
    const std::string text = end.cause == Cause::kCap ? cap_warning_text(session, left, context.now)
                                                      : warning_text(session, left, context.now);
    context.want(Write{session.login.id, names_of(session.terminals), text, end.cause});
  }
  if (again) return;
  context.want(Save{session.login.id});
  context.want(record_of(warning.shown ? RecordKind::kWarned : RecordKind::kWouldWarn,
                         Severity::kInfo, session, context.now, end.cause,
                         (warning.shown ? "Warned " : "Would warn (mode report) ") +
                             describe(session) + ": logout in " + format_duration(left)));
}

void Engine::cancel_warning(Session& session, Context& context) {
  session.warning.reset();
  update_watch(session, context);
  say(session, cancelled_text(session, context.now), context);
  context.want(Save{session.login.id});
  const bool done = !only_reports(session);
  context.want(record_of(done ? RecordKind::kCancelled : RecordKind::kWouldCancel, Severity::kInfo,
                         session, context.now, Cause::kIdle,
                         (done ? "Logout cancelled by activity: "
                               : "Logout would be cancelled by activity (mode report): ") +
                             describe(session)));
}

// The policy changed while a warning stood: what it said is no longer true.
void Engine::put_off(Session& session, Context& context) {
  const auto was_shown = [](const BoxedOptional<Warning>& told) { return told && told->shown; };
  const bool shown = was_shown(session.warning) || was_shown(session.cap_warning);
  session.warning.reset();
  session.cap_warning.reset();
  session.waits_for.reset();
  update_watch(session, context);
  if (shown) context.want(Write{session.login.id, names_of(session.terminals), put_off_text()});
  context.want(Save{session.login.id});
}

// Mode report: the login would have been ended now. Its user does not know, so that it goes
// on, and so does what follows from its limits: another silence is another logout.
void Engine::report(Session& session, Cause cause, Context& context) {
  if (cause == Cause::kCap)
    session.reported_cap = true;
  else
    session.reported_input = session.input->at;
  warning_of(session, cause).reset();
  update_watch(session, context);
  context.want(record_of(RecordKind::kWouldLogOut, Severity::kNotice, session, context.now, cause,
                         "Would log out (mode report): " + describe(session)));
  context.want(Save{session.login.id});
}

// What the user is told about a logout for a limit; nothing where it is only recorded.
void Engine::say(Session& session, std::string text, Context& context) {
  if (only_reports(session)) return;
  context.want(Write{session.login.id, names_of(session.terminals), std::move(text)});
}

}  // namespace idled::core
