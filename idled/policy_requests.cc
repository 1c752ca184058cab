// The methods that are about the policy: why a login gets what it gets, and reading it anew.
#include "base/text.h"
#include "idled/daemon.h"
#include "policy/explain.h"
#include "policy_io/explain_message.h"

namespace idled {

void Daemon::on_explain(const service::Peer& peer, const protocol::ExplainRequest& request,
                        service::Answer answer) {
  with_meant(peer, request.session, request.terminal, answer,
             [this, peer, answer](const core::SessionId& id) {
               explain(peer, *engine_.find(id), answer);
             });
}

void Daemon::explain(const service::Peer& peer, const core::Session& session,
                     const service::Answer& answer) {
  const core::Now now = host_.now();
  const policy::Subject login = subject_of(session);
  protocol::ExplainReply reply = to_message(policy::explain(engine_.policy(), login, now.local),
                                            login, session.login.id.value);
  reply.at = format_rfc3339(now.clocks.wall);
  reply.policy = policy_.source;
  if (!is_admin(peer))
    reply.hidden_rules = static_cast<std::int64_t>(std::erase_if(
        reply.rules, [](const protocol::ExplainedRule& rule) { return !rule.matches; }));
  answer.done(protocol::encode(reply));
}

void Daemon::on_reload(const service::Peer&, service::Answer answer) {
  if (!reload_)
    return answer.fail(protocol::kMethodNotImplemented,
                       protocol::error_parameter("method", protocol::kReload));
  reload_([answer](const LoadedPolicy& policy) {
    if (policy.policy)
      answer.done(protocol::encode(protocol::ReloadReply{policy.source, policy.warnings}));
    else
      answer.fail(protocol::kPolicyRefused,
                  protocol::encode(protocol::PolicyRefusedError{policy.errors}));
  });
}

}  // namespace idled
