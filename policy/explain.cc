#include "policy/explain.h"

#include <algorithm>

#include "base/text.h"
#include "policy/compiled.h"
#include "policy/matcher.h"

namespace idled::policy {
namespace {

// The patterns of one key, as the policy has them.
std::string wanted(const Compiled& compiled, std::span<const Term> terms) {
  std::string text;
  for (const Term& term : terms) {
    if (!text.empty()) text += ", ";
    text += (term.excludes ? "!" : "") + compiled.atoms[term.atom].spelling;
  }
  return text;
}

// The groups among `terms` that have no id, for they are why the rule does not match.
std::string unknown_groups(const Compiled& compiled, const Matcher& matcher,
                           std::span<const Term> terms) {
  std::string text;
  for (const Term& term : terms)
    if (matcher.truth(term.atom) == Truth::kUnknown)
      text += " (no group " + compiled.atoms[term.atom].spelling + " is known)";
  return text;
}

std::vector<Mismatch> find_mismatches(const Compiled& compiled, const Matcher& matcher,
                                      std::size_t rule, const Subject& subject,
                                      const LocalTime& now) {
  std::vector<Mismatch> mismatches;
  std::span<const Term> rest = compiled.terms_of(rule);
  while (!rest.empty()) {
    const MatchKey key = rest.front().key;
    const auto end =
        std::find_if(rest.begin(), rest.end(), [key](const Term& term) { return term.key != key; });
    const auto terms = rest.first(static_cast<std::size_t>(end - rest.begin()));
    rest = rest.subspan(terms.size());
    if (matcher.meets(terms)) continue;
    mismatches.push_back(
        {std::string(row_of(key).name), wanted(compiled, terms),
         row_of(key).print(subject, now) + unknown_groups(compiled, matcher, terms)});
  }
  return mismatches;
}

SettingExplained explain_setting(const Compiled& compiled, Setting setting, std::size_t giver) {
  Settings settings;
  SettingExplained result;
  result.name = row_of(setting).name;
  result.rule = giver == kBuiltIn        ? "built-in"
                : giver == kFromDefaults ? "defaults"
                                         : compiled.texts[giver].name;
  if (const Stated* stated = given_by(compiled, giver, setting)) {
    row_of(setting).apply(stated->value, settings);
    result.file = compiled.file_of(stated->place);
    result.line = compiled.line_of(stated->place);
  }
  result.value = row_of(setting).print(settings);
  return result;
}

RuleExplained explain_rule(const Compiled& compiled, std::size_t rule, const Givers& givers) {
  RuleExplained result;
  const RuleText& text = compiled.texts[rule];
  result.name = text.name;
  result.file = compiled.file_of(text.place);
  result.line = compiled.line_of(text.place);
  for (std::size_t i = 0; i < kSettingCount; ++i)
    if (givers[i] == rule) result.gives.emplace_back(setting_table()[i].name);
  return result;
}

std::string place(const std::string& file, std::size_t line) {
  return file.empty() ? "" : " (" + file + ':' + std::to_string(line) + ')';
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

// A list that is too long for a line goes on below its beginning.
std::vector<std::string> broken(const std::string& head, std::string_view text) {
  constexpr std::size_t kWidth = 78;
  std::vector<std::string> lines;
  while (head.size() + text.size() > kWidth) {
    const std::size_t comma = text.rfind(", ", kWidth - std::min(head.size(), kWidth));
    if (comma == std::string_view::npos || comma == 0) break;
    lines.push_back((lines.empty() ? head : std::string(head.size(), ' ')) +
                    std::string(text.substr(0, comma + 1)));
    text.remove_prefix(comma + 2);
  }
  lines.push_back((lines.empty() ? head : std::string(head.size(), ' ')) + std::string(text));
  return lines;
}

std::string render_rule(const RuleExplained& rule) {
  std::string text = rule.name + place(rule.file, rule.line);
  if (rule.matches && rule.gives.empty())
    return text + ": matches; what it states, a rule before it has given";
  if (rule.matches) {
    text += ": matches; gives";
    for (const std::string& name : rule.gives)
      text += (&name == &rule.gives.front() ? " " : ", ") + name;
    return text;
  }
  text += ": does not match";
  for (const Mismatch& mismatch : rule.mismatches)
    text += "; " + mismatch.key + " wants " + mismatch.wanted + ", is " + mismatch.was;
  return text;
}

}  // namespace

Explanation explain(const Policy& policy, const Subject& subject, const LocalTime& now) {
  const Compiled& compiled = policy.compiled();
  const Matcher matcher(compiled, policy.binding(), subject, now);
  const Givers givers = find_givers(compiled, matcher);
  Explanation explanation;
  for (std::size_t i = 0; i < kSettingCount; ++i)
    explanation.settings.push_back(explain_setting(compiled, static_cast<Setting>(i), givers[i]));
  for (std::size_t rule = 0; rule < compiled.rules.size(); ++rule) {
    RuleExplained explained = explain_rule(compiled, rule, givers);
    explained.mismatches = find_mismatches(compiled, matcher, rule, subject, now);
    explained.matches = explained.mismatches.empty();
    explanation.rules.push_back(std::move(explained));
  }
  return explanation;
}

std::string render(const Explanation& explanation) {
  constexpr std::size_t kWidestLine = 1000;
  std::vector<std::string> lines;
  std::size_t names = 0;
  for (const SettingExplained& setting : explanation.settings)
    names = std::max(names, setting.name.size());
  for (const SettingExplained& setting : explanation.settings)
    for (std::string& line :
         broken(padded(setting.name, names) + " = ",
                setting.value + "  from " + setting.rule + place(setting.file, setting.line)))
      lines.push_back(std::move(line));
  if (!explanation.rules.empty()) lines.emplace_back();
  for (const RuleExplained& rule : explanation.rules) lines.push_back("rule " + render_rule(rule));
  std::string text;
  for (const std::string& line : lines) text += printable(line, kWidestLine) + '\n';
  return text;
}

}  // namespace idled::policy
