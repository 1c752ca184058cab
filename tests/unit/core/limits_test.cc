// Caps, holds, and mode report: what ends a login beside its idle limit, what keeps it, and
// what is only said.
#include <gtest/gtest.h>

#include "sim.h"

namespace idled::core {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

std::string field_of(const Record& record, const std::string& name) {
  for (const auto& [key, value] : record.fields)
    if (key == name) return value;
  return "(none)";
}

const Record* find(const Sim& sim, RecordKind kind) {
  for (const Record& record : sim.records)
    if (record.kind == kind) return &record;
  return nullptr;
}

// A key every twenty seconds, for so long or until the login is gone.
void keep_typing(Sim& sim, const SessionId& id, nanoseconds duration) {
  for (const BootTime end = sim.boot + duration; sim.boot < end && sim.is_open(id);) {
    sim.pass(std::min<nanoseconds>(seconds(20), end - sim.boot));
    if (!sim.logins[id.value].terminals.empty()) sim.type(id);
  }
}

constexpr const char* kCapped = R"({
  "rules": [{ "name": "contractors", "match": { "user": "alice" }, "session": "1h" }]
})";

// --- caps ---

TEST(Cap, EndsALoginThatIsBeingTypedInAtItsTime) {
  Sim sim(kCapped);
  const BootTime opened = sim.boot;
  const SessionId id = sim.open();
  keep_typing(sim, id, hours(2));
  ASSERT_FALSE(sim.is_open(id));
  const BootTime end = *sim.logins[id.value].hung_up_at;
  EXPECT_GE(end, opened + hours(1));
  EXPECT_LE(end, opened + hours(1) + seconds(1));
  const std::string shown = [&] {
    std::string all;
    for (const std::string& text : sim.ended.at(id.value + " pts/0").output) all += text;
    return all;
  }();
  EXPECT_NE(shown.find("*** A login may last 1 hour here, in use or not.\r\n"
                       "*** You will be logged out in 1 minute, at"),
            std::string::npos)
      << shown;
  EXPECT_NE(shown.find("logged out in 10 seconds"), std::string::npos) << shown;
  EXPECT_NE(shown.find("Logged out by idled: a login may last 1 hour (rule: contractors)."),
            std::string::npos)
      << shown;
  EXPECT_EQ(shown.find("Press Enter"), std::string::npos) << "it would not help: " << shown;
  EXPECT_EQ(shown.find("cancelled"), std::string::npos) << shown;
  const Record* logout = find(sim, RecordKind::kLogout);
  ASSERT_TRUE(logout);
  EXPECT_EQ(field_of(*logout, "IDLED_CAUSE"), "cap");
  EXPECT_EQ(field_of(*logout, "IDLED_RULE"), "contractors");
  EXPECT_EQ(field_of(*logout, "IDLED_LIMIT_SECONDS"), "3600");
}

TEST(Cap, EndsTheWholeLoginWithOrWithoutATerminal) {
  Sim sim(kCapped);
  const SessionId transfer = sim.open("alice", {});
  const SessionId both = sim.open();
  sim.logins[both.value].carries_transfer = true;
  keep_typing(sim, both, hours(1) + seconds(5));
  EXPECT_FALSE(sim.is_open(transfer));
  EXPECT_FALSE(sim.is_open(both));
  for (const SessionId& id : {transfer, both})  // at once, not its terminals first
    EXPECT_EQ(sim.logins[id.value].log,
              (std::vector<std::string>{"hangup", "terminate login below"}));
}

TEST(Cap, IsNotForDesktopsNorForJobs) {
  Sim sim(kCapped);
  pid_t pid = 900;
  for (const Kind kind : {Kind::kGraphical, Kind::kNoTerminal}) {
    Login login;
    login.id.value = "c" + std::to_string(pid);
    login.user = "alice";
    login.kind = kind;
    login.leader = {pid++, 1};
    sim.deliver(LoginOpened{login, 0});
  }
  Login transfer;
  transfer.id.value = "c99";
  transfer.user = "alice";
  transfer.remote_host = "192.0.2.7";
  transfer.leader = {999, 1};
  sim.deliver(LoginOpened{transfer, 0});
  sim.pass(hours(3));
  EXPECT_TRUE(sim.is_open({"c900"}));
  EXPECT_TRUE(sim.is_open({"c901"}));
  EXPECT_FALSE(sim.is_open({"c99"}));
}

