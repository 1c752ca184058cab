// Tells reads of terminals as they happen, changes of their times and modes, and, if
// wanted, output: inotify(7), IN_ACCESS, IN_ATTRIB and IN_MODIFY.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "base/owned_fd.h"
#include "base/result.h"
#include "base/time.h"

namespace idled::system {

// One inotify instance; a watch belongs to a key of the caller's (a session id) and
// a terminal's name.
class TerminalWatch {
 public:
  // Fails where the kernel has no inotify, or the user's instances are used up.
  static Result<TerminalWatch> open();

  [[nodiscard]] int fd() const { return fd_.get(); }
  // Watches the terminal behind an open descriptor, by whatever path it has; again, to
  // begin or end with its output.
  Result<void> add(const std::string& key, const std::string& terminal, int terminal_fd,
                   bool output);
  // Gives up the key's watches of other terminals.
  void keep_only(const std::string& key, const std::vector<std::string>& terminals);
  [[nodiscard]] bool is_watched(const std::string& key, const std::string& terminal) const;

  struct Seen {
    std::string key;
    std::string terminal;
    WallTime ctime;  // of the terminal, after the event
    bool read;       // input was
    bool written;    // output was
  };
  struct Drained {
    std::vector<Seen> seen;  // each terminal once
    bool all = true;         // false: there is more, taken the next time
  };
  // What was seen since the last call.
  Drained drain();

 private:
  struct Watched {
    std::string key;
    std::string terminal;
    // O_PATH, open(2): can be looked at, and does not hold the terminal open.
    OwnedFd path;
  };
  explicit TerminalWatch(OwnedFd fd) : fd_(std::move(fd)) {}
  void take_from_key(int watch);

  OwnedFd fd_;
  std::unordered_map<int, Watched> watched_;              // by watch descriptor
  std::unordered_map<std::string, std::vector<int>> of_;  // the key's watch descriptors
};

}  // namespace idled::system
