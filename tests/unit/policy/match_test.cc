// Every key of a match: what it takes, what it refuses, and whom it matches.
#include "policy/match_table.h"

#include <algorithm>

#include "support.h"

namespace idled::policy::test {
namespace {

using namespace std::chrono_literals;

const std::map<std::string, gid_t> kGroups = {{"staff", 50}, {"sudo", 27}, {"alice", 1000}};

Subject on_console() {
  Subject subject = alice();
  subject.service = "login";
  subject.host.clear();
  subject.terminals = {"tty1"};
  subject.kind = Kind::kConsole;
  return subject;
}

Subject without_terminal() {
  Subject subject = alice();
  subject.terminals.clear();
  subject.kind = Kind::kNoTerminal;
  return subject;
}

struct Case {
  std::string_view match;
  bool ssh;      // whether alice() is matched
  bool console;  // whether on_console() is
};

TEST(Match, FindsWhomItMeans) {
  constexpr Case kCases[] = {
      {R"({})", true, true},
      // names, patterns, ids
      {R"({"user": "alice"})", true, true},
      {R"({"user": "Alice"})", false, false},
      {R"({"user": ["bob", "alice"]})", true, true},
      {R"({"user": "al*"})", true, true},
      {R"({"user": "al"})", false, false},
      {R"({"user": "1000"})", true, true},
      {R"({"user": "01000"})", true, true},
      {R"({"user": "1001"})", false, false},
      // one that excludes beats all that include; alone, it includes all others
      {R"({"user": "!alice"})", false, false},
      {R"({"user": "!bob"})", true, true},
      {R"({"user": ["*", "!alice"]})", false, false},
      {R"({"user": ["!alice", "alice"]})", false, false},
      {R"({"user": ["!bob", "carol"]})", false, false},
      {R"({"user": ["!b*", "a*"]})", true, true},
      {R"({"user": "!1000"})", false, false},
      // groups
      {R"({"group": "sudo"})", true, true},
      {R"({"group": "alice"})", true, true},
      {R"({"group": "staff"})", false, false},
      {R"({"group": ["staff", "sudo"]})", true, true},
      {R"({"group": "!staff"})", true, true},
      {R"({"group": ["sudo", "!alice"]})", false, false},
      {R"({"group": "27"})", true, true},
      {R"({"group": "!50"})", true, true},
      {R"({"group": "50"})", false, false},
      // services
      {R"({"service": "sshd"})", true, false},
      {R"({"service": ["login", "ssh?"]})", true, true},
      {R"({"service": "!login"})", true, false},
      // hosts
      {R"({"host": "192.0.2.0/24"})", true, false},
      {R"({"host": "192.0.2.7"})", true, false},
      {R"({"host": "::ffff:192.0.2.7"})", true, false},
      {R"({"host": "192.0.2.*"})", true, false},
      {R"({"host": "198.51.100.0/24"})", false, false},
      {R"({"host": "!192.0.2.0/24"})", false, true},
      {R"({"host": "?*"})", true, false},
      {R"({"host": "!?*"})", false, true},
      {R"({"host": "*"})", true, true},
      {R"({"host": ["2001:db8::/32", "192.0.0.0/8", "!192.0.2.8"]})", true, false},
      // terminals
      {R"({"terminal": "pts/3"})", true, false},
      {R"({"terminal": "pts/*"})", true, false},
      {R"({"terminal": "tty[1-6]"})", false, true},
      {R"({"terminal": "!tty1"})", true, false},
      // kinds
      {R"({"kind": "terminal"})", true, false},
      {R"({"kind": ["console", "graphical"]})", false, true},
      {R"({"kind": "!no-terminal"})", true, true},
      // times: it is Monday noon
      {R"({"time": "Mon-Fri 08:00-18:00"})", true, true},
      {R"({"time": ["Sat,Sun", "Mon 11:00-13:00"]})", true, true},
      {R"({"time": "!Mon"})", false, false},
      {R"({"time": ["Mon-Fri 08:00-18:00", "!12:00-13:00"]})", false, false},
      // all keys must be met
      {R"({"user": "alice", "service": "sshd", "kind": "terminal"})", true, false},
      {R"({"user": "bob", "service": "sshd"})", false, false},
      {R"({"user": "alice", "group": "!sudo"})", false, false},
  };
  for (const Case& each : kCases) {
    EXPECT_EQ(matches(each.match, alice(), monday_noon(), kGroups), each.ssh) << each.match;
    EXPECT_EQ(matches(each.match, on_console(), monday_noon(), kGroups), each.console)
        << each.match;
  }
}

TEST(Match, AnIdIsANumberHoweverItIsWritten) {
  const Policy policy = policy_of(R"({"rules": [
    {"name": "a", "match": {"user": "1000", "service": "login"}, "idle": "1h"},
    {"name": "b", "match": {"user": "001000"}, "idle": "2h"}]})");
  EXPECT_EQ(policy.resolve(alice(), monday_noon()).idle_rule, "b");
}

TEST(Match, AnyTerminalWillDo) {
  Subject subject = alice();
  subject.terminals = {"pts/3", "pts/12"};
  EXPECT_TRUE(matches(R"({"terminal": "pts/12"})", subject));
  EXPECT_FALSE(matches(R"({"terminal": ["pts/3", "!pts/1?"]})", subject));
  EXPECT_FALSE(matches(R"({"terminal": "*"})", without_terminal()));
  EXPECT_TRUE(matches(R"({"terminal": "!pts/3"})", without_terminal()));
  EXPECT_TRUE(matches(R"({"kind": "no-terminal"})", without_terminal()));
}

TEST(Match, HostsAreComparedAsWhatTheyAre) {
  Subject subject = alice();
  const auto from = [&subject](std::string_view host, std::string_view match) {
    subject.host = host;
    return matches(match, subject);
  };
  EXPECT_TRUE(from("::ffff:10.1.2.3", R"({"host": "10.0.0.0/8"})"));
  EXPECT_TRUE(from("::ffff:10.1.2.3", R"({"host": "10.1.*"})"));
  EXPECT_TRUE(from("2001:DB8:0::1", R"({"host": "2001:db8::1"})"));
  EXPECT_TRUE(from("2001:DB8:0::1", R"({"host": "2001:db8:*"})"));
  EXPECT_TRUE(from("fe80::1%eth0", R"({"host": "fe80::/10"})"));
  EXPECT_TRUE(from("fe80::1%eth0", R"({"host": "fe80::1%eth0"})"));
  EXPECT_FALSE(from("fe80::1%eth1", R"({"host": "fe80::1%eth0"})"));
  EXPECT_TRUE(from("Desk.Example.COM", R"({"host": "*.example.com"})"));
  EXPECT_TRUE(from("Desk.Example.COM", R"({"host": "desk.example.com"})"));
  EXPECT_TRUE(from("desk.example.com", R"({"host": "DESK.example.com"})"));
  EXPECT_FALSE(from("10.1.2.3.example.com", R"({"host": "10.0.0.0/8"})"));
  EXPECT_FALSE(from("203.0.113.1", R"({"host": "::/0"})"));
  EXPECT_FALSE(from("desk.example.com", R"({"host": ["::/0", "0.0.0.0/0"]})"));
  EXPECT_FALSE(from("", R"({"host": ["::/0", "0.0.0.0/0"]})"));
}

TEST(Match, AGroupWithoutAnIdMatchesNobody) {
  const std::map<std::string, gid_t> none;
  EXPECT_FALSE(matches(R"({"group": "ops"})", alice(), monday_noon(), none));
  EXPECT_FALSE(matches(R"({"group": "!ops"})", alice(), monday_noon(), none));
  EXPECT_FALSE(matches(R"({"group": ["27", "!ops"]})", alice(), monday_noon(), none));
  EXPECT_FALSE(matches(R"({"user": "alice", "group": "!ops"})", alice(), monday_noon(), none));
  EXPECT_TRUE(matches(R"({"group": ["ops", "27"]})", alice(), monday_noon(), none));
}

TEST(Match, GroupsAreBoundAgainAndAgain) {
  const Policy policy = policy_of(R"({"rules": [
    {"name": "a", "match": {"group": ["ops", "!interns"]}, "idle": "1h"},
    {"name": "b", "match": {"group": ["admins", "ops", "7"]}, "idle": "2h"}]})");
  EXPECT_EQ(policy.group_names(), (std::vector<std::string>{"admins", "interns", "ops"}));
  EXPECT_EQ(policy.rule_count(), 2U);
  const auto rule = [](const Policy& bound) {
    return bound.resolve(alice(), monday_noon()).idle_rule;
  };
  const Policy first = policy.bind_groups({{"ops", 27}, {"interns", 99}, {"unasked", 1}});
  EXPECT_EQ(rule(policy), "built-in");
  EXPECT_EQ(rule(first), "a");
  EXPECT_EQ(rule(first.bind_groups({{"ops", 27}, {"interns", 1000}})), "b");
  EXPECT_EQ(rule(first.bind_groups({{"ops", 28}})), "built-in");
  // Two names for one id are two groups.
  EXPECT_EQ(rule(first.bind_groups({{"ops", 27}, {"admins", 27}})), "b");

  EXPECT_EQ(policy.unbound_groups().size(), 4U);
  const std::vector<Diagnostic> unbound = first.unbound_groups();
  EXPECT_EQ(
      render(unbound),
      "policy.json:3:39: warning: there is no group \"admins\" [/rules/1/match/group/0]\n"
      "        {\"name\": \"b\", \"match\": {\"group\": [\"admins\", \"ops\", \"7\"]}, \"idle\": "
      "\"2h\"}]}\n"
      "                                          ^\n");
}

struct Bad {
  std::string_view key;
  std::string_view value;
  std::string_view message;
  std::string_view suggestion = "";
  std::string_view item = "";  // pointer below the key
  std::size_t offset = 0;      // of the error in the value
};

constexpr Bad kBad[] = {
    {"user", "1000", "\"user\" takes a string or a list of strings, not a number"},
    {"user", "\"\"", "\"\" is not a value of \"user\""},
    {"user", "\"!\"", "\"!\" is not a value of \"user\""},
    {"user", "\"!!a\"", "\"!!a\" is not a value of \"user\""},
    {"user", "\"! a\"", "\"! a\" is not a value of \"user\""},
    {"user", "\"a\\u0007\"", "\"a?\" is not a value of \"user\""},
    {"user", "[\"a\", null]", "\"user\" takes a string or a list of strings, not null", "", "/1",
     6},
    {"user", "[]", "this list matches nothing; without the key, everything matches"},
    {"user", "\"4294967295\"", "\"4294967295\" is not an id; they go from 0 to 4294967294"},
    {"user", "\"a[\"", "\"a[\" is not a pattern; its '[' has no ']', or runs backwards"},
    {"group", "\"op*\"", "\"group\" takes names, not patterns: groups are compared by id"},
    {"group", "\"99999999999\"", "\"99999999999\" is not an id; they go from 0 to 4294967294"},
    {"group", "{}", "\"group\" takes a string or a list of strings, not an object"},
    {"service", "[[\"sshd\"]]", "\"service\" takes a string or a list of strings, not a list", "",
     "/0", 1},
    {"service", "\"[z-a]\"", "\"[z-a]\" is not a pattern; its '[' has no ']', or runs backwards"},
    {"host", "\"10.0.0.1/8\"", "\"10.0.0.1/8\" has bits set beyond its prefix", "10.0.0.0/8"},
    {"host", "\"!2001:db8::1/32\"", "\"2001:db8::1/32\" has bits set beyond its prefix",
     "2001:db8::/32"},
    {"host", "\"10.0.0.0/33\"", "\"10.0.0.0/33\" is not a network; write it as in 10.0.0.0/8"},
    {"host", "\"example.com/24\"",
     "\"example.com/24\" is not a network; write it as in 10.0.0.0/8"},
    {"host", "\"10.0.0\"", "\"10.0.0\" is not an address"},
    {"host", "\"10.0.0.256\"", "\"10.0.0.256\" is not an address"},
    {"host", "\"2001:db8\"", "\"2001:db8\" is not an address"},
    {"terminal", "\"/dev/pts/*\"", "terminals are named without /dev/, as in \"pts/3\"", "pts/*"},
    {"terminal", "\"/tty1\"", "terminals are named without /dev/, as in \"pts/3\""},
    {"kind", "\"consol\"",
     "\"kind\" takes \"terminal\", \"console\", \"no-terminal\" or \"graphical\", not \"consol\"",
     "console"},
    {"kind", "\"tty\"",
     "\"kind\" takes \"terminal\", \"console\", \"no-terminal\" or \"graphical\", not \"tty\""},
    {"time", "\"Mo-Fr 8-18\"", "'Mo' is not a day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun"},
    {"time", "[\"Sat\", \"!08:00\"]", "'08:00' lacks its end; write it as in '08:00-18:00'", "",
     "/1", 8},
};

TEST(Match, RefusesWhatIsBad) {
  for (const Bad& each : kBad) {
    const std::string key(each.key);
    const Parsed parsed =
        parse_text("{\"rules\": [{\"name\": \"r\", \"mode\": \"report\", \"match\": {\n \"" + key +
                   "\": " + std::string(each.value) + "}}]}");
    EXPECT_FALSE(parsed.policy);
    ASSERT_EQ(parsed.errors.size(), 1U) << each.value << render(parsed.errors);
    const Diagnostic& error = parsed.errors.front();
    EXPECT_EQ(error.message, each.message);
    EXPECT_EQ(error.suggestion, each.suggestion) << error.message;
    EXPECT_EQ(error.line, 2U) << error.message;
    EXPECT_EQ(error.column, 6 + key.size() + each.offset) << error.message;
    EXPECT_EQ(error.pointer, "/rules/0/match/" + key + std::string(each.item));
  }
}

TEST(Match, EveryKeyIsTestedHere) {
  for (const MatchRow& each : match_table())
    EXPECT_TRUE(std::any_of(std::begin(kBad), std::end(kBad), [&](const Bad& bad) {
      return bad.key == each.name;
    })) << each.name;
}

TEST(Policy, SaysWhenATimeMatchMayChange) {
  EXPECT_FALSE(policy_of(R"({"rules": [{"name": "r", "match": {"user": "a*"}, "idle": 9}]})")
                   .next_change(monday_noon()));
  const Policy policy = policy_of(R"({"rules": [
    {"name": "a", "match": {"time": "Mon-Fri 08:00-18:00"}, "idle": "1h"},
    {"name": "b", "match": {"time": ["!Sat", "12:00-13:30"]}, "idle": "2h"}]})");
  EXPECT_EQ(policy.next_change(monday_noon()), 90min);
  EXPECT_EQ(policy.next_change(local_time(std::chrono::Monday, 14h)), 4h);
  EXPECT_EQ(policy.next_change(local_time(std::chrono::Friday, 18h)), 6h);
}

}  // namespace
}  // namespace idled::policy::test
