// The kinds of events by their names, which do not change: scripts and alerts go by them.
#pragma once

#include <array>
#include <string_view>

namespace idled::protocol {

inline constexpr std::array<std::string_view, 26> kEventKinds{
    "started",
    "stopped",
    "policy-loaded",
    "policy-refused",
    "opened",
    "adopted",
    "restored",
    "refused",
    "closed",
    "warned",
    "warning-undelivered",
    "cancelled",
    "waiting",
    "forged",
    "held",
    "hold-over",
    "would-warn",
    "would-cancel",
    "would-wait",
    "would-log-out",
    "kick-requested",
    "logout",
    "signalled",
    "ended",
    "stuck",
    "trouble",
};

// Not a record's: some events were no longer kept when they were to be told.
inline constexpr std::string_view kMissed = "missed";

}  // namespace idled::protocol
