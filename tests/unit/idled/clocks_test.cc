// The whole daemon under clocks that are set, and a machine that sleeps: nobody is
// logged out whom the time that really passed does not justify, and everybody whom it does.
#include <gtest/gtest.h>
#include <sys/timerfd.h>

#include "idled/daemon.h"
#include "idled/system/clock.h"
#include "tests/unit/idled/fake_host.h"

namespace idled {
namespace {

using std::chrono::hours;

constexpr seconds kLimit{300};  // built in
constexpr seconds kBlock{8};

class ClocksTest : public testing::Test {
 protected:
  ClocksTest()
      : daemon_(host_,
                {std::make_shared<const policy::Policy>(policy::Policy::built_in()), "built-in", "",
                 ""},
                std::nullopt) {
    type();
    protocol::RegisterRequest request;
    request.user = "alice";
    request.uid = 1000;
    request.service = "sshd";
    daemon_.on_register({101, 0, 0, {}}, request, service::Answer([](const protocol::Reply&) {}));
  }

  void type() {
    host_.atime = std::chrono::floor<seconds>(host_.now().clocks.wall);
    last_key_ = host_.boot;
  }
  void set_clock(seconds by) {
    host_.wall_ahead += by;
    daemon_.deliver(core::ClockStepped{});
  }
  void pass(nanoseconds duration) {
    const BootTime until = host_.boot + duration;
    while (daemon_.next() && *daemon_.next() <= until && host_.hung_up.empty()) {
      host_.boot = std::max(host_.boot, *daemon_.next());
      daemon_.deliver(core::TimerExpired{});
    }
    if (host_.hung_up.empty()) host_.boot = until;
  }
  // `ambiguous`: by how much a time may be read as later than it is.
  void expect_ended_on_time(const std::string& what, seconds ambiguous = seconds(0)) {
    pass(hours(1));
    ASSERT_FALSE(host_.hung_up.empty()) << what << ": never ended";
    EXPECT_GE(host_.boot - last_key_, kLimit) << what << ": early";
    EXPECT_LE(host_.boot - last_key_, kLimit + kBlock + seconds(1) + ambiguous) << what << ": late";
  }

  FakeHost host_;
  Daemon daemon_;
  BootTime last_key_;
};

class Stepped : public ClocksTest, public testing::WithParamInterface<std::tuple<int, int>> {
 protected:
  // Set back by less than the limit, the clock shows the last key's block again, and a key
  // then would leave no other trace: the later one counts.
  static seconds ambiguity_of(int step) {
    return seconds(step < 0 && -step < kLimit.count() ? -step : 0);
  }
};

TEST_P(Stepped, ByAnHourAtAnyTime) {
  const auto [after, step] = GetParam();
  pass(seconds(after));
  set_clock(seconds(step));
  expect_ended_on_time("set by " + std::to_string(step) + " s after " + std::to_string(after),
                       ambiguity_of(step));
}

TEST_P(Stepped, AndAKeyAfterIt) {
  const auto [after, step] = GetParam();
  pass(seconds(after));
  set_clock(seconds(step));
  pass(seconds(3));
  type();
  expect_ended_on_time("a key after the clock was set");
}

TEST_P(Stepped, AndAKeyBeforeItThatNoLookHasSeen) {
  const auto [after, step] = GetParam();
  pass(seconds(after));
  type();
  pass(std::chrono::milliseconds(300));
  set_clock(seconds(step));
  expect_ended_on_time("a key just before the clock was set", ambiguity_of(step));
}

// The kernel leaves the atime as it is, since the clock shows the same block.
TEST_P(Stepped, AndAKeyInTheBlockThatIsShownAgain) {
  const auto [after, step] = GetParam();
  if (step >= 0 || -step >= kLimit.count()) return;  // nothing is shown again in time
  pass(seconds(after));
  type();
  pass(seconds(30));
  set_clock(seconds(step));
  pass(seconds(-step - 30));
  last_key_ = host_.boot;
  expect_ended_on_time("a key in the block that was shown again");
}

INSTANTIATE_TEST_SUITE_P(Clock, Stepped,
                         testing::Combine(testing::Values(1, 100, 239, 241, 289, 291, 299),
                                          testing::Values(3600, -3600, 86400 * 365, -60)));

TEST_F(ClocksTest, SetForthAndBackAgainAndAgain) {
  for (int i = 0; i < 290; ++i) {
    set_clock(i % 2 == 0 ? seconds(3600) : seconds(-3600));
    pass(seconds(1));
    ASSERT_TRUE(host_.hung_up.empty()) << "early, after " << i << " s";
  }
  expect_ended_on_time("set 290 times");
}

// Boot time runs on through suspend: the person was away for as long. But nobody was
// there to be warned, so the last warning comes first.
TEST_F(ClocksTest, WhoSleptWithTheMachineIsWarnedFirst) {
  pass(seconds(10));
  host_.boot += hours(8);
  pass(seconds(0));
  EXPECT_TRUE(host_.hung_up.empty()) << "ended without a warning";
  EXPECT_NE(host_.shown.find("You will be logged out in 10 seconds"), std::string::npos)
      << host_.shown;
  pass(seconds(11));
  EXPECT_FALSE(host_.hung_up.empty());
}

TEST_F(ClocksTest, WhoTypesRightAfterWakingStays) {
  pass(seconds(10));
  host_.boot += hours(8);
  pass(seconds(2));
  type();
  pass(seconds(290));
  EXPECT_TRUE(host_.hung_up.empty());
}

// Else it would be told of without end, once the clock is set past that time.
TEST(ClockStepWatch, ExpiresAtNoTimeThatAClockIsSetTo) {
  const Result<system::ClockStepWatch> watch = system::ClockStepWatch::open();
  ASSERT_TRUE(watch) << watch.error().text;
  itimerspec left{};
  ASSERT_EQ(timerfd_gettime(watch->fd(), &left), 0);
  EXPECT_GT(seconds(left.it_value.tv_sec), std::chrono::years(100));
}

}  // namespace
}  // namespace idled
