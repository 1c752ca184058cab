// fail=closed: who may enter unwatched, and what the others are told.
#include <syslog.h>

#include "tests/pam/login_test.h"

namespace idled::testing {
namespace {

class FailClosed : public LoginTest {
 protected:
  // Nobody is at the socket.
  static int open(const Login& login, const char* lines = kClosed) {
    const PamStack stack(lines);
    return stack.start(login).open();
  }
};

TEST_F(FailClosed, RefusesAndTellsTheUser) {
  const PamStack stack(kClosed);
  PamHandle pam = stack.start(over_ssh());
  EXPECT_EQ(pam.open(), PAM_SESSION_ERR);
  ASSERT_EQ(pam.messages().size(), 1u);
  EXPECT_EQ(pam.messages().front(),
            "Login refused: the idle-logout daemon on this machine is not running; please tell the "
            "administrator.");
  ASSERT_EQ(log_lines().size(), 1u);
  EXPECT_EQ(log_lines().front().priority, LOG_ERR);
  EXPECT_EQ(
      count_log_lines("is refused, for fail=closed is set; start it ('systemctl start idled')"), 1);
}

TEST_F(FailClosed, IsSilentWhenAsked) {
  const PamStack stack(kClosed);
  PamHandle pam = stack.start(over_ssh());
  EXPECT_EQ(pam.open(PAM_SILENT), PAM_SESSION_ERR);
  EXPECT_TRUE(pam.messages().empty());
  EXPECT_EQ(log_lines().size(), 1u);
}

TEST_F(FailClosed, RefusesWhomTheDaemonRefuses) {
  const PamStack stack(kClosed);
  FakeDaemon daemon(stack.socket(), answering(R"({"error":"io.idled.Sessions.LeaderRefused"})"));
  PamHandle pam = stack.start(over_ssh());
  EXPECT_EQ(pam.open(), PAM_SESSION_ERR);
  ASSERT_EQ(pam.messages().size(), 1u);
  EXPECT_NE(pam.messages().front().find("cannot watch it"), std::string::npos);
}

TEST_F(FailClosed, RefusesWhenTheAnswerIsNone) {
  for (const char* answer :
       {"", "hello", "{", R"({"error":5})", R"({"parameters":{"session":5}})"}) {
    const PamStack stack(kClosed);
    FakeDaemon daemon(stack.socket(), answering(answer));
    EXPECT_EQ(stack.start(over_ssh()).open(), PAM_SESSION_ERR) << answer;
  }
}

TEST_F(FailClosed, RefusesAnUnknownUser) {
  const PamStack stack(kClosed);
  FakeDaemon daemon(stack.socket(), well_behaved("12", ""));
  EXPECT_EQ(stack.start({.user = "no-such-user"}).open(), PAM_SESSION_ERR);
}

TEST_F(FailClosed, LetsInWhomTheDaemonTakes) {
  const PamStack stack(kClosed);
  FakeDaemon daemon(stack.socket(), well_behaved("12", "600"));
  PamHandle pam = stack.start(over_ssh());
  EXPECT_EQ(pam.open(), PAM_SUCCESS);
  EXPECT_TRUE(pam.messages().empty());
  EXPECT_TRUE(log_lines().empty());
}

TEST_F(FailClosed, RootMayAlwaysEnterFromAConsole) {
  for (const char* tty : {"tty1", "/dev/tty1", "tty63", "ttyS0", "/dev/ttyS0", "hvc0", "console"})
    EXPECT_EQ(open({.user = "root", .tty = tty}), PAM_SUCCESS) << tty;
  EXPECT_EQ(count_log_lines("fail=closed spares root on a console"), 7);
  FakeUser toor = alice();
  toor.name = "toor";
  toor.uid = 0;
  set_fake_users({toor});
  EXPECT_EQ(open({.user = "toor", .tty = "tty1"}), PAM_SUCCESS);
}

TEST_F(FailClosed, SoMayRootWhenTheUserDatabaseIsBroken) {
  FakeUser root = alice();
  root.name = "root";
  root.entry_size = std::size_t{1} << 26;
  set_fake_users({root});
  EXPECT_EQ(open({.user = "root", .tty = "tty1"}), PAM_SUCCESS);
  EXPECT_EQ(open({.user = "root", .tty = "pts/1"}), PAM_SESSION_ERR);
  EXPECT_EQ(count_log_lines("too large"), 2);
}

TEST_F(FailClosed, RootMayNotEnterFromElsewhere) {
  for (const char* tty :
       {"ssh", "pts/0", "/dev/pts/1", "", "tty", "ttyp0", "tty1x", "pts/tty1", "cron"})
    EXPECT_EQ(open({.user = "root", .tty = tty}), PAM_SESSION_ERR) << tty;
  EXPECT_EQ(open({.user = "root", .tty = "tty1", .remote_host = "192.0.2.7"}), PAM_SESSION_ERR);
}

TEST_F(FailClosed, NobodyElseMayEnterFromAConsole) {
  EXPECT_EQ(open({.user = "alice", .tty = "tty1"}), PAM_SESSION_ERR);
}

TEST_F(FailClosed, ATypoElsewhereChangesNothingOfIt) {
  EXPECT_EQ(open(over_ssh(), "session required MODULE SOCKET fail=closed timeout=never\n"),
            PAM_SESSION_ERR);
  EXPECT_EQ(open(over_ssh(), "session required MODULE SOCKET fail=close\n"), PAM_SUCCESS);
  EXPECT_EQ(open(over_ssh(), "session required MODULE SOCKET fail=closed fail=shut\n"),
            PAM_SESSION_ERR);
}

}  // namespace
}  // namespace idled::testing
