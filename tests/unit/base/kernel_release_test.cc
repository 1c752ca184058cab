#include "base/kernel_release.h"

#include <gtest/gtest.h>

namespace idled {
namespace {

TEST(KernelRelease, IsWhatUnameSays) {
  EXPECT_EQ(parse_kernel_release("6.1.0-28-amd64"), (KernelRelease{6, 1}));
  EXPECT_EQ(parse_kernel_release("5.14.0-503.el9.x86_64\n"), (KernelRelease{5, 14}));
  EXPECT_EQ(parse_kernel_release("6.12-rc3+"), (KernelRelease{6, 12}));
  EXPECT_EQ(parse_kernel_release("7.0"), (KernelRelease{7, 0}));
}

TEST(KernelRelease, IsNoneOfWhatDoesNotBeginSo) {
  for (const char* text : {"", "6", "6.", "6-1", "strange", ".5", "6.x", "99999999999.1"})
    EXPECT_EQ(parse_kernel_release(text), std::nullopt) << text;
}

TEST(KernelRelease, IsComparedByItsNumbers) {
  EXPECT_LT((KernelRelease{6, 4}), kShowsDevTty);
  EXPECT_LT((KernelRelease{5, 19}), kShowsDevTty);
  EXPECT_GE((KernelRelease{6, 5}), kShowsDevTty);
  EXPECT_GE((KernelRelease{6, 12}), kShowsDevTty);
}

}  // namespace
}  // namespace idled
