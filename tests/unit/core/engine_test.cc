// Who is warned and who is logged out, and when: the engine under a manual clock.
#include <gtest/gtest.h>

#include "sim.h"

namespace idled::core {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr const char* kTwentySeconds = R"({"defaults": {"idle": "20s", "warn": ["5s"]}})";

TEST(Engine, EndsAnIdleLoginAtTheEndOfTheBlockPlusTheLimit) {
  for (int phase = 0; phase < 8; ++phase) {
    Sim sim(kTwentySeconds);
    sim.pass(seconds(phase));
    const SessionId id = sim.open();
    const BootTime opened = sim.boot;
    sim.pass(seconds(30));
    ASSERT_FALSE(sim.is_open(id)) << "phase " << phase;
    const nanoseconds idle = *sim.logins[id.value].hung_up_at - opened;
    EXPECT_GE(idle, seconds(20)) << "early in phase " << phase;
    EXPECT_LE(idle, seconds(28) + milliseconds(200)) << "late in phase " << phase;
  }
}

TEST(Engine, WarnsAtEachLeadTimeAndSaysWhy) {
  Sim sim(R"({"defaults": {"idle": "5m", "message": "Site rule 7."}})");
  const SessionId id = sim.open();
  sim.pass(minutes(4) + seconds(9));
  EXPECT_NE(sim.shown(id).find("You will be logged out in 1 minute, at "), std::string::npos)
      << sim.shown(id);
  EXPECT_NE(sim.shown(id).find("No input for 4 minutes."), std::string::npos) << sim.shown(id);
  EXPECT_NE(sim.shown(id).find("(rule: defaults)"), std::string::npos);
  EXPECT_NE(sim.shown(id).find("Site rule 7."), std::string::npos);
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kWarned);
  sim.pass(seconds(50));
  EXPECT_NE(sim.shown(id).find("logged out in 10 seconds"), std::string::npos) << sim.shown(id);
  sim.pass(seconds(20));
  EXPECT_FALSE(sim.is_open(id));
  const std::string screen = sim.ended.at(id.value + " pts/0").output.back();
  EXPECT_NE(screen.find("Logged out by idled: no input for 5 minutes (rule: defaults)."),
            std::string::npos)
      << screen;
  EXPECT_EQ(sim.count(RecordKind::kWarned), 2U);
  EXPECT_EQ(sim.count(RecordKind::kEnded), 1U);
}

TEST(Engine, NoticesFitTheScreenAndCarryNoEscape) {
  Sim sim(R"({"defaults": {"idle": "5m", "message": ")" + std::string(200, 'x') + R"("}})");
  const SessionId id = sim.open();
  sim.pass(minutes(4) + seconds(9));
  std::size_t column = 0;
  for (const char c : sim.shown(id)) {
    EXPECT_TRUE((c >= 0x20 && c < 0x7f) || c == '\r' || c == '\n' || c == '\a')
        << static_cast<int>(c);
    column = c == '\n' ? 0 : column + 1;
    EXPECT_LE(column, 80U);
  }
}

TEST(Engine, ALongMessageIsBrokenBetweenWords) {
  std::string message;
  for (int i = 0; i < 25; ++i) message += "word" + std::to_string(i) + " ";
  Sim sim(R"({"defaults": {"idle": "5m", "message": ")" + message + R"("}})");
  const SessionId id = sim.open();
  sim.pass(minutes(4) + seconds(9));
  const std::string shown = sim.shown(id);
  for (int i = 0; i < 25; ++i) {
    const std::string word = "word" + std::to_string(i);
    EXPECT_TRUE(shown.find(word + " ") != std::string::npos ||
                shown.find(word + "\r") != std::string::npos)
        << word << " in " << shown;
  }
  EXPECT_NE(shown.find("*** word12 word13"), std::string::npos) << shown;
}

TEST(Engine, AWarningNoShorterThanTheLimitIsSkipped) {
  Sim sim(R"({"defaults": {"idle": "20s", "warn": ["1m", "10s"]}})");
  const SessionId id = sim.open();
  sim.pass(seconds(19));
  EXPECT_EQ(sim.count(RecordKind::kWarned), 1U);
  EXPECT_NE(sim.shown(id).find("in 10 seconds"), std::string::npos);
}

