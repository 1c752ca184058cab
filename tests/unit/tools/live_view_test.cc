#include "tools/live_view.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "tools/colour.h"
#include "tools/live_output.h"

#include "tests/unit/hostile_texts.h"

namespace idled::tools {
namespace {

using protocol::SessionInfo;

constexpr WallTime kNow{seconds(1769851800)};  // 2026-01-31T09:30:00Z

SessionInfo session(const std::string& id) {
  SessionInfo info;
  info.id = id;
  info.user = "alice";
  info.idle_seconds = 252;
  info.limit_seconds = 300;
  info.logout_at = "2026-01-31T09:30:48Z";
  info.state = "warned";
  info.rule = "defaults";
  info.terminals = {{"pts/3", 252, "vim"}};
  return info;
}

LiveView view_of(std::size_t sessions) {
  LiveView view;
  for (std::size_t i = 1; i <= sessions; ++i)
    view.sessions.push_back(session("c" + std::to_string(i)));
  view.all = sessions;
  view.heard_at = view.now = kNow;
  return view;
}

class Live : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

std::vector<std::string> texts(const LiveView& view, ScreenSize size = {}, bool colours = false) {
  std::vector<std::string> result;
  for (const ScreenLine& line : render_live(view, size, colours)) result.push_back(line.text);
  return result;
}

// --- the lines --------------------------------------------------------------

TEST_F(Live, IsAHeaderAndTheTable) {
  EXPECT_EQ(
      texts(view_of(1), {24, 100}),
      (std::vector<std::string>{
          "09:30:00  1 session", "",
          "SESSION  USER   TERMINAL  FROM   IDLE  LIMIT              LEFT  STATE   RULE      IN "
          "FRONT",
          "c1       alice  pts/3     -     4m12s     5m  #.........   48s  warned  defaults  "
          "vim"}));
}

TEST_F(Live, NobodyThereIsAHeader) {
  const auto lines = texts(view_of(0));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0], "09:30:00  0 sessions");
  EXPECT_TRUE(lines[2].starts_with("SESSION")) << lines[2];
}

TEST_F(Live, TheHeaderSaysHowManyOfHowManyAndWhy) {
  LiveView view = view_of(2);
  view.all = 40;
  view.filter = "user alice, idle over 3m";
  EXPECT_EQ(texts(view)[0], "09:30:00  2 of 40 sessions (user alice, idle over 3m)");
}

TEST_F(Live, WhatIsNoLongerToldIsSaidAndStandsStill) {
  LiveView view = view_of(1);
  view.now = kNow + seconds(30);
  view.trouble = "idled is not running\x1b[2J";
  const auto lines = texts(view, {24, 100});
  EXPECT_EQ(lines[0], "09:30:30  1 session");
  EXPECT_EQ(lines[1], "As of 09:30:00: idled is not running?[2J");
  EXPECT_NE(lines[4].find("  48s  "), std::string::npos) << lines[4];
  view.trouble = "";
  EXPECT_NE(texts(view, {24, 100})[3].find("  18s  "), std::string::npos);
}

TEST_F(Live, AWarningToTheOnlookerStandsOnTop) {
  LiveView view = view_of(1);
  view.warning = "This session will be logged out in 12s";
  EXPECT_EQ(texts(view)[1], view.warning);
  EXPECT_EQ(texts(view, {24, 80}, true)[1], "\x1b[1;31m" + view.warning + "\x1b[0m");
  EXPECT_EQ(texts(view, {24, 10})[1], "This sess+");
}

TEST_F(Live, MoreThanFitIsCounted) {
  EXPECT_EQ(texts(view_of(5), {8, 80}).back().substr(0, 2), "c5");
  const auto lines = texts(view_of(6), {8, 80});
  ASSERT_EQ(lines.size(), 8U);
  EXPECT_EQ(lines[6].substr(0, 2), "c4");
  EXPECT_EQ(lines[7], "... 2 more sessions");
  EXPECT_EQ(texts(view_of(1000), {8, 80}).back(), "... 996 more sessions");
}

TEST_F(Live, ATerminalMoreThanFitIsNoSession) {
  LiveView view = view_of(1);
  for (int i = 0; i < 10; ++i) view.sessions[0].terminals.push_back({"pts/9", 600, "sh"});
  EXPECT_EQ(texts(view, {8, 80}).back(), "... 7 more lines");
  view = view_of(1);
  view.sessions.push_back(view.sessions[0]);
  view.sessions[0].terminals.push_back({"pts/9", 600, "sh"});
  EXPECT_EQ(texts(view, {5, 80}).back(), "... 1 more session");
}

TEST_F(Live, NeverExceedsTheScreen) {
  LiveView view = view_of(9);
  view.sessions[0].hold = "held by root until 2026-01-31T12:00:00+00:00: the restore of db2";
  view.filter = "user alice, idle over 3m, warned or held";
  for (const char* trouble : {"", "idled is not running (cannot connect to /run/idled/socket)"}) {
    view.trouble = trouble;
    for (std::size_t rows = 1; rows < 20; ++rows) {
      for (std::size_t columns = 1; columns < 120; ++columns) {
        const auto lines = render_live(view, {rows, columns}, false);
        EXPECT_LE(lines.size(), rows);
        for (const ScreenLine& line : lines) {
          EXPECT_LE(line.text.size(), columns);
          EXPECT_EQ(line.text.size(), line.columns);
        }
      }
    }
  }
}

