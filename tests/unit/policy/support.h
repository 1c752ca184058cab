// What the tests of the policy share.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "policy/explain.h"
#include "policy/parse.h"

namespace idled::policy::test {

// Parses with every key enabled.
inline Parsed parse_sources(const std::vector<Source>& sources) {
  return parse(sources);
}

inline Parsed parse_text(std::string_view text) {
  return parse_sources({Source{"policy.json", std::string(text)}});
}

// A policy that must be good, with its groups bound to `ids`.
inline Policy policy_of(std::vector<Source> sources, const std::map<std::string, gid_t>& ids = {}) {
  Parsed parsed = parse_sources(sources);
  EXPECT_TRUE(parsed.policy) << render(parsed.errors);
  return parsed.policy ? parsed.policy->bind_groups(ids) : Policy::built_in();
}

inline Policy policy_of(std::string_view text, const std::map<std::string, gid_t>& ids = {}) {
  return policy_of({Source{"policy.json", std::string(text)}}, ids);
}

// A person with a shell over ssh.
inline Subject alice() {
  return {"alice", 1000, {1000, 27}, "sshd", "192.0.2.7", {"pts/3"}, Kind::kTerminal};
}

inline LocalTime monday_noon() {
  return local_time(std::chrono::Monday, std::chrono::hours(12));
}

// A rule named "r" with `match`, that states an idle limit of 1h; whether `subject`
// gets it.
inline bool matches(std::string_view match, const Subject& subject,
                    const LocalTime& now = monday_noon(),
                    const std::map<std::string, gid_t>& ids = {}) {
  const std::string text =
      R"({"rules": [{"name": "r", "match": )" + std::string(match) + R"(, "idle": "1h"}]})";
  return policy_of(text, ids).resolve(subject, now).idle_rule == "r";
}

}  // namespace idled::policy::test
