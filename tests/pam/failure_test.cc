// A daemon that is not there, or not well: what becomes of the login, and what is
// said. The module file is loaded by libpam, as in sshd.
#include <sys/resource.h>
#include <syslog.h>

#include "tests/pam/login_test.h"

namespace idled::testing {
namespace {

using Failing = LoginTest;

// --- nobody there ----------------------------------------------------------------

TEST_F(Failing, NobodyAtTheSocket) {
  const PamStack stack(kOptional);
  PamHandle pam = stack.start(over_ssh());
  const std::string before = process_state();
  const Outcome outcome = timed([&] { return pam.open(); });
  EXPECT_EQ(process_state(), before);
  EXPECT_EQ(outcome.code, PAM_SUCCESS);
  expect_no_wait(outcome.taken);
  ASSERT_EQ(log_lines().size(), 1u);
  EXPECT_EQ(log_lines().front().priority, LOG_WARNING);
  EXPECT_EQ(log_lines().front().text,
            "idled is not running (connect to " + stack.socket() +
                ": No such file or directory); the login of alice proceeds unwatched, and is "
                "adopted when the daemon is back");
}

TEST_F(Failing, ASocketThatWasLeftBehind) {
  const PamStack stack(kOptional);
  listen_at(stack.socket(), 1).reset();
  EXPECT_EQ(stack.start(over_ssh()).open(), PAM_SUCCESS);
  EXPECT_EQ(count_log_lines("idled is not running"), 1);
}

// A stack in which nothing else answers: with PAM_IGNORE libpam would refuse it.
TEST_F(Failing, TheOnlyModuleOfAStackStillLetsIn) {
  for (const char* control : {"optional", "required", "requisite", "[success=ok default=die]"}) {
    const PamStack stack("session " + std::string(control) + " MODULE SOCKET timeout=1s\n");
    PamHandle pam = stack.start(over_ssh());
    EXPECT_EQ(pam.open(), PAM_SUCCESS) << control;
    EXPECT_EQ(pam.close(), PAM_SUCCESS) << control;
  }
}

TEST_F(Failing, NoDescriptorLeft) {
  const PamStack stack(kOptional);
  FakeDaemon daemon(stack.socket(), well_behaved("12", ""));
  PamHandle pam = stack.start(over_ssh());
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  // libpam reads its files when the session is opened for the first time.
  ASSERT_EQ(pam.open(), PAM_SUCCESS);
  rlimit none = limit;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  pam.open();  // where libpam has its audit, that fails then too
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(count_log_lines("(socket: Too many open files); the login of alice proceeds unwatched"),
            1);
}

TEST_F(Failing, AUserWhomTheDatabaseDoesNotHave) {
  const PamStack stack(kOptional);
  FakeDaemon daemon(stack.socket(), well_behaved("12", ""));
  EXPECT_EQ(stack.start({.user = "no-such-user-\x1b[2J"}).open(), PAM_SUCCESS);
  EXPECT_EQ(count_log_lines("the user database has no user 'no-such-user-?[2J'"), 1);
  EXPECT_TRUE(daemon.calls().empty());
}

// --- wrong ------------------------------------------------------------------------

TEST_F(Failing, ClosesAtOnce) {
  expect_no_wait(open_with([](Connection&) {}));
  EXPECT_EQ(count_log_lines("idled gave no usable answer"), 1);
}

TEST_F(Failing, ClosesHavingReadTheCall) {
  expect_no_wait(open_with([](Connection& connection) { connection.read_call(); }));
  EXPECT_EQ(count_log_lines("the daemon closed the connection"), 1);
}

// A new daemon, after an upgrade for example, is there within its module's time.
TEST_F(Failing, OneThatEndsMeanwhileIsNotTheLast) {
  for (const bool reads : {false, true}) {
    const PamStack stack(kOptional);
    int connections = 0;
    const FakeDaemon::Behaviour good = well_behaved("12", "600");
    FakeDaemon daemon(stack.socket(), [&](Connection& connection) {
      if (++connections > 1) return good(connection);
      if (reads) connection.read_call();
    });
    PamHandle pam = stack.start(over_ssh());
    EXPECT_EQ(pam.open(), PAM_SUCCESS);
    EXPECT_EQ(pam.variable("IDLED_TMOUT"), "600") << reads;
    EXPECT_TRUE(log_lines().empty()) << reads;
    EXPECT_EQ(pam.close(), PAM_SUCCESS);
    EXPECT_EQ(daemon.calls(protocol::kRelease).size(), 1u) << reads;
  }
}

TEST_F(Failing, ClosesHavingBegunToAnswer) {
  expect_no_wait(open_with([](Connection& connection) {
    connection.read_call();
    connection.write(R"({"parameters":{"session":"12)");
  }));
  EXPECT_EQ(count_log_lines("the daemon closed the connection"), 1);
}

TEST_F(Failing, Garbage) {
  for (const char* garbage :
       {"", "hello", "[]", "null", "{", R"({"parameters":5})", R"({"parameters":[]})",
        R"({"parameters":{"session":5}})", R"({"parameters":{"session":"1","tmout":600}})",
        R"({"error":5,"parameters":{"session":"12"}})", "\xff\xfe\x1b[2J", "{}}",
        "HTTP/1.1 200 OK"}) {
    expect_no_wait(open_with(answering(garbage)));
    EXPECT_EQ(count_log_lines("idled gave no usable answer"), 1) << garbage;
    EXPECT_EQ(count_log_lines("\x1b"), 0) << garbage;
  }
}

TEST_F(Failing, NestedWithoutEnd) {
  expect_no_wait(open_with(answering(std::string(60'000, '['))));
}

TEST_F(Failing, AnAnswerLargerThanAnyAnswer) {
  expect_no_wait(open_with([](Connection& connection) {
    connection.read_call();
    const std::string much(8192, 'x');
    while (connection.write(much)) continue;
  }));
  EXPECT_EQ(count_log_lines("message is longer than 65536 bytes"), 1);
}

TEST_F(Failing, AFloodOfSmallAnswersIsOneAnswer) {
  expect_no_wait(open_with([](Connection& connection) {
    connection.read_call();
    while (connection.reply("x")) continue;
  }));
}

// --- refused ----------------------------------------------------------------------

TEST_F(Failing, ARefusedLeaderIsLoggedWithItsReason) {
  expect_no_wait(open_with(answering(R"({"error":"io.idled.Sessions.LeaderRefused","parameters":)"
                                     R"({"reason":"it lives in another pid namespace"}})")));
  EXPECT_EQ(count_log_lines("idled does not take the login (LeaderRefused: it lives in another pid "
                            "namespace); the login of alice proceeds unwatched"),
            1);
  EXPECT_EQ(count_log_lines("adopted"), 0);
}

TEST_F(Failing, VarlinksOwnErrorsAreLogged) {
  expect_no_wait(
      open_with(answering(R"({"error":"org.varlink.service.MethodNotFound","parameters":)"
                          R"({"method":"io.idled.Sessions.Register"}})")));
  EXPECT_EQ(count_log_lines("(MethodNotFound: io.idled.Sessions.Register)"), 1);
  expect_no_wait(open_with(answering(R"({"error":"org.varlink.service.PermissionDenied"})")));
  EXPECT_EQ(count_log_lines("(PermissionDenied)"), 1);
  expect_no_wait(
      open_with(answering(R"({"error":"\u001b]0;x","parameters":{"reason":"\u001b[2J"}})")));
  EXPECT_EQ(count_log_lines("\x1b"), 0);
}

}  // namespace
}  // namespace idled::testing
