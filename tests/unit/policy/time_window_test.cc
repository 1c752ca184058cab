#include "policy/time_window.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace idled::policy {
namespace {

using namespace std::chrono_literals;
using std::chrono::Friday;
using std::chrono::Monday;
using std::chrono::Saturday;
using std::chrono::Sunday;
using std::chrono::Thursday;
using std::chrono::Tuesday;
using std::chrono::Wednesday;
using std::chrono::weekday;

TimeWindow window(std::string_view text) {
  const Result<TimeWindow> parsed = parse_time_window(text);
  EXPECT_TRUE(parsed) << parsed.error().text;
  return parsed ? *parsed : TimeWindow{};
}

struct Case {
  std::string_view window;
  weekday day;
  minutes time;
  bool contains;
};

TEST(TimeWindow, Contains) {
  const Case kCases[] = {
      // the first minute is in, the last is out
      {"Mon-Fri 08:00-18:00", Monday, 8h, true},
      {"Mon-Fri 08:00-18:00", Monday, 8h - 1min, false},
      {"Mon-Fri 08:00-18:00", Friday, 18h - 1min, true},
      {"Mon-Fri 08:00-18:00", Friday, 18h, false},
      {"Mon-Fri 08:00-18:00", Saturday, 12h, false},
      {"08:00-18:00", Sunday, 12h, true},
      {"18:00-24:00", Sunday, 24h - 1min, true},
      {"00:00-24:00", Sunday, 0h, true},
      // days alone
      {"Sat,Sun", Saturday, 0h, true},
      {"Sat,Sun", Sunday, 24h - 1min, true},
      {"Sat,Sun", Monday, 0h, false},
      {"Mon,Wed-Thu 10:00-11:00", Tuesday, 10h, false},
      {"Mon,Wed-Thu 10:00-11:00", Thursday, 10h, true},
      // round the week
      {"Sat-Mon 08:00-18:00", Sunday, 12h, true},
      {"Sat-Mon 08:00-18:00", Monday, 12h, true},
      {"Sat-Mon 08:00-18:00", Tuesday, 12h, false},
      // past midnight: they belong to the day they begin on
      {"Fri 22:00-06:00", Friday, 22h, true},
      {"Fri 22:00-06:00", Saturday, 6h - 1min, true},
      {"Fri 22:00-06:00", Saturday, 6h, false},
      {"Fri 22:00-06:00", Friday, 5h, false},
      {"Fri 22:00-06:00", Saturday, 22h, false},
      {"Sun 22:00-06:00", Monday, 5h, true},
      // over a weekend
      {"Fri 18:00-Mon 08:00", Friday, 18h - 1min, false},
      {"Fri 18:00-Mon 08:00", Friday, 18h, true},
      {"Fri 18:00-Mon 08:00", Sunday, 12h, true},
      {"Fri 18:00-Mon 08:00", Monday, 8h - 1min, true},
      {"Fri 18:00-Mon 08:00", Monday, 8h, false},
      {"Fri 18:00-Mon 08:00", Wednesday, 12h, false},
      {"Mon 08:00-Mon 10:00", Monday, 9h, true},
      {"Mon 08:00-Mon 10:00", Sunday, 9h, false},
      {"Mon 08:00-Mon 07:00", Sunday, 9h, true},
      {"Mon 08:00-Mon 07:00", Monday, 7h + 30min, false},
      // how it may be written
      {"monday - FRIDAY  8:00 - 18:00", Tuesday, 9h, true},
      {"Thurs 08:00-09:00", Thursday, 8h, true},
  };
  for (const Case& each : kCases)
    EXPECT_EQ(window(each.window).contains(local_time(each.day, each.time)), each.contains)
        << each.window << " at " << each.time.count() << " min of day " << each.day.c_encoding();
}

TEST(TimeWindow, RefusesWhatIsNone) {
  const std::pair<const char*, const char*> kCases[] = {
      {"Mo", "'Mo' is not a day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun"},
      {"Mondays", "'Mondays' is not a day; write Mon, Tue, Wed, Thu, Fri, Sat or Sun"},
      {"Mon-Fri 8-18", "'8' is not a time of day; write it as in 08:00"},
      {"8:0-9:00", "'8:0' is not a time of day; write it as in 08:00"},
      {"08:00-25:00", "'25:00' is not a time of day; it goes from 00:00 to 24:00"},
      {"08:00-24:01", "'24:01' is not a time of day; it goes from 00:00 to 24:00"},
      {"08:60-09:00", "'08:60' is not a time of day; it goes from 00:00 to 24:00"},
      {"24:00-08:00", "a time begins at 00:00, not at 24:00"},
      {"08:00", "'08:00' lacks its end; write it as in '08:00-18:00'"},
      {"08:00-", "'08:00-' lacks a time; write it as in '08:00-18:00'"},
      {"08:00-08:00", "'08:00-08:00' ends where it begins; write 00:00-24:00 for a whole day"},
      {"Mon 08:00-Mon 08:00", "'Mon 08:00-Mon 08:00' ends where it begins"},
      {"Mon-Tue 08:00-Fri 09:00",
       "'Mon-Tue 08:00-Fri 09:00' begins on several days, so it cannot end on one"},
      {"08:00-18:00 Mon", "'08:00-18:00 Mon' is not a time; write it as in 'Mon-Fri 08:00-18:00'"},
      {"Mon-", "'Mon-' is not a time; write it as in 'Mon-Fri 08:00-18:00'"},
      {"Mon,", "'Mon,' is not a time; write it as in 'Mon-Fri 08:00-18:00'"},
      {"Mon & Tue", "'Mon & Tue' is not a time; write it as in 'Mon-Fri 08:00-18:00'"},
      {"", "'' lacks a time; write it as in '08:00-18:00'"},
  };
  for (const auto& [text, message] : kCases) {
    const Result<TimeWindow> parsed = parse_time_window(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().text, message) << text;
  }
}

TEST(TimeWindow, SaysWhenItChanges) {
  const TimeWindow work = window("Mon-Fri 08:00-18:00");
  EXPECT_EQ(work.until_change(local_time(Monday, 7h)), 1h);
  EXPECT_EQ(work.until_change(local_time(Monday, 8h)), 10h);
  EXPECT_EQ(work.until_change(local_time(Friday, 18h)), 62h);
  const TimeWindow sunday = window("Sun");
  EXPECT_EQ(sunday.until_change(local_time(Monday, 0h)), 6 * 24h);
  EXPECT_EQ(sunday.until_change(local_time(Sunday, 0h)), 24h);
  EXPECT_EQ(window("Fri 18:00-Mon 08:00").until_change(local_time(Sunday, 8h)), 24h);
  EXPECT_EQ(window("Mon 08:00-Mon 07:00").until_change(local_time(Sunday, 8h)), 23h);
}

// By brute force: between now and the change that is announced nothing changes.
TEST(TimeWindow, AnnouncesEveryChange) {
  for (const char* text : {"Mon-Fri 08:00-18:00", "22:00-06:00", "Fri 18:00-Mon 08:00", "Sat,Sun",
                           "Mon 08:00-Mon 07:00", "Wed 00:00-24:00", "Sun 23:59-00:01"}) {
    const TimeWindow each = window(text);
    bool before = each.contains(local_time(Monday, 0min));
    sys_seconds announced =
        local_time(Monday, 0min).instant + each.until_change(local_time(Monday, 0min));
    for (minutes at = 1min; at < 14 * 24h; ++at) {
      const LocalTime now = local_time(Monday, at);
      const bool inside = each.contains(now);
      EXPECT_TRUE(inside == before || now.instant == announced) << text << " " << at.count();
      if (now.instant >= announced) announced = now.instant + each.until_change(now);
      before = inside;
    }
  }
}

// Central Europe: on 2026-03-29 01:00Z 02:00 becomes 03:00, on 2026-10-25 01:00Z
// 03:00 becomes 02:00.
seconds central_europe(sys_seconds at) {
  using namespace std::chrono;
  constexpr sys_seconds kSummer = sys_days(2026y / March / 29) + 1h;
  constexpr sys_seconds kWinter = sys_days(2026y / October / 25) + 1h;
  return at >= kSummer && at < kWinter ? 2h : 1h;
}

LocalTime in_march(minutes after_midnight_utc) {
  using namespace std::chrono;
  return local_time(sys_days(2026y / March / 29) + after_midnight_utc, central_europe);
}

LocalTime in_october(minutes after_midnight_utc) {
  using namespace std::chrono;
  return local_time(sys_days(2026y / October / 25) + after_midnight_utc, central_europe);
}

TEST(TimeWindow, ASkippedTimeIsTheLaterReading) {
  // 02:30 does not exist; it is 03:30, which is 01:30Z.
  const TimeWindow opens = window("Sun 02:30-05:00");
  EXPECT_FALSE(opens.contains(in_march(1h)));          // 03:00
  EXPECT_FALSE(opens.contains(in_march(1h + 29min)));  // 03:29
  EXPECT_TRUE(opens.contains(in_march(1h + 30min)));
  EXPECT_EQ(opens.until_change(in_march(0h)), 90min);
  const TimeWindow closes = window("Sun 01:00-02:30");
  EXPECT_TRUE(closes.contains(in_march(1h + 29min)));
  EXPECT_FALSE(closes.contains(in_march(1h + 30min)));
  // Beside the gap all is as ever, though the time until then is an hour shorter.
  EXPECT_TRUE(window("Sun 03:00-05:00").contains(in_march(1h)));
  EXPECT_EQ(window("Sun 08:00-09:00").until_change(in_march(0h)), 6h);
  EXPECT_EQ(window("Sat 20:00-09:00").until_change(in_march(0h)), 7h);
}

TEST(TimeWindow, ARepeatedTimeIsTheLaterReading) {
  // 02:30 comes at 00:30Z and again at 01:30Z.
  const TimeWindow opens = window("Sun 02:30-05:00");
  EXPECT_FALSE(opens.contains(in_october(45min)));       // 02:45, the first
  EXPECT_FALSE(opens.contains(in_october(1h + 15min)));  // 02:15, the second
  EXPECT_TRUE(opens.contains(in_october(1h + 30min)));
  EXPECT_EQ(opens.until_change(in_october(0h)), 90min);
  const TimeWindow closes = window("Sun 01:00-02:30");
  EXPECT_TRUE(closes.contains(in_october(45min)));
  EXPECT_TRUE(closes.contains(in_october(1h + 29min)));
  EXPECT_FALSE(closes.contains(in_october(1h + 30min)));
  EXPECT_EQ(window("Sun 08:00-09:00").until_change(in_october(0h)), 7h);
}

// Through both changes, second by second steps of five minutes: what is announced is
// what happens.
TEST(TimeWindow, AnnouncesEveryChangeAcrossAClockChange) {
  for (const char* text : {"Sun 02:30-05:00", "Sun 01:00-02:30", "02:00-03:00", "Sat,Sun",
                           "Sat 22:00-02:45", "Sun 02:15-02:45", "Fri 18:00-Mon 08:00"}) {
    for (LocalTime (*on)(minutes) : {in_march, in_october}) {
      const TimeWindow each = window(text);
      LocalTime now = on(-48h);
      bool before = each.contains(now);
      sys_seconds announced = now.instant + each.until_change(now);
      for (minutes at = -48h; at < 48h; at += 5min) {
        now = on(at);
        if (each.contains(now) != before) {
          EXPECT_EQ(now.instant, announced) << text << " " << at.count();
        }
        before = each.contains(now);
        if (now.instant >= announced) announced = now.instant + each.until_change(now);
      }
    }
  }
}

// Where 23:30 on Saturday becomes 00:30 on Sunday, 23:45 is 00:45.
TEST(TimeWindow, ASkippedTimeMayBeTheNextDay) {
  using namespace std::chrono;
  static constexpr sys_seconds kMidnight = sys_days(2026y / March / 29);
  const auto offset_at = [](sys_seconds at) {
    return at < kMidnight - 30min ? seconds(0) : seconds(3600);
  };
  const auto at = [&](minutes time) { return local_time(kMidnight + time, offset_at); };
  const TimeWindow evening = window("Sat 20:00-23:45");
  EXPECT_EQ(evening.until_change(at(-2h)), 105min);
  EXPECT_TRUE(evening.contains(at(-16min)));  // 00:44
  EXPECT_EQ(evening.until_change(at(-16min)), 1min);
  EXPECT_FALSE(evening.contains(at(-15min)));
}

TEST(LocalTime, FindsTheChangeNearby) {
  using namespace std::chrono;
  const sys_seconds change = sys_days(2026y / March / 29) + 1h;
  for (const seconds away : {seconds(-days(2)) + 2s, seconds(-1s), 0s, 1s, seconds(days(8))}) {
    const LocalTime now = local_time(change - away, central_europe);
    ASSERT_TRUE(now.change) << away.count();
    EXPECT_EQ(now.change->at, change);
    EXPECT_EQ(now.change->before, 1h);
    EXPECT_EQ(now.change->after, 2h);
  }
  EXPECT_FALSE(local_time(change - days(10), central_europe).change);
  EXPECT_FALSE(local_time(change + days(3), central_europe).change);
  EXPECT_EQ(local_time(change, central_europe).shown(), local_days(2026y / March / 29) + 3h);
}

}  // namespace
}  // namespace idled::policy
