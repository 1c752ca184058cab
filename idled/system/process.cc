#include "idled/system/process.h"

#include <poll.h>
#include <sys/syscall.h>

#include "idled/system/proc.h"

namespace idled::system {

Result<Process> Process::open(const core::ProcessIdentity& identity) {
  OwnedFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, identity.pid, 0)));
  if (!pidfd) return errno_error("pidfd_open " + std::to_string(identity.pid));
  // Opened first, compared then: whoever the pidfd holds cannot change any more.
  const Result<ProcStat> now = stat_of(identity.pid);
  if (!now) return now.error();
  if (now->start_ticks != identity.start_ticks)
    return Error{"process " + std::to_string(identity.pid) + " is another one by now", ESRCH};
  return Process(std::move(pidfd), identity);
}

bool Process::is_alive() const {
  pollfd exited{pidfd_.get(), POLLIN, 0};
  return ::poll(&exited, 1, 0) == 0;
}

bool Process::signal(int number) const {
  return syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0) == 0;
}

Result<OwnedFd> Process::duplicate_fd(int remote_fd) const {
  OwnedFd fd(static_cast<int>(syscall(SYS_pidfd_getfd, pidfd_.get(), remote_fd, 0)));
  if (!fd) return errno_error("pidfd_getfd of process " + std::to_string(pid()));
  return fd;
}

}  // namespace idled::system
