#include "idled/system/pty_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include "idled/system/utmp.h"

namespace idled::system {

Result<PtyWatch> PtyWatch::open() {
  OwnedFd fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd) return errno_error("inotify_init1");
  if (inotify_add_watch(fd.get(), "/dev/pts", IN_CREATE | IN_DELETE) < 0)
    return errno_error("inotify_add_watch /dev/pts");
  (void)inotify_add_watch(fd.get(), kUtmpPath, IN_MODIFY);  // there may be none
  return PtyWatch(std::move(fd));
}

PtyWatch::Told PtyWatch::take() const {
  Told told;
  alignas(inotify_event) char buffer[4096];
  for (ssize_t size = 0; (size = ::read(fd_.get(), buffer, sizeof buffer)) > 0;) {
    for (const char* at = buffer; at < buffer + size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      if ((event->mask & IN_DELETE) == 0)
        told.arrivals = true;  // and where the queue ran over
      else if (event->len > 0)
        told.closed.push_back("pts/" + std::string(event->name));
      at += sizeof *event + event->len;
    }
  }
  return told;
}

}  // namespace idled::system
