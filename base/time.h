// The two clocks of this house, as types that cannot be mixed up.
//
// Decisions are made in boot time (CLOCK_BOOTTIME, clock_gettime(2)): it runs on
// through suspend and nobody can set it. The times of a terminal are wall-clock
// time (CLOCK_REALTIME) and are translated once, at the edge; see
// idled/core/evidence.h. Nothing here reads a clock: that is idled/system/clock.h.
#pragma once

#include <time.h>

#include <chrono>
#include <cstdint>

namespace idled {

using std::chrono::nanoseconds;
using std::chrono::seconds;

struct BootClock {
  using duration = nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};

using BootTime = BootClock::time_point;               // since boot
using WallTime = std::chrono::sys_time<nanoseconds>;  // since 1970-01-01T00:00:00Z

// How far from its epoch a time may lie: 146 years. The difference of two such times is still
// a number of nanoseconds.
inline constexpr nanoseconds kFarthest{std::int64_t{1} << 62};

// As stat(2) tells it. The owner of a file may set any time, of the year 9999 too (touch -d);
// one that is farther away than that is as good as kFarthest.
inline WallTime to_wall_time(const timespec& time) {
  constexpr std::int64_t kLast = std::chrono::floor<seconds>(kFarthest).count() - 1;
  const bool is_near = time.tv_sec >= -kLast && time.tv_sec <= kLast;
  if (!is_near) return WallTime(time.tv_sec < 0 ? -kFarthest : kFarthest);
  return WallTime(seconds(time.tv_sec) + nanoseconds(time.tv_nsec));
}

// Both clocks, read one right after the other.
struct ClockReading {
  BootTime boot;
  WallTime wall;

  // The instant that the wall clock, as it is set now, calls `wall_time`.
  [[nodiscard]] BootTime to_boot(WallTime wall_time) const { return boot + (wall_time - wall); }
  [[nodiscard]] WallTime to_wall(BootTime boot_time) const { return wall + (boot_time - boot); }
};

}  // namespace idled
