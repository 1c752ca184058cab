// Reads through /dev/tty, tty(4): what can be known of them on a kernel of before kShowsDevTty, on
// which a terminal's own times do not show them.
#pragma once

#include <optional>
#include <vector>

#include "idled/system/process_table.h"

namespace idled::system {

// Whether this kernel hides them; so, too, one that does not say which it is.
bool hides_dev_tty();

// When anybody last read it; none where there is none. `path` is for tests.
std::optional<WallTime> dev_tty_atime(const char* path = "/dev/tty");

// Whether the process holds it open, by whatever name of a node that is called tty (in a chroot it
// has another), or that cannot be told: it is gone, or holds thousands of files.
bool holds_dev_tty(pid_t pid);

// What of them says who may have read it: those in front of a terminal, by in_front() or
// alone_in_front(), and their group.
core::DevTty dev_tty_of(const std::vector<const ProcessTable::Entry*>& front, pid_t group,
                        WallTime atime);

}  // namespace idled::system
