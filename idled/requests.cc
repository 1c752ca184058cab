// The methods of the service, one function each.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "base/version.h"
#include "idled/core/records.h"
#include "idled/core/tmout.h"
#include "idled/daemon.h"
#include "idled/session_view.h"
#include "idled/snapshot.h"

namespace idled {
namespace {

using core::Kind;
using core::SessionId;

constexpr std::size_t kSessionsPerReply = 64;  // keeps each below the cap of a message
constexpr std::size_t kLongestReason = 256;    // bytes; a line
constexpr std::int64_t kLongestDelay = std::int64_t{7} * 24 * 3600;

// "/dev/pts/3" and "pts/3" are the same terminal.
std::string_view below_dev(std::string_view name) {
  return name.starts_with("/dev/") ? name.substr(5) : name;
}

// Display managers and greeters, whose screens are another program's business.
bool is_display_manager(const std::string& service) {
  for (const char* name : {"gdm", "lightdm", "sddm", "xdm", "kdm", "lxdm", "greetd", "slim"})
    if (service.starts_with(name)) return true;
  return false;
}

bool is_graphical(const protocol::RegisterRequest& request) {
  // Whatever the environment says: a user may have written that (~/.pam_environment).
  if (request.service == "sshd") return false;
  for (const char* type : {"x11", "wayland", "mir"})
    if (request.session_type == type) return true;
  return request.session_class == "greeter" || is_display_manager(request.service) ||
         request.tty.starts_with(':');
}

// The terminal that the caller was started on, which is the login's if it is a way in:
// login(1) leads it from there. "ssh" and the like are none.
std::string console_of(const protocol::RegisterRequest& request) {
  const std::string_view tty = below_dev(request.tty);
  return tty.starts_with("tty") || tty.starts_with("pts/") || tty.starts_with("hvc")
             ? std::string(tty)
             : std::string();
}

Kind kind_of(const protocol::RegisterRequest& request) {
  if (is_graphical(request)) return Kind::kGraphical;
  const std::string console = console_of(request);
  if (console.empty()) return Kind::kNoTerminal;
  return console.starts_with("pts/") ? Kind::kTerminal : Kind::kConsole;
}

core::Login login_of(const protocol::RegisterRequest& request, const core::ProcessIdentity& leader,
                     WallTime now) {
  core::Login login;
  login.id.value = is_session_id(request.logind_session) ? request.logind_session
                                                         : "p" + std::to_string(leader.pid);
  login.user = request.user;
  login.uid = request.uid;
  login.gids.assign(request.gids.begin(), request.gids.end());
  login.service = request.service;
  login.kind = kind_of(request);
  if (login.kind != Kind::kGraphical) login.console = console_of(request);
  login.remote_host = request.remote_host;
  login.ssh_connection = request.ssh_connection;
  login.leader = leader;
  login.opened_at = now;
  return login;
}

bool has_terminal(const core::Session& session, std::string_view name) {
  return std::any_of(session.terminals.begin(), session.terminals.end(),
                     [&](const core::Terminal& t) { return t.name == below_dev(name); });
}

bool is_meant(const core::Session& session, const protocol::KickRequest& request) {
  if (!request.session.empty()) return session.login.id.value == request.session;
  if (!request.user.empty()) return session.login.user == request.user;
  return has_terminal(session, request.terminal);
}

// In HoldRefused; empty: it has been done.
std::string_view reason_of(core::HoldOutcome outcome) {
  switch (outcome) {
    case core::HoldOutcome::kDone:
      return "";
    case core::HoldOutcome::kNotAllowed:
      return "not-allowed";
    case core::HoldOutcome::kTooLong:
      return "too-long";
    case core::HoldOutcome::kUsedUp:
      return "used-up";
    case core::HoldOutcome::kOfAnAdmin:
      return "of-an-admin";
    case core::HoldOutcome::kEnding:
      return "ending";
    case core::HoldOutcome::kNotHeld:
      return "not-held";
  }
  return "";
}

protocol::KickedLogin kicked_login(const core::Session& session) {
  return {session.login.id.value, session.login.user, core::names_of(session.terminals)};
}

}  // namespace

void Daemon::on_register(const service::Peer& peer, const protocol::RegisterRequest& request,
                         service::Answer answer) {
  const BootTime since = host_.now().boot();
  const Result<Caller> caller = host_.identify_caller(peer.pid);
  if (!caller) {
    record({core::RecordKind::kRefused,
            core::Severity::kWarning,
            "Cannot watch a login of " + printable(request.user) + ": " + caller.error().text,
            {}});
    if (is_shortage(caller.error())) look_again();
    return answer.fail(protocol::kLeaderRefused,
                       protocol::error_parameter("reason", caller.error().text));
  }
  if (request.user.empty())
    return answer.fail(protocol::kInvalidParameter, protocol::error_parameter("parameter", "user"));
  core::Login login = login_of(request, caller->process, host_.now().clocks.wall);
  // For an answer that a login waits for, each process above it is one to read.
  std::vector<core::ProcessIdentity> ancestors;
  if (!core::comes_over_a_connection(login)) ancestors = host_.ancestors_of(peer.pid);
  const core::Token token = keep(std::move(answer));
  registering_since_.emplace(token, since);
  deliver(core::LoginOpened{std::move(login), token, std::move(ancestors), caller->is_nested});
}

// By the leader that asks, not by the id: a login process speaks only for itself.
void Daemon::on_release(const service::Peer& peer, const protocol::ReleaseRequest&,
                        service::Answer answer) {
  const Result<Caller> caller = host_.identify_caller(peer.pid);
  const core::Session* session = caller ? engine_.find_leader(caller->process) : nullptr;
  if (session) deliver(core::LoginClosed{SessionId(session->login.id)});
  answer.done();
}

namespace {

// The text of a reply as it grows: that of thousands of logins is never made in one go.
class ListText {
 public:
  void add(const protocol::SessionInfo& session) {
    text_ += (count_++ == 0 ? "" : ",") + protocol::encode(session);
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  std::string take() {
    count_ = 0;
    return R"({"sessions":[)" + std::exchange(text_, {}) + "]}";
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

}  // namespace

// Each login is looked at and shown in one slice, so that what is shown is as of now; and
// whether the caller may see it is asked then: it may have ended since, and its id be another's.
void Daemon::on_list(const service::Peer& peer, const protocol::ListRequest& request, bool more,
                     service::Answer answer) {
  begin([this, peer, user = request.user, more, answer = std::move(answer), ids = visible_to(peer),
         next = std::size_t{0}, text = ListText()]() mutable {
    const std::size_t end = std::min(ids.size(), next + kLooksPerSlice);
    for (; next < end; ++next) {
      if (!find_for(peer, ids[next])) continue;
      look_at(ids[next]);
      const core::Session* session = find_for(peer, ids[next]);  // the look may have ended it
      if (!session || (!user.empty() && session->login.user != user)) continue;
      if (more && text.count() == kSessionsPerReply) answer.part(text.take());
      text.add(view_of(*session, host_.now()));
    }
    if (next < ids.size()) return false;
    answer.done(text.take());
    return true;
  });
}

// By id, one of the caller's own or none: another's is not even looked at.
std::vector<SessionId> Daemon::candidates(const service::Peer& peer,
                                          const std::string& session) const {
  if (session.empty()) return visible_to(peer);
  if (find_for(peer, {session})) return {{session}};
  return {};
}

void Daemon::on_kick(const service::Peer& peer, const protocol::KickRequest& request,
                     service::Answer answer) {
  const int selectors =
      !request.session.empty() + !request.terminal.empty() + !request.user.empty();
  if (selectors != 1)
    return answer.fail(protocol::kInvalidParameter,
                       protocol::error_parameter("parameter", "session"));
  if (request.delay_seconds < 0 || request.delay_seconds > kLongestDelay)
    return answer.fail(protocol::kInvalidParameter,
                       protocol::error_parameter("parameter", "delay_seconds"));

  const std::vector<SessionId> ids = candidates(peer, request.session);
  look_then(ids, [this, peer, request, ids, answer = std::move(answer)] {
    kick(peer, request, ids, answer);
  });
}

// After the looks: terminals are found, not told.
void Daemon::kick(const service::Peer& peer, const protocol::KickRequest& request,
                  const std::vector<SessionId>& ids, service::Answer answer) {
  std::vector<SessionId> meant;
  for (const SessionId& id : ids) {
    const core::Session* session = find_for(peer, id);
    if (!session || !is_meant(*session, request)) continue;
    // Its leader may be others', too; what is the user's own below it, they can end themselves.
    if (!is_admin(peer) && core::may_be_of_a_server(*session)) continue;
    meant.push_back(id);
  }
  if (meant.empty()) {
    // Whoever sees only their own is not told whether another's exists.
    if (!is_admin(peer)) return answer.fail(protocol::kPermissionDenied);
    const std::string& name = !request.session.empty() ? request.session
                              : !request.user.empty()  ? request.user
                                                       : request.terminal;
    return answer.fail(protocol::kNoSuchSession, protocol::error_parameter("id", name));
  }
  const core::Token token = keep(std::move(answer));
  for (const SessionId& id : meant) {
    kicks_[token].sessions.push_back(id.value);
    kicks_[token].logins.push_back(kicked_login(*engine_.find(id)));
  }
  deliver(core::KickRequested{token, std::move(meant), name_of(peer), printable(request.message),
                              seconds(request.delay_seconds), request.wait, is_admin(peer)});
}

void Daemon::with_meant(const service::Peer& peer, const std::string& session,
                        const std::string& terminal, const service::Answer& answer, Use use) {
  if (session.empty() == terminal.empty())
    return answer.fail(protocol::kInvalidParameter,
                       protocol::error_parameter("parameter", "session"));
  const std::vector<SessionId> ids = candidates(peer, session);
  look_then(ids, [this, peer, session, terminal, ids, answer, use = std::move(use)] {
    for (const SessionId& id : ids) {
      const core::Session* one = find_for(peer, id);
      if (one && (session.empty() ? has_terminal(*one, terminal) : id.value == session))
        return use(id);
    }
    // Whoever sees only their own is not told whether another's exists.
    if (is_admin(peer))
      answer.fail(protocol::kNoSuchSession, protocol::error_parameter("id", session + terminal));
    else
      answer.fail(protocol::kPermissionDenied);
  });
}

void Daemon::on_hold(const service::Peer& peer, const protocol::HoldRequest& request,
                     service::Answer answer) {
  const bool is_sane =
      request.end ? request.seconds == 0 : request.seconds > 0 && request.seconds <= kLongestDelay;
  if (!is_sane)
    return answer.fail(protocol::kInvalidParameter,
                       protocol::error_parameter("parameter", "seconds"));
  if (request.why.size() > kLongestReason)
    return answer.fail(protocol::kInvalidParameter, protocol::error_parameter("parameter", "why"));
  with_meant(peer, request.session, request.terminal, answer,
             [this, peer, request, answer](const SessionId& id) {
               core::HoldRequested event{keep(answer),   id, name_of(peer),
                                         is_admin(peer), {}, printable(request.why)};
               if (!request.end) event.duration = seconds(request.seconds);
               deliver(std::move(event));
             });
}

void Daemon::perform(const core::HoldAnswered& action) {
  const std::optional<service::Answer> answer = take(action.token);
  const core::Session* session = engine_.find(action.id);
  if (!answer) return;
  if (!session)
    return answer->fail(protocol::kNoSuchSession, protocol::error_parameter("id", action.id.value));
  const policy::Settings& settings = session->rules->settings;
  if (action.outcome != core::HoldOutcome::kDone)
    return answer->fail(protocol::kHoldRefused,
                        protocol::encode(protocol::HoldRefusedError{
                            std::string(reason_of(action.outcome)), settings.hold_max.count()}));
  const core::Now now = host_.now();
  protocol::HoldReply reply;
  reply.session = action.id.value;
  reply.user = session->login.user;
  if (session->hold) reply.until = format_rfc3339(now.clocks.to_wall(session->hold->until));
  if (const std::optional<core::End> end = core::end_of(*session)) {
    reply.logout_at = format_rfc3339(now.clocks.to_wall(end->at));
    reply.logout_cause = core::name_of(end->cause);
  }
  if (const std::optional<seconds> limit = core::prompt_limit(session->tmout))
    reply.tmout_seconds = limit->count();
  answer->done(protocol::encode(reply));
}

void Daemon::on_metrics(const service::Peer&, service::Answer answer) {
  protocol::MetricsReply reply;
  reply.version = kVersion;
  reply.started_at = format_rfc3339(started_at_);
  reply.sessions = count_by_state(engine_);
  counters_.tell(reply);
  reply.policy_loaded_at = format_rfc3339(policy_loaded_at_);
  reply.policy_has_errors = !policy_error_.empty();
  answer.done(protocol::encode(reply));
}

void Daemon::on_events(const service::Peer& peer, const protocol::EventsRequest& request, bool more,
                       service::Answer answer) {
  events_.follow(peer, request, more, std::move(answer));
  tell_followers();
}

void Daemon::on_status(const service::Peer& peer, service::Answer answer) {
  protocol::StatusReply reply;
  reply.version = kVersion;
  reply.pid = getpid();
  reply.started_at = format_rfc3339(started_at_);
  reply.sessions = static_cast<std::int64_t>(visible_to(peer).size());
  reply.policy_source = policy_.source;
  reply.policy_loaded_at = format_rfc3339(policy_loaded_at_);
  // An error shows lines of the policy, which are an administrator's to know: as in Explain.
  if (!policy_error_.empty())
    reply.policy_error = is_admin(peer) ? policy_error_ : "The policy has errors.";
  reply.witnesses = witnesses_;
  answer.done(protocol::encode(reply));
}

}  // namespace idled
