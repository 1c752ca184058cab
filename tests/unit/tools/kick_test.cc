#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "fake_daemon.h"

namespace idled::tools {
namespace {

using protocol::Call;
using protocol::KickReply;
using protocol::KickRequest;
using protocol::Reply;

KickRequest request_of(const Call& call) {
  return *protocol::decode<KickRequest>(call.parameters);
}

// Knows c3 and pts/3, both alice's, bob's two logins, and one each that is
// forbidden ("c4") and does not die ("c5").
std::vector<Reply> some_logins(const Call& call) {
  const KickRequest request = request_of(call);
  if (request.session == "c4") return {error(protocol::kPermissionDenied)};
  if (request.session == "c5")
    return {error(protocol::kStillThere, protocol::encode(protocol::StillThereError{{"c5"}}))};
  if (request.session == "c3" || request.terminal == "pts/3")
    return {reply(encode(KickReply{{"c3"}, {{"c3", "alice", {"pts/3"}}}}))};
  if (request.user == "bob")
    return {
        reply(encode(KickReply{{"7", "8"}, {{"7", "bob", {}}, {"8", "bob", {"pts/1", "pts/2"}}}}))};
  return {error(protocol::kNoSuchSession, protocol::error_parameter("id", "x"))};
}

// --- who is meant -----------------------------------------------------------

TEST(KickTarget, IsATerminalOrASession) {
  const std::pair<const char*, const char*> cases[] = {
      {"c3", "c3||"},           {"3", "3||"},
      {"pts/3", "|pts/3|"},     {"/dev/pts/3", "|pts/3|"},
      {"tty1", "|tty1|"},       {"/dev/tty1", "|tty1|"},
      {"ttyS0", "|ttyS0|"},     {"hvc0", "|hvc0|"},
      {"console", "|console|"}, {"/dev/console", "|console|"},
      {"list", "list||"},       {"status", "status||"},
  };
  for (const auto& [argument, kick] : cases) {
    const FakeDaemon daemon(some_logins);
    run_idlectl(daemon.socket(), {"kick", argument});
    EXPECT_EQ(daemon.kicks(), std::vector<std::string>{kick}) << argument;
  }
}

TEST(KickTarget, IsAUser) {
  const FakeDaemon daemon(some_logins);
  run_idlectl(daemon.socket(), {"kick", "--user", "bob"});
  EXPECT_EQ(daemon.kicks(), std::vector<std::string>{"||bob"});
}

TEST(KickTarget, EachArgumentIsACall) {
  const FakeDaemon daemon(some_logins);
  run_idlectl(daemon.socket(), {"kick", "c3", "pts/3", "-m", "bye", "c4"});
  EXPECT_EQ(daemon.kicks(), (std::vector<std::string>{"c3||", "c4||", "|pts/3|"}));
}

// --- how --------------------------------------------------------------------

TEST(KickRequest, WaitsAndIsForNowUnlessTold) {
  const FakeDaemon daemon(some_logins);
  run_idlectl(daemon.socket(), {"kick", "c3"});
  const KickRequest request = request_of(daemon.calls().at(0));
  EXPECT_TRUE(request.wait);
  EXPECT_EQ(request.delay_seconds, 0);
  EXPECT_EQ(request.message, "");
}

TEST(KickRequest, CarriesMessageDelayAndNoWait) {
  for (const char* message : {"Reboot now", "[Reboot] {now}", "--really", "", "a,b;c%%d"}) {
    const FakeDaemon daemon(some_logins);
    const Ran ran = run_idlectl(daemon.socket(),
                                {"kick", "c3", "--no-wait", "--in", "1h30m", "--message", message});
    EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
    const KickRequest request = request_of(daemon.calls().at(0));
    EXPECT_EQ(request.message, message);
    EXPECT_EQ(request.delay_seconds, 5400);
    EXPECT_FALSE(request.wait);
  }
}

// Each is answered only once all are there: one after the other, the second would
// begin when the delay of the first is over.
TEST(KickRequest, SeveralRunSideBySide) {
  std::atomic<int> arrived = 0;
  const FakeDaemon daemon([&](const Call& call) {
    ++arrived;
    for (int i = 0; i < 5000 && arrived < 3; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(arrived, 3);
    return some_logins(call);
  });
  const Ran ran = run_idlectl(daemon.socket(), {"kick", "c3", "pts/3", "c3", "--in", "1m"});
  EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
}

// --- what is said -----------------------------------------------------------

TEST(KickOutput, SaysWhoWasLoggedOut) {
  const FakeDaemon daemon(some_logins);
  const Ran ran = run_idlectl(daemon.socket(), {"kick", "c3"});
  EXPECT_EQ(ran.code, ExitCode::kDone);
  EXPECT_EQ(ran.out, "logged out alice (session c3, pts/3)\n");
  EXPECT_EQ(ran.err, "");
}

TEST(KickOutput, HasALineForEachLoginOfAUser) {
  const FakeDaemon daemon(some_logins);
  EXPECT_EQ(run_idlectl(daemon.socket(), {"kick", "--user", "bob"}).out,
            "logged out bob (session 7)\n"
            "logged out bob (session 8, pts/1, pts/2)\n");
}

TEST(KickOutput, SaysWhatWillHappen) {
  const FakeDaemon daemon(some_logins);
  EXPECT_EQ(run_idlectl(daemon.socket(), {"kick", "c3", "--no-wait"}).out,
            "session c3 of alice is being logged out\n");
  const Ran ran = run_idlectl(daemon.socket(), {"kick", "c3", "--no-wait", "--in", "120"});
  EXPECT_EQ(ran.out, "session c3 of alice will be logged out in 2m\n");
  EXPECT_EQ(ran.err, "");
}

TEST(KickOutput, SaysHowLongItWaits) {
  const FakeDaemon daemon(some_logins);
  const Ran ran = run_idlectl(daemon.socket(), {"kick", "c3", "--in", "2m"}, seconds(60));
  EXPECT_EQ(ran.err, "Waiting until it is done, for at most 3m (with --no-wait: not at all).\n");
  EXPECT_EQ(ran.out, "logged out alice (session c3, pts/3)\n");
}

TEST(KickOutput, DoesWithoutNamesFromADaemonThatTellsNone) {
  const FakeDaemon daemon([](const Call&) { return std::vector{reply(R"({"sessions":["c3"]})")}; });
  EXPECT_EQ(run_idlectl(daemon.socket(), {"kick", "c3"}).out, "logged out session c3\n");
  EXPECT_EQ(run_idlectl(daemon.socket(), {"kick", "c3", "--no-wait", "--in", "5"}).out,
            "session c3 will be logged out in 5s\n");
}

TEST(KickOutput, CarriesNoEscapes) {
  const FakeDaemon daemon([](const Call&) {
    return std::vector{reply(encode(KickReply{{"c3"}, {{"c\x1b", "\x1b[2J", {"\x07"}}}}))};
  });
  EXPECT_EQ(run_idlectl(daemon.socket(), {"kick", "c3"}).out, "logged out ?[2J (session c?, ?)\n");
}

// --- how it ends ------------------------------------------------------------

struct Ending {
  std::vector<std::string> arguments;
  ExitCode code;
  const char* err;
};

TEST(KickEnding, HasACodeAndASentence) {
  const Ending endings[] = {
      {{"kick", "c9"}, ExitCode::kNoSuchSession, "no session c9 is known. See: idlectl list"},
      {{"kick", "pts/9"}, ExitCode::kNoSuchSession, "no terminal pts/9 is known."},
      {{"kick", "--user", "eve"}, ExitCode::kNoSuchSession, "user eve has no session."},
      {{"kick", "c4"}, ExitCode::kNotPermitted, "session c4: not permitted: "},
      {{"kick", "c5"}, ExitCode::kFailed, "session c5 is still there: "},
  };
  for (const Ending& ending : endings) {
    const FakeDaemon daemon(some_logins);
    const Ran ran = run_idlectl(daemon.socket(), ending.arguments);
    EXPECT_EQ(ran.code, ending.code) << ran.err;
    EXPECT_TRUE(ran.err.starts_with("idlectl: " + std::string(ending.err))) << ran.err;
    EXPECT_EQ(ran.out, "");
  }
}

TEST(KickEnding, AllAreTriedAndTheGravestCodeIsReturned) {
  const FakeDaemon daemon(some_logins);
  const auto code = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "kick");
    return run_idlectl(daemon.socket(), std::move(arguments)).code;
  };
  EXPECT_EQ(code({"c9", "c3"}), ExitCode::kNoSuchSession);
  EXPECT_EQ(code({"c5", "c9", "c3"}), ExitCode::kFailed);
  EXPECT_EQ(code({"c3", "c4", "c5", "c9"}), ExitCode::kNotPermitted);

