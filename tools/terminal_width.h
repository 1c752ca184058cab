// How wide a table may be.
#pragma once

#include <cstddef>

namespace idled::tools {

// The columns of the terminal `fd`; 0 if it is none. `columns`, the value of the
// variable COLUMNS or null, goes first where it is a sane number, as with ps(1);
// a terminal that does not know its size (a serial line) counts as 80 wide.
std::size_t terminal_width(int fd, const char* columns);

}  // namespace idled::tools
