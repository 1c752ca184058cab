// Tells reads of terminals as they happen: inotify(7), IN_ACCESS.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/owned_fd.h"
#include "base/result.h"

namespace idled::system {

// One inotify instance; a watch belongs to a key of the caller's (a session id) and
// a terminal's name.
class TerminalWatch {
 public:
  // Fails where the kernel has no inotify, or the user's instances are used up.
  static Result<TerminalWatch> open();

  [[nodiscard]] int fd() const { return fd_.get(); }
  // Watches the terminal behind an open descriptor, by any path it has.
  Result<void> add(const std::string& key, const std::string& terminal, int terminal_fd);
  void remove(const std::string& key);
  [[nodiscard]] bool is_watched(const std::string& key, const std::string& terminal) const;
  // The keys whose terminals were read since the last call, each once.
  std::vector<std::string> drain();

 private:
  struct Watched {
    std::string key;
    std::string terminal;
  };
  explicit TerminalWatch(OwnedFd fd) : fd_(std::move(fd)) {}

  OwnedFd fd_;
  std::map<int, Watched> watched_;  // by watch descriptor
};

}  // namespace idled::system
