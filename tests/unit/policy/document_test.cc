// Where things stand, who comes first, and what is worth a warning.
#include "policy/setting_table.h"
#include "support.h"

namespace idled::policy::test {
namespace {

using namespace std::chrono_literals;

struct Case {
  std::string_view text;
  std::size_t column;
  std::string_view pointer;
  std::string_view message;
  std::string_view suggestion = "";
};

TEST(Document, RefusesWhatStandsWrong) {
  constexpr Case kCases[] = {
      {R"([])", 1, "", "a policy is an object, not a list"},
      {R"("idle")", 1, "", "a policy is an object, not a string"},
      {R"({"rulez": []})", 2, "/rulez", "\"rulez\" is not a known key", "rules"},
      {R"({"default": {}})", 2, "/default", "\"default\" is not a known key", "defaults"},
      {R"({"xyzzy": {}})", 2, "/xyzzy", "\"xyzzy\" is not a known key"},
      {R"({"idle": 9})", 2, "/idle", "\"idle\" belongs in \"defaults\" or a rule"},
      {R"({"a/b~c": 9})", 2, "/a~1b~0c", "\"a/b~c\" is not a known key"},
      {R"({"defaults": []})", 14, "/defaults", "\"defaults\" is an object, not a list"},
      {R"({"defaults": {"Idle": 9}})", 15, "/defaults/Idle", "\"Idle\" is not a known setting",
       "idle"},
      {R"({"defaults": {"no-terminal": 9}})", 15, "/defaults/no-terminal",
       "\"no-terminal\" is not a known setting", "no_terminal"},
      {R"({"defaults": {"match": {}}})", 15, "/defaults/match", "\"match\" is not a known setting"},
      {R"({"defaults": {"user": "a"}})", 15, "/defaults/user",
       "\"user\" belongs in the \"match\" of a rule"},
      {R"({"rules": {}})", 11, "/rules", "\"rules\" takes a list of rules, not an object"},
      {R"({"rules": ["a"]})", 12, "/rules/0", "a rule is an object, not a string"},
      {R"({"rules": [{"idle": 9}]})", 12, "/rules/0",
       "a rule needs a \"name\": list and log say by it why a login ended"},
      {R"({"rules": [{"name": 7, "idle": 9}]})", 21, "/rules/0/name",
       "\"name\" takes a name, not a number"},
      {R"({"rules": [{"name": "", "idle": 9}]})", 21, "/rules/0/name",
       "a rule's name has 1 to 64 bytes, without control characters"},
      {R"({"rules": [{"name": "a\tb", "idle": 9}]})", 21, "/rules/0/name",
       "a rule's name has 1 to 64 bytes, without control characters"},
      {R"({"rules": [{"name": "defaults", "idle": 9}]})", 21, "/rules/0/name",
       "\"defaults\" means what no rule gives; a rule needs another name"},
      {R"({"rules": [{"name": "built-in", "idle": 9}]})", 21, "/rules/0/name",
       "\"built-in\" means what no rule gives; a rule needs another name"},
      {R"({"rules": [{"name": "a", "mach": {}}]})", 26, "/rules/0/mach",
       "\"mach\" is not a known setting", "match"},
      {R"({"rules": [{"name": "a", "group": "x"}]})", 26, "/rules/0/group",
       "\"group\" belongs in the \"match\" of a rule"},
      {R"({"rules": [{"name": "a", "match": "x"}]})", 35, "/rules/0/match",
       "\"match\" is an object, not a string"},
      {R"({"rules": [{"name": "a", "match": {"usr": "x"}}]})", 36, "/rules/0/match/usr",
       "\"usr\" is not a known key of a match", "user"},
      {R"({"rules": [{"name": "a", "match": {"idle": 9}}]})", 36, "/rules/0/match/idle",
       "\"idle\" is a setting; it belongs beside \"match\""},
  };
  for (const Case& each : kCases) {
    const Parsed parsed = parse_text(each.text);
    EXPECT_FALSE(parsed.policy);
    ASSERT_EQ(parsed.errors.size(), 1U) << each.text << render(parsed.errors);
    const Diagnostic& error = parsed.errors.front();
    EXPECT_EQ(error.message, each.message);
    EXPECT_EQ(error.suggestion, each.suggestion) << error.message;
    EXPECT_EQ(error.line, 1U) << error.message;
    EXPECT_EQ(error.column, each.column) << error.message;
    EXPECT_EQ(error.pointer, each.pointer) << error.message;
  }
}

TEST(Document, SuggestsTheNearestSetting) {
  for (const SettingRow& row : setting_table()) {
    const std::string name(row.name);
    const Source source{"p", "{\"defaults\": {\"" + name + "x\": 9}}"};
    const Parsed parsed = parse({&source, 1});
    ASSERT_EQ(parsed.errors.size(), 1U);
    EXPECT_EQ(parsed.errors[0].suggestion, name);
  }
}

TEST(Document, NothingIsTheBuiltInPolicy) {
  for (const std::vector<Source>& sources :
       {std::vector<Source>{},
        {{"p", "{}"}},
        {{"p", R"({"$schema": 1, "defaults": {}, "rules": []})"}}}) {
    const Resolved resolved = policy_of(sources).resolve(alice(), monday_noon());
    EXPECT_EQ(resolved.settings, Settings{});
    EXPECT_EQ(resolved.idle_rule, "built-in");
  }
}

TEST(Precedence, EachSettingComesFromTheFirstRuleThatStatesIt) {
  const Policy policy = policy_of({{"10-site.json", R"({
    "defaults": {"idle": "1m", "message": "drop-in"},
    "rules": [{"name": "a", "match": {"user": "alice"}, "warn": "5s"}]})"},
                                   {"policy.json", R"({
    "defaults": {"idle": "2m", "mode": "report"},
    "rules": [{"name": "b", "match": {"user": "bob"}, "tmout": "limit"},
              {"name": "c", "match": {"user": "al*"}, "warn": "7s", "tmout": "off"},
              {"name": "d", "tmout": "limit", "hold_max": "1h"}]})"}});
  const Resolved alices = policy.resolve(alice(), monday_noon());
  EXPECT_EQ(alices.idle_rule, "defaults");
  EXPECT_EQ(alices.settings.idle, 1min);  // the drop-in's defaults win
  EXPECT_EQ(alices.settings.message, "drop-in");
  EXPECT_EQ(alices.settings.mode, Mode::kReport);             // stated by the second alone
  EXPECT_EQ(alices.settings.warn, std::vector<seconds>{5s});  // a, before c
  EXPECT_EQ(alices.settings.tmout, Tmout::kOff);              // c, before d
  EXPECT_EQ(alices.settings.hold_max, 1h);                    // d matches everybody
  Subject bob = alice();
  bob.user = "bob";
  EXPECT_EQ(policy.resolve(bob, monday_noon()).settings.tmout, Tmout::kLimit);
}

TEST(Precedence, NeverIsAValueLikeAnyOther) {
  const Policy policy = policy_of(R"({"defaults": {"idle": "9m"},
    "rules": [{"name": "a", "idle": "never", "warn": [], "message": ""},
              {"name": "b", "idle": "5m", "warn": "1m", "message": "x"}]})");
  const Resolved resolved = policy.resolve(alice(), monday_noon());
  EXPECT_EQ(resolved.idle_rule, "a");
  EXPECT_FALSE(resolved.settings.idle);
  EXPECT_TRUE(resolved.settings.warn.empty());
  EXPECT_TRUE(resolved.settings.message.empty());
}

std::string warnings_of(std::string_view text) {
  std::string all;
  for (const Diagnostic& warning : parse_text(text).warnings) {
    EXPECT_EQ(warning.severity, Severity::kWarning);
    all += std::to_string(warning.line) + ':' + std::to_string(warning.column) + ' ' +
           warning.pointer + ' ' + warning.message + '\n';
  }
  return all;
}

TEST(Lint, AWarningNoShorterThanTheLimitIsSkipped) {
  EXPECT_EQ(
      warnings_of(R"({"defaults": {"idle": "2m", "warn": ["2m", "3m", "10s"]}})"),
      "1:37 /defaults/warn the warnings 3m, 2m before the logout are no shorter than the limit "
      "of 2m, and skipped\n");
  EXPECT_EQ(
      warnings_of(R"({"defaults": {"idle": "1m"}})"),
      "1:23 /defaults/idle the warning 1m before the logout is no shorter than the limit of 1m, "
      "and skipped\n");
  EXPECT_EQ(
      warnings_of(R"({"defaults": {"warn": "5m"}})"),
      "1:23 /defaults/warn the warning 5m before the logout is no shorter than the limit of 5m, "
      "and skipped\n");
  EXPECT_EQ(warnings_of(R"({"defaults": {"warn": "40s"},
 "rules": [{"name": "a", "idle": "40s", "match": {"user": "x"}}]})"),
            "2:34 /rules/0/idle the warning 40s before the logout is no shorter than the limit of "
            "40s, and skipped\n");
  EXPECT_EQ(warnings_of(R"({"defaults": {"idle": "never", "warn": "9h"}})"), "");
  EXPECT_EQ(warnings_of(R"({"rules": [{"name": "a", "mode": "report"}]})"), "");
}

