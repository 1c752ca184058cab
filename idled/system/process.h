// A process held by a pidfd: the number may come back as somebody else, this
// cannot. pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2).
#pragma once

#include "base/owned_fd.h"
#include "base/result.h"
#include "idled/core/types.h"

namespace idled::system {

class Process {
 public:
  // ESRCH if the process is gone, or is not the one that `identity` names; any other error
  // says nothing of the process.
  static Result<Process> open(const core::ProcessIdentity& identity);

  [[nodiscard]] const core::ProcessIdentity& identity() const { return identity_; }
  [[nodiscard]] pid_t pid() const { return identity_.pid; }
  // Becomes readable when the process exits.
  [[nodiscard]] int fd() const { return pidfd_.get(); }
  [[nodiscard]] bool is_alive() const;
  // False if it is gone already.
  bool signal(int number) const;
  // A duplicate of its descriptor `remote_fd`, close-on-exec. Takes CAP_SYS_PTRACE.
  [[nodiscard]] Result<OwnedFd> duplicate_fd(int remote_fd) const;

 private:
  Process(OwnedFd pidfd, core::ProcessIdentity identity)
      : pidfd_(std::move(pidfd)), identity_(identity) {}

  OwnedFd pidfd_;
  core::ProcessIdentity identity_;
};

}  // namespace idled::system
