#include "tools/rfc3339.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace idled::tools {
namespace {

std::optional<std::int64_t> epoch(std::string_view text) {
  const auto time = parse_rfc3339(text);
  if (!time) return std::nullopt;
  return time->time_since_epoch().count();
}

TEST(Rfc3339, ReadsTimesWithTheirOffset) {
  EXPECT_EQ(epoch("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(epoch("2026-01-31T09:30:00Z"), 1769851800);
  EXPECT_EQ(epoch("2026-01-31T10:30:00+01:00"), 1769851800);
  EXPECT_EQ(epoch("2026-01-31T04:00:00-05:30"), 1769851800);
  EXPECT_EQ(epoch("2024-02-29T00:00:00Z"), 1709164800);
  EXPECT_EQ(epoch("9999-12-31T23:59:59Z"), 253402300799);
}

TEST(Rfc3339, CutsOffAFraction) {
  EXPECT_EQ(epoch("2026-01-31T09:30:00.999999999Z"), 1769851800);
  EXPECT_EQ(epoch("2026-01-31T10:30:00.5+01:00"), 1769851800);
}

TEST(Rfc3339, ReadsWhatBaseWrites) {
  EXPECT_EQ(epoch(format_rfc3339(WallTime(std::chrono::seconds(1769851800)))), 1769851800);
}

TEST(Rfc3339, RefusesAllElse) {
  for (const char* text : {"",
                           "now",
                           "2026-01-31",
                           "2026-01-31T09:30:00",
                           "2026-01-31T09:30Z",
                           "2026-13-31T09:30:00Z",
                           "2026-00-31T09:30:00Z",
                           "2026-02-29T09:30:00Z",
                           "2026-01-32T09:30:00Z",
                           "2026-01-31T24:30:00Z",
                           "2026-01-31T09:60:00Z",
                           "2026-01-31T09:30:61Z",
                           "2026-01-31T09:30:00.Z",
                           "2026-01-31T09:30:00+0100",
                           "2026-01-31T09:30:00+01:00 ",
                           "2026-01-31T09:30:00+1:00",
                           "x026-01-31T09:30:00Z",
                           "2026/01/31T09:30:00Z",
                           "-026-01-31T09:30:00Z",
                           "2026-01-31T09:30:00+24:00"})
    EXPECT_EQ(epoch(text), std::nullopt) << text;
}

}  // namespace
}  // namespace idled::tools
