#include "idled/system/pty_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include "idled/system/utmp.h"

namespace idled::system {

Result<PtyWatch> PtyWatch::open() {
  OwnedFd fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd) return errno_error("inotify_init1");
  if (inotify_add_watch(fd.get(), "/dev/pts", IN_CREATE) < 0)
    return errno_error("inotify_add_watch /dev/pts");
  (void)inotify_add_watch(fd.get(), kUtmpPath, IN_MODIFY);  // there may be none
  return PtyWatch(std::move(fd));
}

void PtyWatch::acknowledge() const {
  char buffer[4096];
  while (::read(fd_.get(), buffer, sizeof buffer) > 0) {
  }
}

}  // namespace idled::system
