#include "tools/terminal_width.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>

#include "base/owned_fd.h"

namespace idled::tools {
namespace {

struct Terminal {
  explicit Terminal(unsigned short columns) {
    int master_fd = -1;
    int slave_fd = -1;
    winsize size{};
    size.ws_col = columns;
    EXPECT_EQ(::openpty(&master_fd, &slave_fd, nullptr, nullptr, &size), 0);
    master.reset(master_fd);
    slave.reset(slave_fd);
  }
  OwnedFd master;
  OwnedFd slave;
};

TEST(TerminalWidth, IsWhatTheTerminalSays) {
  const Terminal terminal(132);
  EXPECT_EQ(terminal_width(terminal.slave.get(), nullptr), 132U);
}

TEST(TerminalWidth, IsWhatTheUserSaysFirst) {
  const Terminal terminal(132);
  EXPECT_EQ(terminal_width(terminal.slave.get(), "100"), 100U);
}

TEST(TerminalWidth, OfATerminalThatDoesNotKnowIsTheUsualOne) {
  const Terminal terminal(0);
  EXPECT_EQ(terminal_width(terminal.slave.get(), nullptr), 80U);
}

TEST(TerminalWidth, TakesNoNonsense) {
  const Terminal terminal(132);
  for (const char* columns :
       {"", "0", "5", "-100", "100x", "x", " 100", "99999999999999999999999", "1000000"})
    EXPECT_EQ(terminal_width(terminal.slave.get(), columns), 132U) << columns;
}

TEST(TerminalWidth, OfAPipeIsNone) {
  const OwnedFd file(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(terminal_width(file.get(), "100"), 0U);
}

}  // namespace
}  // namespace idled::tools
