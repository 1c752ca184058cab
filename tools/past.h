// Times gone by, as people write them on the command line.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace idled::tools {

// "10m" (ago), "today", "yesterday", "2026-01-31" (their beginnings), and what
// parse_point_in_time() takes; local time is this machine's. The error says what would be right.
Result<WallTime> parse_past(std::string_view text, WallTime now);

}  // namespace idled::tools