TEST(Engine, TypingJustInsideTheLimitIsNeverEnded) {
  for (int phase = 0; phase < 8; ++phase) {
    Sim sim(kTwentySeconds);
    sim.pass(seconds(phase));
    const SessionId id = sim.open();
    for (int i = 0; i < 50; ++i) {
      sim.pass(milliseconds(19'900));
      ASSERT_TRUE(sim.is_open(id)) << "phase " << phase << ", key " << i;
      sim.type(id);
    }
  }
}

TEST(Engine, AKeyAfterTheWarningCancelsItAndSaysSo) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  sim.pass(seconds(24) + milliseconds(500));
  ASSERT_EQ(state_of(*sim.engine.find(id)), State::kWarned);
  sim.type(id);
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kActive);
  EXPECT_NE(sim.shown(id).find("You are back: logout cancelled."), std::string::npos);
  EXPECT_EQ(sim.count(RecordKind::kCancelled), 1U);
  sim.pass(seconds(14));
  EXPECT_TRUE(sim.is_open(id));
  sim.pass(seconds(16));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(Engine, AKeyInTheVeryLastMomentSaves) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  bool typed = false;
  sim.before_hangup = [&] {
    if (!typed) sim.type(id);
    typed = true;
  };
  sim.pass(seconds(29));
  EXPECT_TRUE(typed);
  EXPECT_TRUE(sim.is_open(id));
  EXPECT_NE(sim.shown(id).find("logout cancelled"), std::string::npos);
  EXPECT_FALSE(sim.logins[id.value].hung_up_at);
  sim.pass(seconds(30));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(Engine, LinesTypedAtAJobThatDoesNotReadCount) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  sim.pass(seconds(15));
  sim.logins[id.value].terminals["pts/0"].unread = 1;
  sim.pass(seconds(15));
  EXPECT_TRUE(sim.is_open(id));
  sim.pass(seconds(30));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(Engine, OneUsedTerminalKeepsTheLogin) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open("alice", {"pts/0", "pts/1"});
  for (int i = 0; i < 10; ++i) {
    sim.pass(seconds(15));
    sim.type(id, "pts/1");
  }
  EXPECT_TRUE(sim.is_open(id));
  sim.pass(seconds(30));
  EXPECT_FALSE(sim.is_open(id));
}

// The last look at the one that closes may be long before the last key there.
TEST(Engine, WhatWasTypedOnATerminalThatHasClosedKeepsTheLogin) {
  for (const bool wire : {false, true}) {
    Sim sim;
    const SessionId id = sim.open("alice", {"pts/0", "pts/1"});
    for (int i = 0; i < 40; ++i) {  // in use for 13 minutes
      sim.pass(seconds(20));
      sim.type(id, "pts/0");
      if (wire) sim.last_data = sim.boot;
    }
    const BootTime closed = sim.boot;
    sim.logins[id.value].terminals.erase("pts/0");
    if (!wire) sim.deliver(Observed{id, sim.observe(id)});  // as the host does, told by inotify
    sim.pass(minutes(5) - seconds(1));
    ASSERT_TRUE(sim.is_open(id)) << "wire: " << wire;
    EXPECT_NE(sim.shown(id, "pts/1").find("You will be logged out in 10 seconds"),
              std::string::npos);
    sim.pass(minutes(4));
    ASSERT_FALSE(sim.is_open(id)) << "and no longer";
    EXPECT_GE(*sim.logins[id.value].hung_up_at, closed + minutes(5));
    EXPECT_LE(*sim.logins[id.value].hung_up_at, closed + minutes(5) + seconds(10));
  }
}

TEST(Engine, EachLoginOfAUserIsOnItsOwn) {
  Sim sim(kTwentySeconds);
  const SessionId idle = sim.open();
  const SessionId used = sim.open();
  for (int i = 0; i < 4; ++i) {
    sim.pass(seconds(15));
    sim.type(used);
  }
  EXPECT_FALSE(sim.is_open(idle));
  EXPECT_TRUE(sim.is_open(used));
}

TEST(Engine, ALoginWithoutATerminalIsLeftAlone) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open("alice", {});
  sim.pass(hours(10));
  EXPECT_TRUE(sim.is_open(id));
  EXPECT_EQ(kind_of(*sim.engine.find(id)), Kind::kNoTerminal);
}

