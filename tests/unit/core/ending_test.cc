// The ladder, and kicks.
#include <gtest/gtest.h>

#include "sim.h"

namespace idled::core {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

using Log = std::vector<std::string>;
constexpr const char* kTwentySeconds = R"({"defaults": {"idle": "20s", "warn": ["5s"]}})";

TEST(Ending, AHangupIsEnoughForMost) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  sim.pass(seconds(60));
  EXPECT_EQ(sim.logins[id.value].log, (Log{"hangup"}));
}

TEST(Ending, WhatIgnoresAHangupIsTerminatedWithinTheSecond) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  sim.logins[id.value].survives_hangup = true;
  while (!sim.logins[id.value].hung_up_at) sim.pass(milliseconds(10));
  sim.pass(milliseconds(700));
  EXPECT_EQ(sim.logins[id.value].log, (Log{"hangup", "terminate"}));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(Ending, KillComesOnlyAfterTheGraceOfTerminate) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  sim.logins[id.value].survives_hangup = sim.logins[id.value].survives_terminate = true;
  while (sim.logins[id.value].log.size() < 2) sim.pass(milliseconds(10));
  const BootTime terminated = sim.boot;
  while (sim.logins[id.value].log.size() < 3) sim.pass(milliseconds(10));
  EXPECT_EQ(sim.logins[id.value].log, (Log{"hangup", "terminate", "kill"}));
  EXPECT_GE(sim.boot - terminated, seconds(3) - milliseconds(20));
}

TEST(Ending, TheLoginLeaderIsLast) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  auto& login = sim.logins[id.value];
  login.survives_hangup = login.survives_terminate = login.survives_kill = true;
  sim.pass(seconds(60));
  EXPECT_EQ(login.log, (Log{"hangup", "terminate", "kill", "terminate login"}));
}

TEST(Ending, WhatWillNotDieIsAnErrorSomebodySees) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  auto& login = sim.logins[id.value];
  login.survives_hangup = login.survives_terminate = login.survives_kill = login.leader_is_stuck =
      true;
  sim.pass(seconds(60));
  EXPECT_TRUE(sim.is_open(id));
  ASSERT_EQ(sim.count(RecordKind::kStuck), 1U);
  for (const Record& record : sim.records) {
    if (record.kind == RecordKind::kStuck) {
      EXPECT_EQ(record.severity, Severity::kError);
    }
  }
  const std::size_t tries = login.log.size();
  sim.pass(seconds(120));
  EXPECT_GT(login.log.size(), tries) << "it is tried again now and then";
}

TEST(Ending, ATransferOnTheConnectionGoesOn) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  sim.logins[id.value].carries_transfer = true;
  sim.pass(hours(1));
  ASSERT_TRUE(sim.is_open(id));
  EXPECT_EQ(sim.logins[id.value].log, (Log{"hangup"}));
  EXPECT_EQ(kind_of(*sim.engine.find(id)), Kind::kNoTerminal);
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kActive);
  EXPECT_EQ(sim.count(RecordKind::kEnded), 1U);
}

TEST(Kick, EndsTheWholeLoginAndAnswersWhenItIsGone) {
  Sim sim;
  const SessionId id = sim.open();
  sim.logins[id.value].carries_transfer = true;
  sim.kick({9, {id}, "root", "maintenance", seconds(0), true});
  EXPECT_TRUE(sim.kicks.empty());
  sim.pass(seconds(1));
  ASSERT_EQ(sim.kicks.size(), 1U);
  EXPECT_EQ(sim.kicks[0].token, 9U);
  EXPECT_TRUE(sim.kicks[0].still_there.empty());
  EXPECT_EQ(sim.logins[id.value].log, (Log{"hangup", "terminate login below"}));
  const std::string screen = sim.ended.at(id.value + " pts/0").output.back();
  EXPECT_NE(screen.find("Logged out by root."), std::string::npos) << screen;
  EXPECT_NE(screen.find("maintenance"), std::string::npos) << screen;
}

TEST(Kick, InputDoesNotHelpAgainstIt) {
  Sim sim;
  const SessionId id = sim.open();
  sim.kick({9, {id}, "root", "", seconds(30), true});
  EXPECT_NE(sim.shown(id).find("You will be logged out in 30 seconds"), std::string::npos);
  for (int i = 0; i < 29; ++i) {
    sim.pass(seconds(1));
    sim.type(id);
  }
  EXPECT_TRUE(sim.is_open(id)) << "too soon";
  sim.pass(seconds(2));
  EXPECT_FALSE(sim.is_open(id));
  EXPECT_EQ(sim.kicks.size(), 1U);
}

