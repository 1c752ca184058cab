#include "idled/system/proc.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmpx.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>

#include "idled/system/found_logins.h"
#include "idled/system/front.h"
#include "idled/system/namespaces.h"
#include "idled/system/terminal.h"
#include "idled/system/utmp.h"

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

TEST(ParseStat, KnowsWhoHasHadChildren) {
  EXPECT_FALSE(
      parse_stat("7 (top) R 5 7 5 34816 7 4194304 512 0 0 0 1 2 0 0 20 0 1 0 99 8")->had_children);
  EXPECT_TRUE(
      parse_stat("7 (sh) S 5 7 5 34816 7 4194304 512 86 0 0 1 2 0 0 20 0 1 0 99 8")->had_children);
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

TEST(ProcessTable, KnowsWhatIsBelow) {
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
  const ProcessTable table = ProcessTable::read();
  const auto below = table.below(getpid());
  EXPECT_EQ(below.size(), 2U);
  EXPECT_EQ(table.below(getpid(), [&](const auto& entry) { return entry.pid == child; }).size(), 1U)
      << "what is not entered hides what is below it";
  const auto above = ancestors_of(below.back()->stat);
  EXPECT_TRUE(std::any_of(above.begin(), above.end(),
                          [](const auto& process) { return process.pid == getpid(); }));
  for (const auto* process : below) kill(process->pid, SIGKILL);
  waitpid(child, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
}

// A login: a leader, a process of the user's, a shell on a terminal of its own.
class NearALeader : public testing::Test {
 protected:
  void SetUp() override {
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    leader_ = fork();
    if (leader_ == 0) {
      if (fork() == 0) {
        int master = -1;
        if (forkpty(&master, nullptr, nullptr, nullptr) == 0) {
          const pid_t shell = getpid();
          struct stat status {};
          (void)fstat(0, &status);
          (void)!write(ready[1], &shell, sizeof shell);
          (void)!write(ready[1], &status.st_rdev, sizeof status.st_rdev);
        }
      }
      pause();
      _exit(0);
    }
    ASSERT_EQ(read(ready[0], &shell_, sizeof shell_), ssize_t{sizeof shell_});
    ASSERT_EQ(read(ready[0], &device_, sizeof device_), ssize_t{sizeof device_});
    close(ready[0]);
    close(ready[1]);
  }
  void TearDown() override {
    const ProcessTable table = ProcessTable::read();
    for (const auto* process : table.below(leader_)) kill(process->pid, SIGKILL);
    kill(leader_, SIGKILL);
    waitpid(leader_, nullptr, 0);
  }
  pid_t leader_ = 0;
  pid_t shell_ = 0;
  dev_t device_ = 0;
};

TEST_F(NearALeader, ATerminalsForegroundAndSessionAreFoundWithoutAWalk) {
  const auto on_it = find_on_terminal(leader_, device_);
  ASSERT_TRUE(on_it);
  EXPECT_EQ(on_it->session, shell_);
  EXPECT_EQ(on_it->tpgid, shell_);
  const auto children = children_of(leader_);
  ASSERT_TRUE(children);
  EXPECT_EQ(children_of(children->front()), std::vector<pid_t>{shell_});
  EXPECT_EQ(children_of(shell_), std::vector<pid_t>{});
}

TEST_F(NearALeader, AnotherTerminalIsNot) {
  EXPECT_FALSE(find_on_terminal(leader_, device_ + 1));
  EXPECT_FALSE(find_on_terminal(shell_, device_)) << "what is below the shell is asked, and not it";
  EXPECT_FALSE(children_of(0));
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

TEST(ParseSshdTitle, SaysWhomItServes) {
  struct Case {
    const char* title;
    const char* user;
    bool is_monitor;
  };
  for (const Case& c : {Case{"sshd: alice [priv]", "alice", true},
                        {"sshd: root@pts/0", "root", false},
                        {"sshd-session: bob@notty", "bob", false},
                        {"sshd: bob@pts/3,pts/4", "bob", false},
                        // A directory's names.
                        {"sshd: bob@corp.example [priv]", "bob@corp.example", true},
                        {"sshd: bob@corp.example@pts/0", "bob@corp.example", false},
                        {"sshd: CORP\\bob smith@notty", "CORP\\bob smith", false}}) {
    const std::optional<SshdTitle> title = parse_sshd_title(c.title);
    ASSERT_TRUE(title) << c.title;
    EXPECT_EQ(title->user, c.user) << c.title;
    EXPECT_EQ(title->is_monitor, c.is_monitor) << c.title;
  }
}

TEST(ParseSshdTitle, IsNoneOfTheListenerNorOfWhoIsNotLetIn) {
  for (const char* title :
       {"sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", "sshd: [accepted]",
        "sshd: unknown [priv]", "sshd: alice [net]", "sshd: bob@corp.example [net]",
        "sshd: bob@corp.example [pam]", "sshd: ", "bash"})
    EXPECT_FALSE(parse_sshd_title(title)) << title;
}

TEST(HostOfRecord, IsWhereTheUserSits) {
  EXPECT_EQ(host_of_record("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(host_of_record("192.0.2.7 via mosh [77]"), "192.0.2.7");
  EXPECT_EQ(host_of_record("mosh [77]"), "");
  EXPECT_EQ(host_of_record(""), "");
}

utmpx record(short type, const char* line, const char* user, const char* host) {
  utmpx entry{};
  entry.ut_type = type;
  entry.ut_pid = 77;
  std::memcpy(entry.ut_line, line, strnlen(line, sizeof entry.ut_line));
  std::memcpy(entry.ut_user, user, strnlen(user, sizeof entry.ut_user));
  std::memcpy(entry.ut_host, host, strnlen(host, sizeof entry.ut_host));
  return entry;
}

TEST(ParseUtmp, HasTheUsers) {
  const std::string full(sizeof utmpx::ut_user, 'x');  // no NUL at its end
  const utmpx entries[] = {
      record(BOOT_TIME, "~", "reboot", ""), record(USER_PROCESS, "pts/3", "alice", "192.0.2.7"),
      record(DEAD_PROCESS, "pts/4", "", ""), record(USER_PROCESS, "tty1", full.c_str(), "")};
  const std::string_view bytes(reinterpret_cast<const char*>(entries), sizeof entries);
  const std::vector<UtmpRecord> records = parse_utmp(bytes);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].line, "pts/3");
  EXPECT_EQ(records[0].user, "alice");
  EXPECT_EQ(records[0].host, "192.0.2.7");
  EXPECT_EQ(records[0].pid, 77);
  EXPECT_EQ(records[1].user, full);
  // Cut off anywhere: what is whole counts.
  EXPECT_EQ(parse_utmp(bytes.substr(0, sizeof entries - 1)).size(), 1U);
  EXPECT_TRUE(parse_utmp(bytes.substr(0, 7)).empty());
}

ProcessTable::Entry process(pid_t pid, pid_t parent, pid_t group, dev_t tty) {
  ProcessTable::Entry entry;
  entry.pid = pid;
  entry.stat.ppid = parent;
  entry.stat.pgrp = group;
  entry.stat.tty = tty;
  entry.stat.tpgid = tty == 0 ? -1 : 20;
  return entry;
}

// The child is a shell on a terminal of its own.
class AloneInFront : public testing::Test {
 protected:
  AloneInFront() {
    shell_ = forkpty(&master_, nullptr, nullptr, nullptr);
    if (shell_ == 0) {
      execl("/bin/sh", "sh", nullptr);
      _exit(127);
    }
    type("PS1=; echo rea''dy");
    wait_for("ready");
    terminal_ = read_stat(shell_)->tty;
  }
  ~AloneInFront() override {
    kill(shell_, SIGKILL);
    waitpid(shell_, nullptr, 0);
    close(master_);
  }
  void type(const std::string& line) const {
    ASSERT_GT(write(master_, (line + "\n").data(), line.size() + 1), 0);
  }
  void wait_for(const std::string& text) {
    char buffer[256];
    while (output_.find(text) == std::string::npos) {
      const ssize_t got = read(master_, buffer, sizeof buffer);
      ASSERT_GT(got, 0) << output_;
      output_.append(buffer, static_cast<std::size_t>(got));
    }
    output_.clear();
  }

  int master_ = -1;
  pid_t shell_ = 0;
  dev_t terminal_ = 0;
  std::string output_;
};

TEST_F(AloneInFront, IsAShellThatHasStartedNothing) {
  if (access("/proc/thread-self/children", R_OK) < 0)
    GTEST_SKIP() << "the kernel does not tell a process's children";
  const auto alone = alone_in_front(terminal_, shell_);
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->pid, shell_);
  EXPECT_EQ(alone->stat.comm, "sh");
  EXPECT_FALSE(alone_in_front(terminal_ + 1, shell_)) << "of another terminal";
}

TEST_F(AloneInFront, IsNoShellWithAJob) {
  type("sleep 1000 & echo start''ed");
  wait_for("started");
  EXPECT_FALSE(alone_in_front(terminal_, shell_)) << "in the background";
  // SIGKILL: until the job has left the shell's code, it ignores SIGTERM as an interactive shell
  // does.
  type("kill -KILL %1; wait; echo go''ne; sh -c 'echo in fro\"\"nt; sleep 1000'");
  wait_for("in front");
  const pid_t front = tcgetpgrp(master_);
  ASSERT_NE(front, shell_);
  EXPECT_FALSE(alone_in_front(terminal_, front)) << "it is not the terminal's shell";
  EXPECT_FALSE(alone_in_front(terminal_, shell_)) << "the shell waits for it";
}

TEST(InFront, IsTheGroupAndWhatItStarted) {
  constexpr dev_t kTerminal = 3;
  constexpr dev_t kInner = 4;
  const ProcessTable table({process(10, 1, 10, kTerminal),   // the shell
                            process(15, 10, 15, kTerminal),  // make &
                            process(16, 15, 15, kTerminal),  // and its compiler
                            process(20, 10, 20, kTerminal),  // sudo apt, in front
                            process(21, 20, 20, kTerminal),  // its monitor
                            process(22, 21, 22, kInner),     // apt, on the terminal of sudo
                            process(30, 1, 30, kInner)});    // somebody else
  EXPECT_EQ(foreground_group(table, kTerminal), 20);
  EXPECT_EQ(foreground_group(table, 99), std::nullopt);
  std::vector<pid_t> pids;
  for (const auto* entry : in_front(table, kTerminal, 20)) pids.push_back(entry->pid);
  std::sort(pids.begin(), pids.end());
  EXPECT_EQ(pids, (std::vector<pid_t>{20, 21, 22}));
  // At the prompt: the shell alone, without its background.
  EXPECT_EQ(in_front(table, kTerminal, 10).size(), 1U);
}

TEST(IsRootOwned, UpToTheRootFolder) {
  if (geteuid() != 0) GTEST_SKIP() << "takes root to make files of two owners";
  EXPECT_TRUE(is_root_owned("/bin/sh") || is_root_owned("/usr/bin/env"));
  std::string folder = "/tmp/idled-test-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string file = folder + "/dpkg";
  std::ofstream(file) << "x";
  EXPECT_FALSE(is_root_owned(file)) << "/tmp is everybody's";
  unlink(file.c_str());
  rmdir(folder.c_str());
  EXPECT_FALSE(is_root_owned("relative"));
}

TEST(CheckHome, OfOurselvesIsHere) {
  EXPECT_TRUE(check_home(getpid()));
  EXPECT_FALSE(check_home(999'999'999));
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