  const Ran ran = run_idlectl(daemon.socket(), {"kick", "c9", "c4", "c5", "c3"});
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 3) << ran.err;
  EXPECT_EQ(ran.out, "logged out alice (session c3, pts/3)\n");
}

TEST(KickEnding, ADaemonThatMeantNobodyHasNoSuchSession) {
  const FakeDaemon daemon([](const Call&) { return std::vector{reply("{}")}; });
  EXPECT_EQ(run_idlectl(daemon.socket(), {"kick", "--user", "bob"}).code, ExitCode::kNoSuchSession);
}

TEST(KickEnding, TheDeadlineIsTheDelayAndThePatience) {
  std::latch over(1);
  const FakeDaemon daemon([&](const Call&) {
    over.wait();
    return std::vector<Reply>{};
  });
  const auto start = std::chrono::steady_clock::now();
  const Ran ran = run_idlectl(daemon.socket(), {"kick", "c3", "--in", "1s"}, seconds(1));
  const auto took = std::chrono::steady_clock::now() - start;
  over.count_down();
  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_NE(ran.err.find("session c3: idled has not answered within 2s"), std::string::npos)
      << ran.err;
  EXPECT_GE(took, seconds(2));
  EXPECT_LT(took, seconds(10));
}

}  // namespace
}  // namespace idled::tools
