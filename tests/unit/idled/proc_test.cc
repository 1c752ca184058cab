#include "idled/system/proc.h"

#include <gtest/gtest.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "idled/system/found_logins.h"
#include "idled/system/terminal.h"

namespace idled::system {
namespace {

constexpr const char* kTail =
    " S 10 20 30 34817 40 4194304 1 2 3 4 5 6 7 8 20 0 1 0 987654 1000 200 18446744073709551615";

TEST(ParseStat, TakesAnyName) {
  for (const char* name : {"bash", "a b", ") S 1 1 1", "((", "", "x)y"}) {
    const auto stat = parse_stat("123 (" + std::string(name) + ")" + kTail);
    ASSERT_TRUE(stat) << name;
    EXPECT_EQ(stat->comm, name);
    EXPECT_EQ(stat->ppid, 10);
    EXPECT_EQ(stat->pgrp, 20);
    EXPECT_EQ(stat->session, 30);
    EXPECT_EQ(stat->tty, makedev(136, 1));
    EXPECT_EQ(stat->tpgid, 40);
    EXPECT_EQ(stat->start_ticks, 987654U);
  }
}

TEST(ParseStat, RefusesWhatIsNotOne) {
  for (const char* text :
       {"", "123", "123 (bash", "123 bash)", ")(", "123 (bash) S 1 2", "1 (a) S x 2 3 4 5"})
    EXPECT_FALSE(parse_stat(text)) << text;
}

TEST(ReadStat, OfThisProcess) {
  const auto stat = read_stat(getpid());
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->ppid, getppid());
  EXPECT_EQ(identify(getpid())->start_ticks, stat->start_ticks);
  EXPECT_FALSE(read_stat(-1));
}

TEST(DescendantsOf, AreAllBelow) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    (void)fork();  // a grandchild; both wait for the end
    (void)!write(ready[1], "x", 1);
    pause();
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  const auto below = descendants_of(getpid());
  EXPECT_EQ(below.size(), 2U);
  for (const core::ProcessIdentity& process : below) kill(process.pid, SIGKILL);
  waitpid(child, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
}

TEST(ParseStatus, HasTheGroups) {
  const auto status = parse_status(
      "Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t7\t7\t7\t7\nGroups:\t4 24 1000 \nNgid:\t0\n");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->uid, 1000U);
  EXPECT_EQ(status->euid, 0U);
  EXPECT_EQ(status->gid, 7U);
  EXPECT_EQ(status->groups, (std::vector<gid_t>{4, 24, 1000}));
  EXPECT_FALSE(parse_status("Name:\tx\n"));
}

TEST(UserOfSshdTitle, IsTheOneItServes) {
  EXPECT_EQ(user_of_sshd_title("sshd: alice [priv]"), "alice");
  EXPECT_EQ(user_of_sshd_title("sshd: root@pts/0"), "root");
  EXPECT_EQ(user_of_sshd_title("sshd-session: bob@notty"), "bob");
  EXPECT_EQ(user_of_sshd_title("sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups"), "");
  EXPECT_EQ(user_of_sshd_title("sshd: [accepted]"), "");
  EXPECT_EQ(user_of_sshd_title("sshd: unknown [priv]"), "");
  EXPECT_EQ(user_of_sshd_title("bash"), "");
}

TEST(TerminalName, OfDeviceNumbers) {
  EXPECT_EQ(terminal_name(makedev(136, 3)), "pts/3");
  EXPECT_EQ(terminal_name(makedev(137, 0)), "pts/256");
  EXPECT_EQ(terminal_name(makedev(4, 1)), "tty1");
  EXPECT_EQ(terminal_name(makedev(4, 64)), "ttyS0");
  EXPECT_EQ(terminal_name(makedev(1, 3)), "");
}

}  // namespace
}  // namespace idled::system
