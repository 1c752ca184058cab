#include "idled/core/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace idled::core {
namespace {

struct Member {
  ScheduleEntry schedule;
};

BootTime at(int s) {
  return BootTime(seconds(s));
}

TEST(Schedule, GivesTheEarliestFirst) {
  std::vector<Member> members(500);
  Schedule<Member> schedule;
  std::mt19937 random(7);
  for (Member& member : members) schedule.set(member, at(static_cast<int>(random() % 1000)));
  for (int i = 0; i < 1000; ++i)
    schedule.set(members[random() % members.size()], at(static_cast<int>(random() % 1000)));
  for (int i = 0; i < 100; ++i) schedule.remove(members[random() % members.size()]);

  std::vector<BootTime> expected;
  for (const Member& member : members)
    if (member.schedule.is_scheduled()) expected.push_back(member.schedule.due);
  std::sort(expected.begin(), expected.end());
  for (const BootTime due : expected) {
    ASSERT_NE(schedule.first(), nullptr);
    EXPECT_EQ(schedule.first()->schedule.due, due);
    schedule.remove(*schedule.first());
  }
  EXPECT_EQ(schedule.first(), nullptr);
}

TEST(Schedule, ForgetsWhatWasRemoved) {
  Member a;
  Member b;
  Schedule<Member> schedule;
  schedule.set(a, at(1));
  schedule.set(b, at(2));
  schedule.remove(a);
  schedule.remove(a);  // twice is no harm
  EXPECT_FALSE(a.schedule.is_scheduled());
  EXPECT_EQ(schedule.first(), &b);
}

}  // namespace
}  // namespace idled::core
