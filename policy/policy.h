// The rules of a site, compiled: which settings apply to a login.
//
// As in sshd_config(5), each setting takes its value from the first rule that
// matches and states it, else from `defaults` (the first source that states it),
// else it is built in. Text becomes a Policy in policy/parse.h; policy/explain.h
// tells why a login gets what it gets.
//
// Pure: nothing here reads a file, a clock, a time zone or NSS.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "policy/diagnostic.h"
#include "policy/local_time.h"
#include "policy/settings.h"
#include "policy/subject.h"

namespace idled::policy {

struct Resolved {
  Settings settings;
  std::string idle_rule;     // name of the rule that gave `idle`; "defaults" or "built-in"
  std::string session_rule;  // so, of the one that gave `session`
};

struct Compiled;  // private, policy/compiled.h
struct Binding;   // private, policy/compiled.h

// Immutable; a copy shares everything, and any thread may use it.
class Policy {
 public:
  // No rules, no defaults.
  static Policy built_in();
  // For policy/parse.cc alone.
  explicit Policy(std::shared_ptr<const Compiled> compiled);

  // What applies to `subject` at `now`. 10,000 rules take well under a millisecond.
  [[nodiscard]] Resolved resolve(const Subject& subject, const LocalTime& now) const;

  // Of each setting the mildest value that the login may come to have while it lasts, as
  // it opens other terminals and as windows open and shut. For what is decided once, when
  // it opens, and must not contradict the policy later: the shell's TMOUT. A login without
  // a terminal is taken for one that will have one.
  [[nodiscard]] Settings mildest(const Subject& subject) const;

  // The shortest `idle` that the login would have at `now` on whatever terminal; none:
  // never. Terminals are found, not told: a login is looked at this often at least.
  [[nodiscard]] std::optional<seconds> shortest_idle(const Subject& subject,
                                                     const LocalTime& now) const;

  // How long from `now` until some `time` match may next change its answer, more
  // than 0 and at most a week and a clock change; none if no rule has a time window.
  [[nodiscard]] std::optional<seconds> next_change(const LocalTime& now) const;

  // The groups that rules name, sorted, each once. Numbers ("1000") are not among
  // them: they need no look-up.
  [[nodiscard]] std::vector<std::string> group_names() const;

  // The same policy, with the groups' ids; what `ids` has too much is ignored.
  // Groups match by id only, so that no step waits for NSS. A group without an id
  // (unbound: before this call, or unknown to NSS) has no members, and a rule that
  // *excludes* it matches nobody: whom it would exempt or catch cannot be told, so
  // what comes after it decides. Replaces an earlier binding.
  [[nodiscard]] Policy bind_groups(const std::map<std::string, gid_t>& ids) const;

  // A warning for every mention of a group that has no id: that there is none of that
  // name or, for those in `unanswered`, that it could not be found out.
  [[nodiscard]] std::vector<Diagnostic> unbound_groups(
      const std::set<std::string>& unanswered = {}) const;

  [[nodiscard]] std::size_t rule_count() const;

  // For policy/explain.cc alone.
  [[nodiscard]] const Compiled& compiled() const { return *compiled_; }
  [[nodiscard]] const Binding& binding() const { return *binding_; }

 private:
  std::shared_ptr<const Compiled> compiled_;
  std::shared_ptr<const Binding> binding_;
};

}  // namespace idled::policy
