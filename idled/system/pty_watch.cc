#include "idled/system/pty_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <cstring>

namespace idled::system {

Result<PtyWatch> PtyWatch::open(Paths paths) {
  OwnedFd fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd) return errno_error("inotify_init1");
  if (inotify_add_watch(fd.get(), paths.ptys.c_str(), IN_CREATE | IN_DELETE) < 0)
    return errno_error("inotify_add_watch " + paths.ptys);
  // The others are signs besides: most of those who come in make a pty.
  (void)inotify_add_watch(fd.get(), paths.consoles.c_str(), IN_ATTRIB);
  PtyWatch watch(std::move(fd), std::move(paths.utmp));
  watch.follow_utmp();
  return watch;
}

// The file that has the name now: programs that clean utmp up may put another in its place.
void PtyWatch::follow_utmp() {
  const int watch = inotify_add_watch(fd_.get(), utmp_.c_str(),
                                      IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF);
  if (watch == utmp_watch_) return;
  // Of a file that is only renamed, or still open somewhere, the watch would stay.
  if (utmp_watch_ >= 0) (void)inotify_rm_watch(fd_.get(), utmp_watch_);
  utmp_watch_ = watch;
}

PtyWatch::Told PtyWatch::take() {
  constexpr int kReads = 8;
  Told told;
  char buffer[16 * 1024];
  for (int reads = 0; reads < kReads; ++reads) {
    const ssize_t size = ::read(fd_.get(), buffer, sizeof buffer);
    if (size <= 0) break;
    for (const char* at = buffer; at < buffer + size;) {
      inotify_event event{};
      std::memcpy(&event, at, sizeof event);
      if (event.mask & IN_DELETE)
        told.closed.push_back("pts/" + std::string(at + sizeof event));  // ended by a null byte
      else if ((event.mask & IN_IGNORED) == 0)
        told.arrivals = true;  // and where the queue ran over
      at += sizeof event + event.len;
    }
  }
  follow_utmp();
  return told;
}

}  // namespace idled::system
