// Tells that somebody may have come in unannounced, by inotify(7): a pty was made (IN_CREATE
// in /dev/pts), a console was given to a user (IN_ATTRIB in /dev: login(1) chowns it), or utmp
// was written (IN_MODIFY) or replaced; and which ptys have closed (IN_DELETE in /dev/pts).
#pragma once

#include <string>
#include <vector>

#include "base/owned_fd.h"
#include "base/result.h"
#include "idled/system/utmp.h"

namespace idled::system {

class PtyWatch {
 public:
  struct Paths {
    std::string ptys = "/dev/pts";
    std::string consoles = "/dev";
    std::string utmp = kUtmpPath;  // there may be none, or none yet
  };
  // Fails where the kernel has no inotify, or the user's instances are used up.
  static Result<PtyWatch> open(Paths paths);
  static Result<PtyWatch> open() { return open(Paths()); }
  [[nodiscard]] int fd() const { return fd_.get(); }

  struct Told {
    bool arrivals = false;            // somebody may have come in
    std::vector<std::string> closed;  // "pts/3"
  };
  // What there was to tell since the last call; of a flood a part, the rest the next time.
  [[nodiscard]] Told take();

 private:
  PtyWatch(OwnedFd fd, std::string utmp) : fd_(std::move(fd)), utmp_(std::move(utmp)) {}
  void follow_utmp();

  OwnedFd fd_;
  std::string utmp_;
  int utmp_watch_ = -1;
};

}  // namespace idled::system
