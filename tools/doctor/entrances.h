// The programs that let people in, by their PAM services.
//
// su and sudo are not among them: what they open is part of the login that they run in.
// Graphical logins are not either: idled ends terminals.
#pragma once

#include <vector>

#include "tools/doctor/finding.h"
#include "tools/doctor/pam_stack.h"

namespace idled::tools::doctor {

struct Entrance {
  PamStack stack;
  Severity without_us;  // what it means that the module is not in its stack
};

// Those that this machine has.
std::vector<Entrance> entrances(const Machine& machine);

inline constexpr std::string_view kOurModule = "pam_idled.so";

}  // namespace idled::tools::doctor
