// The methods that are about the policy: why a login gets what it gets, and reading it anew.
#include <algorithm>

#include "base/text.h"
#include "idled/daemon.h"
#include "policy/explain.h"
#include "policy_io/explain_message.h"

namespace idled {
namespace {

using core::Session;
using core::SessionId;

bool is_meant(const Session& session, const protocol::ExplainRequest& request) {
  if (!request.session.empty()) return session.login.id.value == request.session;
  return std::any_of(session.terminals.begin(), session.terminals.end(),
                     [&](const core::Terminal& t) { return t.name == request.terminal; });
}

}  // namespace

void Daemon::on_explain(const service::Peer& peer, const protocol::ExplainRequest& request,
                        service::Answer answer) {
  if (request.session.empty() == request.terminal.empty())
    return answer.fail(protocol::kInvalidParameter,
                       protocol::error_parameter("parameter", "session"));
  const std::vector<SessionId> visible = visible_to(peer);
  look_at(visible);  // terminals are found, not told, and rules may ask for them
  const auto meant = std::find_if(visible.begin(), visible.end(), [&](const SessionId& id) {
    const Session* session = engine_.find(id);
    return session && is_meant(*session, request);
  });
  if (meant == visible.end()) {
    // Whoever sees only their own is not told whether another's exists.
    if (!is_admin(peer)) return answer.fail(protocol::kPermissionDenied);
    return answer.fail(protocol::kNoSuchSession,
                       protocol::error_parameter("id", request.session + request.terminal));
  }
  const Session& session = *engine_.find(*meant);
  const core::Now now = host_.now();
  const policy::Subject login = subject_of(session);
  protocol::ExplainReply reply =
      to_message(policy::explain(engine_.policy(), login, now.local), login, meant->value);
  reply.at = format_rfc3339(now.clocks.wall);
  reply.policy = policy_.source;
  if (!is_admin(peer))
    reply.hidden_rules = static_cast<std::int64_t>(std::erase_if(
        reply.rules, [](const protocol::ExplainedRule& rule) { return !rule.matches; }));
  answer.done(protocol::encode(reply));
}

void Daemon::on_reload(const service::Peer&, service::Answer answer) {
  if (!reload_) return answer.fail(protocol::kMethodNotFound);
  reload_([answer](const LoadedPolicy& policy) {
    if (policy.policy)
      answer.done(protocol::encode(protocol::ReloadReply{policy.source, policy.warnings}));
    else
      answer.fail(protocol::kPolicyRefused,
                  protocol::encode(protocol::PolicyRefusedError{policy.errors}));
  });
}

}  // namespace idled
