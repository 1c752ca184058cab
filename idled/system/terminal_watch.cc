#include "idled/system/terminal_watch.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <map>

namespace idled::system {

Result<TerminalWatch> TerminalWatch::open() {
  OwnedFd fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd) return errno_error("inotify_init1");
  return TerminalWatch(std::move(fd));
}

Result<void> TerminalWatch::add(pid_t leader, const std::string& terminal, int terminal_fd,
                                bool output) {
  const std::string link = "/proc/self/fd/" + std::to_string(terminal_fd);
  OwnedFd path(::open(link.c_str(), O_PATH | O_CLOEXEC));
  if (!path) return errno_error("open " + terminal + " as a path");
  const std::uint32_t mask = IN_ACCESS | IN_ATTRIB | (output ? IN_MODIFY : 0U);
  const int watch = inotify_add_watch(fd_.get(), link.c_str(), mask);
  if (watch < 0) return errno_error("inotify_add_watch " + terminal);
  // The same terminal has the same watch, whoever wants it.
  if (const auto it = watched_.find(watch); it != watched_.end())
    of_.erase({it->second.leader, watch});
  watched_[watch] = {leader, std::move(path), terminal};
  of_.emplace(leader, watch);
  return {};
}

std::vector<int> TerminalWatch::watches_of(pid_t leader) const {
  std::vector<int> watches;
  for (auto it = of_.lower_bound({leader, 0}); it != of_.end() && it->first == leader; ++it)
    watches.push_back(it->second);
  return watches;
}

void TerminalWatch::keep_only(pid_t leader, const std::vector<std::string>& terminals) {
  for (const int watch : watches_of(leader)) {
    const std::string& terminal = watched_.at(watch).terminal;
    if (std::find(terminals.begin(), terminals.end(), terminal) != terminals.end()) continue;
    inotify_rm_watch(fd_.get(), watch);
    watched_.erase(watch);
    of_.erase({leader, watch});
  }
}

bool TerminalWatch::is_watched(pid_t leader, const std::string& terminal) const {
  const std::vector<int> watches = watches_of(leader);
  return std::any_of(watches.begin(), watches.end(),
                     [&](int watch) { return watched_.at(watch).terminal == terminal; });
}

TerminalWatch::Drained TerminalWatch::drain() {
  // A flood of events must not hold the loop: so many reads, and the rest the next time.
  constexpr int kReads = 8;
  std::map<int, std::uint32_t> seen;  // watch descriptor: what happened
  alignas(inotify_event) char buffer[16 * 1024];
  Drained drained{{}, false};
  for (int reads = 0; reads < kReads && !drained.all; ++reads) {
    const ssize_t got = ::read(fd_.get(), buffer, sizeof buffer);
    drained.all = got <= 0;
    for (ssize_t at = 0; at + static_cast<ssize_t>(sizeof(inotify_event)) <= got;) {
      inotify_event event{};
      std::memcpy(&event, buffer + at, sizeof event);
      at += static_cast<ssize_t>(sizeof event + event.len);
      seen[event.wd] |= event.mask;
    }
  }
  for (const auto& [watch, what] : seen) {
    const auto it = watched_.find(watch);
    if (it == watched_.end()) continue;  // also of an overflow: -1
    if (what & IN_IGNORED) {             // the terminal is gone
      of_.erase({it->second.leader, watch});
      watched_.erase(it);
      continue;
    }
    struct stat status {};
    if (fstat(it->second.path.get(), &status) < 0) continue;
    drained.seen.push_back({it->second.leader, it->second.terminal, to_wall_time(status.st_ctim),
                            (what & IN_ACCESS) != 0, (what & IN_MODIFY) != 0});
  }
  return drained;
}

}  // namespace idled::system
