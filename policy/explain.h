// Why a login gets the settings it gets: as data, and as text for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace idled::policy {

// One setting: its value, and who gave it.
struct SettingExplained {
  std::string name;      // "idle"
  std::string value;     // "5m", "1m, 10s", "never", "none"
  std::string rule;      // the rule's name; "defaults" or "built-in"
  std::string file;      // empty for "built-in"
  std::size_t line = 0;  // where the value stands; 0 for "built-in"
};

// One key of a rule's match that the login does not meet.
struct Mismatch {
  std::string key;     // "user"
  std::string wanted;  // as the policy has it: "alice, !bob"
  std::string was;     // "carol"; "none" where the login has no such thing
};

struct RuleExplained {
  std::string name;
  std::string file;
  std::size_t line = 0;
  bool matches = false;
  std::vector<Mismatch> mismatches;  // empty exactly if it matches
  std::vector<std::string> gives;    // settings that were taken from this rule
};

struct Explanation {
  std::vector<SettingExplained> settings;  // every setting
  std::vector<RuleExplained> rules;        // every rule, in order of precedence
};

// Agrees with Policy::resolve for the same arguments.
Explanation explain(const Policy& policy, const Subject& subject, const LocalTime& now);

// Several lines of plain ASCII, each ended by a newline.
std::string render(const Explanation& explanation);

}  // namespace idled::policy
