// A daemon that is slow: the whole deadline holds, and slow is not silent.
#include <atomic>
#include <thread>
#include <vector>

#include "protocol/frame.h"
#include "tests/pam/login_test.h"

namespace idled::testing {
namespace {

using Deadline = LoginTest;

TEST_F(Deadline, NobodyAccepts) {
  const PamStack stack(kOptional);
  const OwnedFd listener = listen_at(stack.socket(), 8);
  PamHandle pam = stack.start(over_ssh());
  const std::string before = process_state();
  const Outcome outcome = timed([&] { return pam.open(); });
  EXPECT_EQ(process_state(), before);
  EXPECT_EQ(outcome.code, PAM_SUCCESS);
  expect_the_deadline(outcome.taken);
  EXPECT_EQ(count_log_lines("idled gave no answer within 1s on " + stack.socket()), 1);
}

TEST_F(Deadline, TheBacklogIsFull) {
  const PamStack stack(kOptional);
  const OwnedFd listener = listen_at(stack.socket(), 0);
  PamHandle first = stack.start(over_ssh());
  std::vector<std::thread> crowd;  // fills the queue and hangs in it
  crowd.reserve(4);
  std::atomic<int> waiting = 0;
  for (int i = 0; i < 4; ++i)
    crowd.emplace_back([&] {
      PamHandle pam = stack.start(over_ssh());
      ++waiting;
      EXPECT_EQ(pam.open(), PAM_SUCCESS);
    });
  while (waiting < 4) std::this_thread::sleep_for(1ms);
  const Outcome outcome = timed([&] { return first.open(); });
  EXPECT_EQ(outcome.code, PAM_SUCCESS);
  expect_the_deadline(outcome.taken);
  for (std::thread& one : crowd) one.join();
}

TEST_F(Deadline, AcceptsAndIsSilent) {
  expect_the_deadline(open_with([](Connection& connection) { connection.wait_until_closed(); }));
  EXPECT_EQ(count_log_lines("idled gave no answer within 1s"), 1);
}

TEST_F(Deadline, SendsAByteNowAndThenForEver) {
  expect_the_deadline(open_with([](Connection& connection) {
    while (connection.write(" ")) std::this_thread::sleep_for(20ms);
  }));
  EXPECT_EQ(count_log_lines("idled gave no answer within 1s"), 1);
}

TEST_F(Deadline, ASlowAnswerIsAnAnswer) {
  const PamStack stack(kOptional);
  FakeDaemon daemon(stack.socket(), [](Connection& connection) {
    connection.read_call();
    std::this_thread::sleep_for(400ms);
    connection.reply(R"({"parameters":{"session":"12","tmout":"600"}})");
  });
  PamHandle pam = stack.start(over_ssh());
  EXPECT_EQ(pam.open(), PAM_SUCCESS);
  EXPECT_EQ(pam.variable("IDLED_TMOUT"), "600");
  EXPECT_TRUE(log_lines().empty());
}

TEST_F(Deadline, AnAnswerInPiecesOfOneByte) {
  const PamStack stack(kOptional);
  FakeDaemon daemon(stack.socket(), [](Connection& connection) {
    connection.read_call();
    for (const char byte : protocol::frame(R"({"parameters":{"session":"12","tmout":"600"}})")) {
      connection.write({&byte, 1});
      std::this_thread::sleep_for(1ms);
    }
  });
  PamHandle pam = stack.start(over_ssh());
  EXPECT_EQ(pam.open(), PAM_SUCCESS);
  EXPECT_EQ(pam.variable("IDLED_TMOUT"), "600");
}

}  // namespace
}  // namespace idled::testing
