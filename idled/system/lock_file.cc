#include "idled/system/lock_file.h"

#include <fcntl.h>

#include <cerrno>

namespace idled::system {

Result<OwnedFd> lock_file(const std::string& path) {
  OwnedFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return errno_error("cannot open " + path);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (::fcntl(fd.get(), F_SETLK, &lock) == 0) return fd;
  // POSIX allows both.
  return errno_error("cannot lock " + path, errno == EACCES ? EAGAIN : errno);
}

}  // namespace idled::system
