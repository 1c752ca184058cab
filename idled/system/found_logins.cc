#include "idled/system/found_logins.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "idled/system/clock.h"
#include "idled/system/proc.h"
#include "idled/system/terminal.h"
#include "idled/system/wire.h"

namespace idled::system {
namespace {

struct Found {
  pid_t pid = 0;
  ProcStat stat;
  ProcStatus status;
  std::string user;  // as the title says
};

bool is_sshd(std::string_view comm) {
  return comm == "sshd" || comm == "sshd-session";
}

// A title can be written by any process; the program behind it is root's.
bool runs_file_of_root(pid_t pid) {
  struct stat status {};
  const std::string path = "/proc/" + std::to_string(pid) + "/exe";
  return stat(path.c_str(), &status) == 0 && status.st_uid == 0 &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

std::vector<Found> sshd_processes() {
  std::vector<Found> found;
  for (const pid_t pid : list_pids()) {
    std::optional<ProcStat> stat = read_stat(pid);
    if (!stat || !is_sshd(stat->comm) || !runs_file_of_root(pid)) continue;
    const std::optional<ProcStatus> status = read_status(pid);
    std::string user = user_of_sshd_title(read_cmdline(pid));
    if (status && !user.empty()) found.push_back({pid, *std::move(stat), *status, std::move(user)});
  }
  return found;
}

WallTime started_at(const ProcStat& stat) {
  static const long ticks_per_second = sysconf(_SC_CLK_TCK);
  const auto since_boot = nanoseconds(static_cast<std::int64_t>(
      stat.start_ticks * (1'000'000'000ULL / static_cast<unsigned long>(ticks_per_second))));
  return read_clocks().to_wall(BootTime(since_boot));
}

core::Login login_of(const Found& leader, const ProcStatus& user) {
  core::Login login;
  login.id.value = "p" + std::to_string(leader.pid);
  login.user = leader.user;
  login.uid = user.uid;
  login.gids = user.groups;
  login.gids.push_back(user.gid);
  login.service = "sshd";
  login.leader = {leader.pid, leader.stat.start_ticks};
  login.opened_at = started_at(leader.stat);
  login.adopted = true;
  login.ssh_connection = connection_among(holdings_of(leader.pid).sockets);
  login.remote_host = login.ssh_connection.substr(0, login.ssh_connection.find(' '));
  return login;
}

}  // namespace

std::string user_of_sshd_title(std::string_view title) {
  for (const std::string_view program : {"sshd: ", "sshd-session: "}) {
    if (!title.starts_with(program)) continue;
    std::string_view rest = title.substr(program.size());
    rest = rest.substr(0, rest.find_first_of(" @"));
    // "sshd: /usr/sbin/sshd -D [listener] ..." is the listener.
    if (rest.empty() || rest.find('/') != std::string_view::npos || rest.starts_with('[') ||
        rest == "unknown")
      return {};
    return std::string(rest);
  }
  return {};
}

// A login of another user is a root monitor ("[priv]") whose child has become the
// user; before the user is let in, that child is sshd's own unprivileged user, and
// says "[net]". A login of root has no monitor: one process, "root@pts/0".
std::vector<core::Login> find_logins() {
  const std::vector<Found> processes = sshd_processes();
  std::vector<core::Login> logins;
  for (const Found& leader : processes) {
    if (leader.status.euid != 0) continue;
    const std::string title = read_cmdline(leader.pid);
    if (title.find('@') != std::string::npos) {
      logins.push_back(login_of(leader, leader.status));
      continue;
    }
    const auto child = std::find_if(processes.begin(), processes.end(), [&](const Found& process) {
      return process.stat.ppid == leader.pid && process.status.uid != 0 &&
             read_cmdline(process.pid).find("[net]") == std::string::npos;
    });
    if (child != processes.end()) logins.push_back(login_of(leader, child->status));
  }
  return logins;
}

}  // namespace idled::system
