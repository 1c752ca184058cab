// Sessions as a table for a person. Pure: sessions, time and width in, text out.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/time.h"
#include "protocol/messages.h"

namespace idled::tools {

// What the table is to look like.
struct TableStyle {
  std::size_t width = 0;  // no line is longer; 0: as long as it needs
  bool bars = false;      // the time left, drawn
  bool colours = false;   // by state; else all of it is printable ASCII
};

struct TableLine {
  std::string text;
  std::size_t columns = 0;  // that it takes on a screen: escapes take none
  std::size_t session = 0;  // which it is about; of the header, 0
};

// A header, and for each session, in the order given, one line, with one more for
// each further terminal, and one for what keeps it from being logged out. The first line shows
// the session's own idle time, so that IDLE and LEFT make LIMIT, and the terminal that it comes
// from; the lines below show each terminal's. What a session will be ended for stands
// behind the time left, if it is not idleness.
//
// Where the width does not do, texts are cut, which a '+' marks, and then columns left out, those
// first that an administrator misses least.
std::vector<TableLine> table_lines(const std::vector<protocol::SessionInfo>& sessions, WallTime now,
                                   const TableStyle& style);

// The same as one text, each line ended.
std::string render_table(const std::vector<protocol::SessionInfo>& sessions, WallTime now,
                         const TableStyle& style);

}  // namespace idled::tools
