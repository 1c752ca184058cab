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

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> result;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

TEST(Table, NamesATerminalWhoseTimesAreForged) {
  SessionInfo session = alice();
  session.terminals[0].forged = true;
  EXPECT_NE(render_table({session}, kNow, {}).find("pts/3 (forged)"), std::string::npos);
  EXPECT_EQ(render_table({alice()}, kNow, {}).find("forged"), std::string::npos);
}

TEST(Table, ShowsASessionAndWhatIsNotKnown) {
  EXPECT_EQ(render_table({alice(), exempt_bob()}, kNow, {}),
            "SESSION  USER   TERMINAL  FROM        IDLE  LIMIT  LEFT  STATE   RULE      IN FRONT\n"
            "c3       alice  pts/3     192.0.2.7  4m12s     5m   48s  warned  defaults  vim\n"
            "12       bob    -         -              -      -     -  exempt  backup    -\n");
}

TEST(Table, WithoutSessionsIsItsHeader) {
  EXPECT_EQ(render_table({}, kNow, {}),
            "SESSION  USER  TERMINAL  FROM  IDLE  LIMIT  LEFT  STATE  RULE  IN FRONT\n");
}

TEST(Table, FurtherTerminalsGetALineEach) {
  SessionInfo session = alice();
  session.terminals = {{"pts/9", 7200, "bash"}, {"pts/3", 252, "vim"}, {"pts/10", {}, {}}};
  EXPECT_EQ(render_table({session}, kNow, {}),
            "SESSION  USER   TERMINAL  FROM        IDLE  LIMIT  LEFT  STATE   RULE      IN FRONT\n"
            "c3       alice  pts/3     192.0.2.7  4m12s     5m   48s  warned  defaults  vim\n"
            "                pts/9                2h00m                                 bash\n"
            "                pts/10                   -                                 -\n");
}

// The wire may know better than the terminal: IDLE and LEFT must make LIMIT.
TEST(Table, TheFirstLineHasTheIdleTimeOfTheSession) {
  SessionInfo session = alice();
  session.terminals[0].idle_seconds = 10;
  EXPECT_NE(lines(render_table({session}, kNow, {}))[1].find("4m12s     5m   48s"),
            std::string::npos);
}

TEST(Table, ALogoutThatIsDueOrOverdueHasNothingLeft) {
  SessionInfo session = alice();
  session.logout_at = "2026-01-31T09:29:00Z";
  EXPECT_NE(lines(render_table({session}, kNow, {}))[1].find(" 0s  warned"), std::string::npos);
}

TEST(Table, ATimeThatCannotBeReadIsNotKnown) {
  SessionInfo session = alice();
  session.logout_at = "soon";
  EXPECT_NE(lines(render_table({session}, kNow, {}))[1].find(" -  warned"), std::string::npos);
}

TEST(Table, LimitsAreRoundIfTheyCanBe) {
  SessionInfo session = alice();
  session.limit_seconds = 5400;
  EXPECT_NE(render_table({session}, kNow, {}).find("1h30m"), std::string::npos);
  session.limit_seconds = 90061;
  EXPECT_NE(render_table({session}, kNow, {}).find("1d01h"), std::string::npos);
}

TEST(Table, CarriesNothingUnprintable) {
  SessionInfo session = alice();
  session.id = "c\x1b[2J3";
  session.user = "al\nice";
  session.remote_host = "h\xc2\x9bost";
  session.rule = "r\tule";
  session.state = "\x07";
  session.terminals = {{"pts\r3", 0, "\x1b]0;x\x07"}};
  const std::string text = render_table({session}, kNow, {});
  EXPECT_EQ(lines(text).size(), 2U);
  for (const char c : text) EXPECT_TRUE((c >= ' ' && c <= '~') || c == '\n') << int(c);
}

TEST(Table, NumbersFromAMadDaemonDoNoHarm) {
  SessionInfo session = alice();
  session.idle_seconds = INT64_MIN;
  session.limit_seconds = INT64_MAX;
  session.terminals = {{"pts/1", INT64_MAX, "a"}, {"pts/2", INT64_MIN, "b"}};
  EXPECT_EQ(lines(render_table({session}, kNow, {40})).size(), 3U);
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
  EXPECT_EQ(render_table({wide()}, kNow, {106}),
            "SESSION  USER        TERMINAL  FROM                  IDLE  LIMIT  LEFT  STATE   RULE     IN FRONT\n"
            "c3       alexandria  pts/3     gateway.example.org  4m12s     5m   48s  warned  admini+  postgresql-client\n");
}

