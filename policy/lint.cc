#include "policy/lint.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "policy/value.h"
#include "policy/words.h"

namespace idled::policy {
namespace {

class Linter {
 public:
  explicit Linter(const Compiled& compiled) : compiled_(compiled) {}

  std::vector<Diagnostic> run() && {
    check_default_leads();
    for (std::size_t rule = 0; rule < compiled_.rules.size(); ++rule) {
      check_name(rule);
      check_leads(rule);
      check_reach(rule);
    }
    return std::move(warnings_);
  }

 private:
  // Which settings rules before have taken, for all logins that match the same.
  struct Taken {
    SettingMask settings = 0;
    std::size_t first = 0;  // of those rules
  };

  std::string pointer(std::size_t rule) const {
    return "/rules/" + std::to_string(compiled_.texts[rule].number);
  }

  std::string where(std::size_t rule) const {
    const RuleText& text = compiled_.texts[rule];
    return in_quotes(text.name) + " (" + compiled_.file_of(text.place) + ':' +
           std::to_string(compiled_.line_of(text.place)) + ')';
  }

  void warn_rule(std::size_t rule, std::string message) {
    warnings_.push_back(
        compiled_.warning(compiled_.texts[rule].place, pointer(rule), std::move(message)));
  }

  void check_name(std::size_t rule) {
    const auto [first, is_new] = names_.try_emplace(compiled_.texts[rule].name, rule);
    if (!is_new) warn_rule(rule, "there is a rule " + where(first->second) + " already");
  }

  const Stated* in_defaults(Setting setting) const {
    const auto& slot = compiled_.defaults[static_cast<std::size_t>(setting)];
    return slot ? &*slot : nullptr;
  }

  void check_default_leads() {
    const Stated* idle = in_defaults(Setting::kIdle);
    const Stated* warn = in_defaults(Setting::kWarn);
    check_pair(idle, warn, warn != nullptr ? warn : idle,
               warn != nullptr ? "/defaults/warn" : "/defaults/idle");
  }

  void check_leads(std::size_t rule) {
    const Stated* idle = compiled_.find_stated(rule, Setting::kIdle);
    const Stated* warn = compiled_.find_stated(rule, Setting::kWarn);
    const Stated* place = warn != nullptr ? warn : idle;
    const std::string key = warn != nullptr ? "/warn" : "/idle";
    check_pair(idle != nullptr ? idle : in_defaults(Setting::kIdle),
               warn != nullptr ? warn : in_defaults(Setting::kWarn), place, pointer(rule) + key);
  }

  // Null means built in; `place` null: the rule states neither.
  void check_pair(const Stated* idle, const Stated* warn, const Stated* place,
                  const std::string& where_to) {
    if (place == nullptr) return;
    Settings settings;
    if (idle != nullptr) row_of(Setting::kIdle).apply(idle->value, settings);
    if (warn != nullptr) row_of(Setting::kWarn).apply(warn->value, settings);
    if (!settings.idle) return;
    const auto kept = warnings_before(settings, *settings.idle).size();
    if (kept == settings.warn.size()) return;
    settings.warn.resize(settings.warn.size() - kept);
    const bool one = settings.warn.size() == 1;
    warnings_.push_back(compiled_.warning(
        place->place, where_to,
        std::string(one ? "the warning " : "the warnings ") + print_value(settings.warn) +
            " before the logout " + (one ? "is" : "are") + " no shorter than the limit of " +
            print_value(settings.idle) + ", and skipped"));
  }

  void check_reach(std::size_t rule) {
    const SettingMask states = compiled_.rules[rule].states;
    if (states == 0) return warn_rule(rule, "this rule states no setting");
    const std::span<const Term> terms = compiled_.terms_of(rule);
    if (is_contradiction(terms))
      return warn_rule(rule, "this rule can never apply: its match excludes all that it includes");
    for (const std::string& key : {std::string(), signature(terms)}) {
      const auto taken = taken_.find(key);
      if (taken == taken_.end() || (states & ~taken->second.settings) != 0) continue;
      return warn_rule(rule, "this rule can never apply: what comes before it, from rule " +
                                 where(taken->second.first) + " on, states the same settings");
    }
    Taken& taken = taken_.try_emplace(signature(terms), Taken{0, rule}).first->second;
    taken.settings |= states;
  }

  // The same for two rules whose matches are the same, the order of values aside.
  static std::string signature(std::span<const Term> terms) {
    std::vector<std::string> parts;
    for (const Term& term : terms)
      parts.push_back((term.excludes ? "!" : "=") + std::to_string(term.atom));
    std::sort(parts.begin(), parts.end());
    std::string all;
    for (const std::string& part : parts) all += part;
    return all;
  }

  bool is_contradiction(std::span<const Term> terms) const {
    for (auto key = terms.begin(); key != terms.end();) {
      const auto end =
          std::find_if(key, terms.end(), [key](const Term& term) { return term.key != key->key; });
      if (excludes_all({key, end})) return true;
      key = end;
    }
    return needs_absent_terminal(terms);
  }

  // Of one key: whether everything that is included is excluded too.
  static bool excludes_all(std::span<const Term> terms) {
    std::unordered_set<AtomIndex> excluded;
    std::size_t included = 0;
    for (const Term& term : terms) {
      if (term.excludes) {
        excluded.insert(term.atom);
      } else {
        ++included;
      }
    }
    return included > 0 && std::all_of(terms.begin(), terms.end(), [&](const Term& term) {
             return excluded.contains(term.atom);
           });
  }

  // "kind": "no-terminal" together with the name of a terminal.
  bool needs_absent_terminal(std::span<const Term> terms) const {
    bool kinds = false;
    bool other_kind = false;
    bool terminal = false;
    for (const Term& term : terms) {
      if (term.excludes) continue;
      if (term.key == MatchKey::kTerminal) terminal = true;
      if (term.key != MatchKey::kKind) continue;
      kinds = true;
      other_kind |= compiled_.atoms[term.atom].pattern.text != word(Kind::kNoTerminal);
    }
    return terminal && kinds && !other_kind;
  }

  const Compiled& compiled_;
  std::unordered_map<std::string, std::size_t> names_;
  std::unordered_map<std::string, Taken> taken_;  // by signature; "" matches everything
  std::vector<Diagnostic> warnings_;
};

}  // namespace

std::vector<Diagnostic> lint(const Compiled& compiled) {
  return Linter(compiled).run();
}

}  // namespace idled::policy
