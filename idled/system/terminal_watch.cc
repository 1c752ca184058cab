#include "idled/system/terminal_watch.h"

#include <sys/inotify.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace idled::system {

Result<TerminalWatch> TerminalWatch::open() {
  OwnedFd fd(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd) return errno_error("inotify_init1");
  return TerminalWatch(std::move(fd));
}

Result<void> TerminalWatch::add(const std::string& key, const std::string& terminal, int terminal_fd) {
  const std::string path = "/proc/self/fd/" + std::to_string(terminal_fd);
  const int watch = inotify_add_watch(fd_.get(), path.c_str(), IN_ACCESS);
  if (watch < 0) return errno_error("inotify_add_watch " + terminal);
  watched_[watch] = {key, terminal};
  return {};
}

void TerminalWatch::remove(const std::string& key) {
  for (auto it = watched_.begin(); it != watched_.end();) {
    if (it->second.key != key) {
      ++it;
      continue;
    }
    inotify_rm_watch(fd_.get(), it->first);
    it = watched_.erase(it);
  }
}

bool TerminalWatch::is_watched(const std::string& key, const std::string& terminal) const {
  return std::any_of(watched_.begin(), watched_.end(), [&](const auto& entry) {
    return entry.second.key == key && entry.second.terminal == terminal;
  });
}

std::vector<std::string> TerminalWatch::drain() {
  std::set<std::string> keys;
  alignas(inotify_event) char buffer[16 * 1024];
  // One read: a flood of events must not hold the loop. The rest comes next time.
  const ssize_t got = ::read(fd_.get(), buffer, sizeof buffer);
  for (ssize_t at = 0; at + static_cast<ssize_t>(sizeof(inotify_event)) <= got;) {
    inotify_event event{};
    std::memcpy(&event, buffer + at, sizeof event);
    at += static_cast<ssize_t>(sizeof event + event.len);
    const auto it = watched_.find(event.wd);
    if (it == watched_.end()) continue;
    if (event.mask & IN_ACCESS) keys.insert(it->second.key);
    if (event.mask & IN_IGNORED) watched_.erase(it);  // the terminal is gone
  }
  return {keys.begin(), keys.end()};
}

}  // namespace idled::system
