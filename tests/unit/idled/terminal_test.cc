// Which devices are taken for terminals, and whose.
#include "idled/system/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "idled/system/proc.h"

namespace idled::system {
namespace {

constexpr const char* kDrivers =
    "/dev/tty             /dev/tty        5       0 system:/dev/tty\n"
    "/dev/ptmx            /dev/ptmx       5       2 system\n"
    "serial               /dev/ttyS       4 64-111 serial\n"
    "pty_slave            /dev/pts      136 0-1048575 pty:slave\n"
    "pty_master           /dev/ptm      128 0-1048575 pty:master\n"
    "hvc                  /dev/hvc      229 0-7 system\n"
    "unknown              /dev/tty        4 1-63 console\n"
    "not a line of it\n";

TEST(TerminalDevice, IsWhatTheKernelSays) {
  for (const dev_t terminal : {makedev(4, 1), makedev(4, 63), makedev(4, 64), makedev(4, 111),
                               makedev(136, 0), makedev(136, 300), makedev(229, 7)})
    EXPECT_TRUE(is_terminal_device(kDrivers, terminal)) << major(terminal) << minor(terminal);
  // A master, a disk, /dev/null, and none of the numbers.
  for (const dev_t other : {makedev(128, 3), makedev(8, 0), makedev(1, 3), makedev(4, 0),
                            makedev(4, 112), makedev(229, 8)})
    EXPECT_FALSE(is_terminal_device(kDrivers, other)) << major(other) << minor(other);
  EXPECT_FALSE(is_terminal_device("", makedev(136, 0)));
}

class OwnTerminal : public testing::Test {
 protected:
  OwnTerminal() : master_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    if (!master_ || grantpt(master_.get()) < 0 || unlockpt(master_.get()) < 0) return;
    name_ = std::string(ptsname(master_.get())).substr(5);
  }
  OwnedFd master_;
  std::string name_;
};

TEST_F(OwnTerminal, IsOpenedForItsOwnerAndForNobodyElse) {
  if (name_.empty()) GTEST_SKIP() << "there is no devpts here";
  const Result<OwnedFd> pinned = Terminal::pin(name_);
  ASSERT_TRUE(pinned) << pinned.error().text;
  EXPECT_TRUE(Terminal::open(name_, *pinned, geteuid()));
  if (geteuid() != 0) GTEST_SKIP() << "chown takes root";
  ASSERT_EQ(chown(("/dev/" + name_).c_str(), 4242, 5), 0);
  EXPECT_TRUE(Terminal::open(name_, *pinned, 4242));
  const Result<Terminal> others = Terminal::open(name_, *pinned, 4243);
  ASSERT_FALSE(others);
  EXPECT_EQ(others.error().code, EPERM);
}

TEST_F(OwnTerminal, IsGoneWhenItIsGone) {
  if (name_.empty()) GTEST_SKIP() << "there is no devpts here";
  const Result<OwnedFd> pinned = Terminal::pin(name_);
  ASSERT_TRUE(pinned);
  master_.reset();
  EXPECT_FALSE(Terminal::open(name_, *pinned, geteuid()));
}

// This process holds it, as a login's leader does.
class HeldTerminal : public OwnTerminal {
 protected:
  HeldTerminal() : leader_(Process::open(*identify(getpid()))) {}
  void SetUp() override {
    if (name_.empty()) GTEST_SKIP() << "there is no devpts here";
    ASSERT_TRUE(leader_) << leader_.error().text;
    held_ = PtyMaster{master_.get(), static_cast<unsigned>(std::stoul(name_.substr(4)))};
  }
  [[nodiscard]] int error_of_opening() const {
    const Result<Terminal> terminal = Terminal::open(*leader_, held_);
    return terminal ? 0 : terminal.error().code;
  }
  Result<Process> leader_;
  PtyMaster held_;
};

TEST_F(HeldTerminal, IsOpenedWhileItsMasterIsHeld) {
  EXPECT_EQ(error_of_opening(), 0);
  master_.reset();
  EXPECT_EQ(error_of_opening(), EBADF);
}

TEST_F(HeldTerminal, IsNotTakenForAnotherFileOfThatNumber) {
  const OwnedFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  ASSERT_EQ(dup3(null.get(), master_.get(), O_CLOEXEC), master_.get());
  EXPECT_EQ(error_of_opening(), ESTALE);
}

TEST_F(HeldTerminal, IsNotTakenForAnotherTerminalOfThatNumber) {
  const OwnedFd other(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_EQ(unlockpt(other.get()), 0);
  ASSERT_EQ(dup3(other.get(), master_.get(), O_CLOEXEC), master_.get());
  EXPECT_EQ(error_of_opening(), ESTALE);
}

// Another process holds one, and then two.
TEST(HoldingsOf, AnotherMasterIsAChange) {
  int orders[2];
  int done[2];
  ASSERT_TRUE(pipe(orders) == 0 && pipe(done) == 0);
  const pid_t holder = fork();
  if (holder == 0) {
    close(orders[1]);
    for (char order = 0; read(orders[0], &order, 1) == 1;) {
      if (posix_openpt(O_RDWR | O_NOCTTY) < 0) _exit(1);
      (void)!write(done[1], &order, 1);
    }
    _exit(0);
  }
  close(orders[0]);
  close(done[1]);
  const auto open_one = [&] {
    char byte = 'x';
    ASSERT_TRUE(write(orders[1], &byte, 1) == 1 && read(done[0], &byte, 1) == 1)
        << "there is no devpts here";
  };
  open_one();
  const Holdings before = *holdings_of(holder);
  EXPECT_EQ(before.masters.size(), 1U);
  EXPECT_EQ(may_have_changed(before, holder), before.descriptors == 0)
      << "old kernels do not count";
  open_one();
  EXPECT_TRUE(may_have_changed(before, holder));
  EXPECT_EQ(holdings_of(holder)->masters.size(), 2U);
  EXPECT_TRUE(may_have_changed(Holdings{}, holder)) << "nothing is known yet";
  close(orders[1]);
  int status = 0;
  EXPECT_EQ(waitpid(holder, &status, 0), holder);
  EXPECT_TRUE(may_have_changed(*holdings_of(holder), holder)) << "it is gone";
  close(done[0]);
}

// A user's process, who may put what they like in a descriptor's place, and hold thousands.
TEST(Holdings, OfAUsersProcessAreSoManyAndNoMore) {
  if (geteuid() != 0) GTEST_SKIP() << "it takes another user";
  constexpr uid_t kNobody = 65534;
  int done[2];
  ASSERT_EQ(pipe(done), 0);
  const pid_t holder = fork();
  if (holder == 0) {
    close(done[0]);
    if (setresgid(kNobody, kNobody, kNobody) != 0 || setresuid(kNobody, kNobody, kNobody) != 0)
      _exit(1);
    prctl(PR_SET_DUMPABLE, 1);  // as after execve(2)
    for (std::size_t n = 0; n <= kMostMastersOfAUser; ++n)
      if (const int fd = posix_openpt(O_RDWR | O_NOCTTY); fd < 0 || unlockpt(fd) != 0) _exit(1);
    (void)!write(done[1], "x", 1);
    pause();
  }
  close(done[1]);
  char byte = 0;
  ASSERT_EQ(read(done[0], &byte, 1), 1) << "there is no devpts here";
  const Holdings held = *holdings_of(holder);
  EXPECT_EQ(held.masters.size(), kMostMastersOfAUser);
  ASSERT_FALSE(held.masters.empty());
  EXPECT_EQ(held.masters[0].holder, kNobody);

  const Result<Process> leader = Process::open(*identify(holder));
  const Result<Terminal> theirs = Terminal::open(*leader, held.masters[0]);
  ASSERT_TRUE(theirs) << theirs.error().text;
  EXPECT_FALSE(theirs->is_through_master()) << "a descriptor was taken from them";
  const std::string path = "/dev/pts/" + std::to_string(held.masters[0].index);
  ASSERT_EQ(chown(path.c_str(), 1, 1), 0);
  const Result<Terminal> others = Terminal::open(*leader, held.masters[0]);
  ASSERT_FALSE(others);
  EXPECT_EQ(others.error().code, EPERM) << "the number may be that of another devpts";
  kill(holder, SIGKILL);
  waitpid(holder, nullptr, 0);
  close(done[0]);
}

TEST(Terminal, WhatIsNoTerminalIsNotOpened) {
  EXPECT_FALSE(Terminal::pin("null"));
  EXPECT_FALSE(Terminal::pin("../etc/passwd"));
  EXPECT_FALSE(Terminal::pin("../proc/self/fd/0"));  // a link
  EXPECT_FALSE(Terminal::pin("pts"));
  EXPECT_FALSE(Terminal::pin("pts/999999"));
}

// A name that somebody who may write below /dev has given to another thing.
TEST(Terminal, APlantedNameIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "planting takes root";
  const std::string name = "idled-planted-" + std::to_string(getpid());
  const std::string path = "/dev/" + name;
  ASSERT_EQ(symlink("/dev/tty", path.c_str()), 0);
  EXPECT_FALSE(Terminal::pin(name)) << "a link";
  unlink(path.c_str());
  ASSERT_EQ(mkfifo(path.c_str(), 0666), 0);
  EXPECT_FALSE(Terminal::pin(name)) << "a FIFO";
  unlink(path.c_str());
  if (mknod(path.c_str(), S_IFCHR | 0666, makedev(1, 7)) == 0) {
    EXPECT_FALSE(Terminal::pin(name)) << "/dev/full by another name";
  }
  unlink(path.c_str());
  if (mknod(path.c_str(), S_IFCHR | 0666, makedev(136, 0)) == 0) {
    EXPECT_FALSE(Terminal::pin(name)) << "pts/0 by another name";
  }
  unlink(path.c_str());
}

}  // namespace
}  // namespace idled::system
