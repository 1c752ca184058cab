// From a look to what is remembered of it, and what of it counts as activity.
#include <algorithm>

#include "idled/core/context.h"
#include "idled/core/engine.h"
#include "idled/core/records.h"

namespace idled::core {
namespace {

// How often a job in front is asked what it has used (activity "job"): what it did in
// between counts up to the look. All looks of this kind fall on the same instants, so
// that they share a wake-up and one walk over the processes.
constexpr seconds kWorkPoll{8};

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr auto kSameName = [](const auto& a, const auto& b) { return a.name == b.name; };

// `known`: as it was remembered; null where it has opened since.
TerminalMemory remember_one(const Terminal* known, const TerminalSample& sample,
                            const Session& session, const Observation& observation) {
  return remember(known ? &known->memory : nullptr, sample, observation.clocks,
                  session.login.opened_at, observation.reads_told, session.clocks);
}

std::vector<Terminal> remember_all(const Session& session, const Observation& observation) {
  std::vector<Terminal> after;
  after.reserve(observation.terminals.size());
  for (const TerminalSample& sample : observation.terminals)
    after.push_back(
        {sample.name,
         remember_one(find_terminal(session, sample.name), sample, session, observation),
         sample.foreground, sample.watched});
  return after;
}

// Where they are those of the last look, as nearly always: to make them anew costs memory that
// has to be fetched.
void remember_in_place(Session& session, const Observation& observation) {
  for (std::size_t i = 0; i < session.terminals.size(); ++i) {
    Terminal& terminal = session.terminals[i];
    const TerminalSample& sample = observation.terminals[i];
    terminal.memory = remember_one(&terminal, sample, session, observation);
    terminal.foreground = sample.foreground;
    terminal.watched = sample.watched;
  }
}

// Somebody may have typed on a terminal until it closed, after the last look at it: of that
// only the present look and the wire tell. So, too, in the graphical session that had taken a
// console's place, until that is there again.
std::optional<BootTime> input_of_closed(const Session& session, const Observation& observation) {
  const std::vector<TerminalSample>& terminals = observation.terminals;
  const bool closed =
      std::any_of(session.terminals.begin(), session.terminals.end(), [&](const Terminal& known) {
        return std::none_of(terminals.begin(), terminals.end(), [&](const TerminalSample& sample) {
          return sample.name == known.name;
        });
      });
  const bool is_back = session.login.kind == Kind::kConsole && session.looked_at != BootTime{} &&
                       session.terminals.empty() && !terminals.empty();
  if (!closed && !is_back) return session.closed_input;
  BootTime input = observation.clocks.boot;
  if (observation.wire) input = std::min(input, input - observation.wire->received + kWireGrain);
  return std::max(input, session.closed_input.value_or(input));
}

// The login was last used when the last used of its terminals was, be it one that has closed.
// `terminals` as this look leaves them, `closed` by input_of_closed.
std::optional<LastInput> latest_activity(const Session& session,
                                         const std::vector<Terminal>& terminals,
                                         const std::optional<BootTime>& closed,
                                         const Observation& observation) {
  const policy::Settings& settings = session.rules->settings;
  const BootTime look = observation.clocks.boot;
  if (terminals.empty()) {
    const bool counts = settings.no_terminal == policy::NoTerminal::kNetwork && observation.wire &&
                        session.login.kind != Kind::kGraphical;
    return counts ? std::optional(last_traffic(*observation.wire, look)) : std::nullopt;
  }
  std::optional<LastInput> latest;
  for (const Terminal& terminal : terminals) {
    const LastInput input =
        last_activity(terminal.memory, observation.wire, look, settings.activity);
    if (!latest || input.at > latest->at) latest = input;
  }
  if (closed && *closed > latest->at) latest = LastInput{*closed, Witness::kClosed};
  return latest;
}

// The program in front that a logout may not interrupt, if there is one.
std::optional<std::string> uninterruptible(const Session& session, const Observation& observation) {
  for (const TerminalSample& terminal : observation.terminals)
    for (const std::string& program : terminal.root_programs)
      if (is_never_interrupted(session.rules->settings, program)) return program;
  return std::nullopt;
}

}  // namespace

const Terminal* find_terminal(const SessionData& session, const std::string& name) {
  const auto it = std::find_if(session.terminals.begin(), session.terminals.end(),
                               [&](const Terminal& terminal) { return terminal.name == name; });
  return it == session.terminals.end() ? nullptr : &*it;
}

std::vector<std::string> names_of(const std::vector<Terminal>& terminals) {
  std::vector<std::string> names;
  names.reserve(terminals.size());
  for (const Terminal& terminal : terminals) names.push_back(terminal.name);
  return names;
}

bool all_watched(const std::vector<Terminal>& terminals) {
  return std::all_of(terminals.begin(), terminals.end(),
                     [](const Terminal& t) { return t.watched; });
}

void Engine::take_in(Session& session, const Observation& observation, Context& context) {
  const std::optional<BootTime> closed = input_of_closed(session, observation);
  const bool others =
      !std::equal(session.terminals.begin(), session.terminals.end(), observation.terminals.begin(),
                  observation.terminals.end(), kSameName);
  if (others)
    session.terminals = remember_all(session, observation);
  else
    remember_in_place(session, observation);
  session.input = latest_activity(session, session.terminals, closed, observation);
  if (closed != session.closed_input) context.want(Save{session.login.id});
  session.closed_input = closed;
  session.looked_at = observation.clocks.boot;
  session.clocks = observation.clocks;
  session.look = observation.look;
  if (observation.look == Look::kClose)
    session.uninterruptible = uninterruptible(session, observation);
  if (others) resolve(session, context.now);  // a rule may ask for the terminal
}

bool Engine::is_due(const SessionId& id, const Observation& observation) const {
  const Session* session = find(id);
  if (!session || !observation.leader_alive || observation.failed) return false;
  // The policy may have changed since the farewell.
  if (session->rules->settings.mode == policy::Mode::kReport) return false;
  if (uninterruptible(*session, observation)) return false;
  std::optional<BootTime> deadline;
  if (session->ending && session->ending->cause == Cause::kCap) {
    deadline = cap_deadline(*session);
  } else if (const std::optional<LastInput> input =
                 latest_activity(*session, remember_all(*session, observation),
                                 input_of_closed(*session, observation), observation)) {
    deadline = idle_deadline(*session, *input);
  }
  return deadline && observation.clocks.boot >= *deadline;
}

// Reads are told of every terminal while a warning stands, so that coming back is seen at
// once, and for good of those whose times were changed. Output is told where it counts:
// in the block of our own warning the mtime would not show it.
void Engine::update_watch(Session& session, Context& context) {
  std::vector<std::string> wanted;
  bool arming = false;
  for (const Terminal& terminal : session.terminals) {
    if (!session.warning && !terminal.memory.doubted) continue;
    wanted.push_back(terminal.name);
    arming = arming || (terminal.memory.doubted && !terminal.memory.armed);
  }
  const bool output =
      session.warning && session.rules->settings.activity == policy::Activity::kOutput;
  const bool changed = wanted != session.watched || output != session.output_watched;
  if (!changed && (wanted.empty() || all_watched(session.terminals))) return;
  for (Terminal& terminal : session.terminals)  // unless Watched denies it
    terminal.watched = contains(wanted, terminal.name);
  session.watched = wanted;
  session.output_watched = output;
  context.want(Watch{session.login.id, std::move(wanted), output});
  // First the watch, then the look that it starts from: no read falls between.
  if (changed && arming) context.want(Observe{session.login.id});
}

// A terminal that nobody tells of is looked at again and again while a warning stands. (Reads
// between the look and the watch are in the atime: they began a block of their own, or those
// that the look saw would count to its end.)
void Engine::on(const Watched& event, Context& context) {
  Session* session = lookup(event.id);
  if (!session) return;
  for (Terminal& terminal : session->terminals)
    terminal.watched = contains(event.terminals, terminal.name);
  if (!session->warning || session->ending || all_watched(session->terminals)) return;
  look_soon(*session, context);
}

// There was nothing to look with. A kick takes no evidence; all else waits for some.
void Engine::go_on_unseen(Session& session, Context& context) {
  const bool kicked = session.kick && session.kick->at <= context.boot();
  if (kicked && session.ending)
    go_on_ending(session, context);
  else if (kicked)
    begin_ending(session, Cause::kKick, context);
  else
    look_soon(session, context);
}

void Engine::look_soon(Session& session, Context& context) {
  const BootTime again = context.boot() + kRetry;
  if (!session.schedule.is_scheduled() || again < session.schedule.due)
    schedule_.set(session, again);
}

void Engine::on(const TerminalSeen& event, Context& context) {
  Session* session = lookup(event.id);
  if (!session) return;
  for (Terminal& terminal : session->terminals) {
    if (terminal.name != event.terminal) continue;
    const std::uint32_t forgeries = terminal.memory.forgeries;
    const auto learn = event.read ? remember_read : remember_change;
    terminal.memory = learn(terminal.memory, event.ctime, context.boot());
    if (event.written) terminal.memory = remember_output(terminal.memory, context.boot());
    if (is_forged(forgeries) != is_forged(terminal.memory.forgeries))
      context.want(record_forgery(*session, terminal.name, context.now));
  }
  if (session->schedule.is_scheduled()) plan(*session, session->schedule.due);
  const bool news = event.read || (event.written && session->output_watched);
  if (!news || !session->warning || session->ending) return;
  const BootTime earliest = session->looked_at + kLookSpacing;
  if (context.boot() >= earliest)
    context.want(Observe{event.id});
  else if (!session->schedule.is_scheduled() || earliest < session->schedule.due)
    schedule_.set(*session, earliest);
}

// When the session is looked at next: at `next`, or sooner where the evidence asks for it.
void Engine::plan(Session& session, BootTime next) {
  for (const Terminal& terminal : session.terminals)
    if (const std::optional<BootTime> settles = settles_at(terminal.memory))
      next = std::min(next, std::max(*settles, session.looked_at + kSettling));
  // A terminal that opens meanwhile may be under a shorter limit: it is seen in time.
  const policy::Settings& settings = session.rules->settings;
  if (session.shortest_idle && (!settings.idle || *session.shortest_idle < *settings.idle)) {
    const seconds lead = longest_warning(settings, *session.shortest_idle);
    next = std::min(next, session.looked_at + *session.shortest_idle - lead);
  }
  if (settings.activity == policy::Activity::kJob && settings.idle && !session.terminals.empty()) {
    const auto polls = session.looked_at.time_since_epoch() / kWorkPoll;
    next = std::min(next, BootTime(kWorkPoll * (polls + 1)));
  }
  schedule_.set(session, next);
}

}  // namespace idled::core
