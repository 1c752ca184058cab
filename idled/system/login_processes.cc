#include "idled/system/login_processes.h"

#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "idled/system/files.h"
#include "idled/system/process_table.h"

namespace idled::system {
namespace {

// The path of "0::PATH" in /proc/PID/cgroup, cgroups(7), of a session's scope; else empty.
std::string session_scope(pid_t pid) {
  const Result<std::string> text = read_file("/proc/" + std::to_string(pid) + "/cgroup");
  if (!text) return {};
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("0::") && line.find(":name=systemd:") == std::string::npos) continue;
    std::string path = line.substr(line.find(':', line.find(':') + 1) + 1);
    const std::string name = path.substr(path.rfind('/') + 1);
    if (name.starts_with("session-") && name.ends_with(".scope")) return path;
  }
  return {};
}

}  // namespace

LoginProcesses LoginProcesses::of(const Process& leader) {
  LoginProcesses login;
  login.scope_ = session_scope(leader.pid());
  login.audit_session_ = audit_session(leader.pid());
  login.tree_.push_back(leader.identity());
  const ProcessTable table = ProcessTable::read();
  for (const ProcessTable::Entry* entry : table.below(leader.pid()))
    login.tree_.push_back(entry->identity());
  return login;
}

bool LoginProcesses::owns(pid_t pid) const {
  const std::optional<ProcStat> stat = pid <= 1 || pid == getpid() ? std::nullopt : read_stat(pid);
  if (!stat || stat->is_zombie) return false;
  if (!scope_.empty()) return session_scope(pid) == scope_;
  if (audit_session_) return audit_session(pid) == audit_session_;
  return std::find(tree_.begin(), tree_.end(), core::ProcessIdentity{pid, stat->start_ticks}) !=
         tree_.end();
}

std::size_t LoginProcesses::count() const {
  const std::vector<pid_t> pids = list_pids();
  return static_cast<std::size_t>(
      std::count_if(pids.begin(), pids.end(), [this](pid_t pid) { return owns(pid); }));
}

void LoginProcesses::signal(int number) const {
  for (const pid_t pid : list_pids()) {
    if (!owns(pid)) continue;
    // Held first, asked again then: whoever the handle holds is the one that was asked.
    const std::optional<core::ProcessIdentity> identity = identify(pid);
    if (!identity) continue;
    const Result<Process> process = Process::open(*identity);
    if (process && owns(pid)) process->signal(number);
  }
}

}  // namespace idled::system
