// NSS, asked in a process of its own: what it says, late, in part or not at all.
#include "policy_io/group_lookup.h"

#include <dirent.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

namespace idled {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(Groups, NssKnowsRootAndNotEverything) {
  const GroupAnswers answers = look_up_groups({"root", "no-such-group-anywhere"});
  EXPECT_EQ(answers.ids, (std::map<std::string, gid_t>{{"root", 0}}));
  EXPECT_TRUE(answers.unanswered.empty());
}

GroupAnswer by_length(const std::string& name) {
  if (name == "none") return {GroupAnswer::Kind::kNoSuchGroup, 0};
  if (name == "fails") return {GroupAnswer::Kind::kFailed, 0};
  if (name == "hangs")
    for (;;) pause();
  if (name == "dies") raise(SIGKILL);
  return {GroupAnswer::Kind::kFound, static_cast<gid_t>(name.size())};
}

TEST(GroupLookup, TellsWhatWasSaid) {
  Result<GroupLookup> lookup = GroupLookup::start({"a", "none", "ccc", "fails"}, by_length);
  ASSERT_TRUE(lookup) << lookup.error().text;
  ASSERT_TRUE(lookup->wait(milliseconds(5000)));
  EXPECT_EQ(lookup->answers().ids, (std::map<std::string, gid_t>{{"a", 1}, {"ccc", 3}}));
  EXPECT_EQ(lookup->answers().unanswered, std::set<std::string>{"fails"});
}

TEST(GroupLookup, TakesManyNames) {
  std::vector<std::string> names;
  for (std::size_t i = 1; i <= 2000; ++i) names.emplace_back(i, 'x');
  Result<GroupLookup> lookup = GroupLookup::start(names, by_length);
  ASSERT_TRUE(lookup->wait(milliseconds(10'000)));
  EXPECT_EQ(lookup->answers().ids.size(), 2000U);
  EXPECT_EQ(lookup->answers().ids.at(names[1233]), 1234U);
}

TEST(GroupLookup, WhatIsSaidBeforeItHangsCounts) {
  Result<GroupLookup> lookup = GroupLookup::start({"a", "hangs", "ccc"}, by_length);
  const auto began = steady_clock::now();
  EXPECT_FALSE(lookup->wait(milliseconds(200)));
  EXPECT_LT(steady_clock::now() - began, milliseconds(5000));
  EXPECT_EQ(lookup->answers().ids, (std::map<std::string, gid_t>{{"a", 1}}));
  EXPECT_EQ(lookup->answers().unanswered, (std::set<std::string>{"ccc", "hangs"}));
}

TEST(GroupLookup, AChildThatDiesHasNoMoreToSay) {
  Result<GroupLookup> lookup = GroupLookup::start({"a", "dies", "ccc"}, by_length);
  ASSERT_TRUE(lookup->wait(milliseconds(5000)));
  EXPECT_EQ(lookup->answers().unanswered, (std::set<std::string>{"ccc", "dies"}));
}

std::size_t children() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    std::FILE* file = std::fopen((entry.path() / "children").c_str(), "r");
    if (file == nullptr) continue;
    int pid = 0;
    while (std::fscanf(file, "%d", &pid) == 1) ++count;
    std::fclose(file);
  }
  return count;
}

TEST(GroupLookup, LeavesNoProcessBehind) {
  const std::size_t before = children();
  for (int i = 0; i < 3; ++i) {
    Result<GroupLookup> lookup = GroupLookup::start({"hangs"}, by_length);
    EXPECT_EQ(children(), before + 1);
    GroupLookup moved = *std::move(lookup);
    moved = *GroupLookup::start({"hangs"}, by_length);  // the one before is ended
    EXPECT_EQ(children(), before + 1);
  }
  EXPECT_EQ(children(), before);
}

// A connection that the daemon closes is closed, although a child hangs.
TEST(GroupLookup, TheChildHoldsNothingOpen) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  Result<GroupLookup> lookup = GroupLookup::start({"a", "hangs"}, by_length);
  pollfd answers{lookup->fd(), POLLIN, 0};
  ASSERT_EQ(poll(&answers, 1, 5000), 1) << "it has begun";
  close(ends[1]);
  char byte = 0;
  EXPECT_EQ(recv(ends[0], &byte, 1, MSG_DONTWAIT), 0) << "end of file";
  close(ends[0]);
}

}  // namespace
}  // namespace idled
