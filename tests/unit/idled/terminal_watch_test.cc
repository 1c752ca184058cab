// Files stand in for terminals: inotify tells of both alike.
#include "idled/system/terminal_watch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace idled::system {
namespace {

class TerminalWatchTest : public testing::Test {
 protected:
  TerminalWatchTest() : watch_(TerminalWatch::open()) {}
  void SetUp() override { ASSERT_TRUE(watch_) << watch_.error().text; }

  static OwnedFd file() {
    std::string path = "/tmp/idled-test-XXXXXX";
    OwnedFd fd(mkostemp(path.data(), O_CLOEXEC));
    unlink(path.c_str());
    return fd;
  }
  static void change(const OwnedFd& fd) { ASSERT_EQ(fchmod(fd.get(), 0640), 0); }
  bool add(pid_t leader, const std::string& terminal, const OwnedFd& fd) {
    return static_cast<bool>(watch_->add(leader, terminal, fd.get(), false));
  }
  std::vector<std::string> seen() {
    std::vector<std::string> seen;
    for (const TerminalWatch::Seen& one : watch_->drain().seen)
      seen.push_back(std::to_string(one.leader) + " " + one.terminal);
    return seen;
  }
  using Names = std::vector<std::string>;
  Result<TerminalWatch> watch_;
};

TEST_F(TerminalWatchTest, TellsOfEachUnderItsLogin) {
  const OwnedFd a = file();
  const OwnedFd b = file();
  ASSERT_TRUE(add(1, "pts/0", a) && add(2, "pts/1", b));
  EXPECT_TRUE(watch_->is_watched(1, "pts/0"));
  EXPECT_FALSE(watch_->is_watched(1, "pts/1"));
  change(b);
  EXPECT_EQ(seen(), Names{"2 pts/1"});
}

TEST_F(TerminalWatchTest, KeepsOfALoginWhatIsNamedAndOfOthersAll) {
  const OwnedFd a = file();
  const OwnedFd b = file();
  const OwnedFd c = file();
  ASSERT_TRUE(add(1, "pts/0", a) && add(1, "pts/1", b) && add(2, "pts/2", c));
  watch_->keep_only(1, {"pts/1"});
  watch_->keep_only(3, {});
  for (const OwnedFd* fd : {&a, &b, &c}) change(*fd);
  EXPECT_EQ(seen(), (Names{"1 pts/1", "2 pts/2"}));
  watch_->keep_only(2, {});
  EXPECT_FALSE(watch_->is_watched(2, "pts/2"));
}

// A console goes from one login to the next.
TEST_F(TerminalWatchTest, ATerminalIsOfWhoAskedLast) {
  const OwnedFd a = file();
  ASSERT_TRUE(add(1, "tty1", a) && add(2, "tty1", a));
  EXPECT_FALSE(watch_->is_watched(1, "tty1"));
  watch_->keep_only(1, {});
  change(a);
  EXPECT_EQ(seen(), Names{"2 tty1"});
}

TEST_F(TerminalWatchTest, AskedTwiceIsWatchedOnce) {
  const OwnedFd a = file();
  ASSERT_TRUE(add(1, "pts/0", a) && add(1, "pts/0", a));
  watch_->keep_only(1, {});
  change(a);
  EXPECT_EQ(seen(), Names{});
}

}  // namespace
}  // namespace idled::system
