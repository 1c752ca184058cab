// Tells reads of terminals as they happen, changes of their times and modes, and, if
// wanted, output: inotify(7), IN_ACCESS, IN_ATTRIB and IN_MODIFY.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/owned_fd.h"
#include "base/result.h"
#include "base/time.h"

namespace idled::system {

// One inotify instance; a watch belongs to a login, by its leader's pid, and a terminal's name.
class TerminalWatch {
 public:
  // Fails where the kernel has no inotify, or the user's instances are used up.
  static Result<TerminalWatch> open();

  [[nodiscard]] int fd() const { return fd_.get(); }
  // Watches the terminal behind an open descriptor, by whatever path it has; again, to
  // begin or end with its output.
  Result<void> add(pid_t leader, const std::string& terminal, int terminal_fd, bool output);
  // Gives up the login's watches of other terminals.
  void keep_only(pid_t leader, const std::vector<std::string>& terminals);
  [[nodiscard]] bool is_watched(pid_t leader, const std::string& terminal) const;

  struct Seen {
    pid_t leader;
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
    pid_t leader;
    // O_PATH, open(2): can be looked at, and does not hold the terminal open.
    OwnedFd path;
    std::string terminal;
  };
  explicit TerminalWatch(OwnedFd fd) : fd_(std::move(fd)) {}
  using OfLeader = std::pair<pid_t, int>;  // and a watch descriptor
  [[nodiscard]] std::vector<int> watches_of(pid_t leader) const;

  OwnedFd fd_;
  std::unordered_map<int, Watched> watched_;  // by watch descriptor
  std::set<OfLeader> of_;
};

}  // namespace idled::system
