// Every setting: what it takes, what it refuses, and where.
#include <algorithm>

#include "policy/setting_table.h"
#include "support.h"

namespace idled::policy::test {
namespace {

const SettingRow& row(std::string_view name) {
  const auto table = setting_table();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [name](const SettingRow& r) { return r.name == name; });
  EXPECT_NE(found, table.end()) << name;
  return *found;
}

struct Good {
  std::string_view key;
  std::string_view value;
  std::string_view printed;
};

TEST(Setting, TakesWhatIsGood) {
  constexpr Good kCases[] = {
      {"idle", "300", "5m"},
      {"idle", "1", "1s"},
      {"idle", "\"90\"", "1m30s"},
      {"idle", "\"1h30m\"", "1h30m"},
      {"idle", "\"366d\"", "366d"},
      {"idle", "\"never\"", "never"},
      {"session", "\"10h\"", "10h"},
      {"session", "\"never\"", "never"},
      {"warn", "[]", "none"},
      {"warn", "\"30s\"", "30s"},
      {"warn", "[10, \"2m\", \"30s\", \"120s\"]", "2m, 30s, 10s"},
      {"activity", "\"input\"", "input"},
      {"activity", "\"output\"", "output"},
      {"activity", "\"job\"", "job"},
      {"no_terminal", "\"ignore\"", "ignore"},
      {"no_terminal", "\"network\"", "network"},
      {"leftovers", "\"keep\"", "keep"},
      {"leftovers", "\"kill\"", "kill"},
      {"mode", "\"enforce\"", "enforce"},
      {"mode", "\"report\"", "report"},
      {"tmout", "\"backstop\"", "backstop"},
      {"tmout", "\"limit\"", "limit"},
      {"tmout", "\"off\"", "off"},
      {"never_interrupt", "[]", "none"},
      {"never_interrupt", "\"rsync\"", "rsync"},
      {"never_interrupt", "[\"b\", \"a\"]", "b, a"},
      {"hold_max", "0", "0s"},
      {"hold_max", "\"2h\"", "2h"},
      {"message", "\"\"", "none"},
      {"message", "\"Go home.\"", "Go home."},
      {"message", "\"Gute Nacht \\u00fc\"", "Gute Nacht \xc3\xbc"},
  };
  for (const Good& each : kCases) {
    const std::string stated = "\"" + std::string(each.key) + "\": " + std::string(each.value);
    for (const std::string& text :
         {"{\"defaults\": {" + stated + "}}", "{\"rules\": [{\"name\": \"r\", " + stated + "}]}"}) {
      const Settings settings = policy_of(text).resolve(alice(), monday_noon()).settings;
      EXPECT_EQ(row(each.key).print(settings), each.printed) << text;
    }
  }
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
    {"idle", "0", "\"idle\" is at least a second; \"never\" switches it off", "never"},
    {"idle", "\"0s\"", "\"idle\" is at least a second; \"never\" switches it off", "never"},
    {"idle", "-1", "'-1' is not a duration; write seconds or units, as in 300, 5m or 1h30m"},
    {"idle", "1.5", "\"idle\" takes a duration or \"never\", not a fraction"},
    {"idle", "true", "\"idle\" takes a duration or \"never\", not true or false"},
    {"idle", "null", "\"idle\" takes a duration or \"never\", not null"},
    {"idle", "[300]", "\"idle\" takes a duration or \"never\", not a list"},
    {"idle", "{}", "\"idle\" takes a duration or \"never\", not an object"},
    {"idle", "\"Never\"", "\"idle\" takes a duration or \"never\", not \"Never\"", "never"},
    {"idle", "\"\"", "'' is not a duration; write seconds or units, as in 300, 5m or 1h30m"},
    {"idle", "\"5 min\"",
     "'5 min' is not a duration; write seconds or units, as in 300, 5m or 1h30m"},
    {"idle", "\"367d\"", "'367d' is longer than the longest duration, 366d"},
    {"idle", "99999999999999999999", "\"idle\" takes a duration or \"never\", not a fraction"},
    {"idle", "18446744073709551615",
     "'9223372036854775807' is longer than the longest duration, 366d"},
    {"session", "0", "\"session\" is at least a second; \"never\" switches it off", "never"},
    {"session", "\"nver\"", "\"session\" takes a duration or \"never\", not \"nver\"", "never"},
    {"warn", "true", "\"warn\" takes durations, not true or false"},
    {"warn", "[\"1m\", null]", "\"warn\" takes durations, not null", "", "/1", 7},
    {"warn", "[\"1m\", 0]", "a warning comes at least a second before", "", "/1", 7},
    {"warn", "[\"1m\", \"soon\"]",
     "'soon' is not a duration; write seconds or units, as in 300, 5m or 1h30m", "", "/1", 7},
    {"warn", "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]", "\"warn\" takes at most 16 durations"},
    {"activity", "\"inputs\"",
     "\"activity\" takes \"input\", \"output\" or \"job\", not \"inputs\"", "input"},
    {"activity", "[\"input\"]", "\"activity\" takes \"input\", \"output\" or \"job\", not a list"},
    {"no_terminal", "\"net\"", "\"no_terminal\" takes \"ignore\" or \"network\", not \"net\""},
    {"leftovers", "\"kil\"", "\"leftovers\" takes \"keep\" or \"kill\", not \"kil\"", "kill"},
    {"mode", "\"Report\"", "\"mode\" takes \"enforce\" or \"report\", not \"Report\"", "report"},
    {"mode", "false", "\"mode\" takes \"enforce\" or \"report\", not true or false"},
    {"tmout", "\"none\"", "\"tmout\" takes \"backstop\", \"limit\" or \"off\", not \"none\""},
    {"tmout", "300", "\"tmout\" takes \"backstop\", \"limit\" or \"off\", not a number"},
    {"never_interrupt", "[\"/usr/bin/dpkg\"]",
     "\"/usr/bin/dpkg\" is a path; a program goes by its name alone", "dpkg", "/0", 1},
    {"never_interrupt", "[\"a\", \"\"]", "\"\" is not the name of a program", "", "/1", 6},
    {"never_interrupt", "1", "\"never_interrupt\" takes names of programs, not a number"},
    {"hold_max", "\"never\"",
     "'never' is not a duration; write seconds or units, as in 300, 5m or 1h30m"},
    {"hold_max", "{}", "\"hold_max\" takes a duration, not an object"},
    {"message", "7", "\"message\" takes a line of text, not a number"},
    {"message", "\"a\\nb\"", "\"message\" is one line, without control characters"},
    {"message", "\"\\u001b[2J\"", "\"message\" is one line, without control characters"},
};

TEST(Setting, RefusesWhatIsBad) {
  for (const Bad& each : kBad) {
    const std::string key(each.key);
    const std::string text =
        "{\"rules\": [\n  {\"name\": \"r\",\n \"" + key + "\": " + std::string(each.value) + "}]}";
    const Parsed parsed = parse_text(text);
    EXPECT_FALSE(parsed.policy);
    ASSERT_EQ(parsed.errors.size(), 1U) << text << render(parsed.errors);
    const Diagnostic& error = parsed.errors.front();
    EXPECT_EQ(error.message, each.message) << text;
    EXPECT_EQ(error.suggestion, each.suggestion) << text;
    EXPECT_EQ(error.line, 3U) << text;
    EXPECT_EQ(error.column, 6 + key.size() + each.offset) << text;
    EXPECT_EQ(error.pointer, "/rules/0/" + key + std::string(each.item)) << text;
  }
}

TEST(Setting, EveryOneIsTestedHere) {
  for (const SettingRow& each : setting_table())
    EXPECT_TRUE(std::any_of(std::begin(kBad), std::end(kBad), [&](const Bad& bad) {
      return bad.key == each.name;
    })) << each.name;
}

TEST(Setting, ALongMessageIsRefused) {
  const std::string text = "{\"defaults\": {\"message\": \"" + std::string(257, 'x') + "\"}}";
  EXPECT_EQ(parse_text(text).errors.at(0).message, "\"message\" takes at most 256 bytes, not 257");
}

TEST(Setting, AllErrorsOfAListAreReported) {
  const Parsed parsed = parse_text(R"({"defaults": {"warn": ["x", 0, "1m", null], "mode": 1}})");
  EXPECT_EQ(parsed.errors.size(), 4U) << render(parsed.errors);
}

TEST(Setting, BuiltInIsWhatTheContractSays) {
  const Resolved resolved = Policy::built_in().resolve(alice(), monday_noon());
  EXPECT_EQ(resolved.idle_rule, "built-in");
  EXPECT_EQ(resolved.settings, Settings{});
  const std::pair<std::string_view, std::string_view> kBuiltIn[] = {
      {"idle", "5m"},      {"warn", "1m, 10s"},   {"session", "never"},      {"activity", "input"},
      {"mode", "enforce"}, {"leftovers", "keep"}, {"no_terminal", "ignore"}, {"tmout", "backstop"},
      {"hold_max", "0s"},  {"message", "none"},
  };
  for (const auto& [key, value] : kBuiltIn)
    EXPECT_EQ(row(key).print(resolved.settings), value) << key;
}

TEST(Settings, WarningsBeforeALimit) {
  Settings settings;
  settings.warn = {seconds(120), seconds(60), seconds(10)};
  EXPECT_EQ(warnings_before(settings, seconds(121)).size(), 3U);
  EXPECT_EQ(warnings_before(settings, seconds(120)).size(), 2U);
  EXPECT_EQ(warnings_before(settings, seconds(60)).front(), seconds(10));
  EXPECT_TRUE(warnings_before(settings, seconds(10)).empty());
  settings.warn.clear();
  EXPECT_TRUE(warnings_before(settings, seconds(300)).empty());
}

TEST(Settings, NeverInterruptKnowsCutNames) {
  const Settings settings;
  EXPECT_TRUE(is_never_interrupted(settings, "dpkg"));
  EXPECT_TRUE(is_never_interrupted(settings, "unattended-upgrade"));
  EXPECT_TRUE(is_never_interrupted(settings, "unattended-upgr"));  // /proc/PID/comm
  EXPECT_FALSE(is_never_interrupted(settings, "unattended-upg"));
  EXPECT_FALSE(is_never_interrupted(settings, "dpk"));
  EXPECT_FALSE(is_never_interrupted(settings, "vim"));
  EXPECT_FALSE(is_never_interrupted(settings, ""));
}

}  // namespace
}  // namespace idled::policy::test
