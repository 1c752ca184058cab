// Which devices are taken for terminals, and whose.
#include "idled/system/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdlib>

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
