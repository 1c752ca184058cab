// The shell's TMOUT, the backstop for the day the daemon is gone.
#pragma once

#include <optional>
#include <string>

#include "policy/settings.h"

namespace idled::core {

// The value that the module puts into IDLED_TMOUT for the profile scripts:
// "600" (readonly), "300,export" (readonly and exported) or "off". "off" too where
// a shell that counts for itself would contradict the policy: no limit, report
// only, holds allowed, or activity that no shell can see.
std::string shell_tmout(const policy::Settings& settings);

// How long a shell that was told this waits at its prompt; none: for ever.
std::optional<seconds> prompt_limit(const std::string& tmout);

}  // namespace idled::core