TEST(TableWidth, CutsFurtherColumnsBeforeAnyIsLeftOut) {
  EXPECT_EQ(render_table({wide()}, kNow, {88}),
            "SESSION  USER       TERMINAL  FROM           IDLE  LIMIT  LEFT  STATE   RULE    IN FRONT\n"
            "c3       alexandr+  pts/3     gateway.exa+  4m12s     5m   48s  warned  admin+  postgre+\n");
}

TEST(TableWidth, EightyColumnsLeaveOutTheLimitWhichIsTheSumOfTwo) {
  EXPECT_EQ(render_table({wide()}, kNow, {80}),
            "SESSION  USER      TERMINAL  FROM           IDLE  LEFT  STATE   RULE    IN FRONT\n"
            "c3       alexand+  pts/3     gateway.exa+  4m12s   48s  warned  admin+  postgre+\n");
}

TEST(TableWidth, SixtyLeaveOutTheRuleAndWhereFromToo) {
  EXPECT_EQ(render_table({wide()}, kNow, {60}),
            "SESSION  USER        TERMINAL   IDLE  LEFT  STATE   IN FRONT\n"
            "c3       alexandria  pts/3     4m12s   48s  warned  postgre+\n");
}
// clang-format on

TEST(TableWidth, IsNeverExceeded) {
  for (std::size_t width = 1; width < 130; ++width) {
    for (const std::string& line : lines(render_table({wide(), exempt_bob()}, kNow, {width})))
      EXPECT_LE(line.size(), width);
  }
}

TEST(TableWidth, WhatFitsIsLeftAlone) {
  const std::string natural = render_table({wide()}, kNow, {});
  EXPECT_EQ(render_table({wide()}, kNow, {lines(natural)[1].size()}), natural);
  EXPECT_EQ(natural.find('+'), std::string::npos);
}

// --- bars, causes and holds --------------------------------------------------

// clang-format off
TEST(TableBars, ShowHowMuchOfTheLimitIsLeft) {
  SessionInfo bob = exempt_bob();
  EXPECT_EQ(render_table({alice(), bob}, kNow, {0, true}),
            "SESSION  USER   TERMINAL  FROM        IDLE  LIMIT              LEFT  STATE   RULE      IN FRONT\n"
            "c3       alice  pts/3     192.0.2.7  4m12s     5m  #.........   48s  warned  defaults  vim\n"
            "12       bob    -         -              -      -                 -  exempt  backup    -\n");
}

TEST(TableBars, AreShorterBeforeAColumnIsLeftOutAndGoBeforeTheState) {
  EXPECT_EQ(render_table({wide()}, kNow, {80, true}),
            "SESSION  USER       TERMINAL  FROM           IDLE         LEFT  STATE   IN FRONT\n"
            "c3       alexandr+  pts/3     gateway.exa+  4m12s  #....   48s  warned  postgre+\n");
  EXPECT_EQ(render_table({wide()}, kNow, {60, true}),
            "SESSION  USER        TERMINAL   IDLE  LEFT  STATE   IN FRONT\n"
            "c3       alexandria  pts/3     4m12s   48s  warned  postgre+\n");
}
// clang-format on

std::string bar_of(const SessionInfo& session) {
  const std::string line = lines(render_table({session}, kNow, {0, true}))[1];
  const std::size_t begin = line.find_first_of("#.", line.find(" 5m "));
  return begin == std::string::npos ? "" : line.substr(begin, line.find(' ', begin) - begin);
}

SessionInfo with_left(const std::string& logout_at) {
  SessionInfo session = alice();
  session.rule = session.terminals[0].name = "x";
  session.remote_host = {};
  session.logout_at = logout_at;
  return session;
}

TEST(TableBars, AreFullOnlyWithAllAndEmptyOnlyWithNothingLeft) {
  EXPECT_EQ(bar_of(with_left("2026-01-31T09:35:00Z")), "##########");
  EXPECT_EQ(bar_of(with_left("2026-01-31T09:34:59Z")), "#########.");
  EXPECT_EQ(bar_of(with_left("2026-01-31T09:32:30Z")), "#####.....");
  EXPECT_EQ(bar_of(with_left("2026-01-31T09:30:01Z")), "#.........");
  EXPECT_EQ(bar_of(with_left("2026-01-31T09:30:00Z")), "..........");
}

TEST(TableBars, OfWhatIsOverdueOrHeldStayWithinTheirWidth) {
  EXPECT_EQ(bar_of(with_left("2026-01-31T08:00:00Z")), "..........");
  EXPECT_EQ(bar_of(with_left("2026-01-31T19:30:00Z")), "##########");
}

