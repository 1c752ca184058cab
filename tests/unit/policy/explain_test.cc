#include "policy/explain.h"

#include <algorithm>
#include <sstream>

#include "policy/setting_table.h"
#include "random_policy.h"
#include "support.h"

namespace idled::policy::test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kText = R"({
  "defaults": { "warn": "30s" },
  "rules": [
    { "name": "bob", "match": { "user": "bob", "service": "sshd" }, "idle": "1h" },
    { "name": "ops", "match": { "group": ["ops", "!interns"], "time": "Mon-Fri 08:00-18:00" },
      "idle": "2h" },
    { "name": "ssh",
      "match": { "host": "192.0.2.0/24" },
      "mode": "report",
      "idle": "15m" },
    { "name": "all", "idle": "10m", "tmout": "off" },
    { "name": "late", "mode": "enforce" }
  ]
})";

const SettingExplained& setting(const Explanation& explanation, std::string_view name) {
  const auto found = std::find_if(explanation.settings.begin(), explanation.settings.end(),
                                  [name](const SettingExplained& s) { return s.name == name; });
  EXPECT_NE(found, explanation.settings.end()) << name;
  return *found;
}

TEST(Explain, SaysWhoGaveWhat) {
  const Explanation why = explain(policy_of(kText), alice(), monday_noon());
  EXPECT_EQ(why.settings.size(), kSettingCount);
  EXPECT_EQ(setting(why, "idle").value, "15m");
  EXPECT_EQ(setting(why, "idle").rule, "ssh");
  EXPECT_EQ(setting(why, "idle").file, "policy.json");
  EXPECT_EQ(setting(why, "idle").line, 10U);
  EXPECT_EQ(setting(why, "mode").line, 9U);
  EXPECT_EQ(setting(why, "tmout").rule, "all");
  EXPECT_EQ(setting(why, "warn").rule, "defaults");
  EXPECT_EQ(setting(why, "warn").line, 2U);
  EXPECT_EQ(setting(why, "session").rule, "built-in");
  EXPECT_EQ(setting(why, "session").file, "");
  EXPECT_EQ(setting(why, "session").line, 0U);
}

TEST(Explain, SaysWhyARuleDoesNotMatch) {
  Subject subject = alice();
  subject.service = "login";
  const Policy policy = policy_of(kText, {{"ops", 99}, {"interns", 98}});
  const Explanation why = explain(policy, subject, local_time(std::chrono::Sunday, 9h + 5min));
  ASSERT_EQ(why.rules.size(), 5U);
  const RuleExplained& bob = why.rules[0];
  EXPECT_EQ(bob.name, "bob");
  EXPECT_EQ(bob.line, 4U);
  EXPECT_FALSE(bob.matches);
  ASSERT_EQ(bob.mismatches.size(), 2U);
  EXPECT_EQ(bob.mismatches[0].key, "user");
  EXPECT_EQ(bob.mismatches[0].wanted, "bob");
  EXPECT_EQ(bob.mismatches[0].was, "alice (1000)");
  EXPECT_EQ(bob.mismatches[1].key, "service");
  EXPECT_EQ(bob.mismatches[1].was, "login");
  const RuleExplained& ops = why.rules[1];
  ASSERT_EQ(ops.mismatches.size(), 2U);
  EXPECT_EQ(ops.mismatches[0].wanted, "ops, !interns");
  EXPECT_EQ(ops.mismatches[0].was, "1000, 27");
  EXPECT_EQ(ops.mismatches[1].wanted, "Mon-Fri 08:00-18:00");
  EXPECT_EQ(ops.mismatches[1].was, "Sun 09:05");
  EXPECT_TRUE(why.rules[2].matches);
  EXPECT_EQ(why.rules[2].gives, (std::vector<std::string>{"idle", "mode"}));
  EXPECT_EQ(why.rules[3].gives, std::vector<std::string>{"tmout"});
  EXPECT_TRUE(why.rules[4].matches);
  EXPECT_TRUE(why.rules[4].gives.empty());
}

TEST(Explain, SaysThatAGroupDoesNotExist) {
  const Explanation why = explain(policy_of(kText, {{"ops", 27}}), alice(), monday_noon());
  ASSERT_EQ(why.rules[1].mismatches.size(), 1U);
  EXPECT_EQ(why.rules[1].mismatches[0].was, "1000, 27 (no group interns is known)");
}