TEST(Engine, ATerminalThatOpensLaterIsSeenInTime) {
  for (int later = 1; later < 40; ++later) {
    Sim sim(kTwentySeconds);
    const SessionId id = sim.open("alice", {});
    sim.pass(seconds(later));
    sim.logins[id.value].terminals["pts/4"] = sim.new_terminal();
    const BootTime opened = sim.boot;
    sim.pass(seconds(29));
    ASSERT_FALSE(sim.is_open(id)) << later;
    EXPECT_GE(*sim.logins[id.value].hung_up_at - opened, seconds(20)) << later;
    EXPECT_EQ(sim.count(RecordKind::kWarned), 1U) << later;
  }
}

TEST(Engine, NeverMeansNever) {
  Sim sim(R"({"rules": [{"name": "ops", "match": {"user": "root"}, "idle": "never"}]})");
  const SessionId id = sim.open("root");
  sim.pass(hours(100));
  EXPECT_TRUE(sim.is_open(id));
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kExempt);
  EXPECT_EQ(sim.registered.at(0).tmout, "off");
}

// --- evasions: at most one extra limit, where the doubtful past counts once ---

void expect_ended_by(Sim& sim, const SessionId& id, BootTime since, seconds limit) {
  ASSERT_FALSE(sim.is_open(id)) << "never logged out";
  const nanoseconds idle = *sim.logins[id.value].hung_up_at - since;
  EXPECT_GE(idle, limit);
  EXPECT_LE(idle, 2 * limit + seconds(9));
}

TEST(Evasion, TouchInALoop) {
  for (const bool access_only : {false, true}) {
    for (const int every_ms : {3, 100, 1000, 7000}) {
      Sim sim(kTwentySeconds);
      const SessionId id = sim.open();
      const BootTime opened = sim.boot;
      while (sim.is_open(id) && sim.boot < opened + minutes(3)) {
        sim.pass(milliseconds(every_ms));
        if (sim.is_open(id)) sim.touch(id, access_only);
      }
      SCOPED_TRACE((access_only ? "touch -a every " : "touch every ") + std::to_string(every_ms) +
                   " ms");
      expect_ended_by(sim, id, opened, seconds(20));
    }
  }
}

TEST(Evasion, TouchIsNamedInTheRecord) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  while (sim.is_open(id)) {
    sim.pass(seconds(1));
    if (sim.is_open(id)) sim.touch(id);
  }
  bool named = false;
  for (const Record& record : sim.records)
    for (const auto& [name, value] : record.fields)
      named = named || (record.kind == RecordKind::kLogout && name == "IDLED_FORGED" &&
                        value.starts_with("pts/0 ("));
  EXPECT_TRUE(named);
}

TEST(Evasion, TouchToTomorrow) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  const BootTime opened = sim.boot;
  sim.pass(seconds(5));
  sim.touch(id, false, sim.clocks().wall + hours(24));
  sim.pass(minutes(3));
  expect_ended_by(sim, id, opened, seconds(20));
}

TEST(Evasion, AQuietConnectionLeavesTouchNothing) {
  Sim sim(kTwentySeconds);
  sim.last_data = sim.boot;
  const SessionId id = sim.open();
  const BootTime opened = sim.boot;
  while (sim.is_open(id) && sim.boot < opened + minutes(3)) {
    sim.pass(seconds(1));
    if (sim.is_open(id)) sim.touch(id);
  }
  ASSERT_FALSE(sim.is_open(id));
  EXPECT_LE(*sim.logins[id.value].hung_up_at - opened, seconds(20) + milliseconds(200));
}

TEST(Evasion, WhoTypesWhileATouchLoopRunsIsKept) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  for (int i = 0; i < 2000; ++i) {
    sim.pass(milliseconds(100));
    sim.touch(id, i % 2 == 0);
    if (i % 190 == 0) {
      sim.pass(milliseconds(50));
      sim.type(id);
    }
    ASSERT_TRUE(sim.is_open(id)) << "at " << i;
  }
}

TEST(Evasion, MesgAndChmodDoNoHarm) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  for (int i = 0; i < 60; ++i) {
    sim.pass(seconds(18));
    ASSERT_TRUE(sim.is_open(id)) << i;
    if (i % 3 == 0) sim.change(id);
    sim.pass(milliseconds(1000));
    sim.type(id);
  }
  sim.change(id);
  const BootTime last = sim.boot;
  sim.pass(minutes(2));
  expect_ended_by(sim, id, last, seconds(20));
}

