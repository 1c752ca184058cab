// The methods that are about the policy: why a login gets what it gets, and reading it anew.
#include <algorithm>

#include "base/text.h"
#include "idled/daemon.h"
#include "policy/explain.h"
#include "policy/words.h"

namespace idled {
namespace {

using core::Session;
using core::SessionId;

// As the engine resolves it.
policy::Subject subject_of(const Session& session) {
  const core::Login& login = session.login;
  return {login.user,      login.uid,         login.gids,
          login.service,   login.remote_host, core::names_of(session.terminals),
          kind_of(session)};
}

protocol::ExplainedLogin login_of(const Session& session) {
  const core::Login& login = session.login;
  return {login.id.value,
          login.user,
          login.uid,
          {login.gids.begin(), login.gids.end()},
          login.service,
          login.remote_host,
          core::names_of(session.terminals),
          std::string(policy::word(kind_of(session)))};
}

protocol::ExplainedRule rule_of(const policy::RuleExplained& rule) {
  protocol::ExplainedRule told{rule.name,    rule.file, static_cast<std::int64_t>(rule.line),
                               rule.matches, {},        rule.gives};
  for (const policy::Mismatch& mismatch : rule.mismatches)
    told.mismatches.push_back({mismatch.key, mismatch.wanted, mismatch.was});
  return told;
}

void fill(protocol::ExplainReply& reply, const policy::Explanation& explanation,
          bool shows_all_rules) {
  for (const policy::SettingExplained& setting : explanation.settings)
    reply.settings.push_back({setting.name, setting.value, setting.rule, setting.file,
                              static_cast<std::int64_t>(setting.line)});
  for (const policy::RuleExplained& rule : explanation.rules) {
    if (rule.matches || shows_all_rules)
      reply.rules.push_back(rule_of(rule));
    else
      ++reply.hidden_rules;
  }
}

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
  protocol::ExplainReply reply;
  reply.login = login_of(session);
  reply.at = format_rfc3339(now.clocks.wall);
  reply.policy = policy_.source;
  fill(reply, policy::explain(engine_.policy(), subject_of(session), now.local), is_admin(peer));
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