TEST(Cap, IsSeenAheadAndLeavesOthersAlone) {
  Sim sim(kCapped);
  const SessionId id = sim.open();
  const SessionId bob = sim.open("bob");
  for (int i = 0; i < 57 * 3; ++i) {
    sim.pass(seconds(20));
    sim.type(id);
    sim.type(bob);
  }
  const std::optional<End> end = end_of(*sim.engine.find(id));  // 57 minutes on: three are left
  ASSERT_TRUE(end);
  EXPECT_EQ(end->cause, Cause::kCap);
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kActive);
  keep_typing(sim, bob, hours(1));
  EXPECT_FALSE(sim.is_open(id));
  EXPECT_TRUE(sim.is_open(bob));
}

TEST(Cap, AloneMakesALoginNotExempt) {
  Sim sim(R"({"defaults": { "idle": "never", "session": "8h" }})");
  const SessionId id = sim.open();
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kActive);
  EXPECT_LE(sim.looks, 2U);
  sim.pass(hours(8) - seconds(1));
  EXPECT_NE(sim.shown(id).find("logged out in 1 minute"), std::string::npos) << sim.shown(id);
  sim.pass(seconds(2));
  EXPECT_FALSE(sim.is_open(id));
  EXPECT_LE(sim.looks, 12U) << "it is looked at when its time comes";
}

TEST(Cap, WhoIsIdleBesideItIsToldThatItIsTheCap) {
  Sim sim(R"({"defaults": { "idle": "10m", "session": "10m" }})");
  const SessionId id = sim.open();
  sim.pass(minutes(9) + seconds(30));
  EXPECT_NE(sim.shown(id).find("A login may last 10 minutes"), std::string::npos);
  EXPECT_EQ(sim.shown(id).find("Press Enter"), std::string::npos) << sim.shown(id);
}

TEST(Cap, ComingBackCancelsTheOtherLogoutAndSaysWhatIsLeft) {
  Sim sim(R"({"defaults": { "idle": "5m", "session": "10m", "warn": ["4m"] }})");
  const SessionId id = sim.open();
  sim.pass(minutes(4));
  sim.type(id);
  sim.pass(minutes(2) + seconds(10));  // idle for two minutes, and ten old in under four
  ASSERT_NE(sim.shown(id).find("A login may last"), std::string::npos) << sim.shown(id);
  ASSERT_NE(sim.shown(id).find("Press Enter"), std::string::npos) << sim.shown(id);
  sim.type(id);
  sim.pass(seconds(2));
  EXPECT_NE(sim.shown(id).find("You are back, but this login ends at "), std::string::npos)
      << sim.shown(id);
  keep_typing(sim, id, minutes(5));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(Cap, ThatShrinksAtAReloadWarnsFirst) {
  Sim sim(R"({"defaults": { "session": "8h" }})");
  const SessionId id = sim.open();
  keep_typing(sim, id, hours(2));
  const BootTime reload = sim.boot;
  sim.deliver(PolicyChanged{policy_of(R"({"defaults": { "session": "1h" }})")});
  keep_typing(sim, id, seconds(55));
  ASSERT_TRUE(sim.is_open(id));
  EXPECT_NE(sim.shown(id).find("You will be logged out in 1 minute"), std::string::npos);
  keep_typing(sim, id, seconds(10));
  ASSERT_FALSE(sim.is_open(id));
  EXPECT_GE(*sim.logins[id.value].hung_up_at, reload + minutes(1));
}

TEST(Cap, ThatIsNearlyUpAfterAReloadWarnsInFull) {
  Sim sim(R"({"defaults": { "session": "8h" }})");
  const SessionId id = sim.open();
  keep_typing(sim, id, hours(2));
  const BootTime reload = sim.boot;
  sim.deliver(PolicyChanged{policy_of(R"({"defaults": { "session": "2h5s" }})")});
  keep_typing(sim, id, minutes(2));
  ASSERT_FALSE(sim.is_open(id));
  EXPECT_GE(*sim.logins[id.value].hung_up_at, reload + minutes(1)) << "not five seconds";
}

TEST(Cap, ThatGrowsAtAReloadTakesItsWarningBack) {
  Sim sim(R"({"defaults": { "session": "1h" }})");
  const SessionId id = sim.open();
  keep_typing(sim, id, minutes(59) + seconds(20));
  ASSERT_NE(sim.shown(id).find("You will be logged out"), std::string::npos);
  sim.deliver(PolicyChanged{policy_of(R"({"defaults": { "session": "2h" }})")});
  EXPECT_NE(sim.shown(id).find("that logout is off"), std::string::npos) << sim.shown(id);
  keep_typing(sim, id, minutes(30));
  EXPECT_TRUE(sim.is_open(id));
}

TEST(Cap, ThatATerminalTakesAwayTakesItsWarningBack) {
  Sim sim(R"({"defaults": { "session": "1h" },
    "rules": [{ "name": "desk", "match": { "terminal": "pts/7" }, "session": "never" }]})");
  const SessionId id = sim.open();
  keep_typing(sim, id, minutes(59) + seconds(20));
  ASSERT_EQ(state_of(*sim.engine.find(id)), State::kWarned);
  sim.logins[id.value].terminals["pts/7"] = sim.new_terminal();
  keep_typing(sim, id, minutes(5));
  EXPECT_TRUE(sim.is_open(id));
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kActive);
  EXPECT_NE(sim.shown(id).find("that logout is off"), std::string::npos);
}

