#include "policy_run.h"

namespace idled::tools {
namespace {

class Check : public PolicyRun {};

TEST_F(Check, AGoodPolicyIsOneLine) {
  EXPECT_EQ(run({"check"}).out, "built-in: 0 rules, no errors\n");
  write("policy.json", R"({"rules": [{"name": "a", "match": {"user": "bob"}, "idle": "1h"}]})");
  write("policy.d/1.json", R"({"defaults": {"idle": "10m"}})");
  const Ran ran = run({"check"});
  EXPECT_EQ(ran.code, ExitCode::kDone);
  EXPECT_EQ(ran.out, folder_ + "/policy.json and 1 drop-in: 1 rule, no errors\n");
  EXPECT_EQ(ran.err, "");
}

TEST_F(Check, AllErrorsOfAllFilesAtOnceAsACompilerPrintsThem) {
  const std::string file =
      write("policy.json", "{\n  \"defaults\": { \"idel\": 5 },\n  \"rules\": [7]\n}");
  const std::string drop_in = write("policy.d/1.json", R"({"defaults": {"mode": "enforse"}})");
  const Ran ran = run({"check"});
  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, drop_in +
                         ":1:23: error: \"mode\" takes \"enforce\" or \"report\", not \"enforse\" "
                         "[/defaults/mode]\n"
                         "    {\"defaults\": {\"mode\": \"enforse\"}}\n"
                         "                          ^ did you mean \"enforce\"?\n" +
                         file +
                         ":2:17: error: \"idel\" is not a known setting [/defaults/idel]\n"
                         "      \"defaults\": { \"idel\": 5 },\n"
                         "                    ^ did you mean \"idle\"?\n" +
                         file +
                         ":3:13: error: a rule is an object, not a number [/rules/0]\n"
                         "      \"rules\": [7]\n"
                         "                ^\n");
}

TEST_F(Check, WarningsAreNoFailure) {
  write("policy.json", R"({"defaults": {"idle": "30s"}, "rules": [
    {"name": "a", "match": {"group": "no-such-group-here"}, "idle": "1h"}]})");
  const Ran ran = run({"check"});
  EXPECT_EQ(ran.code, ExitCode::kDone);
  EXPECT_TRUE(has(ran.err,
                  "warning: the warning 1m before the logout is no shorter than the limit of 30s, "
                  "and skipped"));
  EXPECT_TRUE(has(ran.err, "warning: there is no group \"no-such-group-here\""));
}

TEST_F(Check, FilesThatAreNamedAreCheckedEachOnItsOwn) {
  const std::string good = write("good.json", R"({"defaults": {"idle": "10m"}})");
  const std::string bad = write("bad.json", "{");
  write("policy.json", "also broken");
  const Ran ran = run({"check", good, bad, folder_ + "/none.json"});
  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_EQ(ran.out, good + ": 0 rules, no errors\n");
  EXPECT_TRUE(has(ran.err, bad + ":1:"));
  EXPECT_TRUE(has(ran.err, folder_ + "/none.json: error: cannot open "));
  EXPECT_TRUE(has(ran.err, "No such file or directory"));
  EXPECT_FALSE(has(ran.err, "/policy.json:"));
}

}  // namespace
}  // namespace idled::tools
