// That a program runs once.
#pragma once

#include <string>

#include "base/owned_fd.h"
#include "base/result.h"

namespace idled::system {

// Takes the lock of the file at `path`, which is made (mode 0600) if there is none and stays;
// the lock is held until the process ends or the descriptor is closed. EAGAIN if another
// process has it. A record lock of fcntl(2), and not flock(2): a child does not inherit it,
// so none that is left over keeps the next daemon out.
Result<OwnedFd> lock_file(const std::string& path);

}  // namespace idled::system
