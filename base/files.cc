#include "base/files.h"

#include <fcntl.h>

#include <cstdio>

#include "base/owned_fd.h"

namespace idled {

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const OwnedFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return errno_error("cannot open " + path);
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

Result<void> replace_file(const std::string& path, std::string_view text) {
  const std::string partial = path + ".new";
  const std::string what = "cannot write " + path;
  {
    const OwnedFd fd(
        ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return errno_error(what);
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
  if (::rename(partial.c_str(), path.c_str()) < 0) return errno_error(what);
  return {};
}

}  // namespace idled
