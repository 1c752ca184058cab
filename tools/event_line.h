// Events as lines for a person. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "protocol/messages.h"

namespace idled::tools {

// "2026-01-31 09:30:00 logout        alice pts/3 (c3): idle 5m02s, rule ops": printable ASCII, no
// line break; at most `width` columns (0: as long as it needs), where a '+' marks what is cut.
std::string event_line(const protocol::Event& event, std::size_t width);

}  // namespace idled::tools
