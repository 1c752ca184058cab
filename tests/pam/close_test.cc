// Closing a session, and opening more than one.
#include "tests/pam/login_test.h"

namespace idled::testing {
namespace {

using Close = LoginTest;

TEST_F(Close, CloseReleasesTheSessionThatTheDaemonNamed) {
  const PamStack stack(kOptional);
  FakeDaemon daemon(stack.socket(), well_behaved("c7", ""));
  PamHandle pam = stack.start(over_ssh());
  ASSERT_EQ(pam.open(), PAM_SUCCESS);
  ASSERT_TRUE(daemon.calls(protocol::kRelease).empty());
  ASSERT_EQ(pam.close(), PAM_SUCCESS);
  ASSERT_EQ(daemon.calls(protocol::kRelease).size(), 1u);
  EXPECT_EQ(
      protocol::decode<protocol::ReleaseRequest>(daemon.calls().back().call.parameters)->session,
      "c7");
}

TEST_F(Close, NothingToReleaseWhereNothingWasRegistered) {
  const PamStack stack(kOptional);
  PamHandle pam = stack.start(over_ssh());
  ASSERT_EQ(pam.open(), PAM_SUCCESS);
  FakeDaemon daemon(stack.socket(), well_behaved("12", ""));
  EXPECT_EQ(pam.close(), PAM_SUCCESS);
  daemon.wait_until_idle();
  EXPECT_TRUE(daemon.calls().empty());
}

TEST_F(Close, EndingTheHandleWithoutClosingReleasesNothing) {
  const PamStack stack(kOptional);
  FakeDaemon daemon(stack.socket(), well_behaved("12", ""));
  ASSERT_EQ(stack.start(over_ssh()).open(), PAM_SUCCESS);
  daemon.wait_until_idle();
  EXPECT_TRUE(daemon.calls(protocol::kRelease).empty());
}

TEST_F(Close, TwoLinesInTheStackReleaseOnce) {
  const PamStack stack(std::string(kOptional) + kOptional);
  FakeDaemon daemon(stack.socket(), well_behaved("12", "600"));
  PamHandle pam = stack.start(over_ssh());
  ASSERT_EQ(pam.open(), PAM_SUCCESS);
  EXPECT_EQ(pam.variable("IDLED_TMOUT"), "600");
  const std::vector<RecordedCall> calls = daemon.calls(protocol::kRegister);
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].text, calls[1].text);
  EXPECT_EQ(calls[0].pid, calls[1].pid);
  ASSERT_EQ(pam.close(), PAM_SUCCESS);
  EXPECT_EQ(daemon.calls(protocol::kRelease).size(), 1u);
}

TEST_F(Close, ASecondLineThatFailsKeepsWhatTheFirstGot) {
  const PamStack stack(std::string(kOptional) +
                       "session optional MODULE socket=/nonexistent/idled timeout=1s\n");
  FakeDaemon daemon(stack.socket(), well_behaved("12", "600"));
  PamHandle pam = stack.start(over_ssh());
  ASSERT_EQ(pam.open(), PAM_SUCCESS);
  EXPECT_EQ(pam.variable("IDLED_TMOUT"), "600");
  ASSERT_EQ(pam.close(), PAM_SUCCESS);
  EXPECT_EQ(daemon.calls(protocol::kRelease).size(), 1u);
}

TEST_F(Close, OneHandleOpensAgainAfterItClosed) {
  const PamStack stack(kOptional);
  FakeDaemon daemon(stack.socket(), well_behaved("12", "600"));
  PamHandle pam = stack.start(over_ssh());
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(pam.open(), PAM_SUCCESS);
    ASSERT_EQ(pam.close(), PAM_SUCCESS);
  }
  EXPECT_EQ(daemon.calls(protocol::kRegister).size(), 3u);
  EXPECT_EQ(daemon.calls(protocol::kRelease).size(), 3u);
}

TEST_F(Close, ALogoutIsNotHeldUp) {
  const PamStack stack("session optional MODULE SOCKET timeout=30s\n");
  FakeDaemon daemon(stack.socket(), [](Connection& connection) {
    const std::optional<protocol::Call> call = connection.read_call();
    if (call && call->method == protocol::kRegister)
      connection.reply(R"({"parameters":{"session":"12"}})");
    connection.wait_until_closed();
  });
  PamHandle pam = stack.start(over_ssh());
  ASSERT_EQ(pam.open(), PAM_SUCCESS);
  daemon.wait_until_idle();
  const std::string before = process_state();
  const Outcome outcome = timed([&] { return pam.close(); });
  daemon.wait_until_idle();
  EXPECT_EQ(process_state(), before);
  EXPECT_EQ(outcome.code, PAM_SUCCESS);
  EXPECT_GE(outcome.taken, 490ms);
  EXPECT_LE(outcome.taken, 500ms + kMargin);
  EXPECT_TRUE(log_lines().empty()) << log_lines().front().text;
}

TEST_F(Close, ADaemonThatHasGoneMeanwhileIsNotMissedAtTheLogout) {
  const PamStack stack(kClosed);
  PamHandle pam = stack.start(over_ssh());
  {
    FakeDaemon daemon(stack.socket(), well_behaved("12", ""));
    ASSERT_EQ(pam.open(), PAM_SUCCESS);
  }
  EXPECT_EQ(pam.close(), PAM_SUCCESS);
  EXPECT_TRUE(log_lines().empty());
}

}  // namespace
}  // namespace idled::testing
