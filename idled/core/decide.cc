// From a look to what follows: nothing yet, a warning, a cancellation, the end.
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

const Terminal* find_terminal(const std::vector<Terminal>& terminals, const std::string& name) {
  const auto it = std::find_if(terminals.begin(), terminals.end(),
                               [&](const Terminal& t) { return t.name == name; });
  return it == terminals.end() ? nullptr : &*it;
}

std::vector<Terminal> remember_all(const Session& session, const Observation& observation) {
  std::vector<Terminal> after;
  after.reserve(observation.terminals.size());
  for (const TerminalSample& sample : observation.terminals) {
    const Terminal* known = find_terminal(session.terminals, sample.name);
    after.push_back({sample.name,
                     remember(known ? std::optional(known->memory) : std::nullopt, sample,
                              observation.clocks, session.login.opened_at),
                     sample.foreground, sample.watched});
  }
  return after;
}

// The login was last used when the last used of its terminals was.
std::optional<LastInput> latest_input(const std::vector<Terminal>& terminals,
                                      const Observation& observation) {
  std::optional<LastInput> latest;
  for (const Terminal& terminal : terminals) {
    const LastInput input =
        last_input(terminal.memory, observation.wire_quiet, observation.clocks.boot);
    if (!latest || input.at > latest->at) latest = input;
  }
  return latest;
}

bool all_watched(const std::vector<Terminal>& terminals) {
  return std::all_of(terminals.begin(), terminals.end(),
                     [](const Terminal& t) { return t.watched; });
}

}  // namespace

std::vector<std::string> names_of(const std::vector<Terminal>& terminals) {
  std::vector<std::string> names;
  names.reserve(terminals.size());
  for (const Terminal& terminal : terminals) names.push_back(terminal.name);
  return names;
}

void Engine::take_in(Session& session, const Observation& observation, const Now& now) {
  std::vector<Terminal> terminals = remember_all(session, observation);
  const bool others = names_of(terminals) != names_of(session.terminals);
  session.terminals = std::move(terminals);
  session.input = latest_input(session.terminals, observation);
  session.looked_at = observation.clocks.boot;
  if (others) resolve(session, now);  // a rule may ask for the terminal
}

// Reads are told of every terminal while a warning stands, so that coming back is seen at
// once, and for good of those whose times were changed.
void Engine::update_watch(Session& session, Context& context) {
  std::vector<std::string> wanted;
  bool arming = false;
  for (const Terminal& terminal : session.terminals) {
    if (!session.warning && !terminal.memory.doubted) continue;
    wanted.push_back(terminal.name);
    arming = arming || (terminal.memory.doubted && !terminal.memory.armed);
  }
  const bool changed = wanted != session.watched;
  if (!changed && (wanted.empty() || all_watched(session.terminals))) return;
  session.watched = wanted;
  context.want(Watch{session.login.id, std::move(wanted)});
  // First the watch, then the look that it starts from: no read falls between.
  if (changed && arming) context.want(Observe{session.login.id});
}

bool Engine::is_due(const SessionId& id, const Observation& observation) const {
  const Session* session = find(id);
  if (!session || !observation.leader_alive || !session->rules->settings.idle) return false;
  const std::optional<LastInput> input =
      latest_input(remember_all(*session, observation), observation);
  return input && observation.clocks.boot >= deadline_of(*session, *input);
}

void Engine::decide(Session& session, Context& context) {
  if (session.kick) return decide_kick(session, context);
  if (session.rules->settings.idle) return decide_idle(session, context);
  if (session.warning) put_off(session, context);
  schedule_.remove(session);  // exempt: looked at only when somebody asks
}

void Engine::decide_kick(Session& session, Context& context) {
  if (context.boot() >= session.kick->at)
    begin_ending(session, Cause::kKick, context);
  else
    schedule_.set(session, session.kick->at);
}

void Engine::decide_idle(Session& session, Context& context) {
  const policy::Settings& settings = session.rules->settings;
  const seconds limit = *settings.idle;
  const auto leads = policy::warnings_before(settings, limit);
  const seconds longest = leads.empty() ? seconds(0) : leads.front();
  const BootTime now = context.boot();

  if (!session.input) {
    // No terminal now. One that opens later is seen before its first warning.
    session.warning.reset();
    return schedule_.set(session, now + limit - longest);
  }
  if (settings.mode == policy::Mode::kReport) return report(session, context);

  if (session.warning && session.input->at > session.warning->last_input + kGrain)
    cancel_warning(session, context);
  BootTime deadline = deadline_of(session);
  if (now >= deadline) {
    if (leads.empty() || session.warning) return begin_ending(session, Cause::kIdle, context);
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
  schedule_.set(session, next);
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
  context.want(Write{id, names_of(session.terminals), cancelled_text()});
  context.want(Save{id});
  context.want(record_of(RecordKind::kCancelled, Severity::kInfo, session, context.now,
                         "Logout cancelled by input: " + describe(session)));
}

// The policy changed while a warning stood: what it said is no longer true.
void Engine::put_off(Session& session, Context& context) {
  session.warning.reset();
  update_watch(session, context);
  context.want(Write{session.login.id, names_of(session.terminals), put_off_text()});
  context.want(Save{session.login.id});
}

void Engine::report(Session& session, Context& context) {
  const seconds limit = *session.rules->settings.idle;
  const BootTime deadline = session.input->at + limit;
  const bool reported =
      session.reported_input && session.input->at <= *session.reported_input + kGrain;
  if (context.boot() < deadline) return schedule_.set(session, deadline);
  if (!reported) {
    session.reported_input = session.input->at;
    Record record = record_of(RecordKind::kWouldLogOut, Severity::kNotice, session, context.now,
                              "Would log out (mode report): " + describe(session));
    record.fields.emplace_back("IDLED_CAUSE", name_of(Cause::kIdle));
    context.want(std::move(record));
  }
  schedule_.set(session, context.boot() + limit);
}

}  // namespace idled::core
