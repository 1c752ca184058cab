#include "tools/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace idled::tools {
namespace {

using protocol::SessionInfo;

constexpr WallTime kNow{seconds(1769851800)};  // 2026-01-31T09:30:00Z

SessionInfo alice() {
  SessionInfo session;
  session.id = "c3";
  session.user = "alice";
  session.service = "sshd";
  session.kind = "terminal";
  session.remote_host = "192.0.2.7";
  session.idle_seconds = 252;
  session.limit_seconds = 300;
  session.logout_at = "2026-01-31T09:30:48Z";
  session.state = "warned";
  session.rule = "defaults";
  session.terminals = {{"pts/3", 252, "vim"}};
  return session;
}

SessionInfo exempt_bob() {
  SessionInfo session;
  session.id = "12";
  session.user = "bob";
  session.kind = "no-terminal";
  session.state = "exempt";
  session.rule = "backup";
  return session;
}

SessionInfo with_id(const std::string& id, std::optional<std::string> logout_at) {
  SessionInfo session;
  session.id = id;
  session.logout_at = std::move(logout_at);
  return session;
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

TEST(Table, NamesATerminalWhoseTimesAreForged) {
  SessionInfo session = alice();
  session.terminals[0].forged = true;
  EXPECT_NE(render_table({session}, kNow, 0).find("pts/3 (forged)"), std::string::npos);
  EXPECT_EQ(render_table({alice()}, kNow, 0).find("forged"), std::string::npos);
}

TEST(Table, ShowsASessionAndWhatIsNotKnown) {
  EXPECT_EQ(render_table({alice(), exempt_bob()}, kNow, 0),
            "SESSION  USER   TERMINAL  FROM        IDLE  LIMIT  LEFT  STATE   RULE      IN FRONT\n"
            "c3       alice  pts/3     192.0.2.7  4m12s     5m   48s  warned  defaults  vim\n"
            "12       bob    -         -              -      -     -  exempt  backup    -\n");
}

TEST(Table, WithoutSessionsIsItsHeader) {
  EXPECT_EQ(render_table({}, kNow, 0),
            "SESSION  USER  TERMINAL  FROM  IDLE  LIMIT  LEFT  STATE  RULE  IN FRONT\n");
}

TEST(Table, FurtherTerminalsGetALineEach) {
  SessionInfo session = alice();
  session.terminals = {{"pts/9", 7200, "bash"}, {"pts/3", 252, "vim"}, {"pts/10", {}, {}}};
  EXPECT_EQ(render_table({session}, kNow, 0),
            "SESSION  USER   TERMINAL  FROM        IDLE  LIMIT  LEFT  STATE   RULE      IN FRONT\n"
            "c3       alice  pts/3     192.0.2.7  4m12s     5m   48s  warned  defaults  vim\n"
            "                pts/9                2h00m                                 bash\n"
            "                pts/10                   -                                 -\n");
}

// The wire may know better than the terminal: IDLE and LEFT must make LIMIT.
TEST(Table, TheFirstLineHasTheIdleTimeOfTheSession) {
  SessionInfo session = alice();
  session.terminals[0].idle_seconds = 10;
  EXPECT_NE(lines(render_table({session}, kNow, 0))[1].find("4m12s     5m   48s"),
            std::string::npos);
}

TEST(Table, ALogoutThatIsDueOrOverdueHasNothingLeft) {
  SessionInfo session = alice();
  session.logout_at = "2026-01-31T09:29:00Z";
  EXPECT_NE(lines(render_table({session}, kNow, 0))[1].find(" 0s  warned"), std::string::npos);
}

TEST(Table, ATimeThatCannotBeReadIsNotKnown) {
  SessionInfo session = alice();
  session.logout_at = "soon";
  EXPECT_NE(lines(render_table({session}, kNow, 0))[1].find(" -  warned"), std::string::npos);
}

TEST(Table, LimitsAreRoundIfTheyCanBe) {
  SessionInfo session = alice();
  session.limit_seconds = 5400;
  EXPECT_NE(render_table({session}, kNow, 0).find("1h30m"), std::string::npos);
  session.limit_seconds = 90061;
  EXPECT_NE(render_table({session}, kNow, 0).find("1d01h"), std::string::npos);
}

TEST(Table, CarriesNothingUnprintable) {
  SessionInfo session = alice();
  session.id = "c\x1b[2J3";
  session.user = "al\nice";
  session.remote_host = "h\xc2\x9bost";
  session.rule = "r\tule";
  session.state = "\x07";
  session.terminals = {{"pts\r3", 0, "\x1b]0;x\x07"}};
  const std::string text = render_table({session}, kNow, 0);
  EXPECT_EQ(lines(text).size(), 2U);
  for (const char c : text) EXPECT_TRUE((c >= ' ' && c <= '~') || c == '\n') << int(c);
}

TEST(Table, NumbersFromAMadDaemonDoNoHarm) {
  SessionInfo session = alice();
  session.idle_seconds = INT64_MIN;
  session.limit_seconds = INT64_MAX;
  session.terminals = {{"pts/1", INT64_MAX, "a"}, {"pts/2", INT64_MIN, "b"}};
  EXPECT_EQ(lines(render_table({session}, kNow, 40)).size(), 3U);
}

// --- width ------------------------------------------------------------------

SessionInfo wide() {
  SessionInfo session = alice();
  session.user = "alexandria";
  session.remote_host = "gateway.example.org";
  session.rule = "administrators";
  session.terminals = {{"pts/3", 252, "postgresql-client"}};
  return session;
}

// One golden table a width: clang-format would break these lines where they line up.
// clang-format off
TEST(TableWidth, CutsTheRuleFirst) {
  EXPECT_EQ(render_table({wide()}, kNow, 106),
            "SESSION  USER        TERMINAL  FROM                  IDLE  LIMIT  LEFT  STATE   RULE     IN FRONT\n"
            "c3       alexandria  pts/3     gateway.example.org  4m12s     5m   48s  warned  admini+  postgresql-client\n");
}

TEST(TableWidth, CutsFurtherColumnsBeforeAnyIsLeftOut) {
  EXPECT_EQ(render_table({wide()}, kNow, 88),
            "SESSION  USER       TERMINAL  FROM           IDLE  LIMIT  LEFT  STATE   RULE    IN FRONT\n"
            "c3       alexandr+  pts/3     gateway.exa+  4m12s     5m   48s  warned  admin+  postgre+\n");
}

TEST(TableWidth, EightyColumnsLeaveOutTheLimitWhichIsTheSumOfTwo) {
  EXPECT_EQ(render_table({wide()}, kNow, 80),
            "SESSION  USER      TERMINAL  FROM           IDLE  LEFT  STATE   RULE    IN FRONT\n"
            "c3       alexand+  pts/3     gateway.exa+  4m12s   48s  warned  admin+  postgre+\n");
}

TEST(TableWidth, SixtyLeaveOutTheRuleAndWhereFromToo) {
  EXPECT_EQ(render_table({wide()}, kNow, 60),
            "SESSION  USER        TERMINAL   IDLE  LEFT  STATE   IN FRONT\n"
            "c3       alexandria  pts/3     4m12s   48s  warned  postgre+\n");
}
// clang-format on

TEST(TableWidth, IsNeverExceeded) {
  for (std::size_t width = 1; width < 130; ++width) {
    for (const std::string& line : lines(render_table({wide(), exempt_bob()}, kNow, width)))
      EXPECT_LE(line.size(), width);
  }
}

TEST(TableWidth, WhatFitsIsLeftAlone) {
  const std::string natural = render_table({wide()}, kNow, 0);
  EXPECT_EQ(render_table({wide()}, kNow, lines(natural)[1].size()), natural);
  EXPECT_EQ(natural.find('+'), std::string::npos);
}

// --- order ------------------------------------------------------------------

std::string order(std::vector<SessionInfo> sessions) {
  sort_sessions(sessions);
  std::string ids;
  for (const SessionInfo& session : sessions) ids += session.id + " ";
  return ids;
}

TEST(Order, IsByTheTimeLeftAndThoseThatStayComeLast) {
  EXPECT_EQ(order({with_id("never", {}), with_id("later", "2026-01-31T09:30:48Z"),
                   with_id("first", "2026-01-31T10:30:00+02:00"), with_id("odd", "soon")}),
            "first later odd never ");
}

TEST(Order, OfEqualsIsById) {
  EXPECT_EQ(order({with_id("c10", {}), with_id("c2", {}), with_id("7", {}), with_id("c1", {})}),
            "7 c1 c2 c10 ");
}

}  // namespace
}  // namespace idled::tools
