#include "tools/point_in_time.h"

#include <gtest/gtest.h>

namespace idled::tools {
namespace {

using namespace std::chrono_literals;
using policy::sys_seconds;
using std::chrono::sys_days;
using std::chrono::year;

// Berlin: +1 h, and +2 h from 2026-03-29T01:00Z to 2026-10-25T01:00Z.
seconds berlin(sys_seconds at) {
  const bool summer =
      at >= sys_days(year(2026) / 3 / 29) + 1h && at < sys_days(year(2026) / 10 / 25) + 1h;
  return summer ? 2h : 1h;
}

// Wednesday, 2026-01-14 at 12:00 in Berlin.
const sys_seconds kNoon = sys_days(year(2026) / 1 / 14) + 11h;

Result<sys_seconds> parse(std::string_view text) {
  return parse_point_in_time(text, policy::local_time(kNoon, berlin), berlin);
}

TEST(PointInTime, ReadsWhatPeopleWrite) {
  const std::pair<const char*, sys_seconds> cases[] = {
      {"18:00", sys_days(year(2026) / 1 / 14) + 17h},
      {"08:00", sys_days(year(2026) / 1 / 14) + 7h},
      {"08:00:30", sys_days(year(2026) / 1 / 14) + 7h + 30s},
      {"Wed 08:00", sys_days(year(2026) / 1 / 14) + 7h},
      {"tuesday 23:59", sys_days(year(2026) / 1 / 20) + 22h + 59min},
      {"Sun 00:00", sys_days(year(2026) / 1 / 17) + 23h},
      {"2026-07-01 12:00", sys_days(year(2026) / 7 / 1) + 10h},
      {"2026-07-01T12:00:01", sys_days(year(2026) / 7 / 1) + 10h + 1s},
      {"2026-07-01T12:00:00Z", sys_days(year(2026) / 7 / 1) + 12h},
      {"2026-07-01T12:00:00-05:00", sys_days(year(2026) / 7 / 1) + 17h},
      // It comes twice: the second time; never: half past three in summer.
      {"2026-10-25 02:30", sys_days(year(2026) / 10 / 25) + 1h + 30min},
      {"2026-03-29 02:30", sys_days(year(2026) / 3 / 29) + 1h + 30min},
  };
  for (const auto& [text, instant] : cases) {
    const auto parsed = parse(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().text;
    EXPECT_EQ(*parsed, instant) << text;
  }
}

TEST(PointInTime, RefusesTheRest) {
  for (const char* text :
       {"", "soon", "24:00", "12:60", "8:00", "12:00:61", "12:00 ", " 12:00", "Mo 12:00", "Mon",
        "Mon  12:00", "2026-02-30 12:00", "2026-01-14", "2026-1-14 12:00", "12:00x"}) {
    const auto parsed = parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().text.find("write it as in 18:00"), std::string::npos);
  }
}

}  // namespace
}  // namespace idled::tools