TEST(Lint, ARuleThatCanNeverApply) {
  constexpr std::string_view kNever = "this rule can never apply: ";
  const std::pair<std::string_view, std::string> kCases[] = {
      {R"({"rules": [{"name": "a", "idle": 900},
 {"name": "b", "match": {"user": "x"}, "idle": 600}]})",
       "what comes before it, from rule \"a\" (policy.json:1) on, states the same settings\n"},
      {R"({"rules": [{"name": "a", "idle": 900}, {"name": "c", "mode": "report"},
 {"name": "b", "match": {"user": "x"}, "idle": 600, "mode": "report"}]})",
       "what comes before it, from rule \"a\" (policy.json:1) on, states the same settings\n"},
      {R"({"rules": [{"name": "a", "match": {"group": ["g", "!h"], "user": "x"}, "idle": 900},
 {"name": "b", "match": {"user": "x", "group": ["!h", "g"]}, "idle": 600}]})",
       "what comes before it, from rule \"a\" (policy.json:1) on, states the same settings\n"},
      {R"({"rules": [
 {"name": "b", "match": {"user": ["x", "!x"]}, "idle": 600}]})",
       "its match excludes all that it includes\n"},
      {R"({"rules": [
 {"name": "b", "match": {"kind": "no-terminal", "terminal": "pts/*"}, "idle": 600}]})",
       "its match excludes all that it includes\n"},
  };
  for (const auto& [text, message] : kCases) {
    const std::size_t number = std::string_view(text).find("\"c\"") != std::string_view::npos
                                   ? 2
                                   : std::string_view(text).find("\"a\"") != std::string_view::npos;
    EXPECT_EQ(warnings_of(text),
              "2:2 /rules/" + std::to_string(number) + ' ' + std::string(kNever) + message);
  }
  for (const std::string_view fine : {
           R"({"rules": [{"name": "a", "match": {"user": "x"}, "idle": 900},
                         {"name": "b", "match": {"user": ["x", "y"]}, "idle": 600}]})",
           R"({"rules": [{"name": "a", "match": {"user": "x"}, "idle": 900},
                         {"name": "b", "match": {"user": "x"}, "idle": 600, "mode": "report"}]})",
           R"({"rules": [{"name": "a", "match": {"user": ["x", "y", "!x"]}, "idle": 900},
                         {"name": "b", "match": {"user": "!x"}, "idle": 900},
                         {"name": "c", "idle": 600}]})",
           R"({"rules": [{"name": "a", "match": {"kind": "!no-terminal", "terminal": "*"},
                          "idle": 600}]})",
       })
    EXPECT_EQ(warnings_of(fine), "") << fine;
}

TEST(Lint, ARuleWithoutSettingsAndTwoOfOneName) {
  EXPECT_EQ(warnings_of(R"({"rules": [{"name": "a", "match": {"user": "x"}},
 {"name": "a", "idle": 600}]})"),
            "1:12 /rules/0 this rule states no setting\n"
            "2:2 /rules/1 there is a rule \"a\" (policy.json:1) already\n");
}

}  // namespace
}  // namespace idled::policy::test
