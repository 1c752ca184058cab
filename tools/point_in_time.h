// Times as people write them on the command line.
#pragma once

#include <string_view>

#include "base/result.h"
#include "policy/local_time.h"

namespace idled::tools {

// "18:00" (today), "Mon 18:00" (the next Monday, today if it is one), "2026-01-31 18:00",
// all in local time, or RFC 3339. Seconds may follow. A local time that comes twice or
// never is its later reading, as in the policy. The error says what would be right.
Result<policy::sys_seconds> parse_point_in_time(std::string_view text, const policy::LocalTime& now,
                                                const policy::OffsetAt& offset_at);

}  // namespace idled::tools
