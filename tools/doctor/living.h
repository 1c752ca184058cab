// Asks what runs: the daemon, sshd, NSS.
#pragma once

#include <string>

#include "tools/context.h"
#include "tools/doctor/machine.h"

namespace idled::tools::doctor {

// Takes at most the context's patience for the daemon, and as much again for sshd.
Living ask_living(const Context& context);

}  // namespace idled::tools::doctor
