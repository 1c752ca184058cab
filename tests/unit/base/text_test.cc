#include "base/text.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <ctime>

namespace idled {
namespace {

TEST(Printable, LeavesNoEscape) {
  EXPECT_EQ(printable("alice"), "alice");
  EXPECT_EQ(printable("\x1b[31mred\x07\r\n"), "?[31mred???");
  EXPECT_EQ(printable("caf\xc3\xa9\x7f"), "caf???");
  EXPECT_EQ(printable(std::string(300, 'x'), 10), "xxxxxxx...");
  EXPECT_EQ(printable("0123456789", 10), "0123456789");
}

TEST(FillLines, HidesWhatWasThereAndWrapsNothing) {
  EXPECT_EQ(fill_lines("\r\n\aab\r\n", 6), "\r\n\aab   \r\n");
  EXPECT_EQ(fill_lines("abcd\r\nabcde\r\nabcdef\r\nx", 6), "abcd \r\nabcde\r\nabcdef\r\nx    ");
  EXPECT_EQ(fill_lines("ab\r\n", 1), "ab\r\n");
  EXPECT_EQ(fill_lines("", 80), "");
}

TEST(Nearest, FindsWhatWasMeant) {
  constexpr std::array<std::string_view, 3> kNames{"idle", "warn", "never_interrupt"};
  EXPECT_EQ(nearest("idel", kNames), "");  // two of four letters differ: too far to guess
  EXPECT_EQ(nearest("Idle", kNames), "idle");
  EXPECT_EQ(nearest("idles", kNames), "idle");
  EXPECT_EQ(nearest("never_interupt", kNames), "never_interrupt");
  EXPECT_EQ(nearest("colour", kNames), "");
}

TEST(FormatRfc3339, HasTheOffset) {
  setenv("TZ", "Europe/Berlin", 1);
  tzset();
  EXPECT_EQ(format_rfc3339(WallTime(seconds(1'800'000'000))), "2027-01-15T09:00:00+01:00");
  setenv("TZ", "UTC", 1);
  tzset();
  EXPECT_EQ(format_rfc3339(WallTime(seconds(1'800'000'000) + nanoseconds(999'999'999))),
            "2027-01-15T08:00:00+00:00");
}

}  // namespace
}  // namespace idled
