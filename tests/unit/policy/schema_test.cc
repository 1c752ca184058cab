// etc/policy.schema.json, which editors use, against the parser: what one takes, the other
// takes; and what only the parser can know is named here.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "json_schema.h"
#include "policy/match_table.h"
#include "policy/setting_table.h"
#include "random_policy.h"
#include "support.h"

namespace idled::policy::test {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(file) << path;
  return text.str();
}

const JsonSchema& schema() {
  static const JsonSchema parsed(Json::parse(read_file(ETC_FOLDER "/policy.schema.json")));
  return parsed;
}

bool is_match_key(std::string_view key) {
  const auto table = match_table();
  return std::any_of(table.begin(), table.end(),
                     [key](const MatchRow& row) { return row.name == key; });
}

bool parser_takes(std::string_view key, std::string_view value) {
  const std::string member = "\"" + std::string(key) + "\": " + std::string(value);
  const std::string text =
      is_match_key(key)
          ? R"({"rules": [{"name": "r", "mode": "report", "match": {)" + member + "}}]}"
          : R"({"rules": [{"name": "r", )" + member + "}]}";
  return parse_text(text).policy.has_value();
}

std::vector<std::string_view> all_keys() {
  std::vector<std::string_view> keys;
  for (const SettingRow& row : setting_table()) keys.push_back(row.name);
  for (const MatchRow& row : match_table()) keys.push_back(row.name);
  return keys;
}

// Every key with every value, of all types and most shapes.
TEST(Schema, AgreesWithTheParserOnTypesAndWords) {
  const std::vector<std::string> values = {"null",
                                           "true",
                                           "1.5",
                                           "{}",
                                           "{\"a\": 1}",
                                           "[[]]",
                                           "[{}]",
                                           "[null]",
                                           "[1.5]",
                                           "[true]",
                                           "0",
                                           "1",
                                           "300",
                                           "-1",
                                           "31622400",
                                           "31622401",
                                           "[]",
                                           "[5]",
                                           "[0]",
                                           "[-5]",
                                           "[5, \"1m\"]",
                                           "\"\"",
                                           "\"x\"",
                                           "[\"x\"]",
                                           "[\"\"]",
                                           "\"300\"",
                                           "\"5m\"",
                                           "\"1h30m\"",
                                           "\"1d2h3m4s\"",
                                           "\"0\"",
                                           "\"0s\"",
                                           "\"5 m\"",
                                           "\"m5\"",
                                           "\"-5m\"",
                                           "\"30m1h\"",
                                           "\"1.5h\"",
                                           "\"never\"",
                                           "\"Never\"",
                                           "[\"never\"]",
                                           "\"input\"",
                                           "\"output\"",
                                           "\"job\"",
                                           "\"ignore\"",
                                           "\"network\"",
                                           "\"keep\"",
                                           "\"kill\"",
                                           "\"enforce\"",
                                           "\"report\"",
                                           "\"backstop\"",
                                           "\"limit\"",
                                           "\"off\"",
                                           "\"/bin/vi\"",
                                           "[\"a/b\"]",
                                           "\"a\\u0007b\"",
                                           "\"a\\nb\"",
                                           "\"alice\"",
                                           "\"!alice\"",
                                           "\"!!alice\"",
                                           "\"!\"",
                                           "\"! a\"",
                                           "\" a\"",
                                           "\"a \"",
                                           "\"a b\"",
                                           "[\"alice\", \"!bob\"]",
                                           "[\"alice\", 7]",
                                           "\"deploy-*\"",
                                           "\"sshd\"",
                                           "\"terminal\"",
                                           "\"!terminal\"",
                                           "\"console\"",
                                           "\"no-terminal\"",
                                           "\"graphical\"",
                                           "\"tty\"",
                                           "[\"console\", \"!graphical\"]",
                                           "\"/dev/pts/3\"",
                                           "\"!/dev/tty1\"",
                                           "\"pts/*\"",
                                           "\"" + std::string(256, 'x') + "\"",
                                           "\"" + std::string(258, 'x') + "\"",
                                           "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]",
                                           "[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]"};
  std::size_t taken = 0;
  for (const std::string_view key : all_keys())
    for (const std::string& value : values) {
      // What a time is, and an address, is more than a pattern says.
      const bool grammar = key == "time" || key == "host";
      const bool by_parser = parser_takes(key, value);
      const bool by_schema = schema().takes(std::string(key), Json::parse(value));
      if (grammar)
        EXPECT_TRUE(by_schema || !by_parser) << key << ' ' << value;
      else
        EXPECT_EQ(by_schema, by_parser) << key << ' ' << value;
      taken += by_parser ? 1 : 0;
    }
  EXPECT_GT(taken, 150U) << "or this compares refusals only";
}

