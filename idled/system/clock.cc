#include "idled/system/clock.h"

#include <sys/timerfd.h>
#include <time.h>

#include <limits>

namespace idled::system {
namespace {

nanoseconds read(clockid_t id) {
  timespec time{};
  clock_gettime(id, &time);
  return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

seconds offset_at(policy::sys_seconds instant) {
  const std::time_t time = instant.time_since_epoch().count();
  std::tm local{};
  localtime_r(&time, &local);
  return seconds(local.tm_gmtoff);
}

Result<void> arm(int fd) {
  // The far future, and past every time that the clock may be set to: it never expires, it is only
  // ever cancelled.
  itimerspec never{};
  never.it_value.tv_sec = std::numeric_limits<std::time_t>::max();
  if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, nullptr) < 0)
    return errno_error("timerfd_settime");
  return {};
}

}  // namespace

ClockReading read_clocks() {
  return {BootTime(read(CLOCK_BOOTTIME)), WallTime(read(CLOCK_REALTIME))};
}

core::Now Clock::now() {
  const ClockReading clocks = read_clocks();
  const auto instant = std::chrono::floor<seconds>(clocks.wall);
  if (clocks.wall < zone_valid_from_ || clocks.wall >= zone_valid_until_) {
    zone_ = policy::local_time(instant, offset_at);
    zone_valid_from_ = clocks.wall;
    zone_valid_until_ = clocks.wall + std::chrono::hours(1);
    if (zone_.change && zone_.change->at > instant) {
      const WallTime change = zone_.change->at;
      zone_valid_until_ = std::min(zone_valid_until_, change);
    }
  }
  policy::LocalTime local = zone_;
  local.instant = instant;
  return {clocks, local};
}

void Clock::forget_zone() {
  tzset();
  zone_valid_until_ = {};
}

Result<ClockStepWatch> ClockStepWatch::open() {
  OwnedFd fd(timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!fd) return errno_error("timerfd_create");
  if (Result<void> armed = arm(fd.get()); !armed) return armed.error();
  return ClockStepWatch(std::move(fd));
}

void ClockStepWatch::acknowledge() {
  std::uint64_t expirations = 0;
  // ECANCELED is the news itself; arming again clears it.
  [[maybe_unused]] const ssize_t ignored = ::read(fd_.get(), &expirations, sizeof expirations);
  (void)arm(fd_.get());
}

}  // namespace idled::system
