// A login as text, for the state file, and back: what an upgraded or restarted
// daemon must know of it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "idled/core/session.h"

namespace idled {

// `boot_id` (/proc/sys/kernel/random/boot_id) marks whose boot time the instants
// in it are.
std::string to_snapshot(const core::SessionData& data, std::string_view boot_id);

// Unknown fields are ignored and missing ones have defaults, so that versions may
// differ. Refused: what is no snapshot, is of another boot, or names no leader.
Result<core::SessionData> from_snapshot(std::string_view text, std::string_view boot_id);

// Whether `text` may be a session id: it becomes a file name.
bool is_session_id(std::string_view text);

}  // namespace idled
