// The module is a guest in the process that loads it: signals, descriptors,
// threads and memory are the application's.
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "tests/pam/login_test.h"

namespace idled::testing {
namespace {

using Guest = LoginTest;

std::atomic<int> alarms = 0;

// sshd's LoginGraceTime is an alarm: it goes on, and the module is not put out by it.
TEST_F(Guest, SignalsOfTheApplicationAreHandledAndDoNotInterrupt) {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) { ++alarms; };
  ASSERT_EQ(::sigaction(SIGALRM, &action, &before), 0);
  const itimerval often{{0, 5000}, {0, 5000}};
  const itimerval never{};

  const PamStack stack(kOptional);
  FakeDaemon daemon(stack.socket(), [](Connection& connection) {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);  // so that the login gets them
    connection.read_call();
    std::this_thread::sleep_for(300ms);
    connection.reply(R"({"parameters":{"session":"12","tmout":"600"}})");
  });
  PamHandle pam = stack.start(over_ssh());
  ::setitimer(ITIMER_REAL, &often, nullptr);
  EXPECT_EQ(pam.open(), PAM_SUCCESS);
  ::setitimer(ITIMER_REAL, &never, nullptr);
  EXPECT_EQ(pam.variable("IDLED_TMOUT"), "600");
  EXPECT_GT(alarms, 10);
  ::sigaction(SIGALRM, &before, nullptr);
}

TEST_F(Guest, AConnectionClosedTooEarlyRaisesNoSignal) {
  delay_sending(true);
  expect_no_wait(open_with([](Connection&) {}));
  delay_sending(false);
  EXPECT_EQ(count_log_lines("send: Broken pipe"), 1);
}

// Without the module's care the process would abort: "exception not rethrown".
TEST_F(Guest, AThreadThatIsCancelledMeanwhileIsCancelledAfterwards) {
  if (IDLED_SANITIZED) GTEST_SKIP() << "libpam itself leaks when it is cancelled";
  const PamStack stack(kClosed);
  FakeDaemon daemon(stack.socket(), [](Connection& connection) {
    connection.read_call();
    connection.wait_until_closed();
  });
  std::thread login([&] {
    PamHandle pam = stack.start(over_ssh());
    EXPECT_EQ(pam.open(PAM_SILENT), PAM_SESSION_ERR);
  });
  while (daemon.calls().empty()) std::this_thread::sleep_for(1ms);
  ::pthread_cancel(login.native_handle());  // while it waits for the answer
  login.join();
  EXPECT_EQ(count_log_lines("idled gave no answer within 1s"), 1);
}

TEST_F(Guest, ALoginThatGoesWellLeavesTheProcessAsItWas) {
  const PamStack stack(kOptional);
  FakeDaemon daemon(stack.socket(), well_behaved("12", "600"));
  PamHandle pam = stack.start(over_ssh());
  const std::string before = process_state();
  ASSERT_EQ(pam.open(), PAM_SUCCESS);
  daemon.wait_until_idle();
  EXPECT_EQ(process_state(), before);
  ASSERT_EQ(pam.close(), PAM_SUCCESS);
  daemon.wait_until_idle();
  EXPECT_EQ(process_state(), before);
}

TEST_F(Guest, TheStateOfAProcessIsSeenToChange) {
  const std::string before = process_state();
  const OwnedFd fd(::eventfd(0, EFD_CLOEXEC));
  EXPECT_NE(process_state(), before);
}

// A real std::bad_alloc inside the module: the address space is at its end when
// the list of groups is to grow.
class OutOfMemory : public LoginTest {
 protected:
  void SetUp() override {
    if (IDLED_SANITIZED) GTEST_SKIP() << "a sanitizer's allocator ends the process";
    FakeUser user = alice();
    user.groups.resize(60'000);
    user.exhausts_memory = true;
    FakeUser root = user;
    root.name = "root";
    root.uid = 0;
    set_fake_users({user, root});
  }
  void TearDown() override { set_fake_users({}); }

  static int open(const Login& login, const char* lines) {
    const PamStack stack(lines);
    PamHandle pam = stack.start(login);
    const int code = pam.open();
    give_memory_back();
    return code;
  }
};

TEST_F(OutOfMemory, LeavesNoExceptionAndLetsIn) {
  EXPECT_EQ(open(over_ssh(), kOptional), PAM_SUCCESS);
  EXPECT_EQ(count_log_lines("cannot register the login: std::bad_alloc; it proceeds unwatched"), 1);
}

TEST_F(OutOfMemory, FailClosedHolds) {
  EXPECT_EQ(open(over_ssh(), kClosed), PAM_SESSION_ERR);
  EXPECT_EQ(open({.user = "root", .tty = "/dev/tty1"}, kClosed), PAM_SUCCESS);
  EXPECT_EQ(count_log_lines("std::bad_alloc"), 2);
}

}  // namespace
}  // namespace idled::testing
