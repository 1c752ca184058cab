// Policies come into force although NSS is slow, silent or gone.
#include "idled/policy_loader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace idled {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

// What NSS of the test does; the child inherits it.
struct FakeNss {
  std::map<std::string, gid_t> groups = {{"ops", 27}, {"idled", 50}};
  bool hangs = false;
  fs::path go;  // it answers when this exists; empty: at once
};
FakeNss nss;

GroupAnswer ask(const std::string& name) {
  while (nss.hangs) pause();
  while (!nss.go.empty() && !fs::exists(nss.go)) usleep(1000);
  const auto found = nss.groups.find(name);
  if (found == nss.groups.end()) return {GroupAnswer::Kind::kNoSuchGroup, 0};
  return {GroupAnswer::Kind::kFound, found->second};
}

class PolicyLoaderTest : public testing::Test {
 protected:
  PolicyLoaderTest() : folder_(testing::TempDir() + "idled-loader-XXXXXX") {
    if (!mkdtemp(folder_.data())) throw std::runtime_error("mkdtemp");
    nss = {};
    paths_.file = folder_ + "/policy.json";
    paths_.drop_ins.clear();
    paths_.last_good = folder_ + "/good.json";
    patience_ = {milliseconds(100), milliseconds(100), milliseconds(300), milliseconds(20),
                 milliseconds(40)};
    sd_event_new(&event_);
    write(kOps);
  }
  ~PolicyLoaderTest() override {
    loader_.reset();
    sd_event_unref(event_);
    fs::remove_all(folder_);
  }

  static constexpr const char* kOps =
      R"({"rules": [{"name": "ops", "match": {"group": "ops"}, "idle": "30m"}]})";

  void write(const std::string& text) const { std::ofstream(paths_.file) << text; }

  void start() {
    loader_.emplace(paths_, "idled", patience_, ask);
    in_force_ = loader_->first();
    admins_ = loader_->admins();
    ASSERT_TRUE(loader_->attach(event_, [this](const LoadedPolicy& policy, std::optional<gid_t> a) {
      ++applied_;
      admins_ = a;
      if (policy.policy) in_force_ = policy;
      errors_ = policy.errors;
    }));
  }
  void reload(const std::string& name) {
    loader_->reload([this, name](const LoadedPolicy& policy) {
      told_.push_back(name + (policy.policy ? " ok" : " refused"));
    });
  }
  // Runs the loop until `condition`, for a while at most.
  template <typename Condition>
  void run_until(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), end);
      sd_event_run(event_, 10'000);
    }
  }
  [[nodiscard]] std::string rule_of_ops() const {
    policy::Subject member;
    member.gids = {27};
    return in_force_.policy->resolve(member, {}).idle_rule;
  }

  std::string folder_;
  PolicyPaths paths_;
  PolicyLoader::Patience patience_;
  sd_event* event_ = nullptr;
  std::optional<PolicyLoader> loader_;
  LoadedPolicy in_force_;
  std::string errors_;
  std::optional<gid_t> admins_;
  int applied_ = 0;
  std::vector<std::string> told_;
};

using Strings = std::vector<std::string>;

TEST_F(PolicyLoaderTest, StartsWithItsGroupsKnown) {
  start();
  EXPECT_EQ(rule_of_ops(), "ops");
  EXPECT_EQ(admins_, 50U);
  EXPECT_EQ(in_force_.warnings, "");
}

TEST_F(PolicyLoaderTest, ASilentNssDelaysNoStartAndIsHeardLater) {
  nss.go = folder_ + "/go";
  const auto began = std::chrono::steady_clock::now();
  start();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(3));
  EXPECT_EQ(rule_of_ops(), "built-in");
  EXPECT_NE(in_force_.warnings.find("NSS does not answer for the group \"ops\""), std::string::npos)
      << in_force_.warnings;
  EXPECT_EQ(admins_, std::nullopt);
  std::ofstream(nss.go) << "";
  run_until([&] { return applied_ > 0; });
  EXPECT_EQ(rule_of_ops(), "ops");
  EXPECT_EQ(admins_, 50U);
  EXPECT_EQ(in_force_.warnings, "");
}

TEST_F(PolicyLoaderTest, ARestartRemembersTheGroups) {
  start();
  loader_.reset();
  nss.hangs = true;
  patience_.start = std::chrono::seconds(60);
  start();  // does not even wait
  EXPECT_EQ(rule_of_ops(), "ops");
  EXPECT_EQ(admins_, 50U);
}

