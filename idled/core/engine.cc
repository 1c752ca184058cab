#include "idled/core/engine.h"

#include <algorithm>

#include "base/text.h"
#include "idled/core/context.h"
#include "idled/core/notice.h"
#include "idled/core/records.h"
#include "idled/core/tmout.h"

namespace idled::core {
namespace {

// How many logins one step asks to be looked at, so that the loop never stalls.
constexpr int kLooksPerStep = 64;

policy::Subject subject_of(const Login& login) {
  return {login.user, login.uid, login.gids, login.service, login.remote_host, {}, login.kind};
}

// Whether a look at `now` is one that a logout may follow, or the record of one.
bool may_be_last(const Session& session, BootTime now) {
  const auto has_come = [&](const std::optional<End>& end) { return end && end->at <= now; };
  return session.waits_for || has_come(end_of(session)) ||
         (!is_reported(session) && has_come(limit_of(session)));
}

}  // namespace

policy::Subject subject_of(const Session& session) {
  policy::Subject subject = subject_of(session.login);
  subject.kind = kind_of(session);
  for (const Terminal& terminal : session.terminals) subject.terminals.push_back(terminal.name);
  return subject;
}

Engine::Engine(std::shared_ptr<const policy::Policy> policy) : policy_(std::move(policy)) {}

Step Engine::step(const Event& event, const Now& now) {
  Context context{now, {}};
  std::visit([&](const auto& e) { on(e, context); }, event);
  Step step{std::move(context.actions), rules_change_at_};
  if (const Session* first = schedule_.first();
      first && (!step.next || first->schedule.due < *step.next))
    step.next = first->schedule.due;
  return step;
}

// --- logins come and go -------------------------------------------------------

// Decided once, before the terminal is known: no rule that comes to apply may find a
// shell that ends its user sooner.
std::string Engine::tmout_of(const policy::Subject& subject) const {
  return shell_tmout(policy_->mildest(subject));
}

// The login that a su or sudo belongs to.
const Session* Engine::enclosing(const LoginOpened& event) const {
  if (comes_over_a_connection(event.login)) return nullptr;
  for (const ProcessIdentity& ancestor : event.ancestors)
    if (const Session* outer = find_leader(ancestor)) return outer;
  return nullptr;
}

// A server that opens sessions in its own process (JupyterHub, with PAM) is nobody's login: it
// cannot be ended for one of its users. Of an adopted login PAM knows the user better.
void Engine::learn_of_server(const LoginOpened& event, Context& context) {
  const ProcessIdentity& leader = event.login.leader;
  const auto known = by_leader_.find(leader.pid);
  // What a search says may be older than what PAM said meanwhile.
  if (event.login.adopted || known == by_leader_.end()) return;
  Session& other = *known->second;
  if (other.login.leader != leader || other.login.uid == event.login.uid) return;
  if (!other.login.adopted) {
    servers_[leader.pid] = leader.start_ticks;
    context.want(
        Record{RecordKind::kRefused,
               Severity::kWarning,
               "Cannot watch the login of " + printable(event.login.user) + " (" +
                   printable(event.login.service) + "): process " + std::to_string(leader.pid) +
                   " has opened one of " + printable(other.login.user) +
                   ", too, and cannot be ended for one of them; its logins are not watched",
               {}});
  }
  close(other, context);
}

bool Engine::is_server(const ProcessIdentity& process) const {
  const auto server = servers_.find(process.pid);
  return server != servers_.end() && server->second == process.start_ticks;
}

void Engine::on(const LoginOpened& event, Context& context) {
  learn_of_server(event, context);
  if (is_server(event.login.leader)) {
    context.want(Registered{event.token, {}, tmout_of(subject_of(event.login))});
    return;
  }
  // Two lines in the PAM stack, or an adopted login that PAM now announces.
  const Session* known = find_leader(event.login.leader);
  if (!known) known = enclosing(event);
  if (known) {
    context.want(Registered{event.token, known->login.id, tmout_of(subject_of(*known))});
    return;
  }
  if (event.nested && event.login.ssh_connection.empty()) {
    context.want(Registered{event.token, {}, tmout_of(subject_of(event.login))});
    return;
  }
  // A pid that came back: of the two leaders, the one that began earlier is gone.
  if (const auto other = by_leader_.find(event.login.leader.pid); other != by_leader_.end()) {
    if (event.login.leader.start_ticks < other->second->login.leader.start_ticks)
      return context.want(Registered{event.token, {}, tmout_of(subject_of(event.login))});
    close(*other->second, context);
  }

  SessionData data;
  data.login = event.login;
  data.opened = context.boot();
  if (data.login.adopted)  // it may have begun long ago
    data.opened = std::min(data.opened, context.now.clocks.to_boot(data.login.opened_at));
  // What a login says of itself may be said by two.
  const std::string by_leader = "p" + std::to_string(data.login.leader.pid);
  for (int n = 0; sessions_.find(data.login.id.value); ++n)
    data.login.id.value = n == 0 ? by_leader : by_leader + "-" + std::to_string(n);
  Session& session = insert(std::move(data), context.now);
  context.want(Attach{session.login.id, session.login.leader, session.login.console});
  const bool adopted = session.login.adopted;
  if (!adopted) session.tmout = tmout_of(subject_of(session));
  // Who is let in is remembered, whatever becomes of this daemon.
  context.want(Save{session.login.id});
  context.want(Registered{event.token, session.login.id, session.tmout});
  context.want(record_of(adopted ? RecordKind::kAdopted : RecordKind::kOpened, Severity::kInfo,
                         session, context.now, std::nullopt,
                         (adopted ? "Found " : "Opened ") + describe(session)));
  if (adopted)
    schedule_.set(session, context.boot());  // may be long idle already
  else
    decide(session, context);
}

void Engine::on(const LoginRestored& event, Context& context) {
  const ProcessIdentity leader = event.data.login.leader;
  if (by_leader_.contains(leader.pid) || sessions_.find(event.data.login.id.value)) return;
  Session& session = insert(event.data, context.now);
  context.want(Attach{session.login.id, leader, session.login.console});
  context.want(record_of(RecordKind::kRestored, Severity::kDebug, session, context.now,
                         std::nullopt, "Restored " + describe(session)));
  update_watch(session, context);
  schedule_.set(session, context.boot());
}

void Engine::on(const LoginClosed& event, Context& context) {
  leave(event.id, context);
}

void Engine::on(const LeaderExited& event, Context& context) {
  leave(event.id, context);
}

// PAM has closed it, or its leader is gone. Where all of its processes are to go, it is over
// when they are.
void Engine::leave(const SessionId& id, Context& context) {
  Session* session = lookup(id);
  if (!session) return;
  if (!session->ending || !session->ending->all_processes) return close(*session, context);
  context.want(Observe{id});
}

Session& Engine::insert(SessionData data, const Now& now) {
  Session& session = sessions_.insert(std::make_unique<Session>(std::move(data)));
  by_leader_[session.login.leader.pid] = &session;
  by_user_.add(session);
  session.looked_at = now.boot();
  session.clocks = now.clocks;
  resolve(session, now);
  return session;
}

void Engine::close(Session& session, Context& context) {
  const SessionId id = session.login.id;
  const ProcessIdentity leader = session.login.leader;
  if (session.ending) {
    context.want(record_of(RecordKind::kEnded, Severity::kNotice, session, context.now,
                           session.ending->cause, "Logged out " + describe(session)));
  } else {
    context.want(record_of(RecordKind::kClosed, Severity::kInfo, session, context.now, std::nullopt,
                           "Closed " + describe(session)));
  }
  context.want(Forget{id, leader});
  schedule_.remove(session);
  by_leader_.erase(leader.pid);
  by_user_.remove(session);
  sessions_.erase(id.value);
  settle_kicks(id, false, context);
}

// --- looks --------------------------------------------------------------------

void Engine::on(const Observed& event, Context& context) {
  Session* session = lookup(event.id);
  if (!session) return;
  if (event.observation.failed) return go_on_unseen(*session, context);
  if (!event.observation.leader_alive) return outlive_leader(*session, event.observation, context);
  take_in(*session, event.observation, context);
  update_watch(*session, context);
  if (session->ending)
    go_on_ending(*session, context);
  else
    decide(*session, context);
}

void Engine::on(const Written& event, Context& context) {
  Session* session = lookup(event.id);
  if (!session) return;
  for (const auto& [name, mtime] : event.mtimes)
    for (Terminal& terminal : session->terminals)
      if (terminal.name == name) terminal.memory = forgive_own_output(terminal.memory, mtime);
  if (!event.warned_of) return;
  BoxedOptional<Warning>& told = warning_of(*session, *event.warned_of);
  if (!told || told->delivered == event.delivered) return;
  told->delivered = event.delivered;
  if (!event.delivered && !session->ending)
    decide(*session, context);  // sets the time of the next try
}

void Engine::on(const ClockStepped&, Context& context) {
  // Before the clock is trusted again: each terminal's time must be translated
  // while it is still known under which setting it was written.
  for_each([&](const Session& session) { context.want(Observe{session.login.id}); });
  resolve_all(context);  // another time of day
}

void Engine::on(const TimerExpired&, Context& context) {
  if (rules_change_at_ && *rules_change_at_ <= context.boot()) resolve_all(context);
  for (int looks = 0; looks < kLooksPerStep; ++looks) {
    Session* first = schedule_.first();
    if (!first || first->schedule.due > context.boot()) return;
    schedule_.remove(*first);
    const Look look = may_be_last(*first, context.boot()) ? Look::kClose : Look::kBrief;
    context.want(Observe{first->login.id, look});
  }
}

// --- the policy -----------------------------------------------------------------

void Engine::on(const PolicyChanged& event, Context& context) {
  policy_ = event.policy;
  resolve_all(context);
}

void Engine::resolve(Session& session, const Now& now) {
  policy::Resolved resolved = policy_->resolve(subject_of(session), now.local);
  if (!session.rules || !is_same(*session.rules, resolved))
    session.rules = rules_.share(std::move(resolved));
  session.shortest_idle = policy_->shortest_idle(subject_of(session), now.local);
  if (const std::optional<seconds> change = policy_->next_change(now.local)) {
    if (!rules_change_at_ || now.boot() + *change < *rules_change_at_)
      rules_change_at_ = now.boot() + *change;
  }
}

void Engine::resolve_all(Context& context) {
  rules_change_at_.reset();
  sessions_.for_each([&](Session& session) {
    const auto before = session.rules;
    resolve(session, context.now);
    if (session.rules != before) meet_new_rules(session, context);
  });
}

void Engine::meet_new_rules(Session& session, Context& context) {
  // A limit that shrank must not end anybody without the warnings it grants.
  const policy::Settings& settings = session.rules->settings;
  const auto raise = [&](BootTime& floor, const std::optional<seconds>& limit) {
    if (!limit || session.ending) return;
    const auto leads = policy::warnings_before(settings, *limit);
    if (!leads.empty()) floor = std::max(floor, context.boot() + leads.front());
  };
  raise(session.floor, settings.idle);
  raise(session.cap_floor, settings.session);
  if (settings.mode == policy::Mode::kEnforce) {
    session.reported_input.reset();
    session.reported_cap = false;
  }
  if ((session.warning || session.cap_warning) && !session.ending) put_off(session, context);
  schedule_.set(session, context.boot());
  context.want(Save{session.login.id});
}

// --- questions ------------------------------------------------------------------

Session* Engine::lookup(const SessionId& id) {
  return sessions_.find(id.value);
}

const Session* Engine::find(const SessionId& id) const {
  return sessions_.find(id.value);
}

const Session* Engine::find_leader(const ProcessIdentity& leader) const {
  const auto it = by_leader_.find(leader.pid);
  return it != by_leader_.end() && it->second->login.leader == leader ? it->second : nullptr;
}

void Engine::for_each(const std::function<void(const Session&)>& visit) const {
  sessions_.for_each(visit);
}

void Engine::for_each_of(uid_t user, const std::function<void(const Session&)>& visit) const {
  by_user_.for_each_of(user, visit);
}

State state_of(const Session& session) {
  if (session.ending) return State::kEnding;
  if (session.kick) return State::kWarned;
  const policy::Settings& settings = session.rules->settings;
  if (settings.mode == policy::Mode::kEnforce) {
    if (session.waits_for) return State::kWaiting;
    if (session.warning || session.cap_warning) return State::kWarned;
  }
  if (session.hold) return State::kHeld;
  return settings.idle || settings.session ? State::kActive : State::kExempt;
}

Kind kind_of(const Session& session) {
  if (session.login.kind == Kind::kGraphical || session.login.kind == Kind::kConsole)
    return session.login.kind;
  return session.terminals.empty() ? Kind::kNoTerminal : Kind::kTerminal;
}

bool may_be_of_a_server(const Session& session) {
  return kind_of(session) == Kind::kNoTerminal && session.login.ssh_connection.empty() &&
         session.login.console.empty();
}

namespace {

// A cap is for who has come to a terminal or over a connection. A desktop, a greeter, cron's job
// are not for it to end: there is nowhere to warn.
bool may_be_capped(const Session& session) {
  if (!session.login.ssh_connection.empty()) return true;
  const Kind kind = kind_of(session);
  return kind == Kind::kTerminal || kind == Kind::kConsole ||
         (kind == Kind::kNoTerminal && comes_over_a_connection(session.login));
}

// A limit's end, put off by what has been promised: a warning first, a hold.
BootTime promised(const Session& session, seconds limit, BootTime at, BootTime floor, bool held) {
  at = std::max(at, floor);
  if (!held) return at;
  return std::max(at, session.hold->until + longest_warning(session.rules->settings, limit));
}

}  // namespace

seconds longest_warning(const policy::Settings& settings, seconds limit) {
  const auto leads = policy::warnings_before(settings, limit);
  return leads.empty() ? seconds(0) : leads.front();
}

std::optional<BootTime> idle_deadline(const Session& session) {
  return session.input ? idle_deadline(session, *session.input) : std::nullopt;
}

std::optional<BootTime> idle_deadline(const Session& session, const LastInput& input) {
  const std::optional<seconds>& limit = session.rules->settings.idle;
  if (!limit) return std::nullopt;
  return promised(session, *limit, input.at + *limit, session.floor, session.hold.has_value());
}

std::optional<BootTime> cap_deadline(const Session& session) {
  const std::optional<seconds>& limit = session.rules->settings.session;
  if (!limit || session.reported_cap || !may_be_capped(session)) return std::nullopt;
  return promised(session, *limit, session.opened + *limit, session.cap_floor,
                  session.hold && session.hold->by_admin);
}

std::optional<End> limit_of(const Session& session) {
  const std::optional<BootTime> idle = idle_deadline(session);
  const std::optional<BootTime> cap = cap_deadline(session);
  if (cap && (!idle || *cap <= *idle)) return End{*cap, Cause::kCap};
  return idle ? std::optional(End{*idle, Cause::kIdle}) : std::nullopt;
}

std::optional<End> end_of(const Session& session) {
  const bool enforced = session.rules->settings.mode == policy::Mode::kEnforce;
  std::optional<End> end;
  if (enforced && !session.waits_for) end = limit_of(session);
  if (session.kick && (!end || session.kick->at < end->at))
    end = End{session.kick->at, Cause::kKick};
  return end;
}

}  // namespace idled::core
