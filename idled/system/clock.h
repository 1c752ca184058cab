// Reads the clocks. The only place in the daemon that does.
#pragma once

#include "base/owned_fd.h"
#include "base/result.h"
#include "idled/core/types.h"

namespace idled::system {

// CLOCK_BOOTTIME and CLOCK_REALTIME, clock_gettime(2).
ClockReading read_clocks();

// Both clocks and local civil time, with the zone's offsets kept for a while:
// looking them up takes dozens of localtime_r(3).
class Clock {
 public:
  core::Now now();
  void forget_zone();  // /etc/localtime or TZ may have changed

 private:
  policy::LocalTime zone_;
  WallTime zone_valid_from_{};
  WallTime zone_valid_until_{};
};

// A descriptor that becomes readable when the wall clock is set (timerfd_create(2),
// TFD_TIMER_CANCEL_ON_SET). Re-armed by acknowledge().
class ClockStepWatch {
 public:
  static Result<ClockStepWatch> open();
  [[nodiscard]] int fd() const { return fd_.get(); }
  void acknowledge();

 private:
  explicit ClockStepWatch(OwnedFd fd) : fd_(std::move(fd)) {}
  OwnedFd fd_;
};

}  // namespace idled::system
