// Whether a process lives where we do, so that its pids and its pts/3 are ours.
// namespaces(7), devpts in mount(8).
#pragma once

#include <sys/types.h>

#include "base/result.h"

namespace idled::system {

// EXDEV, with the reason as a clause, if the process is in another pid namespace or has
// another /dev/pts (a container's, or that of another root). A mount namespace of its own,
// as hardened services and pam_namespace(8) have, changes neither; a network namespace of
// its own takes the connection away as a witness, and no more.
Result<void> check_home(pid_t pid);

// The device number of the file system that is mounted at our /dev/pts.
dev_t own_devpts();

}  // namespace idled::system
