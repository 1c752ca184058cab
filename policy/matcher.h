// Which rules one login matches. resolve() and explain() both ask this, so that they
// cannot disagree.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "policy/compiled.h"

namespace idled::policy {

class Matcher {
 public:
  // Finds out all about the atoms at once. Refers to `compiled`.
  Matcher(const Compiled& compiled, const Binding& binding, const Subject& subject,
          const LocalTime& now);

  [[nodiscard]] bool matches(std::size_t rule) const {
    const RuleCode& code = compiled_.rules[rule];
    return meets(
        {compiled_.terms.data() + code.terms_begin, compiled_.terms.data() + code.terms_end});
  }
  // Whether each key among `terms`, which stand together by key, is met: by at least
  // one of its patterns, if any includes, and by none that excludes. What is unknown
  // neither includes nor fails to exclude.
  [[nodiscard]] bool meets(std::span<const Term> terms) const;
  // As matches(), where what the keys in `open` ask is not known: kUnknown if it hangs on
  // them alone.
  [[nodiscard]] Truth may_match(std::size_t rule, std::span<const MatchKey> open) const;
  [[nodiscard]] Truth truth(AtomIndex atom) const { return truth_[atom]; }

 private:
  void find_names(const Subject& subject, const std::string& host);
  void find_ids(const Binding& binding, const Subject& subject);
  void try_others(const Subject& subject, const std::string& host, const LocalTime& now);
  void find_name(MatchKey key, std::string_view name);

  const Compiled& compiled_;
  std::vector<Truth> truth_;
};

// Who gives each setting: the index of a rule, or one of these.
inline constexpr std::size_t kFromDefaults = static_cast<std::size_t>(-1);
inline constexpr std::size_t kBuiltIn = static_cast<std::size_t>(-2);

using Givers = std::array<std::size_t, kSettingCount>;
Givers find_givers(const Compiled& compiled, const Matcher& matcher);

// What the giver of a setting states; null if it is built in.
const Stated* given_by(const Compiled& compiled, std::size_t giver, Setting setting);

// The binding of the groups in `ids`, and of those that are numbers.
Binding bind(const Compiled& compiled, const std::map<std::string, gid_t>& ids);

}  // namespace idled::policy
