#include "policy/matcher.h"

#include <algorithm>

#include "policy/glob.h"
#include "policy/words.h"

namespace idled::policy {
namespace {

constexpr SettingMask kAllSettings = (1U << kSettingCount) - 1;

// One login, in the shapes that globs, networks and windows want it.
struct Shapes {
  const Subject& subject;
  const std::string& host;
  std::optional<Address> address;
  const LocalTime& now;
};

bool glob_applies(const Atom& atom, const Shapes& login) {
  const std::string_view glob = atom.pattern.text;
  const std::string_view tail = glob.substr(glob.size() - atom.pattern.tail);
  const auto matches = [&](std::string_view text) {
    return text.ends_with(tail) && glob_matches(glob, text);
  };
  switch (atom.key) {
    case MatchKey::kUser:
      return matches(login.subject.user);
    case MatchKey::kService:
      return matches(login.subject.service);
    case MatchKey::kHost:
      return matches(login.host);
    case MatchKey::kTerminal:
      return std::any_of(login.subject.terminals.begin(), login.subject.terminals.end(), matches);
    default:
      return false;  // their patterns are no globs
  }
}

bool applies(const Atom& atom, const Shapes& login) {
  switch (atom.pattern.form) {
    case Pattern::Form::kGlob:
      return glob_applies(atom, login);
    case Pattern::Form::kNetwork:
      return login.address && atom.pattern.network.contains(*login.address);
    case Pattern::Form::kWindow:
      return atom.pattern.window.contains(login.now);
    default:
      return false;  // names and numbers are looked up
  }
}

}  // namespace

Matcher::Matcher(const Compiled& compiled, const Binding& binding, const Subject& subject,
                 const LocalTime& now)
    : compiled_(compiled), truth_(binding.start) {
  const std::string host = compiled.asks_for_host ? comparable_host(subject.host) : std::string();
  find_names(subject, host);
  find_ids(binding, subject);
  try_others(subject, host, now);
}

void Matcher::find_name(MatchKey key, std::string_view name) {
  const NameIndex& names = compiled_.names[static_cast<std::size_t>(key)];
  if (names.empty()) return;
  if (const auto found = names.find(name); found != names.end())
    truth_[found->second] = Truth::kTrue;
}

void Matcher::find_names(const Subject& subject, const std::string& host) {
  find_name(MatchKey::kUser, subject.user);
  find_name(MatchKey::kService, subject.service);
  find_name(MatchKey::kHost, host);
  for (const std::string& terminal : subject.terminals) find_name(MatchKey::kTerminal, terminal);
  find_name(MatchKey::kKind, word(subject.kind));
}

void Matcher::find_ids(const Binding& binding, const Subject& subject) {
  if (const auto user = compiled_.uids.find(subject.uid); user != compiled_.uids.end())
    truth_[user->second] = Truth::kTrue;
  if (binding.members.empty()) return;
  for (const gid_t gid : subject.gids) {
    const auto [first, last] = binding.members.equal_range(gid);
    for (auto group = first; group != last; ++group) truth_[group->second] = Truth::kTrue;
  }
}

void Matcher::try_others(const Subject& subject, const std::string& host, const LocalTime& now) {
  if (compiled_.tried.empty()) return;
  const Shapes login{subject, host, parse_address(subject.host), now};
  for (const AtomIndex atom : compiled_.tried)
    if (applies(compiled_.atoms[atom], login)) truth_[atom] = Truth::kTrue;
}

bool Matcher::meets(std::span<const Term> terms) const {
  for (std::size_t i = 0; i < terms.size();) {
    const MatchKey key = terms[i].key;
    bool includes = false;
    bool included = false;
    for (; i < terms.size() && terms[i].key == key; ++i) {
      const Truth truth = truth_[terms[i].atom];
      if (terms[i].excludes) {
        if (truth != Truth::kFalse) return false;
      } else {
        includes = true;
        included = included || truth == Truth::kTrue;
      }
    }
    if (includes && !included) return false;
  }
  return true;
}

Truth Matcher::may_match(std::size_t rule, std::span<const MatchKey> open) const {
  const auto is_open = [open](const Term& term) {
    return std::find(open.begin(), open.end(), term.key) != open.end();
  };
  Truth truth = Truth::kTrue;
  std::span<const Term> rest = compiled_.terms_of(rule);
  while (!rest.empty()) {
    const auto end = std::find_if(rest.begin(), rest.end(), [&rest](const Term& term) {
      return term.key != rest.front().key;
    });
    const auto terms = rest.first(static_cast<std::size_t>(end - rest.begin()));
    rest = rest.subspan(terms.size());
    if (is_open(terms.front()))
      truth = Truth::kUnknown;
    else if (!meets(terms))
      return Truth::kFalse;
  }
  return truth;
}

Givers find_givers(const Compiled& compiled, const Matcher& matcher) {
  Givers givers;
  for (std::size_t i = 0; i < kSettingCount; ++i)
    givers[i] = compiled.defaults[i] ? kFromDefaults : kBuiltIn;
  SettingMask open = kAllSettings;
  for (std::size_t rule = 0; rule < compiled.rules.size() && open != 0; ++rule) {
    const SettingMask gives = compiled.rules[rule].states & open;
    if (gives == 0 || !matcher.matches(rule)) continue;
    open = static_cast<SettingMask>(open & ~gives);
    for (std::size_t i = 0; i < kSettingCount; ++i)
      if ((gives & mask_of(static_cast<Setting>(i))) != 0) givers[i] = rule;
  }
  return givers;
}

const Stated* given_by(const Compiled& compiled, std::size_t giver, Setting setting) {
  if (giver == kBuiltIn) return nullptr;
  if (giver == kFromDefaults) return &*compiled.defaults[static_cast<std::size_t>(setting)];
  return compiled.find_stated(giver, setting);
}

Binding bind(const Compiled& compiled, const std::map<std::string, gid_t>& ids) {
  Binding binding{{}, std::vector<Truth>(compiled.atoms.size(), Truth::kFalse)};
  for (const AtomIndex index : compiled.groups) {
    const Pattern& group = compiled.atoms[index].pattern;
    if (group.form == Pattern::Form::kNumber) {
      binding.members.emplace(group.number, index);
    } else if (const auto id = ids.find(group.text); id != ids.end()) {
      binding.members.emplace(id->second, index);
    } else {
      binding.start[index] = Truth::kUnknown;
    }
  }
  return binding;
}

}  // namespace idled::policy
