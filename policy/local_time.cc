#include "policy/local_time.h"

namespace idled::policy {
namespace {

using std::chrono::days;

constexpr int kDaysPast = 2;
constexpr int kDaysAhead = 9;

// The change between `low` and `high`, which have different offsets.
ClockChange find_change(sys_seconds low, sys_seconds high, const OffsetAt& offset_at) {
  const seconds before = offset_at(low);
  seconds after = offset_at(high);
  while (high - low > seconds(1)) {
    const sys_seconds middle = low + (high - low) / 2;
    if (const seconds offset = offset_at(middle); offset == before) {
      low = middle;
    } else {
      high = middle;
      after = offset;
    }
  }
  return {high, before, after};
}

}  // namespace

sys_seconds LocalTime::reading(local_seconds local) const {
  const seconds count = local.time_since_epoch();
  if (!change) return sys_seconds(count - offset);
  // With the offset `after` where that is a time after the change; this is the later
  // one for a time that comes twice. Else with `before`, which for a skipped time
  // (no reading is right) is the later one too.
  const sys_seconds late(count - change->after);
  return late >= change->at ? late : sys_seconds(count - change->before);
}

LocalTime local_time(sys_seconds instant, const OffsetAt& offset_at) {
  LocalTime now{instant, offset_at(instant), std::nullopt};
  seconds before = offset_at(instant - days(kDaysPast));
  for (int day = -kDaysPast; day < kDaysAhead; ++day) {
    const sys_seconds end = instant + days(day + 1);
    const seconds after = offset_at(end);
    if (after != before) {
      now.change = find_change(end - days(1), end, offset_at);
      break;
    }
    before = after;
  }
  return now;
}

LocalTime local_time(std::chrono::weekday day, std::chrono::minutes minute_of_day) {
  constexpr std::chrono::sys_days kMonday = std::chrono::year(2026) / 1 / 5;
  return {kMonday + (day - std::chrono::Monday) + minute_of_day, seconds(0), std::nullopt};
}

}  // namespace idled::policy
