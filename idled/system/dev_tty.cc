#include "idled/system/dev_tty.h"

#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <ctime>
#include <string>
#include <string_view>

#include "base/kernel_release.h"

namespace idled::system {
namespace {

// How many there are is for those to decide whose they are.
constexpr int kMostFiles = 4096;
constexpr std::size_t kMostProcesses = 64;

// To the nanosecond, and of all its threads; clock_getcpuclockid(3). Not /proc/PID/io: the kernel
// has who reads that wait while the process is in execve(2), which a FUSE of its user's can
// prolong.
std::optional<nanoseconds> cpu_of(pid_t pid) {
  clockid_t clock = 0;
  timespec used{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) < 0) return std::nullopt;
  return seconds(used.tv_sec) + nanoseconds(used.tv_nsec);
}

}  // namespace

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
  Numbered folder("/proc/" + std::to_string(pid) + "/fd");
  if (folder.fd() < 0) return true;
  int count = 0;
  while (const std::optional<int> fd = folder.next()) {
    if (++count > kMostFiles) return true;
    char target[PATH_MAX];
    const ssize_t size =
        readlinkat(folder.fd(), std::to_string(*fd).c_str(), target, sizeof target);
    if (size <= 0) continue;  // it has just been closed
    const std::string_view name(target, static_cast<std::size_t>(size));
    if (name.ends_with("/tty") || name.size() == sizeof target) return true;
  }
  return false;
}

core::DevTty dev_tty_of(const std::vector<const ProcessTable::Entry*>& front, pid_t group,
                        WallTime atime) {
  core::DevTty seen{atime, group};
  if (front.empty() || front.size() > kMostProcesses) return seen;
  nanoseconds cpu{};
  for (const ProcessTable::Entry* process : front) {
    const std::optional<nanoseconds> used = cpu_of(process->pid);
    if (!used) return seen;  // it has gone, or another is in its place
    cpu += *used;
  }
  seen.cpu = cpu;
  seen.held = std::any_of(front.begin(), front.end(), [](const ProcessTable::Entry* process) {
    return holds_dev_tty(process->pid);
  });
  seen.single = front.size() == 1 && !front.front()->stat.had_children;
  return seen;
}

}  // namespace idled::system
