#include "idled/system/state_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace idled::system {
namespace {

namespace fs = std::filesystem;

class StateStoreTest : public testing::Test {
 protected:
  StateStoreTest() : folder_(testing::TempDir() + "idled-state-XXXXXX") {
    if (!mkdtemp(folder_.data())) throw std::runtime_error("mkdtemp");
  }
  ~StateStoreTest() override { fs::remove_all(folder_); }
  std::string folder_;
};

TEST_F(StateStoreTest, KeepsReplacesAndForgets) {
  const Result<StateStore> store = StateStore::open(folder_ + "/sessions");
  ASSERT_TRUE(store) << store.error().text;
  ASSERT_TRUE(store->save("c1", "old"));
  ASSERT_TRUE(store->save("c1", "new"));
  ASSERT_TRUE(store->save("c2", "other"));
  EXPECT_EQ(store->load().size(), 2U);
  store->remove("c2");
  const auto entries = store->load();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].id, "c1");
  EXPECT_EQ(entries[0].text, "new");
  EXPECT_EQ(fs::status(folder_ + "/sessions/c1.json").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(StateStoreTest, ClearsAwayAnInterruptedWrite) {
  const Result<StateStore> store = StateStore::open(folder_);
  ASSERT_TRUE(store);
  std::ofstream(folder_ + "/c1.json.new") << "half";
  EXPECT_TRUE(store->load().empty());
  EXPECT_FALSE(fs::exists(folder_ + "/c1.json.new"));
}

TEST_F(StateStoreTest, SaysWhatItCannotWrite) {
  const Result<StateStore> store = StateStore::open(folder_ + "/sessions");
  ASSERT_TRUE(store);
  fs::remove(folder_ + "/sessions");
  const Result<void> saved = store->save("c1", "text");
  ASSERT_FALSE(saved);
  EXPECT_NE(saved.error().text.find("/sessions/c1.json: No such file or directory"),
            std::string::npos)
      << saved.error().text;
}

TEST_F(StateStoreTest, DoesNotFollowALink) {
  fs::create_directory(folder_ + "/elsewhere");
  fs::create_directory_symlink(folder_ + "/elsewhere", folder_ + "/sessions");
  EXPECT_FALSE(StateStore::open(folder_ + "/sessions"));
}

TEST_F(StateStoreTest, TheFolderIsOursAlone) {
  const std::string path = folder_ + "/sessions";
  mkdir(path.c_str(), 0777);
  chmod(path.c_str(), 0777);
  ASSERT_TRUE(StateStore::open(path));
  struct stat status {};
  stat(path.c_str(), &status);
  EXPECT_EQ(status.st_mode & 07777, 0700U);
  // A link is not it, wherever it leads.
  ASSERT_EQ(symlink(path.c_str(), (folder_ + "/link").c_str()), 0);
  EXPECT_FALSE(StateStore::open(folder_ + "/link"));
  if (geteuid() != 0) GTEST_SKIP() << "chown takes root";
  ASSERT_EQ(chown(path.c_str(), 4242, 0), 0);
  EXPECT_FALSE(StateStore::open(path));
}

TEST_F(StateStoreTest, WhatOthersHavePutThereIsNotRead) {
  const Result<StateStore> store = StateStore::open(folder_ + "/sessions");
  ASSERT_TRUE(store);
  ASSERT_TRUE(store->save("c1", "ours"));
  ASSERT_TRUE(store->save("c2", "open to all"));
  chmod((folder_ + "/sessions/c2.json").c_str(), 0666);
  ASSERT_EQ(symlink("c1.json", (folder_ + "/sessions/c3.json").c_str()), 0);
  ASSERT_EQ(mkfifo((folder_ + "/sessions/c4.json").c_str(), 0600), 0);
  const auto entries = store->load();
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].id, "c1");
}

}  // namespace
}  // namespace idled::system
