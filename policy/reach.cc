// What a login may come to have while it lasts. Its user, groups, service and host stay;
// its terminals do not, and neither does the time.
#include <algorithm>

#include "policy/compiled.h"
#include "policy/matcher.h"
#include "policy/policy.h"

namespace idled::policy {
namespace {

constexpr MatchKey kTerminals[] = {MatchKey::kTerminal};
constexpr MatchKey kTerminalsAndTime[] = {MatchKey::kTerminal, MatchKey::kTime};

Subject with_terminal(Subject subject) {
  if (subject.kind == Kind::kNoTerminal) subject.kind = Kind::kTerminal;
  return subject;
}

// Calls `visit` for each rule that may give a setting, in order of precedence: up to the
// first that does so for certain. Last for kFromDefaults or kBuiltIn, if there is no such.
template <typename Visit>
void for_each_giver(const Compiled& compiled, const Matcher& matcher,
                    std::span<const MatchKey> open, Visit visit) {
  SettingMask left = (1U << kSettingCount) - 1;
  const auto visit_all = [&](SettingMask given, auto giver_of) {
    for (std::size_t i = 0; i < kSettingCount; ++i)
      if ((given & mask_of(static_cast<Setting>(i))) != 0)
        visit(static_cast<Setting>(i), giver_of(i));
  };
  for (std::size_t rule = 0; rule < compiled.rules.size() && left != 0; ++rule) {
    const SettingMask given = compiled.rules[rule].states & left;
    if (given == 0) continue;
    const Truth matches = matcher.may_match(rule, open);
    if (matches == Truth::kFalse) continue;
    visit_all(given, [rule](std::size_t) { return rule; });
    if (matches == Truth::kTrue) left = static_cast<SettingMask>(left & ~given);
  }
  visit_all(left, [&](std::size_t i) { return compiled.defaults[i] ? kFromDefaults : kBuiltIn; });
}

std::optional<seconds> longer(const std::optional<seconds>& a, const std::optional<seconds>& b) {
  return a && b ? std::optional(std::max(*a, *b)) : std::nullopt;
}

// From the one that ends most to the one that ends nobody.
int mildness(Tmout tmout) {
  return tmout == Tmout::kLimit ? 0 : tmout == Tmout::kBackstop ? 1 : 2;
}

// Takes over what is milder in `other`, of one setting.
void soften(Setting setting, Settings& settings, const Settings& other) {
  switch (setting) {
    case Setting::kIdle:
      settings.idle = longer(settings.idle, other.idle);
      break;
    case Setting::kSession:
      settings.session = longer(settings.session, other.session);
      break;
    case Setting::kActivity:
      settings.activity = std::max(settings.activity, other.activity);
      break;
    case Setting::kNoTerminal:
      settings.no_terminal = std::min(settings.no_terminal, other.no_terminal);
      break;
    case Setting::kLeftovers:
      settings.leftovers = std::min(settings.leftovers, other.leftovers);
      break;
    case Setting::kMode:
      settings.mode = std::max(settings.mode, other.mode);
      break;
    case Setting::kTmout:
      if (mildness(other.tmout) > mildness(settings.tmout)) settings.tmout = other.tmout;
      break;
    case Setting::kHoldMax:
      settings.hold_max = std::max(settings.hold_max, other.hold_max);
      break;
    case Setting::kWarn:
    case Setting::kNeverInterrupt:
    case Setting::kMessage:
      break;  // neither is milder: the first counts
  }
}

// The value of one setting that its giver states, in settings that are else built in.
Settings stated_alone(const Compiled& compiled, std::size_t giver, Setting setting) {
  Settings settings;
  if (const Stated* stated = given_by(compiled, giver, setting))
    row_of(setting).apply(stated->value, settings);
  return settings;
}

}  // namespace

Settings Policy::mildest(const Subject& subject) const {
  const Subject login = with_terminal(subject);
  const Matcher matcher(*compiled_, *binding_, login, {});
  Settings settings;
  SettingMask seen = 0;
  for_each_giver(*compiled_, matcher, kTerminalsAndTime, [&](Setting setting, std::size_t giver) {
    if ((seen & mask_of(setting)) != 0) {
      soften(setting, settings, stated_alone(*compiled_, giver, setting));
    } else if (const Stated* stated = given_by(*compiled_, giver, setting)) {
      row_of(setting).apply(stated->value, settings);
    }
    seen = static_cast<SettingMask>(seen | mask_of(setting));
  });
  return settings;
}

std::optional<seconds> Policy::shortest_idle(const Subject& subject, const LocalTime& now) const {
  const Subject login = with_terminal(subject);
  const Matcher matcher(*compiled_, *binding_, login, now);
  std::optional<seconds> shortest;
  for_each_giver(*compiled_, matcher, kTerminals, [&](Setting setting, std::size_t giver) {
    if (setting != Setting::kIdle) return;
    const std::optional<seconds> idle = stated_alone(*compiled_, giver, setting).idle;
    if (idle) shortest = std::min(shortest.value_or(*idle), *idle);
  });
  return shortest;
}

}  // namespace idled::policy
