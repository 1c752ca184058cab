#include "tools/outcome.h"

#include <gtest/gtest.h>

namespace idled::tools {
namespace {

TEST(ExitCodes, AreThoseOfTheContract) {
  EXPECT_EQ(static_cast<int>(ExitCode::kDone), 0);
  EXPECT_EQ(static_cast<int>(ExitCode::kFailed), 1);
  EXPECT_EQ(static_cast<int>(ExitCode::kUsage), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::kNoSuchSession), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::kNotPermitted), 4);
  EXPECT_EQ(static_cast<int>(ExitCode::kNoDaemon), 5);
}

TEST(ExitCodes, TheGraverWins) {
  constexpr ExitCode kRising[] = {ExitCode::kDone, ExitCode::kNoSuchSession, ExitCode::kFailed,
                                  ExitCode::kNotPermitted, ExitCode::kNoDaemon};
  for (const ExitCode& a : kRising) {
    for (const ExitCode& b : kRising) EXPECT_EQ(graver(a, b), &a < &b ? b : a);
  }
}

}  // namespace
}  // namespace idled::tools
