// The machine's time zone, for programs that have a moment: localtime_r(3).
#pragma once

#include "policy/local_time.h"

namespace idled {

// The offset east of UTC that holds here at an instant.
seconds offset_at(policy::sys_seconds instant);

// How the clock on the wall here shows an instant.
policy::LocalTime local_time_at(policy::sys_seconds instant);

}  // namespace idled
