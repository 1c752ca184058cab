#include "base/time.h"

#include <gtest/gtest.h>

#include <limits>

namespace idled {
namespace {

TEST(ToWallTime, IsTheTimeOfTheFile) {
  EXPECT_EQ(to_wall_time({1'700'000'000, 5}), WallTime(seconds(1'700'000'000) + nanoseconds(5)));
  EXPECT_EQ(to_wall_time({-1, 999'999'999}), WallTime(nanoseconds(-1)));
}

// touch -d 9999-12-31, and what else a file system takes.
TEST(ToWallTime, OfAnyYearCanBeCalculatedWith) {
  const ClockReading now{BootTime(seconds(1000)), WallTime(seconds(1'700'000'000))};
  constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t second : {std::int64_t{253'402'300'799}, kLast, kLast / 1'000'000'000}) {
    EXPECT_GT(now.to_boot(to_wall_time({second, 0})), now.boot);
    EXPECT_LT(now.to_boot(to_wall_time({-second, 0})), now.boot);
  }
}

}  // namespace
}  // namespace idled
