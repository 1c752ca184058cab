// Of real processes: what they hold open is in /proc.
#include "idled/system/dev_tty.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "idled/system/front.h"

namespace idled::system {
namespace {

// A process on a terminal of its own, there as soon as this is; it opens `path` and has a child, if
// wanted, that it waits for.
class OnTerminal {
 public:
  explicit OnTerminal(const char* path, bool has_child = false) {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    pid_ = forkpty(&master_, nullptr, nullptr, nullptr);
    if (pid_ == 0) {
      if (has_child) {
        const pid_t child = fork();
        if (child == 0) _exit(0);
        waitpid(child, nullptr, 0);
      }
      if (open(path, O_RDWR) < 0 || write(ready[1], "", 1) != 1) _exit(1);
      for (;;) pause();
    }
    close(ready[1]);
    char byte = 1;
    EXPECT_EQ(read(ready[0], &byte, 1), 1) << path << " could not be opened";
    close(ready[0]);
  }
  ~OnTerminal() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(master_);
  }
  OnTerminal(const OnTerminal&) = delete;
  OnTerminal& operator=(const OnTerminal&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] core::DevTty seen() const {
    const ProcessTable::Entry entry{pid_, read_stat(pid_).value_or(ProcStat{})};
    return dev_tty_of({&entry}, pid_, WallTime(seconds(7)));
  }

 private:
  int master_ = -1;
  pid_t pid_ = 0;
};

TEST(HoldsDevTty, ByTheNodesName) {
  EXPECT_TRUE(holds_dev_tty(OnTerminal("/dev/tty").pid()));
  EXPECT_FALSE(holds_dev_tty(OnTerminal("/dev/null").pid()));
  std::string folder = "/tmp/idled-test-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string named_so = folder + "/tty";
  ASSERT_GE(OwnedFd(creat(named_so.c_str(), 0600)).get(), 0);
  EXPECT_TRUE(holds_dev_tty(OnTerminal(named_so.c_str()).pid())) << "as in a chroot";
  unlink(named_so.c_str());
  rmdir(folder.c_str());
}

TEST(HoldsDevTty, OrItCannotBeTold) {
  EXPECT_TRUE(holds_dev_tty(-1));
}

TEST(DevTtyOf, SaysWhatIsInFront) {
  const OnTerminal reader("/dev/tty");
  EXPECT_TRUE(reader.seen().held);
  EXPECT_EQ(reader.seen().atime, WallTime(seconds(7)));
  EXPECT_EQ(reader.seen().group, reader.pid());
  EXPECT_GT(reader.seen().cpu, nanoseconds(0));
  EXPECT_EQ(reader.seen().cpu, reader.seen().cpu) << "it has not run";
  const OnTerminal other("/dev/null");
  EXPECT_FALSE(other.seen().held);
  EXPECT_TRUE(other.seen().single);
  EXPECT_FALSE(OnTerminal("/dev/null", true).seen().single) << "it may start others";
  EXPECT_FALSE(dev_tty_of({}, 7, WallTime()).single);
  EXPECT_TRUE(dev_tty_of({}, 7, WallTime()).held);
}

TEST(DevTtyAtime, IsOfTheNode) {
  std::string path = "/tmp/idled-test-XXXXXX";
  const OwnedFd file(mkostemp(path.data(), O_CLOEXEC));
  const timespec times[2] = {{1'600'000'000, 5}, {1, 0}};
  ASSERT_EQ(futimens(file.get(), times), 0);
  EXPECT_EQ(dev_tty_atime(path.c_str()), WallTime(seconds(1'600'000'000) + nanoseconds(5)));
  unlink(path.c_str());
  EXPECT_EQ(dev_tty_atime(path.c_str()), std::nullopt);
}

}  // namespace
}  // namespace idled::system
