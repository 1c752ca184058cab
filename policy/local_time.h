// Local civil time for `time` windows, with the clock change nearest to it.
//
// A window says "08:00", and twice a year a local time comes twice or not at all.
// The rule of the house: such a time is the later of its two readings. So 02:30 in
// an hour that comes twice is the second 02:30, and 02:30 in an hour that is
// skipped (02:00 to 03:00) is 03:30. To know this the policy needs the offsets
// before and after the change; it is given them, since it reads no zone itself.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "base/time.h"

namespace idled::policy {

using std::chrono::local_seconds;
using std::chrono::sys_seconds;

// One jump of the local clock; offsets are east of UTC.
struct ClockChange {
  sys_seconds at;  // the first instant with the offset `after`
  seconds before;
  seconds after;
};

// An instant, and how the local clock shows it.
struct LocalTime {
  sys_seconds instant{};
  seconds offset{0};  // east of UTC, at `instant`
  // The first change from two days past to nine days ahead, if there is one. (Two
  // changes within eleven days: only the first is seen.)
  std::optional<ClockChange> change;

  // What the clock on the wall shows.
  [[nodiscard]] local_seconds shown() const {
    return local_seconds(instant.time_since_epoch() + offset);
  }
  // The instant meant by a local time near this one: the later reading.
  [[nodiscard]] sys_seconds reading(local_seconds local) const;
};

// The offset east of UTC that holds at an instant: localtime_r(3)'s tm_gmtoff.
using OffsetAt = std::function<seconds(sys_seconds)>;

// `instant` in the zone that `offset_at` describes. Asks it a dozen times, and some
// twenty times more if a change is near.
LocalTime local_time(sys_seconds instant, const OffsetAt& offset_at);

// That weekday at that time, in a zone without clock changes: for tests, and for
// callers without a policy that has windows. In the week of Monday, 2026-01-05.
LocalTime local_time(std::chrono::weekday day, std::chrono::minutes minute_of_day);

}  // namespace idled::policy
