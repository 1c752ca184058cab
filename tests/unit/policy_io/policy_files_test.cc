#include "policy_io/policy_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace idled {
namespace {

namespace fs = std::filesystem;

class PolicyFiles : public testing::Test {
 protected:
  PolicyFiles() : folder_(testing::TempDir() + "idled-policy-XXXXXX") {
    if (!mkdtemp(folder_.data())) throw std::runtime_error("mkdtemp");
    fs::create_directory(folder_ + "/policy.d");
    paths_.file = folder_ + "/policy.json";
    paths_.drop_ins = folder_ + "/policy.d";
    paths_.last_good = folder_ + "/var/good.json";
  }
  ~PolicyFiles() override { fs::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ + "/" + name) << text;
  }
  static std::optional<seconds> idle(const LoadedPolicy& loaded) {
    return loaded.policy->resolve({}, {}).settings.idle;
  }

  std::string folder_;
  PolicyPaths paths_;
};

TEST_F(PolicyFiles, NoFilesAreTheBuiltInPolicy) {
  const LoadedPolicy loaded = read_policy(paths_);
  ASSERT_TRUE(loaded.policy);
  EXPECT_EQ(loaded.source, "built-in");
  EXPECT_EQ(idle(loaded), seconds(300));
}

TEST_F(PolicyFiles, DropInsComeFirstInTheOrderOfTheirNames) {
  write("policy.json", R"({"defaults": {"idle": 10}})");
  write("policy.d/20.json", R"({"defaults": {"idle": 20}})");
  EXPECT_EQ(read_policy(paths_).source, folder_ + "/policy.json and 1 drop-in");
  write("policy.d/10.json", R"({"defaults": {"idle": 30}})");
  write("policy.d/05.json~", "not a drop-in");
  const LoadedPolicy loaded = read_policy(paths_);
  EXPECT_EQ(loaded.source, folder_ + "/policy.json and 2 drop-ins");
  EXPECT_EQ(idle(loaded), seconds(30));
  fs::remove(paths_.file);
  EXPECT_EQ(read_policy(paths_).source, "2 drop-ins");
}

TEST_F(PolicyFiles, AllErrorsOfAllFilesAreTold) {
  write("policy.json", R"({"defaults": {"idel": 10}})");
  write("policy.d/20.json", "{\n\"rules\": [{\"idle\": \"x\"}]}");
  const LoadedPolicy loaded = read_policy(paths_);
  EXPECT_FALSE(loaded.policy);
  EXPECT_NE(loaded.errors.find("/policy.json:1:15: error: "), std::string::npos) << loaded.errors;
  EXPECT_NE(loaded.errors.find("did you mean \"idle\"?"), std::string::npos) << loaded.errors;
  EXPECT_NE(loaded.errors.find("/policy.d/20.json:2:11: error: a rule needs a \"name\""),
            std::string::npos);
  EXPECT_NE(loaded.errors.find("/policy.d/20.json:2:20: error: "), std::string::npos);
}

TEST_F(PolicyFiles, AFileThatIsNamedMustBeThere) {
  EXPECT_NE(read_policy(only_file(paths_.file, true)).errors.find("No such file"),
            std::string::npos);
  write("policy.json", R"({"defaults": {"idle": 10}})");
  write("policy.d/20.json", "broken");
  EXPECT_EQ(idle(read_policy(only_file(paths_.file, true))), seconds(10)) << "alone";
  fs::remove(paths_.file);
  fs::create_directory(paths_.file);
  EXPECT_NE(read_policy(paths_).errors.find("is not a regular file"), std::string::npos);
}

TEST_F(PolicyFiles, GroupsWithoutAnIdAreWarnedOf) {
  write("policy.json", R"({"rules": [
    {"name": "a", "match": {"group": ["known", "late"]}, "idle": "10m"},
    {"name": "b", "match": {"group": "none"}, "idle": "20m"}]})");
  const LoadedPolicy read = read_policy(paths_);
  EXPECT_EQ(read.warnings, "") << "before anybody was asked";
  const std::string warnings = bind_groups(read, {{"known", 5}}, {"late"}).warnings;
  EXPECT_NE(warnings.find(":2:48: warning: NSS does not answer for the group \"late\""),
            std::string::npos)
      << warnings;
  EXPECT_NE(warnings.find(":3:38: warning: there is no group \"none\""), std::string::npos);
  EXPECT_EQ(warnings.find("\"known\" ["), std::string::npos);
}

TEST_F(PolicyFiles, TheLastGoodOneComesBackWithItsGroups) {
  write("policy.json", R"({"rules": [{"name": "a", "match": {"group": "g"}, "idle": 10}]})");
  write("policy.d/1.json", R"({"defaults": {"idle": 20}})");
  ASSERT_TRUE(keep_last_good(paths_, read_policy(paths_), {{"g", 7}}));
  write("policy.json", "{");
  const LastGood last = read_last_good(paths_);
  ASSERT_TRUE(last.policy);
  EXPECT_EQ(last.groups, (GroupIds{{"g", 7}}));
  const LoadedPolicy loaded = with_fallback(read_policy(paths_), last);
  EXPECT_EQ(loaded.source, "last good");
  EXPECT_NE(loaded.errors.find("policy.json:1:"), std::string::npos);
  EXPECT_EQ(idle(loaded), seconds(20));
  policy::Subject member;
  member.gids = {7};
  EXPECT_EQ(bind_groups(loaded, last.groups).policy->resolve(member, {}).settings.idle,
            seconds(10));
}

TEST_F(PolicyFiles, WithoutALastGoodOneItIsTheBuiltIn) {
  write("policy.json", "{");
  for (const char* kept :
       {"", "{}", "[]", "7", R"({"sources": [{"name": 1}], "groups": {"a": -1}})",
        R"({"sources": [{"name": "x", "text": "{"}]})"}) {
    fs::create_directories(folder_ + "/var");
    write("var/good.json", kept);
    const LastGood last = read_last_good(paths_);
    EXPECT_FALSE(last.policy) << kept;
    EXPECT_TRUE(last.groups.empty());
    EXPECT_EQ(with_fallback(read_policy(paths_), last).source, "built-in");
  }
  write("var/good.json", R"([{"name": "x", "text": "{\"defaults\": {\"idle\": 9}}"}])");
  EXPECT_EQ(idle(*read_last_good(paths_).policy), seconds(9)) << "as version 0.1.0 wrote it";
}

// As sshd and sudo have it: a policy that others can write is theirs, not root's.
TEST_F(PolicyFiles, APolicyThatOthersMayWriteIsRefused) {
  write("policy.json", R"({"defaults": {"idle": "10s"}})");
  chmod(paths_.file.c_str(), 0666);
  const LoadedPolicy refused = read_policy(paths_);
  EXPECT_FALSE(refused.policy);
  EXPECT_NE(refused.errors.find("can be written by everybody"), std::string::npos)
      << refused.errors;
  EXPECT_TRUE(read_policy(only_file(paths_.file, /*must_be_trusted=*/false)).policy) << "a draft";
  chmod(paths_.file.c_str(), 0644);
  EXPECT_TRUE(read_policy(paths_).policy);
  const std::string folder = std::filesystem::path(paths_.file).parent_path();
  chmod(folder.c_str(), 0777);
  EXPECT_NE(read_policy(paths_).errors.find("its folder"), std::string::npos);
  chmod(folder.c_str(), 0700);
}

}  // namespace
}  // namespace idled