TEST(Cap, OfALoginThatIsFoundCountsFromItsBeginningAndWarnsFirst) {
  Sim sim(kCapped);
  sim.pass(hours(10));
  Login login;
  login.id.value = "p7";
  login.user = "alice";
  login.leader = {7, 1};
  login.adopted = true;
  login.opened_at = sim.clocks().wall - hours(3);
  sim.logins["p7"].terminals["pts/0"] = sim.new_terminal();
  const BootTime found = sim.boot;
  sim.deliver(LoginOpened{login, 0});
  keep_typing(sim, login.id, minutes(2));
  ASSERT_FALSE(sim.is_open(login.id));
  EXPECT_GE(*sim.logins["p7"].hung_up_at, found + minutes(1));
}

TEST(Cap, WaitsForAProgramThatIsNotToBeCutOff) {
  Sim sim(R"({"defaults": { "session": "1h", "never_interrupt": ["dpkg"] }})");
  const SessionId id = sim.open();
  sim.logins[id.value].terminals["pts/0"].root_programs = {"dpkg"};
  keep_typing(sim, id, hours(1) + minutes(5));
  ASSERT_TRUE(sim.is_open(id));
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kWaiting);
  EXPECT_EQ(sim.count(RecordKind::kWaiting), 1U);
  sim.logins[id.value].terminals["pts/0"].root_programs.clear();
  keep_typing(sim, id, seconds(5));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(Cap, AWarningThatIsNotTakenIsTriedAgainAndSaid) {
  Sim sim(kCapped);
  const SessionId id = sim.open();
  sim.logins[id.value].terminals["pts/0"].takes_output = false;
  keep_typing(sim, id, minutes(59) + seconds(20));
  sim.logins[id.value].terminals["pts/0"].takes_output = true;
  sim.pass(seconds(2));
  EXPECT_NE(sim.shown(id).find("You will be logged out in"), std::string::npos);
  sim.logins[id.value].terminals["pts/0"].takes_output = false;
  keep_typing(sim, id, minutes(1));
  EXPECT_FALSE(sim.is_open(id));
  EXPECT_EQ(sim.count(RecordKind::kWarningUndelivered), 1U);
}

TEST(Cap, GoesOnAfterARestart) {
  Sim before(kCapped);
  const SessionId id = before.open();
  const BootTime opened = before.boot;
  keep_typing(before, id, minutes(59) + seconds(30));
  Sim after(kCapped);
  after.boot = before.boot;
  after.logins = before.logins;
  after.deliver(LoginRestored{*before.engine.find(id)});
  const std::string told = after.shown(id);
  keep_typing(after, id, seconds(15));
  EXPECT_EQ(after.shown(id), told) << "warned twice for the same lead time";
  keep_typing(after, id, minutes(1));
  ASSERT_FALSE(after.is_open(id));
  EXPECT_GE(*after.logins[id.value].hung_up_at, opened + hours(1));
}

