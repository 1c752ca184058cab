// What the tests of logins have in common: who logs in, and how long it may take.
#pragma once

#include <gtest/gtest.h>
#include <syslog.h>

#include <chrono>
#include <functional>
#include <optional>

#include "tests/pam/interposed.h"
#include "tests/pam/pam_stack.h"
#include "tests/pam/process_state.h"

namespace idled::testing {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Connection = FakeDaemon::Connection;

inline constexpr const char* kOptional = "session optional MODULE SOCKET timeout=1s\n";
inline constexpr const char* kClosed = "session required MODULE SOCKET timeout=1s fail=closed\n";

inline constexpr milliseconds kTimeout = 1s;    // as those lines say
inline constexpr milliseconds kMargin = 700ms;  // of a machine that has other things to do

inline FakeUser alice() {
  return {.name = "alice", .uid = 1000, .gid = 1000, .groups = {1000, 27, 100}};
}

inline Login over_ssh() {
  return {.user = "alice",
          .tty = "ssh",
          .remote_host = "192.0.2.7",
          .environment = {"SSH_CONNECTION=192.0.2.7 50022 198.51.100.1 22", "XDG_SESSION_ID=12"}};
}

// A login that had to wait: not given up early, and not waited for in vain.
inline void expect_the_deadline(milliseconds taken) {
  EXPECT_GE(taken, kTimeout - 10ms);
  EXPECT_LE(taken, kTimeout + kMargin);
}

inline void expect_no_wait(milliseconds taken) {
  EXPECT_LE(taken, kMargin);
}

struct Outcome {
  int code;  // of PAM
  milliseconds taken;
};

inline Outcome timed(const std::function<int()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  const int code = work();
  return {code, std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin)};
}

class LoginTest : public ::testing::Test {
 protected:
  LoginTest() {
    forget_log();
    set_fake_users({alice()});
  }

  // Opens and closes with such a daemon, and with a module that fails open; checks
  // that the login got in and that nothing of the process has changed.
  static milliseconds open_with(const FakeDaemon::Behaviour& behaviour) {
    forget_log();
    const PamStack stack(kOptional);
    FakeDaemon daemon(stack.socket(), behaviour);
    PamHandle pam = stack.start(over_ssh());
    const std::string before = process_state();
    const Outcome outcome = timed([&] { return pam.open(); });
    daemon.wait_until_idle();
    EXPECT_EQ(process_state(), before);
    EXPECT_EQ(outcome.code, PAM_SUCCESS);
    EXPECT_EQ(pam.variable("IDLED_TMOUT"), "(unset)");
    EXPECT_TRUE(pam.messages().empty());
    EXPECT_EQ(log_lines().size(), 1u);
    EXPECT_EQ(count_log_lines("the login of alice proceeds unwatched"), 1);
    for (const LogLine& line : log_lines()) EXPECT_EQ(line.priority, LOG_WARNING) << line.text;

    EXPECT_EQ(pam.close(), PAM_SUCCESS);
    EXPECT_EQ(log_lines().size(), 1u);
    return outcome.taken;
  }
};

}  // namespace idled::testing
