#include "policy/policy.h"

#include <algorithm>

#include "policy/compiled.h"
#include "policy/matcher.h"

namespace idled::policy {
namespace {

std::string name_of_giver(const Compiled& compiled, std::size_t giver) {
  if (giver == kBuiltIn) return "built-in";
  return giver == kFromDefaults ? "defaults" : compiled.texts[giver].name;
}

}  // namespace

Policy Policy::built_in() {
  return Policy(std::make_shared<const Compiled>());
}

Policy::Policy(std::shared_ptr<const Compiled> compiled)
    : compiled_(std::move(compiled)),
      binding_(std::make_shared<const Binding>(bind(*compiled_, {}))) {}

Resolved Policy::resolve(const Subject& subject, const LocalTime& now) const {
  const Matcher matcher(*compiled_, *binding_, subject, now);
  const Givers givers = find_givers(*compiled_, matcher);
  Resolved resolved;
  for (std::size_t i = 0; i < kSettingCount; ++i) {
    const auto setting = static_cast<Setting>(i);
    if (const Stated* stated = given_by(*compiled_, givers[i], setting))
      row_of(setting).apply(stated->value, resolved.settings);
  }
  const auto giver_of = [&](Setting setting) {
    return name_of_giver(*compiled_, givers[static_cast<std::size_t>(setting)]);
  };
  resolved.idle_rule = giver_of(Setting::kIdle);
  resolved.session_rule = giver_of(Setting::kSession);
  return resolved;
}

std::optional<seconds> Policy::next_change(const LocalTime& now) const {
  std::optional<seconds> next;
  for (const AtomIndex index : compiled_->tried) {
    const Pattern& pattern = compiled_->atoms[index].pattern;
    if (pattern.form != Pattern::Form::kWindow) continue;
    const seconds wait = pattern.window.until_change(now);
    next = std::min(next.value_or(wait), wait);
  }
  return next;
}

std::vector<std::string> Policy::group_names() const {
  std::vector<std::string> names;
  for (const auto& [name, atom] : compiled_->names[static_cast<std::size_t>(MatchKey::kGroup)])
    names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

Policy Policy::bind_groups(const std::map<std::string, gid_t>& ids) const {
  Policy bound(*this);
  bound.binding_ = std::make_shared<const Binding>(bind(*compiled_, ids));
  return bound;
}

std::vector<Diagnostic> Policy::unbound_groups(const std::set<std::string>& unanswered) const {
  std::vector<Diagnostic> warnings;
  for (const GroupMention& mention : compiled_->group_mentions) {
    if (binding_->start[mention.atom] != Truth::kUnknown) continue;
    const std::string& name = compiled_->atoms[mention.atom].pattern.text;
    warnings.push_back(compiled_->warning(
        mention.place, mention.pointer,
        unanswered.contains(name) ? "NSS does not answer for the group " + in_quotes(name) +
                                        "; until it does, this matches nobody"
                                  : "there is no group " + in_quotes(name)));
  }
  return warnings;
}

std::size_t Policy::rule_count() const {
  return compiled_->rules.size();
}

}  // namespace idled::policy