TEST(Kick, ThatIsFarOffKeepsNobodyIdle) {
  Sim sim;
  const SessionId id = sim.open();
  sim.kick({0, {id}, "root", "", hours(1), false});
  sim.pass(minutes(6));
  EXPECT_FALSE(sim.is_open(id)) << "its idle limit came first";
}

// --- holds ---

TEST(Hold, KeepsOneLoginAndNotItsNeighbour) {
  Sim sim;
  const SessionId id = sim.open();
  const SessionId neighbour = sim.open();
  EXPECT_EQ(sim.hold(id, minutes(30)), HoldOutcome::kDone);
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kHeld);
  sim.pass(minutes(29) + seconds(59));
  EXPECT_TRUE(sim.is_open(id));
  EXPECT_FALSE(sim.is_open(neighbour));
  EXPECT_EQ(sim.shown(id), "") << "nothing to warn of yet";
}

TEST(Hold, EndsWithAWarningAndThenTheLogout) {
  Sim sim;
  const SessionId id = sim.open();
  const BootTime until = sim.boot + minutes(30);
  sim.hold(id, minutes(30));
  EXPECT_EQ(end_of(*sim.engine.find(id))->at, until + minutes(1)) << "as the list says";
  sim.pass(minutes(30) + seconds(1));
  EXPECT_NE(sim.shown(id).find("You will be logged out in 1 minute"), std::string::npos)
      << sim.shown(id);
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kWarned);
  EXPECT_EQ(sim.count(RecordKind::kHoldOver), 1U);
  sim.pass(minutes(2));
  ASSERT_FALSE(sim.is_open(id));
  EXPECT_GE(*sim.logins[id.value].hung_up_at, until + minutes(1));
  EXPECT_LE(*sim.logins[id.value].hung_up_at, until + minutes(1) + seconds(1));
}

TEST(Hold, OfAnActiveLoginLeavesItsLimitAsItIs) {
  Sim sim;
  const SessionId id = sim.open();
  sim.hold(id, minutes(10));
  keep_typing(sim, id, minutes(20));
  EXPECT_EQ(sim.shown(id), "");
  const BootTime key = sim.boot;
  sim.pass(minutes(6));
  ASSERT_FALSE(sim.is_open(id));
  EXPECT_GE(*sim.logins[id.value].hung_up_at, key + minutes(5));
}

TEST(Hold, TakesAStandingWarningBackAndSaysSo) {
  Sim sim;
  const SessionId id = sim.open();
  sim.pass(minutes(4) + seconds(30));
  ASSERT_EQ(state_of(*sim.engine.find(id)), State::kWarned);
  sim.hold(id, hours(1));
  EXPECT_NE(sim.shown(id).find("That logout is off: root holds this login until "),
            std::string::npos)
      << sim.shown(id);
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kHeld);
  sim.pass(minutes(59));
  EXPECT_TRUE(sim.is_open(id));
}

TEST(Hold, IsRecordedWithWhoAndWhy) {
  Sim sim;
  const SessionId id = sim.open();
  sim.hold(id, minutes(30), true, "core dump\x1b[2J");
  const Record* held = find(sim, RecordKind::kHeld);
  ASSERT_TRUE(held);
  EXPECT_EQ(field_of(*held, "IDLED_BY"), "root");
  EXPECT_EQ(field_of(*held, "IDLED_HOLD_SECONDS"), "1800");
  EXPECT_NE(held->message.find("because: core dump"), std::string::npos) << held->message;
  EXPECT_EQ(held->message.find('\x1b'), std::string::npos);
}

TEST(Hold, MayBeEndedAndThenWarnsFirst) {
  Sim sim;
  const SessionId id = sim.open();
  sim.hold(id, hours(2));
  sim.pass(hours(1));
  const BootTime ended = sim.boot;
  EXPECT_EQ(sim.hold(id, std::nullopt), HoldOutcome::kDone);
  sim.pass(seconds(30));
  EXPECT_NE(sim.shown(id).find("You will be logged out in 1 minute"), std::string::npos);
  sim.pass(minutes(1));
  ASSERT_FALSE(sim.is_open(id));
  EXPECT_GE(*sim.logins[id.value].hung_up_at, ended + minutes(1));
  EXPECT_EQ(sim.hold(sim.open(), std::nullopt), HoldOutcome::kNotHeld);
}