TEST(TableBars, OfACapShowHowMuchOfTheWholeSessionIsLeft) {
  SessionInfo session = with_left("2026-01-31T10:00:00Z");
  session.logout_cause = "cap";
  session.opened_at = "2026-01-31T08:30:00Z";
  EXPECT_EQ(bar_of(session), "###.......");
}

TEST(TableBars, OfAKickSayNothing) {
  SessionInfo session = with_left("2026-01-31T09:32:30Z");
  session.logout_cause = "kick";
  EXPECT_EQ(bar_of(session), "");
}

TEST(TableBars, OfAMadDaemonDoNoHarm) {
  SessionInfo session = with_left("9999-12-31T23:59:59Z");
  for (const std::int64_t limit : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, INT64_MAX}) {
    session.limit_seconds = limit;
    for (const char* opened : {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "then"}) {
      session.opened_at = opened;
      session.logout_cause = limit == 0 ? "cap" : "idle";
      EXPECT_EQ(lines(render_table({session}, kNow, {0, true})).size(), 2U);
    }
  }
}

// clang-format off
TEST(TableCause, StandsBehindTheTimeLeftWhereItIsNotIdleness) {
  SessionInfo capped = alice();
  capped.logout_cause = "cap";
  SessionInfo idle = alice();
  idle.logout_cause = "idle";
  EXPECT_EQ(render_table({capped, idle}, kNow, {}),
            "SESSION  USER   TERMINAL  FROM        IDLE  LIMIT  LEFT      STATE   RULE      IN FRONT\n"
            "c3       alice  pts/3     192.0.2.7  4m12s     5m   48s cap  warned  defaults  vim\n"
            "c3       alice  pts/3     192.0.2.7  4m12s     5m   48s      warned  defaults  vim\n");
}

TEST(TableHold, StandsBelowWhatItKeeps) {
  SessionInfo session = alice();
  session.hold = "held by root until 2026-01-31T12:00:00+00:00: rest\x1b[2Jore";
  session.terminals.push_back({"pts/4", 3, "sh"});
  EXPECT_EQ(render_table({session}, kNow, {}),
            "SESSION  USER   TERMINAL  FROM        IDLE  LIMIT  LEFT  STATE   RULE      IN FRONT\n"
            "c3       alice  pts/3     192.0.2.7  4m12s     5m   48s  warned  defaults  vim\n"
            "                pts/4                   3s                                 sh\n"
            "         held by root until 2026-01-31T12:00:00+00:00: rest?[2Jore\n");
  EXPECT_EQ(lines(render_table({session}, kNow, {40}))[3], "         held by root until 2026-01-31T+");
}
// clang-format on

// --- colours ------------------------------------------------------------------

std::string without_escapes(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b')
      i = text.find('m', i);
    else
      plain += text[i];
  }
  return plain;
}

TEST(TableColour, IsOnWhatTellsTheEndAndEndsThere) {
  EXPECT_EQ(table_lines({alice()}, kNow, {0, false, true})[1].text,
            "c3       alice  pts/3     192.0.2.7  4m12s     5m  \x1b[1;33m 48s\x1b[0m  "
            "\x1b[1;33mwarned\x1b[0m  defaults  vim");
}

TEST(TableColour, OfActiveSessionsIsTheirTerminals) {
  SessionInfo session = alice();
  session.state = "active";
  EXPECT_EQ(render_table({session}, kNow, {0, true, true}),
            render_table({session}, kNow, {0, true}));
}

TEST(TableColour, ChangesNoLayoutAtAnyWidth) {
  std::vector<SessionInfo> sessions{wide(), exempt_bob(), alice()};
  sessions[2].state = "held";
  sessions[2].hold = "held by root until 2026-01-31T12:00:00+00:00";
  sessions[2].logout_cause = "cap";
  for (std::size_t width = 1; width < 130; ++width) {
    const auto plain = table_lines(sessions, kNow, {width, true, false});
    const auto coloured = table_lines(sessions, kNow, {width, true, true});
    ASSERT_EQ(plain.size(), coloured.size());
    for (std::size_t i = 0; i < plain.size(); ++i) {
      EXPECT_EQ(without_escapes(coloured[i].text), plain[i].text) << width;
      EXPECT_EQ(coloured[i].columns, plain[i].text.size());
      EXPECT_LE(plain[i].text.size(), width);
    }
  }
}

}  // namespace
}  // namespace idled::tools
