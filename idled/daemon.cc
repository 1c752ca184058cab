#include "idled/daemon.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/text.h"
#include "idled/snapshot.h"

namespace idled {

using core::SessionId;

Daemon::Daemon(Host& host, LoadedPolicy policy, std::optional<gid_t> admins)
    : host_(host),
      policy_(std::move(policy)),
      policy_error_(policy_.errors),
      admins_(admins),
      events_([this](const service::Peer& peer) { return is_admin(peer); }),
      engine_(policy_.policy) {
  started_at_ = policy_loaded_at_ = host_.now().clocks.wall;
}

void Daemon::start() {
  std::vector<std::string> troubles;
  for (core::SessionData& data : host_.load_state(troubles))
    deliver(core::LoginRestored{std::move(data)});
  for (const std::string& text : troubles) trouble(text);
  const std::unique_ptr<Host::Search> search = host_.search_logins(is_known());
  while (!search->look()) {
  }
  if (search->was_blind()) look_again();
  take_up(*search);
}

void Daemon::find_logins() {
  if (std::exchange(searches_, true)) return look_again();
  begin([this, search = std::shared_ptr(host_.search_logins(is_known())),
         took = nanoseconds(0)]() mutable {
    const BootTime began = host_.now().boot();
    const bool all = search->look();
    took += host_.now().boot() - began;
    if (!all) return false;
    searches_ = false;
    search_took_ = took;
    if (search->was_blind()) look_again();
    take_up(*search);
    return true;
  });
}

Host::IsKnown Daemon::is_known() const {
  return [this](const core::ProcessIdentity& leader) {
    return engine_.find_leader(leader) != nullptr;
  };
}

void Daemon::take_up(Host::Search& search) {
  for (core::Login& login : search.take()) deliver(core::LoginOpened{std::move(login)});
}

void Daemon::on_exit(const core::ProcessIdentity& leader) {
  if (const core::Session* session = engine_.find_leader(leader))
    deliver(core::LeaderExited{session->login.id});
}

void Daemon::look_where_closed(const std::vector<std::string>& terminals) {
  if (terminals.empty()) return;
  // Anybody may close thousands at once.
  const std::unordered_set<std::string> closed(terminals.begin(), terminals.end());
  std::vector<SessionId> ids;
  engine_.for_each([&](const core::Session& session) {
    if (std::any_of(session.terminals.begin(), session.terminals.end(),
                    [&](const core::Terminal& terminal) { return closed.contains(terminal.name); }))
      ids.push_back(session.login.id);
  });
  for (const SessionId& id : ids) look_at(id);
}

// --- the pump -----------------------------------------------------------------------

void Daemon::deliver(core::Event event) {
  queue_.push_back(std::move(event));
  if (pumping_) return;  // called from an action's handler: the loop below goes on
  pumping_ = true;
  while (!queue_.empty() || !hang_ups_.empty()) {
    if (queue_.empty()) {
      const core::HangUp action = std::move(hang_ups_.front());
      hang_ups_.pop_front();
      perform_at_last(action);
      continue;
    }
    const core::Event next = std::move(queue_.front());
    queue_.pop_front();
    core::Step step = engine_.step(next, host_.now());
    next_ = step.next;
    for (const core::Action& action : step.actions)
      std::visit([this](const auto& a) { perform(a); }, action);
  }
  host_.close_terminals();
  pumping_ = false;
}

bool Daemon::tell_seen() {
  return tell_seen({});
}

// What is told of `own` terminals' output is our own.
bool Daemon::tell_seen(const SessionId& own) {
  Seen seen = host_.take_seen();
  for (Seen::Terminal& terminal : seen.terminals) {
    const core::Session* session = engine_.find_leader(terminal.leader);
    if (!session) continue;
    terminal.seen.id = session->login.id;
    if (terminal.seen.id == own) terminal.seen.written = false;
    deliver(std::move(terminal.seen));
  }
  return seen.all;
}

void Daemon::perform(const core::Attach& action) {
  const core::Session* session = engine_.find(action.id);
  if (!session) return;
  const Result<void> attached = host_.attach(action, session->login.uid);
  if (attached) return;
  // Without a hold on its leader a login cannot be watched. It is there all the same, and is
  // found when there is something to hold it with.
  if (attached.error().code != ESRCH) {
    trouble("cannot hold session " + action.id.value + ": " + attached.error().text +
            "; it is looked for again");
    look_again();
  }
  deliver(core::LeaderExited{action.id});
}

void Daemon::perform(const core::Observe& action) {
  const core::Session* session = engine_.find(action.id);
  if (!session) return;
  const bool told = tell_seen();  // what was seen before comes before
  core::Observation observation = observe(*session, action.look);
  observation.reads_told = told;
  deliver(core::Observed{action.id, std::move(observation)});
}

void Daemon::perform(const core::Write& action) {
  const core::Session* session = engine_.find(action.id);
  if (!session) return;
  tell_seen();
  core::Written written = host_.write(*session, action.terminals, action.text);
  written.warned_of = action.warns_of;
  deliver(std::move(written));
  tell_seen(action.id);
}

void Daemon::perform(const core::Watch& action) {
  if (const core::Session* session = engine_.find(action.id))
    deliver(core::Watched{action.id, host_.watch(*session, action)});
}

// Reads that have been told and not yet taken may be the key that spares the login: they
// go first, and then the last look.
void Daemon::perform(const core::HangUp& action) {
  tell_seen();
  hang_ups_.push_back(action);
}

void Daemon::perform_at_last(const core::HangUp& action) {
  const core::Session* session = engine_.find(action.id);
  if (!session || !session->ending) return;
  if (action.look_again) {
    core::Observation last = observe(*session, core::Look::kClose);
    if (!engine_.is_due(action.id, last)) return deliver(core::Spared{action.id, std::move(last)});
  }
  const Result<void> done = host_.hang_up(*session, action.terminals, action.all_processes);
  if (!done) trouble("hanging up session " + action.id.value + ": " + done.error().text);
  deliver(core::HungUp{action.id});  // if it failed, the next rung follows all the same
}

void Daemon::perform(const core::SignalTerminalLeaders& action) {
  if (const core::Session* session = engine_.find(action.id))
    host_.signal_terminal_leaders(*session, action.signal);
}

void Daemon::perform(const core::SignalLogin& action) {
  if (const core::Session* session = engine_.find(action.id)) host_.signal_login(*session, action);
}

void Daemon::perform(const core::Save& action) {
  const core::Session* session = engine_.find(action.id);
  if (!session) return;
  if (const Result<void> saved = host_.save_state(action.id, *session); !saved)
    trouble(saved.error().text + "; the session is watched on, but a restart would find it anew");
}

void Daemon::perform(const core::Forget& action) {
  host_.forget(action);
}

void Daemon::perform(const core::Registered& action) {
  if (const auto since = registering_since_.extract(action.token))
    counters_.count_registration(host_.now().boot() - since.mapped());
  if (const std::optional<service::Answer> answer = take(action.token))
    answer->done(protocol::encode(protocol::RegisterReply{action.id.value, action.tmout}));
}

void Daemon::perform(const core::KickAnswered& action) {
  const std::optional<service::Answer> answer = take(action.token);
  const auto kick = kicks_.extract(action.token);
  if (!answer || kick.empty()) return;
  if (action.still_there.empty()) return answer->done(protocol::encode(kick.mapped()));
  protocol::StillThereError error;
  for (const SessionId& id : action.still_there) error.sessions.push_back(id.value);
  answer->fail(protocol::kStillThere, protocol::encode(error));
}

void Daemon::perform(const core::Record& action) {
  record(action);
}

void Daemon::record(const core::Record& record) {
  counters_.count(record);
  host_.record(record);
  events_.add(record, host_.now().clocks.wall);
  if (events_.has_followers()) tell_followers();
}

void Daemon::look_again() {
  if (search_later_) search_later_();
}

void Daemon::trouble(std::string message) {
  record({core::RecordKind::kTrouble, core::Severity::kWarning, std::move(message), {}});
}

// Whoever tries a thousand times shall not fill the journal.
bool Daemon::is_news(std::optional<BootTime>& told_at) {
  const BootTime now = host_.now().boot();
  if (told_at && now < *told_at + std::chrono::minutes(1)) return false;
  told_at = now;
  return true;
}

core::Observation Daemon::observe(const core::Session& session, core::Look look) {
  core::Observation observation = host_.observe(session, look);
  if (observation.failed && is_news(blind_at_))
    trouble("session " + session.login.id.value +
            " cannot be looked at for want of descriptors, nor perhaps others; until they can be, "
            "nobody is logged out; raise LimitNOFILE= of the service");
  return observation;
}

void Daemon::on_turned_away(const Error& why) {
  look_again();  // it may have been a login that announced itself
  if (is_news(turned_away_at_))
    trouble("a client is turned away: " + why.text + "; raise LimitNOFILE= of the service");
}

core::Token Daemon::keep(service::Answer answer) {
  answers_.emplace(next_token_, std::move(answer));
  return next_token_++;
}

std::optional<service::Answer> Daemon::take(core::Token token) {
  const auto it = answers_.find(token);
  if (it == answers_.end()) return std::nullopt;
  std::optional<service::Answer> answer(std::move(it->second));
  answers_.erase(it);
  return answer;
}

// --- the policy -----------------------------------------------------------------------

bool Daemon::take_policy(LoadedPolicy policy) {
  policy_error_ = policy.errors;
  if (!policy.policy) {
    record({core::RecordKind::kPolicyRefused,
            core::Severity::kError,
            "The policy has errors, so the one before stays in force:\n" + policy.errors,
            {}});
    return false;
  }
  policy_ = std::move(policy);
  policy_loaded_at_ = host_.now().clocks.wall;
  deliver(core::PolicyChanged{policy_.policy});
  record({core::RecordKind::kPolicyLoaded,
          core::Severity::kInfo,
          "Policy in force: " + policy_.source +
              (policy_.warnings.empty() ? "" : "\n" + policy_.warnings),
          {}});
  return true;
}

// --- who may what ---------------------------------------------------------------------

bool Daemon::is_admin(const service::Peer& peer) const {
  if (peer.uid == 0) return true;
  if (!admins_) return false;
  return peer.gid == *admins_ ||
         std::find(peer.groups.begin(), peer.groups.end(), *admins_) != peer.groups.end();
}

bool Daemon::may_see(const service::Peer& peer, const core::Session& session) const {
  return session.login.uid == peer.uid || is_admin(peer);
}

std::vector<SessionId> Daemon::visible_to(const service::Peer& peer) const {
  std::vector<SessionId> ids;
  const auto add = [&](const core::Session& session) { ids.push_back(session.login.id); };
  if (is_admin(peer))
    engine_.for_each(add);
  else
    engine_.for_each_of(peer.uid, add);
  return ids;
}

// Another's login and one that does not exist take the same way.
const core::Session* Daemon::find_for(const service::Peer& peer, const SessionId& id) const {
  const core::Session* session = engine_.find(id);
  return session && may_see(peer, *session) ? session : nullptr;
}

// --- in slices ------------------------------------------------------------------------

void Daemon::begin(Task task) {
  if (wake_) {
    tasks_.push_back(std::move(task));
    return wake_();
  }
  while (!task()) {
  }
}

// The oldest first, and then in turn: nobody's long list makes another's wait for all of it.
bool Daemon::work() {
  if (tasks_.empty()) return false;
  Task task = std::move(tasks_.front());
  tasks_.pop_front();
  if (!task()) tasks_.push_back(std::move(task));
  return !tasks_.empty();
}

void Daemon::tell_followers() {
  if (std::exchange(tells_followers_, true)) return;
  begin([this] {
    const bool all = events_.tell();
    if (all) tells_followers_ = false;
    return all;
  });
}

void Daemon::look_at(const SessionId& id) {
  if (const core::Session* session = engine_.find(id))
    deliver(core::Observed{id, observe(*session, core::Look::kShown)});
}

void Daemon::look_then(std::vector<SessionId> ids, std::function<void()> then) {
  begin([this, ids = std::move(ids), next = std::size_t{0}, then = std::move(then)]() mutable {
    const std::size_t end = std::min(ids.size(), next + kLooksPerSlice);
    for (; next < end; ++next) look_at(ids[next]);
    if (next < ids.size()) return false;
    then();
    return true;
  });
}

// Without NSS: root, or the name under which the caller is logged in.
std::string Daemon::name_of(const service::Peer& peer) const {
  if (peer.uid == 0) return "root";
  const core::Session* own = nullptr;
  engine_.for_each_of(peer.uid, [&](const core::Session& session) { own = &session; });
  return own ? printable(own->login.user, 32) : "uid " + std::to_string(peer.uid);
}

}  // namespace idled
