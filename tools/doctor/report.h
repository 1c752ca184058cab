// Findings, for a person and for a script. Pure: findings in, text out.
#pragma once

#include <cstddef>
#include <string>

#include "tools/doctor/finding.h"

namespace idled::tools::doctor {

// Worst first, as given: each with its reason and what mends it, the good ones a line each; at
// the end how many of what. Lines are at most `width` columns, but for what is to be copied as it
// is (the mending lines). All printable ASCII, but for the colours.
std::string render(const Findings& findings, std::size_t width, bool has_colour);

// A JSON array of objects: id, severity, what, why, mend.
std::string to_json(const Findings& findings);

}  // namespace idled::tools::doctor
