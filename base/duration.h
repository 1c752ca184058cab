// Durations as people write them: 300, "300s", "5m", "1h30m", "1d".
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace idled {

inline constexpr seconds kLongestDuration = std::chrono::hours(24 * 366);

// Parses a whole number of seconds ("300") or numbers with units, greatest
// first, each unit once: d, h, m, s ("1h30m"). From 0 to kLongestDuration; no
// sign, no fraction, no space. The error says what would be right.
Result<seconds> parse_duration(std::string_view text);

// The shortest text that parse_duration takes back: "5m", "1h30m", "45s", "0s".
std::string format_duration(seconds value);

// For a column of a table: never more than six characters, the two greatest
// units only ("45s", "4m59s", "2h05m", "3d04h"). Negative values read "0s".
std::string format_brief(seconds value);

// For a sentence: "5 minutes", "1 minute 30 seconds", "2 hours".
std::string format_spoken(seconds value);

}  // namespace idled