struct Stricter {
  std::string_view key;
  std::string_view value;
};

// The parser refuses more, with a better message.
TEST(Schema, LeavesTheRestToTheParser) {
  constexpr Stricter kCases[] = {
      {"user", "\"4294967295\""}, {"user", "\"a[\""},         {"host", "\"10.0.0.1/8\""},
      {"host", "\"10.0.0\""},     {"time", "\"Mo-Fr 8-18\""}, {"time", "\"25:00-26:00\""},
      {"idle", "\"367d\""},       {"service", "\"[z-a]\""},
  };
  for (const Stricter& each : kCases) {
    EXPECT_TRUE(schema().takes(std::string(each.key), Json::parse(each.value))) << each.value;
    EXPECT_FALSE(parser_takes(each.key, each.value)) << each.value;
  }
}

TEST(Schema, AgreesOnTheWholeDocument) {
  constexpr const char* kDocuments[] = {
      R"({})",
      R"([])",
      R"("x")",
      R"({"$schema": "x", "defaults": {}, "rules": []})",
      R"({"rulez": []})",
      R"({"defaults": []})",
      R"({"rules": {}})",
      R"({"defaults": {"idel": 5}})",
      R"({"defaults": {"name": "x"}})",
      R"({"defaults": {"match": {}}})",
      R"({"defaults": {"user": "x"}})",
      R"({"rules": ["x"]})",
      R"({"rules": [{"idle": 70}]})",
      R"({"rules": [{"name": 7, "idle": 70}]})",
      R"({"rules": [{"name": "", "idle": 70}]})",
      R"({"rules": [{"name": "a\tb", "idle": 70}]})",
      R"({"rules": [{"name": "defaults", "idle": 70}]})",
      R"({"rules": [{"name": "built-in", "idle": 70}]})",
      R"({"rules": [{"name": "a", "idle": 70}]})",
      R"({"rules": [{"name": "a", "match": {}, "idle": 70}]})",
      R"({"rules": [{"name": "a", "match": [], "idle": 70}]})",
      R"({"rules": [{"name": "a", "match": {"usr": "x"}, "idle": 70}]})",
      R"({"rules": [{"name": "a", "match": {"idle": 70}}]})",
      R"({"rules": [{"name": "a", "user": "x"}]})",
  };
  for (const char* document : kDocuments) {
    const Source source{"policy.json", document};
    EXPECT_EQ(schema().takes(Json::parse(document)), parse({&source, 1}).policy.has_value())
        << document;
  }
}

// Every key that the parser honours has its place in a document, and no other has.
TEST(Schema, KnowsEachKeyThatIsHonoured) {
  const auto expect_same = [](const std::string& text) {
    const Source source{"policy.json", text};
    EXPECT_EQ(schema().takes(Json::parse(text)), parse({&source, 1}).policy.has_value()) << text;
  };
  for (const SettingRow& row : setting_table()) {
    // A value that is good for it: one of its words, or one of these.
    std::string good = row.words.empty() ? "\"5m\"" : '"' + std::string(row.words.front()) + '"';
    const std::string member = "{\"" + std::string(row.name) + "\": " + good;
    ASSERT_TRUE(parser_takes(row.name, good)) << row.name;
    expect_same("{\"defaults\": " + member + "}}");
    expect_same("{\"rules\": [" + member + ", \"name\": \"r\"}]}");
  }
  for (const MatchRow& row : match_table()) {
    const std::string good = row.name == "time"  ? "Mon"
                             : row.words.empty() ? "x"
                                                 : std::string(row.words.front());
    expect_same("{\"rules\": [{\"name\": \"r\", \"match\": {\"" + std::string(row.name) + "\": \"" +
                good + "\"}, \"idle\": 70}]}");
  }
}

// An editor complains of no policy that is good.
TEST(Schema, TakesWhatIsGood) {
  Chance chance(7);
  for (int i = 0; i < 300; ++i) {
    const std::string text = chance.policy();
    ASSERT_TRUE(parse_text(text).policy) << text;
    EXPECT_TRUE(schema().takes(Json::parse(text))) << text;
  }
  for (const auto& entry : std::filesystem::directory_iterator(ETC_FOLDER "/examples"))
    EXPECT_TRUE(schema().takes(
        Json::parse(read_file(entry.path()), nullptr, true, /*ignore_comments=*/true)))
        << entry.path();
}

}  // namespace
}  // namespace idled::policy::test
