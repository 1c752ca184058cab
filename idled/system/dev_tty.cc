#include "idled/system/dev_tty.h"

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/kernel_release.h"
#include "idled/system/front.h"

namespace idled::system {

bool hides_dev_tty() {
  struct utsname name {};
  if (uname(&name) < 0) return true;
  const std::optional<KernelRelease> release = parse_kernel_release(name.release);
  return !release || *release < kShowsDevTty;
}

std::optional<WallTime> dev_tty_atime(const char* path) {
  struct stat status {};
  if (stat(path, &status) < 0) return std::nullopt;
  return to_wall_time(status.st_atim);
}

bool holds_dev_tty(pid_t pid) {
  constexpr std::string_view kName = "/dev/tty";
  Numbered folder("/proc/" + std::to_string(pid) + "/fd");
  if (folder.fd() < 0) return true;
  while (const std::optional<int> fd = folder.next()) {
    char target[kName.size() + 1];  // so that a longer name is not cut to this one
    const ssize_t size =
        readlinkat(folder.fd(), std::to_string(*fd).c_str(), target, sizeof target);
    if (size > 0 && std::string_view(target, static_cast<std::size_t>(size)) == kName) return true;
  }
  return false;
}

core::DevTty dev_tty_of(const std::vector<const ProcessTable::Entry*>& front, pid_t group,
                        WallTime atime) {
  core::DevTty seen{atime, work_of(front, group)};
  seen.held = std::any_of(front.begin(), front.end(), [](const ProcessTable::Entry* process) {
    return holds_dev_tty(process->pid);
  });
  seen.single = front.size() == 1 && !front.front()->stat.had_children;
  return seen;
}

}  // namespace idled::system
