// The daemon's times, read back. base/text.h writes them.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace idled::tools {

// "2026-01-31T09:30:00+01:00", "…Z", with or without a fraction (which is cut off);
// none for anything else. RFC 3339, section 5.6.
std::optional<std::chrono::sys_seconds> parse_rfc3339(std::string_view text);

}  // namespace idled::tools
