// From what is known to what follows: nothing yet, a warning, a cancellation, the end.
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
// A terminal that takes no warning, or whose reads nobody tells, is tried again.
constexpr seconds kRetry{1};

// While a logout waits for a program, how often it is looked whether that is done.
constexpr seconds kWaitPoll{1};

}  // namespace

void Engine::decide(Session& session, Context& context) {
  if (session.kick) return decide_kick(session, context);
  if (session.rules->settings.idle) return decide_idle(session, context);
  if (session.warning) put_off(session, context);
  if (session.shortest_idle) return plan(session, context.boot() + *session.shortest_idle);
  schedule_.remove(session);  // exempt for good: looked at only when somebody asks
}

void Engine::decide_kick(Session& session, Context& context) {
  if (context.boot() >= session.kick->at)
    begin_ending(session, Cause::kKick, context);
  else
    plan(session, session.kick->at);
}

void Engine::decide_idle(Session& session, Context& context) {
  const policy::Settings& settings = session.rules->settings;
  const seconds limit = *settings.idle;
  auto leads = policy::warnings_before(settings, limit);
  const seconds longest = leads.empty() ? seconds(0) : leads.front();
  const BootTime now = context.boot();

  if (!session.input) {
    // Nothing to go by now. A terminal that opens later is seen before its first warning.
    session.warning.reset();
    return plan(session, now + limit - longest);
  }
  if (session.terminals.empty()) leads = {};  // nowhere to warn
  if (settings.mode == policy::Mode::kReport) return report(session, context);

  if (session.warning && session.input->at > session.warning->last_input + kGrain)
    cancel_warning(session, context);
  BootTime deadline = deadline_of(session);
  if (now < deadline) session.waits_for.reset();
  if (now >= deadline) {
    if (leads.empty() || session.warning) return end_or_wait(session, context);
    // Overdue, and never warned: nobody was looking (suspended, or found late).
    session.floor = deadline = now + leads.back();
    context.want(Save{session.login.id});
  }

  // The shortest lead time that has come is told now, the next one then.
  const auto is_ahead = [&](seconds lead) { return deadline - lead > now; };
  const auto ahead = std::find_if(leads.begin(), leads.end(), is_ahead);  // longest first
  BootTime next = ahead == leads.end() ? deadline : deadline - *ahead;
  if (ahead != leads.begin() && (!session.warning || *std::prev(ahead) < session.warning->lead))
    warn(session, *std::prev(ahead), deadline, context);
  if (session.warning) {
    if (!session.warning->delivered) warn(session, session.warning->lead, deadline, context);
    if (!session.warning->delivered || !all_watched(session.terminals))
      next = std::min(next, now + kRetry);
  }
  plan(session, next);
}

// The time has come. What runs in front decides whether now is the moment.
void Engine::end_or_wait(Session& session, Context& context) {
  if (session.look != Look::kClose) {
    plan(session, context.boot() + kRetry);  // stands in for an answer that never comes
    return context.want(Observe{session.login.id, Look::kClose});
  }
  if (!session.uninterruptible) return begin_ending(session, Cause::kIdle, context);
  if (session.waits_for != session.uninterruptible) {
    session.waits_for = session.uninterruptible;
    context.want(
        Write{session.login.id, names_of(session.terminals), waiting_text(*session.waits_for)});
    context.want(record_of(
        RecordKind::kWaiting, Severity::kNotice, session, context.now,
        "Logout waits for " + *session.waits_for + ", run by root in front: " + describe(session)));
  }
  plan(session, context.boot() + kWaitPoll);
}

void Engine::warn(Session& session, seconds lead, BootTime deadline, Context& context) {
  const bool first = !session.warning;
  const bool again =
      !first && lead == session.warning->lead;  // the same, not taken by a terminal yet
  if (again && context.boot() < session.warning->tried_at + kRetry) return;
  session.warning =
      Warning{session.input->at, lead, again ? session.warning->delivered : true, context.boot()};

  const seconds left = std::chrono::round<seconds>(deadline - context.boot());
  context.want(Write{session.login.id, names_of(session.terminals),
                     warning_text(session, left, context.now)});
  if (first) update_watch(session, context);
  if (again) return;
  context.want(Save{session.login.id});
  context.want(record_of(RecordKind::kWarned, Severity::kInfo, session, context.now,
                         "Warned " + describe(session) + ": logout in " + format_duration(left)));
}

void Engine::cancel_warning(Session& session, Context& context) {
  session.warning.reset();
  const SessionId& id = session.login.id;
  update_watch(session, context);
  context.want(Write{id, names_of(session.terminals), cancelled_text(session.input->witness)});
  context.want(Save{id});
  context.want(record_of(RecordKind::kCancelled, Severity::kInfo, session, context.now,
                         "Logout cancelled by activity: " + describe(session)));
}

// The policy changed while a warning stood: what it said is no longer true.
void Engine::put_off(Session& session, Context& context) {
  session.warning.reset();
  session.waits_for.reset();
  update_watch(session, context);
  context.want(Write{session.login.id, names_of(session.terminals), put_off_text()});
  context.want(Save{session.login.id});
}

void Engine::report(Session& session, Context& context) {
  const seconds limit = *session.rules->settings.idle;
  const BootTime deadline = session.input->at + limit;
  const bool reported =
      session.reported_input && session.input->at <= *session.reported_input + kGrain;
  if (context.boot() < deadline) return plan(session, deadline);
  if (!reported) {
    session.reported_input = session.input->at;
    Record record = record_of(RecordKind::kWouldLogOut, Severity::kNotice, session, context.now,
                              "Would log out (mode report): " + describe(session));
    record.fields.emplace_back("IDLED_CAUSE", name_of(Cause::kIdle));
    context.want(std::move(record));
  }
  plan(session, context.boot() + limit);
}

}  // namespace idled::core
