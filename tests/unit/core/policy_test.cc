// What the rules of a policy match on, as the engine tells it: who, how, from where, on which
// terminal, when.
#include <gtest/gtest.h>

#include "sim.h"

namespace idled::core {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// The machine's clock begins on Sunday, 2020-09-13 at 12:43:20, in UTC.
constexpr seconds kToMondayAtFive = hours(24 + 4) + minutes(16) + seconds(40);

constexpr const char* kByDay = R"({
  "defaults": { "idle": "5m" },
  "rules": [{ "name": "by day", "match": { "time": "Mon-Fri 08:00-18:00" }, "idle": "30m" }]
})";

SessionId open(Sim& sim, const std::function<void(Login&)>& change,
               const std::vector<std::string>& terminals = {"pts/0"}) {
  static pid_t next_pid = 5000;
  Login login;
  login.id.value = "q" + std::to_string(next_pid);
  login.user = "alice";
  login.uid = 1000;
  login.service = "sshd";
  login.leader = {next_pid++, 1};
  login.opened_at = sim.clocks().wall;
  change(login);
  for (const std::string& name : terminals)
    sim.logins[login.id.value].terminals[name] = sim.new_terminal();
  const SessionId id = login.id;
  sim.deliver(LoginOpened{std::move(login), 0});
  return id;
}

std::string rule_of(const Sim& sim, const SessionId& id) {
  const Session* session = sim.engine.find(id);
  return session ? session->rules->idle_rule : "gone";
}

TEST(Rules, MatchOnWhatTheLoginIs) {
  Sim sim(R"({"rules": [
    { "name": "by service", "match": { "service": "cockpit" }, "idle": "1m" },
    { "name": "by network", "match": { "host": "192.0.2.0/24" }, "idle": "2m" },
    { "name": "by group", "match": { "group": "27" }, "idle": "3m" },
    { "name": "consoles", "match": { "kind": "console" }, "idle": "4m" },
    { "name": "local", "match": { "host": "!?*" }, "idle": "6m" }]})");
  EXPECT_EQ(rule_of(sim, open(sim, [](Login& l) { l.service = "cockpit"; })), "by service");
  EXPECT_EQ(rule_of(sim, open(sim, [](Login& l) { l.remote_host = "::ffff:192.0.2.9"; })),
            "by network");
  EXPECT_EQ(rule_of(sim, open(sim, [](Login& l) { l.gids = {1000, 27}; })), "by group");
  EXPECT_EQ(rule_of(sim, open(sim, [](Login& l) { l.kind = Kind::kConsole; })), "consoles");
  EXPECT_EQ(rule_of(sim, open(sim, [](Login&) {})), "local");
  EXPECT_EQ(rule_of(sim, open(sim, [](Login& l) { l.remote_host = "198.51.100.1"; })), "built-in");
}

TEST(Rules, MatchOnTerminalsAsTheyComeAndGo) {
  Sim sim(R"({"defaults": { "idle": "2m" }, "rules": [
    { "name": "that one", "match": { "terminal": "pts/7" }, "idle": "10m" },
    { "name": "none", "match": { "kind": "no-terminal" }, "idle": "1m" }]})");
  const SessionId id = open(sim, [](Login&) {}, {});
  EXPECT_EQ(rule_of(sim, id), "none");
  sim.pass(seconds(30));
  sim.logins[id.value].terminals["pts/7"] = sim.new_terminal();
  sim.pass(minutes(1));
  EXPECT_EQ(rule_of(sim, id), "that one");
  sim.pass(minutes(9));
  EXPECT_TRUE(sim.is_open(id));
  sim.logins[id.value].terminals.erase("pts/7");
  sim.logins[id.value].terminals["pts/8"] = sim.new_terminal();
  sim.pass(minutes(1));
  EXPECT_EQ(rule_of(sim, id), "defaults");
  sim.pass(minutes(2));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(Windows, ALimitThatShrinksAtSixShrinksThenAndWarnsFirst) {
  Sim sim(kByDay);
  sim.pass(kToMondayAtFive + minutes(40));  // 17:40
  const SessionId id = sim.open();
  EXPECT_EQ(rule_of(sim, id), "by day");
  sim.pass(minutes(19));
  EXPECT_EQ(rule_of(sim, id), "by day");
  EXPECT_EQ(sim.shown(id), "");
  const BootTime before = sim.boot;
  sim.pass(minutes(1) + seconds(2));  // 18:00:02, and idle for twenty minutes
  EXPECT_EQ(rule_of(sim, id), "defaults");
  EXPECT_NE(sim.shown(id).find("logged out in 1 minute"), std::string::npos) << sim.shown(id);
  ASSERT_TRUE(sim.is_open(id));
  sim.pass(minutes(1));
  ASSERT_FALSE(sim.is_open(id));
  EXPECT_GE(*sim.logins[id.value].hung_up_at, before + minutes(2)) << "a minute of warning";
}