TEST_F(PolicyLoaderTest, AReloadTakesEffectWhenItsGroupsAreKnown) {
  start();
  nss.groups["staff"] = 60;
  write(R"({"rules": [{"name": "staff", "match": {"group": ["staff", "ops"]}, "idle": "1h"}]})");
  reload("it");
  EXPECT_EQ(told_, Strings{}) << "not before";
  run_until([&] { return !told_.empty(); });
  EXPECT_EQ(told_, Strings{"it ok"});
  EXPECT_EQ(rule_of_ops(), "staff");
  EXPECT_EQ(applied_, 1);
}

TEST_F(PolicyLoaderTest, AReloadWaitsOnlySoLong) {
  start();
  nss.hangs = true;
  write(R"({"rules": [{"name": "new", "match": {"group": ["ops", "staff"]}, "idle": "1h"}]})");
  reload("it");
  run_until([&] { return !told_.empty(); });
  EXPECT_EQ(told_, Strings{"it ok"});
  EXPECT_EQ(rule_of_ops(), "new") << "the id it had counts on";
  EXPECT_NE(in_force_.warnings.find("NSS does not answer for the group \"staff\""),
            std::string::npos);
  nss.hangs = false;  // of the next child
  nss.groups["staff"] = 60;
  run_until([&] { return in_force_.warnings.empty(); });
  EXPECT_EQ(loader_->admins(), 50U);
}

TEST_F(PolicyLoaderTest, ABrokenOneIsRefusedAtOnceAndChangesNothing) {
  start();
  write(R"({"rulez": []})");
  nss.hangs = true;
  reload("it");
  EXPECT_EQ(told_, Strings{"it refused"});
  EXPECT_NE(errors_.find("did you mean \"rules\"?"), std::string::npos) << errors_;
  EXPECT_EQ(rule_of_ops(), "ops");
  write(kOps);
  nss.hangs = false;
  reload("again");
  run_until([&] { return told_.size() == 2; });
  EXPECT_EQ(errors_, "");
}

TEST_F(PolicyLoaderTest, AReloadDuringAReloadReadsAnewAfterIt) {
  start();
  nss.go = folder_ + "/go";
  patience_.reload = std::chrono::seconds(60);
  loader_.reset();
  start();
  write(R"({"rules": [{"name": "first", "match": {"group": "ops"}, "idle": "1h"}]})");
  reload("one");
  write(R"({"rules": [{"name": "second", "match": {"group": "ops"}, "idle": "1h"}]})");
  reload("two");
  reload("three");
  EXPECT_EQ(told_, Strings{});
  std::ofstream(nss.go) << "";
  run_until([&] { return told_.size() == 3; });
  EXPECT_EQ(told_, (Strings{"one ok", "two ok", "three ok"}));
  EXPECT_EQ(rule_of_ops(), "second");
  EXPECT_EQ(applied_, 2);
}

TEST_F(PolicyLoaderTest, ABrokenOneDuringAReloadIsToldToWhoAskedForIt) {
  start();
  nss.go = folder_ + "/go";
  patience_.reload = std::chrono::seconds(60);
  loader_.reset();
  start();
  write(R"({"rules": [{"name": "first", "match": {"group": "ops"}, "idle": "1h"}]})");
  reload("one");
  write("{");
  reload("two");
  std::ofstream(nss.go) << "";
  run_until([&] { return told_.size() == 2; });
  EXPECT_EQ(told_, (Strings{"one ok", "two refused"}));
  EXPECT_EQ(rule_of_ops(), "first");
  EXPECT_NE(errors_, "") << "the file on disk is not in force";
}

TEST_F(PolicyLoaderTest, AGroupThatComesLaterIsFound) {
  nss.groups.erase("ops");
  start();
  EXPECT_EQ(rule_of_ops(), "built-in");
  EXPECT_NE(in_force_.warnings.find("there is no group \"ops\""), std::string::npos);
  nss.groups["ops"] = 27;
  run_until([&] { return rule_of_ops() == "ops"; });
}

TEST_F(PolicyLoaderTest, AFallbackIsNotKeptAsGoodAndStaysMarked) {
  start();
  loader_.reset();
  write("{");
  nss.groups.erase("ops");
  start();
  EXPECT_EQ(in_force_.source, "last good");
  EXPECT_NE(in_force_.errors, "");
  nss.groups["ops"] = 28;
  run_until([&] { return applied_ > 0; });
  EXPECT_NE(errors_, "") << "new groups do not mend the file";
  EXPECT_EQ(in_force_.source, "last good");
}

TEST_F(PolicyLoaderTest, EndsWhileNssHangs) {
  start();
  nss.hangs = true;
  reload("it");
  const auto began = std::chrono::steady_clock::now();
  loader_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(3));
  EXPECT_EQ(told_, Strings{});
}

}  // namespace
}  // namespace idled
