// Tells that somebody may have come in unannounced: a pty was made, or utmp was
// written. inotify(7): IN_CREATE in /dev/pts, IN_MODIFY of utmp.
#pragma once

#include "base/owned_fd.h"
#include "base/result.h"

namespace idled::system {

class PtyWatch {
 public:
  // Fails where the kernel has no inotify, or the user's instances are used up.
  static Result<PtyWatch> open();
  [[nodiscard]] int fd() const { return fd_.get(); }
  void acknowledge() const;

 private:
  explicit PtyWatch(OwnedFd fd) : fd_(std::move(fd)) {}
  OwnedFd fd_;
};

}  // namespace idled::system