TEST(Evasion, WithoutInotifyTypingIsStillKept) {
  Sim sim(kTwentySeconds);
  sim.has_inotify = false;
  const SessionId id = sim.open();
  for (int i = 0; i < 60; ++i) {
    sim.pass(seconds(18));
    sim.change(id);
    ASSERT_TRUE(sim.is_open(id)) << i;
    sim.type(id);
  }
  sim.pass(minutes(2));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(Engine, WithoutInotifyAKeyIsSeenWithinASecondOfTheWarning) {
  Sim sim(kTwentySeconds);
  sim.has_inotify = false;
  const SessionId id = sim.open();
  sim.pass(seconds(24));
  ASSERT_EQ(state_of(*sim.engine.find(id)), State::kWarned);
  sim.type(id);
  sim.pass(milliseconds(1100));
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kActive);
}

TEST(Engine, EnterThatNobodyReadsIsSeenWithinASecond) {
  Sim sim(R"({"defaults": {"idle": "5m", "warn": ["60s"]}})");
  const SessionId id = sim.open();
  sim.logins[id.value].terminals["pts/0"].canonical = true;
  while (state_of(*sim.engine.find(id)) != State::kWarned) sim.pass(seconds(1));
  sim.pass(seconds(30));
  sim.logins[id.value].terminals["pts/0"].unread = 1;
  sim.pass(milliseconds(1100));
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kActive);
}

TEST(Engine, AKeyReadThroughDevTtyWhereTheTimesDoNotShowItIsSeenWithinASecond) {
  Sim sim(R"({"defaults": {"idle": "5m", "warn": ["60s"]}})");
  const SessionId id = sim.open();
  std::optional<DevTty>& dev_tty = sim.logins[id.value].terminals["pts/0"].dev_tty;
  dev_tty = DevTty{sim.clocks().wall, 7, seconds(1), true};
  while (state_of(*sim.engine.find(id)) != State::kWarned) sim.pass(seconds(1));
  sim.pass(seconds(30));
  dev_tty = DevTty{sim.clocks().wall, 7, seconds(2), true};
  sim.pass(milliseconds(1100));
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kActive);
}

TEST(Engine, OfAProgramThatCannotReadItNoneIsAwaited) {
  Sim sim(R"({"defaults": {"idle": "5m", "warn": ["60s"]}})");
  const SessionId id = sim.open();
  sim.logins[id.value].terminals["pts/0"].dev_tty =
      DevTty{sim.clocks().wall, 7, seconds(1), false, true};
  while (state_of(*sim.engine.find(id)) != State::kWarned) sim.pass(seconds(1));
  sim.looks = 0;
  sim.pass(seconds(55));
  EXPECT_EQ(sim.looks, 0U);
}

TEST(Engine, AKeyThatAnswersTheWarningAtOnceIsTold) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  sim.logins[id.value].terminals["pts/0"].is_answered = true;
  while (sim.shown(id).empty()) sim.pass(milliseconds(100));
  sim.pass(milliseconds(300));
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kActive);
}

