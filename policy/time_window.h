// Times of the week: "Mon-Fri 08:00-18:00".
//
//   window = days | hours | days hours | day time "-" day time
//   days   = day ["-" day] {"," day ["-" day]}        "Sat-Mon" goes round the week
//   hours  = time "-" time                            "22:00-06:00" goes past midnight
//   day    = "Mon" or "Monday" ..., case aside        time = "08:00" to "24:00"
//
// Hours that go past midnight belong to the day they begin on. The last form,
// "Fri 18:00-Mon 08:00", is one stretch. The first minute is in, the last is out.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "policy/local_time.h"

namespace idled::policy {

using std::chrono::minutes;

struct TimeWindow {
  unsigned weekdays = 0;  // bit n: begins on weekday n, c_encoding (0 is Sunday)
  minutes start{0};       // of the day, below 24 h
  minutes length{0};      // above 0, below a week

  bool operator==(const TimeWindow&) const = default;
  [[nodiscard]] bool contains(const LocalTime& now) const;
  // How long until the window next opens or closes; more than 0.
  [[nodiscard]] seconds until_change(const LocalTime& now) const;
};

// The error is a sentence without its full stop.
Result<TimeWindow> parse_time_window(std::string_view text);

}  // namespace idled::policy