TEST(Kick, WithoutATerminalGoesToTheLeader) {
  Sim sim;
  const SessionId id = sim.open("alice", {});
  sim.kick({9, {id}, "root", "", seconds(0), true});
  sim.pass(seconds(1));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(Kick, OfSeveralAnswersWhenTheLastIsGone) {
  Sim sim;
  const SessionId a = sim.open();
  const SessionId b = sim.open();
  sim.logins[b.value].survives_hangup = true;
  sim.kick({9, {a, b}, "root", "", seconds(0), true});
  sim.pass(milliseconds(300));
  EXPECT_FALSE(sim.is_open(a));
  EXPECT_TRUE(sim.kicks.empty());
  sim.pass(seconds(1));
  EXPECT_EQ(sim.kicks.size(), 1U);
}

TEST(Kick, SaysWhoIsStillThere) {
  Sim sim;
  const SessionId id = sim.open("alice", {});
  sim.logins[id.value].leader_is_stuck = true;
  sim.kick({9, {id}, "root", "", seconds(0), true});
  sim.pass(seconds(30));
  ASSERT_EQ(sim.kicks.size(), 1U);
  EXPECT_EQ(sim.kicks[0].still_there, std::vector<SessionId>{id});
}

TEST(Kick, WithoutWaitingAnswersAtOnce) {
  Sim sim;
  const SessionId id = sim.open();
  sim.kick({9, {id}, "root", "", seconds(30), false});
  EXPECT_EQ(sim.kicks.size(), 1U);
  EXPECT_TRUE(sim.is_open(id));
}

// The farewell is on the terminal already: what ends is the whole login now, and once.
constexpr const char* kTwentySecondsUnwarned = R"({"defaults": {"idle": "20s", "warn": []}})";

// A terminal that is being ended for idleness, beside a transfer that is not.
SessionId open_one_that_ends(Sim& sim) {
  SessionId id = sim.open();
  sim.logins[id.value].carries_transfer = true;
  sim.pass(seconds(28));
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kEnding);
  return id;
}

TEST(Kick, OfALoginThatEndsAlready) {
  Sim sim(kTwentySecondsUnwarned);
  const SessionId id = open_one_that_ends(sim);
  sim.kick({9, {id}, "root", "", seconds(0), true});
  sim.pass(seconds(5));
  EXPECT_FALSE(sim.is_open(id));
  EXPECT_EQ(sim.logins[id.value].log, (std::vector<std::string>{"hangup", "terminate login"}));
  EXPECT_EQ(sim.kicks.size(), 1U);
}

TEST(Kick, ThatIsToComeLaterDoesNotHastenAnEnding) {
  Sim sim(kTwentySecondsUnwarned);
  const SessionId id = open_one_that_ends(sim);
  sim.kick({9, {id}, "root", "", minutes(30), false});
  sim.pass(minutes(29));
  EXPECT_TRUE(sim.is_open(id)) << "the transfer goes on";
  sim.pass(minutes(2));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(Kick, OfAnAdministratorIsNotForAUserToPutOff) {
  Sim sim;
  const SessionId id = sim.open();
  const BootTime asked = sim.boot;
  sim.kick({9, {id}, "root", "maintenance", minutes(1), true, true});
  sim.kick({10, {id}, "alice", "", hours(24), false, false});
  EXPECT_EQ(sim.engine.find(id)->kick->by, "root");
  sim.pass(minutes(1) + seconds(5));
  ASSERT_FALSE(sim.is_open(id));
  EXPECT_LE(*sim.logins[id.value].hung_up_at, asked + minutes(1) + seconds(1));
  EXPECT_EQ(sim.kicks.size(), 2U) << "both are answered";

  const SessionId sooner = sim.open();
  sim.kick({11, {sooner}, "root", "", minutes(10), false, true});
  sim.kick({12, {sooner}, "alice", "", seconds(0), true, false});
  sim.pass(seconds(5));
  EXPECT_FALSE(sim.is_open(sooner)) << "but to leave sooner is";
}

// The lowest number that is free is given to the next terminal.
TEST(Ending, ATerminalThatOpensUnderTheOldNameIsAnother) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  sim.logins[id.value].carries_transfer = true;
  while (sim.logins[id.value].log.empty()) sim.pass(milliseconds(50));
  sim.pass(milliseconds(250));  // it is seen to be gone
  sim.logins[id.value].terminals["pts/0"] = sim.new_terminal();
  sim.pass(seconds(10));
  ASSERT_TRUE(sim.is_open(id));
  EXPECT_EQ(sim.logins[id.value].log, (Log{"hangup"}));
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kActive);
  sim.pass(minutes(1));
  EXPECT_EQ(sim.logins[id.value].log, (Log{"hangup", "hangup"})) << "when its own time has come";
}