TEST(Explain, SaysNoneWhereTheLoginHasNothing) {
  const Policy policy = policy_of(R"({"rules": [{"name": "r", "idle": 9, "match":
    {"user": "x", "group": "7", "service": "x", "host": "10.0.0.0/8", "terminal": "x",
     "kind": "console"}}]})");
  Subject nobody;
  nobody.kind = Kind::kNoTerminal;
  const Explanation why = explain(policy, nobody, monday_noon());
  std::string was;
  for (const Mismatch& mismatch : why.rules.at(0).mismatches) was += mismatch.was + '|';
  EXPECT_EQ(was, "none (0)|none|none|none (local)|none|no-terminal|");
}

TEST(Explain, RendersAsText) {
  const Source source{"/etc/idled/policy.json", R"({
  "defaults": { "message": "\u00fc" },
  "rules": [
    { "name": "bob", "match": { "user": ["bob", "!root"] }, "idle": "1h" },
    { "name": "all", "idle": "15m" },
    { "name": "none", "idle": "20m" }
  ]
})"};
  const Parsed parsed = parse({&source, 1});
  ASSERT_TRUE(parsed.policy);
  const std::string text = render(explain(*parsed.policy, alice(), monday_noon()));
  for (const std::string_view line : {
           "idle            = 15m  from all (/etc/idled/policy.json:5)\n",
           "warn            = 1m, 10s  from built-in\n",
           "message         = ??  from defaults (/etc/idled/policy.json:2)\n",
           "rule bob (/etc/idled/policy.json:4): does not match; user wants bob, !root, is alice "
           "(1000)\n",
           "rule all (/etc/idled/policy.json:5): matches; gives idle\n",
           "rule none (/etc/idled/policy.json:6): matches; what it states, a rule before it has "
           "given\n",
       })
    EXPECT_NE(text.find(line), std::string::npos) << line << "in\n" << text;
}

void expect_agreement(const Policy& policy, const Subject& subject, const LocalTime& now) {
  const Resolved resolved = policy.resolve(subject, now);
  const Explanation why = explain(policy, subject, now);
  ASSERT_EQ(why.settings.size(), kSettingCount);
  for (std::size_t i = 0; i < kSettingCount; ++i) {
    EXPECT_EQ(why.settings[i].name, setting_table()[i].name);
    EXPECT_EQ(why.settings[i].value, setting_table()[i].print(resolved.settings));
  }
  EXPECT_EQ(setting(why, "idle").rule, resolved.idle_rule);
  for (const RuleExplained& rule : why.rules) {
    EXPECT_EQ(rule.matches, rule.mismatches.empty());
    EXPECT_TRUE(rule.gives.empty() || rule.matches) << rule.name;
    for (const std::string& name : rule.gives) EXPECT_EQ(setting(why, name).rule, rule.name);
  }
}

TEST(Explain, SaysWhatResolveDoes) {
  Chance chance(20260105);
  for (int i = 0; i < 300; ++i) {
    const std::string text = chance.policy();
    SCOPED_TRACE(text);
    const Policy policy = policy_of(text, {{"g", 5}, {"h", 7}});
    for (int k = 0; k < 10; ++k) expect_agreement(policy, chance.subject(), chance.time());
    if (::testing::Test::HasFailure()) return;
  }
}

// The same, against a reading of the rules as plain as can be: one rule at a time,
// each alone in a policy of its own.
TEST(Resolve, GivesEachSettingFromTheFirstRuleThatMatches) {
  Chance chance(42);
  for (int i = 0; i < 200; ++i) {
    std::vector<std::string> rules;
    for (std::size_t k = 0; k < 6; ++k) rules.push_back(chance.rule(k));
    std::string all;
    for (const std::string& rule : rules) all += (all.empty() ? "" : ",\n") + rule;
    SCOPED_TRACE(all);
    const Subject subject = chance.subject();
    const LocalTime now = chance.time();
    const auto resolve = [&](const std::string& list) {
      return explain(policy_of("{\"rules\": [" + list + "]}", {{"g", 5}, {"h", 7}}), subject, now);
    };
    const Explanation whole = resolve(all);
    for (const SettingExplained& wanted : whole.settings) {
      std::string rule = "built-in";
      for (std::size_t k = rules.size(); k-- > 0;)
        if (setting(resolve(rules[k]), wanted.name).rule != "built-in")
          rule = "r" + std::to_string(k);
      EXPECT_EQ(wanted.rule, rule) << wanted.name;
    }
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(Explain, ALongListGoesOnBelowItsBeginning) {
  const Policy policy = Policy::built_in();
  const std::string text = render(explain(policy, alice(), monday_noon()));
  std::istringstream lines(text);
  std::size_t indented = 0;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80U) << line;
    if (line.starts_with("                  ")) ++indented;
  }
  EXPECT_GE(indented, 5U) << text;
  EXPECT_NE(text.find("update-grub  from built-in"), std::string::npos) << text;
}

}  // namespace
}  // namespace idled::policy::test
