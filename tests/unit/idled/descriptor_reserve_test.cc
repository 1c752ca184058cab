#include "idled/system/descriptor_reserve.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <vector>

namespace idled::system {
namespace {

// Takes all descriptors that there are, up to a limit of its own; says how many.
std::size_t take_all(std::vector<OwnedFd>& taken) {
  const std::size_t before = taken.size();
  while (OwnedFd fd = OwnedFd(dup(STDERR_FILENO))) taken.push_back(std::move(fd));
  return taken.size() - before;
}

TEST(DescriptorReserve, IsThereWhereNothingElseIs) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit low{64, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  {
    DescriptorReserve reserve(7);
    std::vector<OwnedFd> others;
    take_all(others);
    for (int times = 0; times < 2; ++times) {
      const DescriptorReserve::Lent lent(reserve);
      std::vector<OwnedFd> ours;
      EXPECT_EQ(take_all(ours), 7U);
    }
    EXPECT_EQ(take_all(others), 0U) << "it is held again";
    {
      // Two that stay are missing, until there are some.
      const DescriptorReserve::Lent lent(reserve);
      others.emplace_back(dup(STDERR_FILENO));
      others.emplace_back(dup(STDERR_FILENO));
    }
    {
      const DescriptorReserve::Lent lent(reserve);
      std::vector<OwnedFd> ours;
      EXPECT_EQ(take_all(ours), 5U);
      ours.clear();
      others.clear();
    }
    take_all(others);
    const DescriptorReserve::Lent lent(reserve);
    std::vector<OwnedFd> ours;
    EXPECT_EQ(take_all(ours), 7U);
  }
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

}  // namespace
}  // namespace idled::system