TEST(Hold, ByAnAdministratorHoldsTheCapToo) {
  Sim sim(kCapped);
  const SessionId id = sim.open();
  keep_typing(sim, id, minutes(50));
  sim.hold(id, minutes(30));
  keep_typing(sim, id, minutes(29));
  ASSERT_TRUE(sim.is_open(id));
  EXPECT_EQ(sim.shown(id), "");
  keep_typing(sim, id, minutes(3));
  EXPECT_FALSE(sim.is_open(id));
}

constexpr const char* kUsersMay = R"({"defaults": { "hold_max": "1h", "session": "8h" }})";

TEST(Hold, ByItsUserIsForHoldMaxAndNoLonger) {
  Sim none;
  EXPECT_EQ(none.hold(none.open(), minutes(1), false), HoldOutcome::kNotAllowed);
  Sim sim(kUsersMay);
  const SessionId id = sim.open();
  EXPECT_EQ(sim.hold(id, hours(1) + seconds(1), false), HoldOutcome::kTooLong);
  EXPECT_EQ(sim.hold(id, hours(1), false), HoldOutcome::kDone);
  EXPECT_EQ(sim.engine.find(id)->hold->until, sim.boot + hours(1));
  sim.pass(hours(1) + minutes(2));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(Hold, InALoopKeepsNoLoginForEver) {
  Sim sim(kUsersMay);
  const SessionId id = sim.open();
  const BootTime opened = sim.boot;
  while (sim.is_open(id) && sim.boot < opened + hours(5)) {
    sim.hold(id, hours(1), false);
    sim.pass(minutes(3));
  }
  ASSERT_FALSE(sim.is_open(id));
  EXPECT_LE(*sim.logins[id.value].hung_up_at, opened + hours(1) + minutes(2));
  EXPECT_GT(std::count(sim.holds.begin(), sim.holds.end(), HoldOutcome::kDone), 3);
  EXPECT_EQ(sim.holds.back(), HoldOutcome::kUsedUp);
}

TEST(Hold, AfterAKeyIsWholeAgain) {
  Sim sim(kUsersMay);
  const SessionId id = sim.open();
  sim.hold(id, hours(1), false);
  sim.pass(minutes(50));
  sim.type(id);
  EXPECT_EQ(sim.hold(id, hours(1), false), HoldOutcome::kDone);
  EXPECT_EQ(sim.engine.find(id)->hold->until, sim.boot + hours(1));
}

TEST(Hold, ByItsUserDoesNotHoldTheCap) {
  Sim sim(R"({"defaults": { "hold_max": "1h", "session": "1h" }})");
  const SessionId id = sim.open();
  sim.pass(minutes(30));
  EXPECT_FALSE(sim.is_open(id)) << "not held";
  const SessionId held = sim.open();
  sim.pass(minutes(1));
  sim.type(held);
  sim.hold(held, hours(1), false);
  sim.pass(hours(1));
  EXPECT_FALSE(sim.is_open(held)) << "the cap came";
}

TEST(Hold, OfAnAdministratorIsNoUsersToChange) {
  Sim sim(kUsersMay);
  const SessionId id = sim.open();
  sim.hold(id, hours(2));
  EXPECT_EQ(sim.hold(id, minutes(1), false), HoldOutcome::kOfAnAdmin);
  EXPECT_EQ(sim.hold(id, std::nullopt, false), HoldOutcome::kOfAnAdmin);
  EXPECT_EQ(sim.hold(id, minutes(1), true), HoldOutcome::kDone) << "by another administrator";
}

TEST(Hold, DoesNotStopAKick) {
  Sim sim;
  const SessionId id = sim.open();
  sim.hold(id, hours(2));
  sim.kick({0, {id}, "root", "", minutes(1), false});
  sim.pass(minutes(1) + seconds(2));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(Hold, ComesTooLateWhenTheLogoutHasBegun) {
  Sim sim;
  const SessionId id = sim.open();
  sim.before_hangup = [&] {
    sim.before_hangup = {};
    sim.deliver(HoldRequested{0, id, "root", true, minutes(30), ""});
  };
  sim.pass(minutes(6));
  EXPECT_FALSE(sim.is_open(id));
  ASSERT_EQ(sim.holds.size(), 1U);
  EXPECT_EQ(sim.holds.back(), HoldOutcome::kEnding);
}

TEST(Hold, ShrinksWithThePolicyAndWarnsFirst) {
  Sim sim(kUsersMay);
  const SessionId id = sim.open();
  sim.hold(id, hours(1), false);
  sim.pass(minutes(30));
  const BootTime reload = sim.boot;
  sim.deliver(PolicyChanged{policy_of(R"({"defaults": { "hold_max": "10m" }})")});
  sim.pass(seconds(30));
  EXPECT_NE(sim.shown(id).find("You will be logged out in 1 minute"), std::string::npos);
  EXPECT_FALSE(sim.engine.find(id)->hold);
  sim.pass(minutes(1));
  ASSERT_FALSE(sim.is_open(id));
  EXPECT_GE(*sim.logins[id.value].hung_up_at, reload + minutes(1));
}

TEST(Hold, OutlivesARestart) {
  Sim before(kUsersMay);
  const SessionId id = before.open();
  before.hold(id, hours(1), false);
  before.pass(minutes(30));
  Sim after(kUsersMay);
  after.boot = before.boot;
  after.logins = before.logins;
  after.deliver(LoginRestored{*before.engine.find(id)});
  EXPECT_EQ(state_of(*after.engine.find(id)), State::kHeld);
  EXPECT_EQ(after.hold(id, hours(1), false), HoldOutcome::kDone);
  after.pass(minutes(29));
  EXPECT_TRUE(after.is_open(id));
  after.pass(minutes(3));
  EXPECT_FALSE(after.is_open(id)) << "the budget was remembered, too";
}

TEST(Hold, CostsNoLooks) {
  Sim sim;
  const SessionId id = sim.open();
  sim.hold(id, hours(10));
  sim.looks = 0;
  sim.pass(hours(9));
  EXPECT_LE(sim.looks, 2U);
}

// --- mode report ---

// What mode enforce did and mode report would have done: the same, at the same times.
struct Line {
  nanoseconds at;
  std::string what;
  std::string message;
  bool operator==(const Line&) const = default;
};

std::vector<Line> lines_of(const std::string& settings, bool report,
                           std::function<void(Sim&, const SessionId&)> life) {
  Sim sim(R"({"rules": [{ "name": "r", )" + settings +
          (report ? R"(, "mode": "report" }]})" : "}]}"));
  const BootTime began = sim.boot;
  const SessionId id = sim.open();
  std::vector<Line> lines;
  std::size_t seen = 0;
  const auto take = [&] {
    for (; seen < sim.records.size(); ++seen) {
      const Record& record = sim.records[seen];
      const auto kind = [&]() -> std::string {
        switch (record.kind) {
          case RecordKind::kWarned:
          case RecordKind::kWouldWarn:
            return "warn " + record.message.substr(record.message.rfind(": logout in"));
          case RecordKind::kCancelled:
          case RecordKind::kWouldCancel:
            return "cancel";
          case RecordKind::kWaiting:
          case RecordKind::kWouldWait:
            return "wait";
          case RecordKind::kLogout:
          case RecordKind::kWouldLogOut:
            return "log out";
          default:
            return "";
        }
      }();
      if (kind.empty()) continue;
      std::string fields;
      for (const char* name : {"IDLED_CAUSE", "IDLED_RULE", "IDLED_LIMIT_SECONDS"})
        fields += field_of(record, name) + " ";
      lines.push_back({std::chrono::floor<seconds>(sim.boot - began), kind, fields});
    }
  };
  for (int second = 0; second < 3600 && sim.is_open(id); ++second) {
    sim.pass(seconds(1));
    take();
    if (!sim.logins[id.value].terminals.empty()) life(sim, id);
    take();
    if (!lines.empty() && lines.back().what == "log out") break;
  }
  if (report) {
    EXPECT_TRUE(sim.is_open(id));
    EXPECT_EQ(sim.shown(id), "") << "mode report says nothing to the user";
    EXPECT_EQ(state_of(*sim.engine.find(id)), State::kActive);
    EXPECT_EQ(sim.count(RecordKind::kLogout) + sim.count(RecordKind::kWarned), 0U);
    EXPECT_FALSE(sim.logins[id.value].hung_up_at);
  }
  return lines;
}

void expect_the_same(const std::string& settings,
                     const std::function<void(Sim&, const SessionId&)>& life, std::size_t least) {
  const std::vector<Line> done = lines_of(settings, false, life);
  const std::vector<Line> said = lines_of(settings, true, life);
  EXPECT_GE(done.size(), least);
  ASSERT_EQ(said.size(), done.size());
  for (std::size_t i = 0; i < done.size(); ++i) {
    EXPECT_EQ(said[i].what, done[i].what);
    EXPECT_EQ(said[i].message, done[i].message) << done[i].what;
    // The farewell takes a tenth of a second.
    EXPECT_LE(std::chrono::abs(said[i].at - done[i].at), seconds(1)) << done[i].what;
  }
}

const auto kNothing = [](Sim&, const SessionId&) {};

TEST(Report, SaysExactlyWhatWouldHaveBeenDone) {
  expect_the_same(R"("idle": "5m")", kNothing, 3);
  expect_the_same(R"("idle": "5m", "session": "10m", "warn": ["2m", "30s"])",
                  [](Sim& sim, const SessionId& id) { sim.type(id); }, 3);
  expect_the_same(R"("idle": "5m")",
                  [typed = false](Sim& sim, const SessionId& id) mutable {
                    if (typed || sim.boot < BootTime(seconds(1000) + minutes(4) + seconds(30)))
                      return;
                    typed = true;
                    sim.type(id);
                  },
                  5);
  expect_the_same(R"("idle": "5m", "never_interrupt": ["dpkg"])",
                  [](Sim& sim, const SessionId& id) {
                    auto& programs = sim.logins[id.value].terminals["pts/0"].root_programs;
                    programs.clear();
                    if (sim.boot < BootTime(seconds(1000) + minutes(7))) programs = {"dpkg"};
                  },
                  4);
  expect_the_same(R"("idle": "5m")",
                  [held = false](Sim& sim, const SessionId& id) mutable {
                    if (!held) sim.hold(id, minutes(20));
                    held = true;
                  },
                  3);
}

TEST(Report, SaysEachSilenceOnceAndTheCapOnce) {
  Sim sim(R"({"defaults": { "idle": "5m", "session": "1h", "mode": "report" }})");
  const SessionId id = sim.open();
  sim.pass(minutes(30));
  EXPECT_EQ(sim.count(RecordKind::kWouldLogOut), 1U);
  sim.type(id);
  sim.pass(minutes(10));
  EXPECT_EQ(sim.count(RecordKind::kWouldLogOut), 2U);
  keep_typing(sim, id, hours(5));
  EXPECT_EQ(sim.count(RecordKind::kWouldLogOut), 3U);
  EXPECT_TRUE(sim.is_open(id));
}

TEST(Report, ThatBecomesEnforceWarnsFirst) {
  Sim sim(R"({"defaults": { "idle": "5m", "mode": "report" }})");
  const SessionId id = sim.open();
  sim.pass(minutes(4) + seconds(30));
  const BootTime reload = sim.boot;
  sim.deliver(PolicyChanged{policy_of(R"({"defaults": { "idle": "5m" }})")});
  EXPECT_EQ(sim.shown(id).find("that logout is off"), std::string::npos)
      << "nobody was told of one: " << sim.shown(id);
  sim.pass(minutes(2));
  ASSERT_FALSE(sim.is_open(id));
  EXPECT_GE(*sim.logins[id.value].hung_up_at, reload + minutes(1));
}

TEST(Report, IsSaidOnceOverARestart) {
  constexpr const char* policy =
      R"({"defaults": { "idle": "5m", "session": "1h", "mode": "report" }})";
  Sim before(policy);
  const SessionId id = before.open();
  before.pass(hours(2));
  EXPECT_EQ(before.count(RecordKind::kWouldLogOut), 2U);
  Sim after(policy);
  after.boot = before.boot;
  after.logins = before.logins;
  after.deliver(LoginRestored{*before.engine.find(id)});
  after.pass(hours(2));
  EXPECT_EQ(after.count(RecordKind::kWouldLogOut), 0U);
}

TEST(Report, StopsNoKick) {
  Sim sim(R"({"defaults": { "mode": "report" }})");
  const SessionId id = sim.open();
  sim.kick({0, {id}, "root", "", seconds(0), false});
  sim.pass(seconds(2));
  EXPECT_FALSE(sim.is_open(id));
}

}  // namespace
}  // namespace idled::core