TEST(Windows, ALimitThatGrowsAtEightKeepsWhoIsThere) {
  Sim sim(kByDay);
  sim.pass(kToMondayAtFive + hours(14) + minutes(58));  // Tuesday, 07:58
  const SessionId id = sim.open();
  EXPECT_EQ(rule_of(sim, id), "defaults");
  sim.pass(minutes(2) + seconds(2));
  EXPECT_EQ(rule_of(sim, id), "by day");
  sim.pass(minutes(26));
  EXPECT_TRUE(sim.is_open(id));
  EXPECT_EQ(sim.shown(id), "");
  sim.pass(minutes(3));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(Windows, AWarningThatAWindowOvertakesIsTakenBack) {
  Sim sim(kByDay);
  sim.pass(kToMondayAtFive + hours(14) + minutes(55) + seconds(30));  // Tuesday, 07:55:30
  const SessionId id = sim.open();
  sim.pass(minutes(4) + seconds(20));
  EXPECT_NE(sim.shown(id).find("logged out in"), std::string::npos);
  sim.pass(seconds(15));  // 08:00:05
  EXPECT_NE(sim.shown(id).find("that logout is off"), std::string::npos) << sim.shown(id);
  sim.pass(minutes(20));
  EXPECT_TRUE(sim.is_open(id));
}

TEST(Windows, OfAWholeWeekEachEdgeIsKept) {
  Sim sim(kByDay);
  const SessionId id = sim.open();
  BootTime key = sim.boot;
  for (int minute = 0; minute < 7 * 24 * 60; ++minute) {
    sim.pass(minutes(1));
    if (sim.boot - key >= minutes(3)) {
      sim.type(id);
      key = sim.boot;
    }
    const auto wall = std::chrono::floor<seconds>(sim.clocks().wall);
    const auto day = std::chrono::floor<std::chrono::days>(wall);
    const auto of_day = wall - day;
    const unsigned weekday = std::chrono::weekday(day).c_encoding();
    const bool open = weekday >= 1 && weekday <= 5 && of_day >= hours(8) && of_day < hours(18);
    ASSERT_EQ(rule_of(sim, id), open ? "by day" : "defaults") << "minute " << minute;
  }
}

TEST(Windows, CostAWakeUpAnEdgeAndNoMore) {
  Sim sim(R"({"defaults": { "idle": "never" },
    "rules": [{ "name": "by day", "match": { "time": "Mon-Fri 08:00-18:00" }, "mode": "report" }]})");
  sim.open();
  const std::uint64_t before = sim.steps;
  sim.pass(hours(24 * 7));
  EXPECT_LE(sim.steps - before, 10U * 3);
}

TEST(ATerminalThatOpens, MayBringALimit) {
  Sim sim(R"({"defaults": { "idle": "5m" }, "rules": [
    { "name": "tunnels", "match": { "kind": "no-terminal" }, "idle": "never" }]})");
  const SessionId id = open(sim, [](Login&) {}, {});
  sim.pass(seconds(1));
  sim.logins[id.value].terminals["pts/7"] = sim.new_terminal();
  sim.pass(hours(10));
  EXPECT_FALSE(sim.is_open(id)) << rule_of(sim, id);
}

TEST(ATerminalThatOpens, MayBringAShorterLimit) {
  Sim sim(R"({"defaults": { "idle": "2h" }, "rules": [
    { "name": "pts", "match": { "terminal": "pts/*" }, "idle": "5m" }]})");
  const SessionId id = open(sim, [](Login&) {}, {});
  sim.pass(seconds(1));
  sim.logins[id.value].terminals["pts/7"] = sim.new_terminal();
  sim.pass(minutes(10));
  EXPECT_FALSE(sim.is_open(id)) << rule_of(sim, id);
}

// Between the farewell and the hangup lie 100 ms, and a reload may fall into them.
TEST(Reload, AtTheFarewellOfOneWhoMayStayNow) {
  for (const char* const rules :
       {R"({"defaults": {"idle": "never"}})", R"({"defaults": {"mode": "report"}})"}) {
    SCOPED_TRACE(rules);
    Sim sim(R"({"defaults": {"idle": "20s", "warn": ["5s"]}})");
    const SessionId id = sim.open();
    sim.pass(seconds(28));  // the block of the atime, and the limit
    ASSERT_EQ(state_of(*sim.engine.find(id)), State::kEnding);
    sim.deliver(PolicyChanged{policy_of(rules)});
    sim.pass(minutes(1));
    ASSERT_TRUE(sim.is_open(id));
    EXPECT_TRUE(sim.logins[id.value].log.empty());
  }
}

TEST(Tmout, ContradictsNoRuleThatMayComeToApply) {
  Sim sim(R"({"defaults": { "idle": "5m" }, "rules": [
    { "name": "pts", "match": { "terminal": "pts/*" }, "idle": "1h" }]})");
  open(sim, [](Login&) {}, {});
  EXPECT_EQ(sim.registered.back().tmout, "7200");
}

TEST(Windows, FollowTheClockThatIsSet) {
  Sim sim(kByDay);
  sim.pass(kToMondayAtFive - hours(10));  // Monday 07:00 (it says seven)
  const SessionId id = sim.open();
  sim.pass(minutes(4) + seconds(9));  // it has been looked at
  EXPECT_EQ(rule_of(sim, id), "defaults");
  sim.wall_ahead += hours(3);  // it is 10:00
  sim.deliver(ClockStepped{});
  sim.pass(seconds(5));
  EXPECT_EQ(rule_of(sim, id), "by day");
}

}  // namespace
}  // namespace idled::core
