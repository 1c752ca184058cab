// What a login may come to have while it lasts.
#include "support.h"

namespace idled::policy::test {
namespace {

using namespace std::chrono_literals;

Subject at_the_opening() {
  Subject subject = alice();  // sshd opens the session before there is a terminal
  subject.terminals.clear();
  subject.kind = Kind::kNoTerminal;
  return subject;
}

Settings mildest(std::string_view rules) {
  return policy_of("{\"defaults\": {\"idle\": \"5m\"}, \"rules\": [" + std::string(rules) + "]}")
      .mildest(at_the_opening());
}

std::optional<seconds> shortest(std::string_view rules, const LocalTime& now = monday_noon()) {
  return policy_of("{\"defaults\": {\"idle\": \"5m\"}, \"rules\": [" + std::string(rules) + "]}")
      .shortest_idle(at_the_opening(), now);
}

TEST(Reach, IsWhatHoldsWhereNothingCanChange) {
  constexpr std::string_view kRules =
      R"({"name": "a", "match": {"user": "bob"}, "idle": "1h"},
         {"name": "b", "match": {"user": "alice", "kind": "terminal"}, "idle": "2h", "warn": "9s"},
         {"name": "c", "match": {"terminal": "*"}, "idle": "never", "mode": "report"})";
  EXPECT_EQ(mildest(kRules).idle, 2h) << "the second is certain";
  EXPECT_EQ(mildest(kRules).warn, std::vector<seconds>{9s});
  EXPECT_EQ(mildest(kRules).mode, Mode::kReport) << "the third may be";
  EXPECT_EQ(shortest(kRules), 2h);
  EXPECT_EQ(mildest("").idle, 5min);
  EXPECT_EQ(shortest(""), 5min);
}

TEST(Reach, TerminalsComeAndGo) {
  constexpr std::string_view kLong =
      R"({"name": "a", "match": {"terminal": "pts/7"}, "idle": "1h"})";
  EXPECT_EQ(mildest(kLong).idle, 1h);
  EXPECT_EQ(shortest(kLong), 5min);
  constexpr std::string_view kShort =
      R"({"name": "a", "match": {"terminal": "!pts/7"}, "idle": "1m"})";
  EXPECT_EQ(mildest(kShort).idle, 5min);
  EXPECT_EQ(shortest(kShort), 1min);
  constexpr std::string_view kNever =
      R"({"name": "a", "match": {"terminal": "pts/1"}, "idle": "1m"},
         {"name": "b", "match": {"user": "alice"}, "idle": "never"})";
  EXPECT_EQ(mildest(kNever).idle, std::nullopt);
  EXPECT_EQ(shortest(kNever), 1min);
}

TEST(Reach, ALoginWithoutATerminalWillHaveOne) {
  constexpr std::string_view kRules =
      R"({"name": "a", "match": {"kind": "no-terminal"}, "idle": "never"},
         {"name": "b", "match": {"kind": "console"}, "idle": "never"},
         {"name": "c", "match": {"kind": "terminal"}, "idle": "10m"})";
  EXPECT_EQ(mildest(kRules).idle, 10min);
  EXPECT_EQ(shortest(kRules), 10min);
}

TEST(Reach, WindowsOpenAndShut) {
  constexpr std::string_view kRules =
      R"({"name": "a", "match": {"time": "Mon-Fri 08:00-18:00"}, "idle": "30m"},
         {"name": "b", "match": {"time": "Sun"}, "idle": "1m"})";
  EXPECT_EQ(mildest(kRules).idle, 30min) << "whenever it is";
  EXPECT_EQ(shortest(kRules), 30min) << "now";
  EXPECT_EQ(shortest(kRules, local_time(std::chrono::Sunday, 12h)), 1min);
}

TEST(Reach, EachSettingAtItsMildest) {
  const Settings settings = mildest(R"(
    {"name": "a", "match": {"time": "Mon"}, "idle": "1m", "session": "1h", "activity": "output",
     "no_terminal": "network", "leftovers": "kill", "mode": "enforce", "tmout": "limit",
     "hold_max": "2h", "message": "first"},
    {"name": "b", "match": {"time": "Tue"}, "session": "2h", "activity": "job", "mode": "report",
     "tmout": "backstop", "hold_max": "1h", "message": "second"},
    {"name": "c", "session": "30m", "no_terminal": "network"})");
  EXPECT_EQ(settings.idle, 5min);
  EXPECT_EQ(settings.session, 2h);
  EXPECT_EQ(settings.activity, Activity::kJob);
  EXPECT_EQ(settings.no_terminal, NoTerminal::kNetwork);
  EXPECT_EQ(settings.leftovers, Leftovers::kKeep);
  EXPECT_EQ(settings.mode, Mode::kReport);
  EXPECT_EQ(settings.tmout, Tmout::kBackstop);
  EXPECT_EQ(settings.hold_max, 2h);
  EXPECT_EQ(settings.message, "first");
}

// Against what resolve() gives on each terminal and at each hour.
TEST(Reach, CoversWhatResolveGives) {
  const Policy policy = policy_of(R"({"defaults": {"idle": "20m"}, "rules": [
    {"name": "a", "match": {"terminal": "pts/1", "time": "Mon-Fri 08:00-12:00"}, "idle": "1h"},
    {"name": "b", "match": {"kind": "terminal", "time": "22:00-06:00"}, "idle": "7m"},
    {"name": "c", "match": {"terminal": ["pts/*", "!pts/2"], "user": "alice"}, "idle": "15m"}]})");
  const std::optional<seconds> longest = policy.mildest(at_the_opening()).idle;
  std::optional<seconds> seen;
  for (unsigned hour = 0; hour < 7 * 24; ++hour) {
    const LocalTime now =
        local_time(std::chrono::weekday(hour / 24), std::chrono::hours(hour % 24));
    std::optional<seconds> least;
    for (const char* terminal : {"pts/1", "pts/2", "pts/3", "tty1"}) {
      Subject subject = alice();
      subject.terminals = {terminal};
      const seconds idle = *policy.resolve(subject, now).settings.idle;
      EXPECT_LE(idle, longest);
      seen = std::max(seen.value_or(idle), idle);
      least = std::min(least.value_or(idle), idle);
    }
    EXPECT_EQ(policy.shortest_idle(at_the_opening(), now), least) << hour;
  }
  EXPECT_EQ(seen, longest);
}

}  // namespace
}  // namespace idled::policy::test
