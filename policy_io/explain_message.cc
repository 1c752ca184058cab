#include "policy_io/explain_message.h"

#include "policy/words.h"

namespace idled {

protocol::ExplainReply to_message(const policy::Explanation& explanation,
                                  const policy::Subject& login, std::string session) {
  protocol::ExplainReply reply;
  reply.login = {
      std::move(session), login.user, login.uid,       {login.gids.begin(), login.gids.end()},
      login.service,      login.host, login.terminals, std::string(policy::word(login.kind))};
  for (const policy::SettingExplained& from : explanation.settings)
    reply.settings.push_back(
        {from.name, from.value, from.rule, from.file, static_cast<std::int64_t>(from.line)});
  for (const policy::RuleExplained& from : explanation.rules) {
    protocol::ExplainedRule& rule = reply.rules.emplace_back();
    rule.name = from.name;
    rule.file = from.file;
    rule.line = static_cast<std::int64_t>(from.line);
    rule.matches = from.matches;
    for (const policy::Mismatch& mismatch : from.mismatches)
      rule.mismatches.push_back({mismatch.key, mismatch.wanted, mismatch.was});
    rule.gives = from.gives;
  }
  return reply;
}

policy::Explanation from_message(const protocol::ExplainReply& reply) {
  policy::Explanation explanation;
  for (const protocol::ExplainedSetting& from : reply.settings)
    explanation.settings.push_back(
        {from.name, from.value, from.rule, from.file, static_cast<std::size_t>(from.line)});
  for (const protocol::ExplainedRule& from : reply.rules) {
    policy::RuleExplained& rule = explanation.rules.emplace_back();
    rule.name = from.name;
    rule.file = from.file;
    rule.line = static_cast<std::size_t>(from.line);
    rule.matches = from.matches;
    for (const protocol::ExplainedMismatch& mismatch : from.mismatches)
      rule.mismatches.push_back({mismatch.key, mismatch.wanted, mismatch.was});
    rule.gives = from.gives;
  }
  return explanation;
}

}  // namespace idled
