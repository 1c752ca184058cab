#include "base/files.h"

#include <fcntl.h>

#include <cstdio>

#include "base/owned_fd.h"

namespace idled {

namespace {

Result<std::string> read_all(const OwnedFd& fd, const std::string& path, std::size_t limit) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno_error("cannot read " + path);
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > limit)
      return Error{path + " is larger than " + std::to_string(limit) + " bytes", EFBIG};
  }
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const OwnedFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return errno_error("cannot open " + path);
  return read_all(fd, path, limit);
}

Result<std::string> read_record(const std::string& path) {
  const OwnedFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return errno_error("cannot open " + path);
  char buffer[4096];
  ssize_t got = 0;
  do got = ::read(fd.get(), buffer, sizeof buffer);
  while (got < 0 && errno == EINTR);
  if (got < 0) return errno_error("cannot read " + path);
  return std::string(buffer, static_cast<std::size_t>(got));
}

std::string who_else_writes(const struct stat& status) {
  if (status.st_uid != 0 && status.st_uid != ::geteuid())
    return "belongs to user " + std::to_string(status.st_uid) + ", not to root; chown it";
  if (S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0) return {};
  if ((status.st_mode & S_IWOTH) != 0) return "can be written by everybody; chmod o-w";
  if ((status.st_mode & S_IWGRP) != 0 && status.st_gid != 0)
    return "can be written by group " + std::to_string(status.st_gid) + "; chmod g-w";
  return {};
}

Result<std::string> read_trusted_file(const std::string& path, std::size_t limit,
                                      bool may_be_link) {
  // Without blocking: to open a FIFO waits for whoever writes into it.
  const OwnedFd fd(::open(
      path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (may_be_link ? 0 : O_NOFOLLOW)));
  if (!fd) return errno_error("cannot open " + path);
  struct stat status {};
  if (::fstat(fd.get(), &status) < 0) return errno_error("cannot look at " + path);
  if (!S_ISREG(status.st_mode)) return Error{path + " is not a regular file", EINVAL};
  if (const std::string who = who_else_writes(status); !who.empty())
    return Error{path + " " + who, EPERM};
  return read_all(fd, path, limit);
}

Result<void> replace_file(const std::string& path, std::string_view text, mode_t mode) {
  const std::string partial = path + ".new";
  const std::string what = "cannot write " + path;
  {
    const OwnedFd fd(
        ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return errno_error(what);
    if (::fchmod(fd.get(), mode) < 0) return errno_error(what);  // whatever the umask
    while (!text.empty()) {
      const ssize_t written = ::write(fd.get(), text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        const Error error = errno_error(what);
        ::unlink(partial.c_str());
        return error;
      }
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  if (::rename(partial.c_str(), path.c_str()) == 0) return {};
  const Error error = errno_error(what);
  ::unlink(partial.c_str());
  return error;
}

}  // namespace idled
