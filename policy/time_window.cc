#include "policy/time_window.h"

#include <algorithm>

namespace idled::policy {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::weekday;

// How many days a window may reach past the one on which it begins, a clock change
// included.
int days_reached(minutes start, minutes length) {
  return static_cast<int>((start + length) / days(1)) + 1;
}

}  // namespace

bool TimeWindow::contains(const LocalTime& now) const {
  const auto today = std::chrono::floor<days>(now.shown());
  for (int back = 0; back <= days_reached(start, length); ++back) {
    const local_days day = today - days(back);
    if ((weekdays >> weekday(day).c_encoding() & 1U) == 0) continue;
    const local_seconds begin = day + start;
    if (now.reading(begin) <= now.instant && now.instant < now.reading(begin + length)) return true;
  }
  return false;
}

seconds TimeWindow::until_change(const LocalTime& now) const {
  const auto today = std::chrono::floor<days>(now.shown());
  sys_seconds next = sys_seconds::max();
  for (int ahead = -days_reached(start, length); ahead <= 8; ++ahead) {
    const local_days day = today + days(ahead);
    if ((weekdays >> weekday(day).c_encoding() & 1U) == 0) continue;
    for (const local_seconds edge :
         {local_seconds(day + start), local_seconds(day + start + length)})
      if (const sys_seconds at = now.reading(edge); at > now.instant) next = std::min(next, at);
  }
  return next - now.instant;
}

}  // namespace idled::policy
