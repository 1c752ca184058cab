#include "base/duration.h"

#include <gtest/gtest.h>

namespace idled {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

TEST(ParseDuration, TakesSecondsAndUnits) {
  struct Case {
    const char* text;
    seconds value;
  };
  for (const Case& c : {Case{"0", seconds(0)},
                        {"300", minutes(5)},
                        {"300s", minutes(5)},
                        {"5m", minutes(5)},
                        {"1h30m", minutes(90)},
                        {"1d", hours(24)},
                        {"2d1h1m1s", seconds(176461)},
                        {"366d", kLongestDuration}}) {
    const Result<seconds> parsed = parse_duration(c.text);
    ASSERT_TRUE(parsed) << c.text << ": " << parsed.error().text;
    EXPECT_EQ(*parsed, c.value) << c.text;
  }
}

TEST(ParseDuration, SaysWhatWouldBeRight) {
  for (const char* text :
       {"", "5 m", "-5m", "5x", "m", "30m1h", "5m5m", "1h30", "1.5h", "0x10", "5M"}) {
    const Result<seconds> parsed = parse_duration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().text,
              std::string("'") + text +
                  "' is not a duration; write seconds or units, as in 300, 5m or 1h30m");
  }
}

TEST(ParseDuration, RefusesWhatIsTooLong) {
  for (const char* text : {"367d", "99999999999999999999999999", "366d1s"}) {
    const Result<seconds> parsed = parse_duration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().text.find("longer than the longest duration, 366d"), std::string::npos)
        << parsed.error().text;
  }
}

TEST(FormatDuration, IsTakenBack) {
  for (const int value : {0, 1, 59, 60, 61, 3600, 5400, 86400, 90061}) {
    const Result<seconds> back = parse_duration(format_duration(seconds(value)));
    ASSERT_TRUE(back) << value;
    EXPECT_EQ(back->count(), value);
  }
  EXPECT_EQ(format_duration(minutes(90)), "1h30m");
  EXPECT_EQ(format_duration(seconds(-3)), "0s");
}

TEST(FormatBrief, FitsAColumn) {
  EXPECT_EQ(format_brief(seconds(-1)), "0s");
  EXPECT_EQ(format_brief(seconds(45)), "45s");
  EXPECT_EQ(format_brief(seconds(299)), "4m59s");
  EXPECT_EQ(format_brief(seconds(7500)), "2h05m");
  EXPECT_EQ(format_brief(hours(76)), "3d04h");
}

TEST(FormatSpoken, ReadsAsASentence) {
  EXPECT_EQ(format_spoken(seconds(0)), "0 seconds");
  EXPECT_EQ(format_spoken(seconds(1)), "1 second");
  EXPECT_EQ(format_spoken(seconds(90)), "1 minute 30 seconds");
  EXPECT_EQ(format_spoken(hours(25)), "1 day 1 hour");
}

}  // namespace
}  // namespace idled