TEST(Engine, WithInotifyAWarningCostsNoLookButTheLast) {
  Sim sim(R"({"defaults": {"idle": "5m", "warn": ["60s"]}})");
  const SessionId id = sim.open();
  while (state_of(*sim.engine.find(id)) != State::kWarned) sim.pass(seconds(1));
  sim.looks = 0;
  sim.pass(seconds(55));
  EXPECT_EQ(sim.looks, 0U);
  sim.pass(seconds(10));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(Engine, ReportModeSaysItOnceAndDoesNothing) {
  Sim sim(R"({"defaults": {"idle": "20s", "mode": "report"}})");
  const SessionId id = sim.open();
  sim.pass(minutes(10));
  EXPECT_TRUE(sim.is_open(id));
  EXPECT_EQ(sim.shown(id), "");
  EXPECT_EQ(sim.count(RecordKind::kWouldLogOut), 1U);
  sim.type(id);
  sim.pass(minutes(1));
  EXPECT_EQ(sim.count(RecordKind::kWouldLogOut), 2U);
}

TEST(Engine, ASteppedClockLogsNobodyOut) {
  for (const seconds step : {seconds(hours(1)), seconds(-hours(1))}) {
    for (const bool told : {true, false}) {
      Sim sim(R"({"defaults": {"idle": "5m"}})");
      const SessionId id = sim.open();
      for (int i = 0; i < 20; ++i) {
        sim.pass(seconds(100));
        sim.type(id);
        sim.pass(seconds(10));
        if (i == 10) {
          sim.wall_ahead += step;
          if (told) sim.deliver(ClockStepped{});
        }
        ASSERT_TRUE(sim.is_open(id)) << step.count() << " s, " << i;
      }
      EXPECT_EQ(sim.count(RecordKind::kWarned), 0U) << step.count();
      sim.pass(minutes(6));
      EXPECT_FALSE(sim.is_open(id)) << "a step must not keep anybody either";
    }
  }
}

TEST(Engine, AfterASuspendTheWarningComesFirst) {
  Sim sim(R"({"defaults": {"idle": "5m"}})");
  const SessionId id = sim.open();
  sim.pass(seconds(30));
  sim.boot += hours(8);  // nobody looked meanwhile; boot time ran on
  sim.pass(seconds(1));
  EXPECT_TRUE(sim.is_open(id));
  EXPECT_NE(sim.shown(id).find("in 10 seconds"), std::string::npos) << sim.shown(id);
  sim.pass(seconds(11));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(Engine, AShorterLimitEndsNobodyWithoutItsWarnings) {
  Sim sim(R"({"defaults": {"idle": "1h"}})");
  const SessionId id = sim.open();
  sim.pass(minutes(30));
  sim.deliver(PolicyChanged{policy_of(R"({"defaults": {"idle": "5m"}})")});
  sim.pass(seconds(1));
  ASSERT_TRUE(sim.is_open(id));
  EXPECT_NE(sim.shown(id).find("logged out in 1 minute"), std::string::npos) << sim.shown(id);
  sim.pass(seconds(55));
  EXPECT_TRUE(sim.is_open(id));
  sim.pass(seconds(10));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(Engine, ALongerLimitTakesAStandingWarningBack) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  sim.pass(seconds(24));
  ASSERT_EQ(state_of(*sim.engine.find(id)), State::kWarned);
  sim.deliver(PolicyChanged{policy_of(R"({"defaults": {"idle": "5m"}})")});
  sim.pass(minutes(3));
  EXPECT_TRUE(sim.is_open(id));
  EXPECT_NE(sim.shown(id).find("that logout is off"), std::string::npos) << sim.shown(id);
}

TEST(Engine, ATerminalThatTakesNoWarningIsTriedAgainAndRecorded) {
  Sim sim(kTwentySeconds);
  const SessionId id = sim.open();
  sim.logins[id.value].terminals["pts/0"].takes_output = false;
  sim.pass(seconds(25));
  EXPECT_EQ(sim.shown(id), "");
  sim.logins[id.value].terminals["pts/0"].takes_output = true;  // Ctrl-Q
  sim.pass(milliseconds(1500));
  EXPECT_NE(sim.shown(id).find("You will be logged out in"), std::string::npos);

  const SessionId other = sim.open();
  sim.logins[other.value].terminals["pts/0"].takes_output = false;
  sim.pass(seconds(30));
  EXPECT_FALSE(sim.is_open(other));
  EXPECT_EQ(sim.count(RecordKind::kWarningUndelivered), 1U);
}

TEST(Engine, RegisteringTwiceIsOneLogin) {
  Sim sim;
  const SessionId id = sim.open();
  Login again;
  again.id.value = "c7";
  again.user = "alice";
  again.uid = sim.engine.find(id)->login.uid;
  again.leader = sim.engine.find(id)->login.leader;
  sim.deliver(LoginOpened{again, 5});
  EXPECT_EQ(sim.engine.size(), 1U);
  ASSERT_EQ(sim.registered.size(), 2U);
  EXPECT_EQ(sim.registered[1].id, id);
  EXPECT_EQ(sim.registered[1].token, 5U);
  EXPECT_EQ(sim.registered[1].tmout, "600");
}

TEST(Engine, APidThatCameBackIsAnotherLogin) {
  Sim sim;
  const SessionId id = sim.open();
  Login other;
  other.id = id;
  other.user = "bob";
  other.leader = {sim.engine.find(id)->login.leader.pid, 2};
  sim.deliver(LoginOpened{other, 0});
  ASSERT_EQ(sim.engine.size(), 1U);
  EXPECT_EQ(sim.engine.find(id)->login.user, "bob");
  EXPECT_EQ(sim.count(RecordKind::kClosed), 1U);
}

// Found by a search that began before the other came.
TEST(Engine, ALeaderThatIsNoMoreDoesNotTakeTheOthersPlace) {
  Sim sim;
  Login login;
  login.id.value = "c9";
  login.user = "bob";
  login.leader = {555, 20};
  sim.deliver(LoginOpened{login, 0});
  Login older = login;
  older.id.value = "p555";
  older.user = "alice";
  older.leader.start_ticks = 10;
  older.adopted = true;
  sim.deliver(LoginOpened{older, 0});
  ASSERT_EQ(sim.engine.size(), 1U);
  EXPECT_EQ(sim.engine.find({"c9"})->login.user, "bob");
}

TEST(Engine, ARestoredSessionGoesOnWhereItWas) {
  Sim before(R"({"defaults": {"idle": "5m"}})");
  const SessionId id = before.open();
  before.pass(minutes(4) + seconds(10));
  const SessionData data = *before.engine.find(id);
  ASSERT_TRUE(data.warning);

  Sim after(R"({"defaults": {"idle": "5m"}})");
  after.boot = before.boot + seconds(5);
  after.logins = before.logins;
  after.logins[id.value].terminals["pts/0"].output.clear();
  after.deliver(LoginRestored{data});
  after.pass(milliseconds(100));
  EXPECT_EQ(after.shown(id), "") << "warned twice for the same lead time";
  EXPECT_EQ(state_of(*after.engine.find(id)), State::kWarned);
  after.pass(minutes(1));
  EXPECT_FALSE(after.is_open(id));
}

TEST(Engine, AnIdleLoginCostsALookALimit) {
  Sim sim(R"({"defaults": {"idle": "5m", "mode": "report"}})");
  sim.open();
  sim.looks = 0;
  sim.pass(hours(10));
  EXPECT_LE(sim.looks, 120U + 5U) << "one a limit, and for the one logout: two warnings, before";
}

TEST(Engine, TypingCostsNoStepAsSuch) {
  Sim sim(R"({"defaults": {"idle": "5m"}})");
  const SessionId id = sim.open();
  sim.steps = 0;
  for (int i = 0; i < 3600; ++i) {
    sim.pass(seconds(1));
    sim.type(id);
  }
  EXPECT_LE(sim.steps, 2U * 3600U / 240U + 4U);
}

// Found after a while without a daemon: idle for long, it is warned first.
TEST(Engine, AnAdoptedLoginThatIsOverdueIsWarnedFirst) {
  Sim sim(kTwentySeconds);
  Login login;
  login.id.value = "found";
  login.user = "alice";
  login.leader = {900, 1};
  login.opened_at = sim.clocks().wall;
  login.adopted = true;
  sim.logins["found"].terminals["pts/0"] = sim.new_terminal();
  sim.pass(minutes(10));
  sim.deliver(LoginOpened{login, 0});
  EXPECT_EQ(sim.count(RecordKind::kAdopted), 1U);
  sim.pass(seconds(1));
  ASSERT_TRUE(sim.is_open(login.id));
  EXPECT_EQ(state_of(*sim.engine.find(login.id)), State::kWarned);
  sim.pass(minutes(1));
  EXPECT_FALSE(sim.is_open(login.id));
}

// logind counts its sessions anew after a restart.
TEST(Engine, AnIdThatIsTakenGivesWayToThePid) {
  Sim sim;
  const SessionId first = sim.open();
  Login login;
  login.id = first;
  login.user = "bob";
  login.leader = {777, 1};
  sim.deliver(LoginOpened{login, 5});
  EXPECT_EQ(sim.registered.back().id.value, "p777");
  EXPECT_EQ(sim.engine.find(first)->login.user, "alice");
}

// A user may choose what their login says its id is: one that another is going to have.
TEST(Engine, AnIdThatIsTakenTwiceOverTakesNobodysPlace) {
  Sim sim;
  const auto open = [&](const std::string& id, pid_t leader) {
    Login login;
    login.id.value = id;
    login.user = "mallory";
    login.leader = {leader, 1};
    sim.deliver(LoginOpened{login, 5});
    return sim.registered.back().id.value;
  };
  EXPECT_EQ(open("p778", 801), "p778");
  EXPECT_EQ(open("c1", 802), "c1");
  EXPECT_EQ(open("c1", 778), "p778-1");
  EXPECT_EQ(sim.engine.size(), 3U);
  for (const pid_t leader : {801, 802, 778})
    EXPECT_NE(sim.engine.find_leader({leader, 1}), nullptr) << leader;
}

TEST(Engine, LooksThatFailChangeNothingAndAreMadeAgain) {
  Sim sim(R"({"defaults": {"idle": "60s", "warn": ["30s"]}})");
  const SessionId id = sim.open();
  sim.pass(seconds(40));
  ASSERT_EQ(state_of(*sim.engine.find(id)), State::kWarned);
  const LastInput input = *sim.engine.find(id)->input;
  sim.has_descriptors = false;
  sim.deliver(Observed{id, sim.observe(id)});
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kWarned) << "the warning stands";
  EXPECT_EQ(sim.engine.find(id)->input->at, input.at);
  EXPECT_EQ(sim.engine.find(id)->terminals.size(), 1U);
  sim.pass(minutes(2));
  EXPECT_TRUE(sim.is_open(id)) << "nobody is logged out unseen";
  sim.has_descriptors = true;
  sim.pass(milliseconds(1200));
  EXPECT_FALSE(sim.is_open(id)) << "nor forgotten";
}

Login login_by(pid_t leader, const std::string& user, uid_t uid) {
  Login login;
  login.id.value = "p" + std::to_string(leader);
  login.user = user;
  login.uid = uid;
  login.service = "login";
  login.leader = {leader, 1};
  return login;
}

// JupyterHub opens its users' PAM sessions in its own process.
TEST(Engine, AServerThatOpensSessionsOfSeveralIsNobodysLogin) {
  Sim sim(
      R"({"rules": [{"name": "bobs", "match": {"user": "bob"}, "idle": "10m", "tmout": "limit"}]})");
  sim.deliver(LoginOpened{login_by(500, "alice", 1000), 1});
  sim.deliver(LoginOpened{login_by(500, "alice", 1000), 2});
  EXPECT_EQ(sim.registered.back().id.value, "p500") << "the same user's is one";
  EXPECT_EQ(sim.engine.size(), 1U);

  sim.deliver(LoginOpened{login_by(500, "bob", 1001), 3});
  EXPECT_EQ(sim.registered.back().id.value, "");
  EXPECT_EQ(sim.registered.back().tmout, "600,export") << "by bob's rules, not by alice's";
  EXPECT_EQ(sim.engine.size(), 0U) << "nor is it alice's any more";
  EXPECT_EQ(sim.count(RecordKind::kRefused), 1U);
  sim.deliver(LoginOpened{login_by(500, "alice", 1000), 4});
  EXPECT_EQ(sim.engine.size(), 0U);
  EXPECT_EQ(sim.count(RecordKind::kRefused), 1U) << "told once";

  Login other = login_by(500, "carol", 1002);  // its number, come back
  other.leader.start_ticks = 9;
  sim.deliver(LoginOpened{other, 5});
  EXPECT_EQ(sim.engine.size(), 1U);
}

TEST(Engine, OfAFoundLoginPamKnowsTheUserBetter) {
  Sim sim;
  Login found = login_by(500, "root", 0);
  found.adopted = true;
  sim.deliver(LoginOpened{found, 0});
  sim.deliver(LoginOpened{login_by(500, "alice", 1000), 1});
  ASSERT_NE(sim.engine.find_leader({500, 1}), nullptr);
  EXPECT_EQ(sim.engine.find_leader({500, 1})->login.user, "alice");
  EXPECT_EQ(sim.count(RecordKind::kRefused), 0U);
  sim.deliver(LoginOpened{found, 0});  // by a search that began before
  ASSERT_NE(sim.engine.find_leader({500, 1}), nullptr);
  EXPECT_EQ(sim.engine.find_leader({500, 1})->login.user, "alice");
}

}  // namespace
}  // namespace idled::core