TEST_F(Live, ShowsNothingThatATerminalWouldObey) {
  for (const std::string& text : testing::hostile_texts()) {
    LiveView view = view_of(1);
    SessionInfo& info = view.sessions[0];
    info.id = info.user = info.state = info.rule = info.opened_at = text;
    info.remote_host = info.logout_at = info.logout_cause = info.hold = text;
    info.terminals = {{text, 3, text}};
    view.trouble = text;
    for (const std::string& line : texts(view)) EXPECT_TRUE(testing::is_safe(line, "")) << line;
  }
}

TEST_F(Live, ColoursTakeNoColumn) {
  LiveView view = view_of(9);
  view.trouble = "idled is not running";
  const auto plain = render_live(view, {10, 80}, false);
  const auto coloured = render_live(view, {10, 80}, true);
  ASSERT_EQ(plain.size(), coloured.size());
  for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_EQ(plain[i].columns, coloured[i].columns);
  EXPECT_EQ(coloured[0].text, "\x1b[1m09:30:00  9 sessions\x1b[0m");
  EXPECT_EQ(coloured[1].text, "\x1b[1;31mAs of 09:30:00: idled is not running\x1b[0m");
}

// --- the bytes ----------------------------------------------------------------

TEST(Draw, GoesHomeAndErasesWhatStandsBehindAndBelow) {
  EXPECT_EQ(draw({{"one", 3}, {"", 0}, {"two", 3}}, {5, 80}),
            "\x1b[Hone\x1b[K\r\n\x1b[K\r\ntwo\x1b[K\r\n\x1b[J");
}

TEST(Draw, DoesNotScrollAFullScreen) {
  EXPECT_EQ(draw({{"one", 3}, {"two", 3}}, {2, 80}), "\x1b[Hone\x1b[K\r\ntwo\x1b[K");
}

// The cursor is still on the last column then.
TEST(Draw, DoesNotEraseTheEndOfAFullLine) {
  EXPECT_EQ(draw({{"four", 4}, {"\x1b[1mfour\x1b[0m", 4}}, {2, 4}),
            "\x1b[Hfour\r\n\x1b[1mfour\x1b[0m");
}

TEST(Draw, NothingIsAnEmptyScreen) {
  EXPECT_EQ(draw({}, {2, 4}), "\x1b[H\x1b[J");
}

// --- where it is no screen -------------------------------------------------------

TEST_F(Live, InAPipeIsOneTableAfterTheOther) {
  std::ostringstream out;
  std::ostringstream err;
  LivePlain plain(out, err, 0, false);
  plain.show(view_of(1));
  plain.show(view_of(0));
  EXPECT_EQ(
      out.str(),
      "SESSION  USER   TERMINAL  FROM   IDLE  LIMIT              LEFT  STATE   RULE      IN "
      "FRONT\n"
      "c1       alice  pts/3     -     4m12s     5m  #.........   48s  warned  defaults  vim\n"
      "\n"
      "SESSION  USER  TERMINAL  FROM  IDLE  LIMIT  LEFT  STATE  RULE  IN FRONT\n");
  EXPECT_EQ(err.str(), "");
}

TEST_F(Live, InAPipeTroubleIsToldBesidesAndOnce) {
  std::ostringstream out;
  std::ostringstream err;
  LivePlain plain(out, err, 0, false);
  LiveView lost = view_of(1);
  lost.trouble = "idled is not running";
  plain.show(lost);
  plain.show(lost);
  EXPECT_EQ(out.str(), "");
  EXPECT_EQ(err.str(), "idlectl: idled is not running\n");
  plain.show(view_of(0));
  plain.show(lost);
  EXPECT_EQ(err.str(), "idlectl: idled is not running\nidlectl: idled is not running\n");
}

TEST_F(Live, APipeThatNobodyReadsIsLeft) {
  std::ostringstream out;
  std::ostringstream err;
  LivePlain plain(out, err, 0, false);
  out.setstate(std::ios::badbit);
  EXPECT_EQ(plain.wait_until(std::chrono::steady_clock::time_point::max()),
            LiveOutput::Event::kLeave);
}

// --- colours ------------------------------------------------------------------

TEST(Colours, AreForTerminalsThatCanAndUsersThatWant) {
  EXPECT_TRUE(wants_colours(true, nullptr, "xterm"));
  EXPECT_TRUE(wants_colours(true, "", "xterm"));
  EXPECT_FALSE(wants_colours(true, "1", "xterm"));
  EXPECT_FALSE(wants_colours(true, nullptr, "dumb"));
  EXPECT_FALSE(wants_colours(true, nullptr, ""));
  EXPECT_FALSE(wants_colours(true, nullptr, nullptr));
  EXPECT_FALSE(wants_colours(false, nullptr, "xterm"));
}

TEST(Colours, AreNotNeededToRedraw) {
  EXPECT_TRUE(can_redraw(true, "vt100"));
  EXPECT_FALSE(can_redraw(true, "dumb"));
  EXPECT_FALSE(can_redraw(false, "xterm"));
}

}  // namespace
}  // namespace idled::tools
