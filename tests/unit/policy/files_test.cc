// The files that are installed: the policy, the examples, the schema.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "policy/match_table.h"
#include "policy/setting_table.h"
#include "support.h"

namespace idled::policy::test {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(file) << path;
  return text.str();
}

std::vector<Source> sources_in(const fs::path& folder) {
  std::vector<Source> sources;
  for (const auto& entry : fs::directory_iterator(folder))
    sources.push_back({entry.path().filename(), read_file(entry.path())});
  EXPECT_FALSE(sources.empty()) << folder;
  return sources;
}

TEST(InstalledPolicy, IsTheBuiltInOne) {
  const Source source{"policy.json", read_file(fs::path(ETC_FOLDER) / "policy.json")};
  const Parsed parsed = parse({&source, 1});
  ASSERT_TRUE(parsed.policy) << render(parsed.errors);
  EXPECT_EQ(render(parsed.warnings), "");
  EXPECT_EQ(parsed.policy->resolve(alice(), monday_noon()).settings, Settings{});
}

TEST(InstalledPolicy, MentionsEveryKey) {
  const std::string text = read_file(fs::path(ETC_FOLDER) / "policy.json");
  for (const SettingRow& row : setting_table()) {
    const std::string stated = "\"" + std::string(row.name) + "\":";
    EXPECT_NE(text.find(stated), std::string::npos) << row.name;
  }
  for (const MatchRow& row : match_table())
    EXPECT_NE(text.find("//   " + std::string(row.name) + ' '), std::string::npos) << row.name;
}

TEST(Examples, AreGood) {
  for (const Source& source : sources_in(fs::path(ETC_FOLDER) / "examples")) {
    const Parsed parsed = parse({&source, 1});
    EXPECT_TRUE(parsed.policy) << render(parsed.errors);
    EXPECT_EQ(render(parsed.warnings), "");
  }
}

using Json = nlohmann::json;

std::set<std::string> keys_of(const Json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

template <typename Table>
std::set<std::string> names_of(const Table& table, std::set<std::string> more = {}) {
  for (const auto& row : table) more.emplace(row.name);
  return more;
}

// What the schema of a key with a few words lists.
template <typename Row>
void expect_described(const Json& definitions, const Row& row) {
  const std::string name(row.name);
  ASSERT_TRUE(definitions.contains(name)) << name;
  EXPECT_EQ(definitions[name].value("description", ""), row.documentation) << name;
  if (!definitions[name].contains("enum")) {
    EXPECT_TRUE(row.words.empty() || name == "kind") << name;
    return;
  }
  const Json& words = definitions[name]["enum"];
  EXPECT_EQ(std::vector<std::string_view>(row.words.begin(), row.words.end()),
            words.get<std::vector<std::string_view>>())
      << name;
}

// The schema tells editors what the parser's tables say, and no more.
TEST(Schema, SaysWhatTheTablesSay) {
  const Json schema = Json::parse(read_file(fs::path(ETC_FOLDER) / "policy.schema.json"));
  EXPECT_EQ(keys_of(schema["properties"]), (std::set<std::string>{"$schema", "defaults", "rules"}));
  const Json& definitions = schema["$defs"];
  EXPECT_EQ(keys_of(schema["properties"]["defaults"]["properties"]), names_of(setting_table()));
  EXPECT_EQ(keys_of(definitions["rule"]["properties"]),
            names_of(setting_table(), {"name", "match"}));
  EXPECT_EQ(keys_of(definitions["match"]["properties"]), names_of(match_table()));
  for (const Json* object :
       {&schema, &schema["properties"]["defaults"], &definitions["rule"], &definitions["match"]})
    EXPECT_EQ((*object)["additionalProperties"], false);
  for (const SettingRow& row : setting_table()) expect_described(definitions, row);
  for (const MatchRow& row : match_table()) expect_described(definitions, row);
}

}  // namespace
}  // namespace idled::policy::test
