// Warnings about a policy that is well formed, but may not mean what it says.
#pragma once

#include <vector>

#include "policy/compiled.h"

namespace idled::policy {

// A warning time no shorter than the limit, a rule that can never apply or states
// nothing, two rules of one name.
std::vector<Diagnostic> lint(const Compiled& compiled);

}  // namespace idled::policy
