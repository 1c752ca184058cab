// Sessions as a table for a person. Pure: sessions, time and width in, text out.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/time.h"
#include "protocol/messages.h"

namespace idled::tools {

// Those that end soonest first; those that do not end last; then by id, "c2" before "c10".
void sort_sessions(std::vector<protocol::SessionInfo>& sessions);

// A header, and for each session, in the order given, one line, with one more for
// each further terminal. The first line shows the session's own idle time, so that
// IDLE and LEFT make LIMIT, and the terminal that it comes from; the lines below
// show each terminal's.
//
// No line is longer than `width` (0: as long as it needs): texts are cut, which a
// '+' marks, and then columns left out, those first that an administrator misses
// least. All of it is printable ASCII.
std::string render_table(const std::vector<protocol::SessionInfo>& sessions, WallTime now,
                         std::size_t width);

}  // namespace idled::tools
