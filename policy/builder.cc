#include "policy/builder.h"

#include <algorithm>

namespace idled::policy {
namespace {

std::uint32_t size_of(const auto& items) {
  return static_cast<std::uint32_t>(items.size());
}

}  // namespace

const Stated* Compiled::find_stated(std::size_t rule, Setting setting) const {
  if ((rules[rule].states & mask_of(setting)) == 0) return nullptr;
  const std::span<const Stated> all = stated_by(rule);
  return &*std::find_if(all.begin(), all.end(),
                        [setting](const Stated& one) { return one.setting == setting; });
}

void Builder::begin_source(SourceText source) {
  compiled_.sources.push_back(std::move(source));
}

Place Builder::place(std::size_t offset) const {
  return {size_of(compiled_.sources) - 1, static_cast<std::uint32_t>(offset)};
}

void Builder::add_default(Stated stated) {
  std::optional<Stated>& slot = compiled_.defaults[static_cast<std::size_t>(stated.setting)];
  if (!slot) slot = std::move(stated);
}

void Builder::begin_rule(std::string name, Place place, std::uint32_t number) {
  const std::uint32_t stated = size_of(compiled_.stated);
  compiled_.texts.push_back({std::move(name), place, number, stated, stated});
  const std::uint32_t terms = size_of(compiled_.terms);
  compiled_.rules.push_back({terms, terms, 0});
}

void Builder::add_term(MatchKey key, bool excludes, Pattern pattern, std::string_view spelling,
                       Place place, const Path& path) {
  const AtomIndex atom = intern(key, std::move(pattern), spelling);
  compiled_.terms.push_back({atom, key, excludes});
  if (key == MatchKey::kGroup) compiled_.group_mentions.push_back({atom, place, path.pointer()});
}

void Builder::add_stated(Stated stated) {
  compiled_.rules.back().states |= mask_of(stated.setting);
  compiled_.stated.push_back(std::move(stated));
}

void Builder::end_rule() {
  RuleCode& rule = compiled_.rules.back();
  rule.terms_end = size_of(compiled_.terms);
  compiled_.texts.back().stated_end = size_of(compiled_.stated);
}

AtomIndex Builder::intern(MatchKey key, Pattern pattern, std::string_view spelling) {
  const AtomIndex next = size_of(compiled_.atoms);
  const auto [known, is_new] =
      atoms_.try_emplace(static_cast<char>('0' + static_cast<int>(key)) + pattern.text, next);
  if (!is_new) return known->second;
  switch (pattern.form) {
    case Pattern::Form::kName:
      compiled_.names[static_cast<std::size_t>(key)].emplace(pattern.text, next);
      break;
    case Pattern::Form::kNumber:
      if (key == MatchKey::kUser) compiled_.uids.emplace(pattern.number, next);
      break;
    default:
      compiled_.tried.push_back(next);
  }
  if (key == MatchKey::kGroup) compiled_.groups.push_back(next);
  compiled_.asks_for_host = compiled_.asks_for_host || key == MatchKey::kHost;
  compiled_.atoms.push_back({key, std::move(pattern), std::string(spelling)});
  return next;
}

}  // namespace idled::policy
