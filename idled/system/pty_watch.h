// Tells that somebody may have come in unannounced: a pty was made, or utmp was
// written; and which ptys have closed. inotify(7): IN_CREATE and IN_DELETE in /dev/pts,
// IN_MODIFY of utmp.
#pragma once

#include <string>
#include <vector>

#include "base/owned_fd.h"
#include "base/result.h"

namespace idled::system {

class PtyWatch {
 public:
  // Fails where the kernel has no inotify, or the user's instances are used up.
  static Result<PtyWatch> open();
  [[nodiscard]] int fd() const { return fd_.get(); }

  struct Told {
    bool arrivals = false;            // somebody may have come in
    std::vector<std::string> closed;  // "pts/3"
  };
  [[nodiscard]] Told take() const;

 private:
  explicit PtyWatch(OwnedFd fd) : fd_(std::move(fd)) {}
  OwnedFd fd_;
};

}  // namespace idled::system