TEST(Ending, WithoutItsLastLookItWaitsForOne) {
  Sim sim(R"({"defaults": {"idle": "20s", "warn": ["5s"]}})");
  const SessionId id = sim.open();
  sim.before_hangup = [&] { sim.has_descriptors = false; };
  sim.pass(seconds(60));
  ASSERT_TRUE(sim.is_open(id));
  EXPECT_EQ(sim.logins[id.value].log, std::vector<std::string>());
  EXPECT_EQ(sim.shown(id).find("cancelled"), std::string::npos) << sim.shown(id);
  sim.before_hangup = nullptr;
  sim.has_descriptors = true;
  sim.pass(seconds(2));
  EXPECT_FALSE(sim.is_open(id));
  EXPECT_EQ(sim.logins[id.value].log, std::vector<std::string>{"hangup"});
}

TEST(Kick, TakesNoLook) {
  Sim sim;
  const SessionId now = sim.open("alice", {"pts/0"});
  const SessionId later = sim.open("bob", {"pts/1"});
  for (const SessionId& id : {now, later}) sim.deliver(Observed{id, sim.observe(id)});
  sim.has_descriptors = false;
  sim.kick({9, {now}, "root", "", seconds(0), true});
  sim.kick({10, {later}, "root", "", seconds(5), true});
  sim.pass(seconds(4));
  EXPECT_FALSE(sim.is_open(now));
  EXPECT_TRUE(sim.is_open(later));
  sim.pass(seconds(4));
  EXPECT_FALSE(sim.is_open(later));
  EXPECT_EQ(sim.kicks.size(), 2U);
}

TEST(Ending, WhatOutlivesTheLeaderIsNotForgottenUnseen) {
  Sim sim(R"({"defaults": {"idle": "20s", "warn": [], "leftovers": "kill"}})");
  const SessionId id = sim.open();
  sim.logins[id.value].stubborn_processes = 1;
  sim.on_step = [&](const Event& event, const Step&) {
    if (std::holds_alternative<LeaderExited>(event)) sim.has_descriptors = false;
  };
  sim.pass(seconds(40));
  ASSERT_TRUE(sim.is_open(id)) << "a process is left, and nobody can see it";
  sim.on_step = nullptr;
  sim.has_descriptors = true;
  sim.pass(seconds(10));
  EXPECT_FALSE(sim.is_open(id));
  EXPECT_EQ(sim.logins[id.value].stubborn_processes, 0U);
}

TEST(Ending, SparedWithoutAWarningSaysThatItIsOff) {
  Sim sim(R"({"defaults": {"idle": "20s", "warn": []}})");
  const SessionId id = sim.open();
  sim.before_hangup = [&] { sim.type(id); };
  sim.pass(seconds(28) + milliseconds(200));
  ASSERT_TRUE(sim.is_open(id));
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kActive);
  EXPECT_NE(sim.shown(id).find("cancelled"), std::string::npos) << sim.shown(id);
}

// cron's child, or a server: who can tell?
TEST(Ending, OfWhatMayBeAServersProcessOnlyTheUsersOwnAreEnded) {
  Sim sim(R"({"defaults": {"leftovers": "kill"}})");
  Login login;
  login.id.value = "p500";
  login.user = "alice";
  login.uid = 1000;
  login.service = "login";
  login.leader = {500, 1};
  sim.deliver(LoginOpened{login, 0});
  sim.logins["p500"].leader_is_stuck = true;  // it stays, whatever becomes of alice's
  sim.deliver(KickRequested{1, {login.id}, "root", "", seconds(0), true, true});
  sim.pass(seconds(30));
  EXPECT_EQ(sim.logins["p500"].log, (Log{"hangup", "terminate login own", "kill login own"}));
  EXPECT_FALSE(sim.is_open(login.id)) << "it is not tried for ever";
  EXPECT_EQ(sim.count(RecordKind::kStuck), 0U);
  EXPECT_EQ(sim.count(RecordKind::kEnded), 1U);
  ASSERT_EQ(sim.kicks.size(), 1U);
  EXPECT_TRUE(sim.kicks[0].still_there.empty());
}

}  // namespace
}  // namespace idled::core
