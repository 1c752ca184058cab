// What the module tells the daemon. The module file is loaded by libpam, as in
// sshd.
#include <syslog.h>
#include <unistd.h>

#include <numeric>

#include "protocol/frame.h"
#include "tests/pam/login_test.h"

namespace idled::testing {
namespace {

using protocol::RegisterRequest;

class Register : public LoginTest {
 protected:
  [[nodiscard]] static RegisterRequest sent_to(const FakeDaemon& daemon) {
    const std::vector<RecordedCall> calls = daemon.calls(protocol::kRegister);
    if (calls.empty()) {
      ADD_FAILURE() << "nothing was registered";
      return {};
    }
    Result<RegisterRequest> request =
        protocol::decode<RegisterRequest>(calls.back().call.parameters);
    EXPECT_TRUE(request);
    return *request;
  }

  // Registers `login` with a daemon that is well.
  static RegisterRequest registered(const Login& login) {
    const PamStack stack(kOptional);
    FakeDaemon daemon(stack.socket(), well_behaved("12", ""));
    EXPECT_EQ(stack.start(login).open(), PAM_SUCCESS);
    return sent_to(daemon);
  }
};

TEST_F(Register, TellsAllThatThePolicyNeeds) {
  const RegisterRequest sent = registered(over_ssh());
  EXPECT_EQ(sent.user, "alice");
  EXPECT_EQ(sent.uid, 1000u);
  EXPECT_EQ(sent.gids, (std::vector<std::uint32_t>{1000, 27, 100}));
  EXPECT_EQ(sent.service, PamStack::kService);
  EXPECT_EQ(sent.tty, "ssh");
  EXPECT_EQ(sent.remote_host, "192.0.2.7");
  EXPECT_EQ(sent.ssh_connection, "192.0.2.7 50022 198.51.100.1 22");
  EXPECT_EQ(sent.logind_session, "12");
  EXPECT_TRUE(log_lines().empty()) << log_lines().front().text;
}

TEST_F(Register, TheLoginsOwnProcessIsTheLeader) {
  const PamStack stack(kOptional);
  FakeDaemon daemon(stack.socket(), well_behaved("12", ""));
  ASSERT_EQ(stack.start(over_ssh()).open(), PAM_SUCCESS);
  ASSERT_EQ(daemon.calls().size(), 1u);
  EXPECT_EQ(daemon.calls().front().pid, ::getpid());
}

TEST_F(Register, WhatPamDoesNotKnowIsEmpty) {
  const RegisterRequest sent = registered({.user = "alice"});
  EXPECT_EQ(sent.tty, "");
  EXPECT_EQ(sent.remote_host, "");
  EXPECT_EQ(sent.ssh_connection, "");
  EXPECT_EQ(sent.logind_session, "");
}

TEST_F(Register, TakesDevFromTheTerminal) {
  EXPECT_EQ(registered({.user = "alice", .tty = "/dev/tty1"}).tty, "tty1");
  EXPECT_EQ(registered({.user = "alice", .tty = "pts/3"}).tty, "pts/3");
}

TEST_F(Register, TellsTheNameAsTheUserDatabaseSpellsIt) {
  FakeUser user = alice();
  user.name = "ALICE@EXAMPLE";
  user.canonical_name = "alice";
  set_fake_users({user});
  EXPECT_EQ(registered({.user = "ALICE@EXAMPLE"}).user, "alice");
}

TEST_F(Register, AnEntryLargerThanTheFirstBuffer) {
  FakeUser user = alice();
  user.entry_size = 100'000;
  set_fake_users({user});
  EXPECT_EQ(registered({.user = "alice"}).uid, 1000u);
}

TEST_F(Register, AnEntryOfAnySizeEndsSomewhere) {
  FakeUser user = alice();
  user.entry_size = std::size_t{1} << 26;
  set_fake_users({user});
  const PamStack stack(kOptional);
  EXPECT_EQ(stack.start(over_ssh()).open(), PAM_SUCCESS);
  EXPECT_EQ(count_log_lines("too large"), 1);
}

TEST_F(Register, TheMachinesOwnUsers) {
  set_fake_users({});
  const RegisterRequest sent = registered({.user = "root"});
  EXPECT_EQ(sent.uid, 0u);
  EXPECT_FALSE(sent.gids.empty());
}

TEST_F(Register, AUserOfAThousandGroups) {
  FakeUser user = alice();
  user.groups.resize(1000);
  std::iota(user.groups.begin(), user.groups.end(), 2'000'000'000u);
  set_fake_users({user});
  EXPECT_EQ(registered(over_ssh()).gids, user.groups);
  EXPECT_TRUE(log_lines().empty());
}

TEST_F(Register, AUserWhoJoinsGroupsMeanwhile) {
  FakeUser user = alice();
  user.groups.resize(3000);
  user.grows = true;
  set_fake_users({user});
  EXPECT_EQ(registered(over_ssh()).gids.size(), 3000u);
}

// Whatever a login consists of, it is one message that the daemon takes.
TEST_F(Register, TheLargestLoginFitsIntoAMessage) {
  const std::string bytes(5000, '\x01');
  FakeUser user = alice();
  user.canonical_name = bytes;
  user.entry_size = 6000;
  user.groups.assign(65'536, 4'294'967'294u);
  set_fake_users({user});
  const PamStack stack(kOptional);
  FakeDaemon daemon(stack.socket(), well_behaved("12", ""));
  PamHandle pam =
      stack.start({.user = "alice",
                   .tty = bytes,
                   .remote_host = bytes,
                   .environment = {"SSH_CONNECTION=" + bytes, "XDG_SESSION_ID=" + bytes}});
  pam.open();  // whatever libpam's audit says of such names
  EXPECT_EQ(sent_to(daemon).gids.size(), 4096u);
  EXPECT_LE(daemon.calls().front().text.size(), protocol::kMaxMessage);
  EXPECT_EQ(count_log_lines("rules cannot match the other 61440"), 1);
  EXPECT_EQ(count_log_lines("\x01"), 0) << "the log shows raw bytes";
}

TEST_F(Register, MoreGroupsThanTheKernelHasAreAFailureNotALoop) {
  FakeUser user = alice();
  user.groups.resize(65'537);
  set_fake_users({user});
  const PamStack stack(kOptional);
  EXPECT_EQ(stack.start(over_ssh()).open(), PAM_SUCCESS);
  EXPECT_EQ(count_log_lines("too many groups"), 1);
}

// --- arguments -------------------------------------------------------------------

TEST_F(Register, AMalformedArgumentIsOneLineAndNoHindrance) {
  const PamStack stack("session required MODULE SOCKET timeuot=3s\n");
  FakeDaemon daemon(stack.socket(), well_behaved("12", ""));
  PamHandle pam = stack.start(over_ssh());
  ASSERT_EQ(pam.open(), PAM_SUCCESS);
  ASSERT_EQ(log_lines().size(), 1u);
  EXPECT_EQ(log_lines().front().priority, LOG_ERR);
  EXPECT_EQ(count_log_lines("'timeout' is perhaps meant"), 1);
  ASSERT_EQ(pam.close(), PAM_SUCCESS);
  EXPECT_EQ(log_lines().size(), 1u) << "said again at close";
  EXPECT_EQ(daemon.calls().size(), 2u);
}

TEST_F(Register, DebugSaysWhatIsDone) {
  const PamStack stack("session optional MODULE SOCKET debug\n");
  FakeDaemon daemon(stack.socket(), well_behaved("12", "600"));
  PamHandle pam = stack.start(over_ssh());
  ASSERT_EQ(pam.open(), PAM_SUCCESS);
  ASSERT_EQ(pam.close(), PAM_SUCCESS);
  EXPECT_EQ(count_log_lines("\"user\":\"alice\""), 1);
  EXPECT_EQ(count_log_lines("registered as session '12', TMOUT '600'"), 1);
  EXPECT_EQ(count_log_lines("released session '12'"), 1);
  for (const LogLine& line : log_lines()) EXPECT_EQ(line.priority, LOG_DEBUG) << line.text;
}

}  // namespace
}  // namespace idled::testing
