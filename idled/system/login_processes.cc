#include "idled/system/login_processes.h"
#include "base/files.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <functional>
#include <set>
#include <sstream>

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

// The newest first: with what forks and exits there is least time to lose. They are found
// missing by chance, so nobody is said to be gone who has not been looked for a few times.
std::vector<pid_t> newest_first() {
  std::vector<pid_t> pids = list_pids();
  std::reverse(pids.begin(), pids.end());
  return pids;
}
constexpr int kPasses = 5;

// The process groups that have members which are ours, and none else. (That of a leader may be
// the server's, whose child it is.)
std::set<pid_t> own_groups(const std::function<bool(const ProcessTable::Entry&)>& is_ours) {
  std::set<pid_t> ours;
  std::set<pid_t> theirs;
  for (const pid_t pid : newest_first()) {
    const std::optional<ProcStat> stat = read_stat(pid);
    if (stat && !stat->is_zombie) (is_ours({pid, *stat}) ? ours : theirs).insert(stat->pgrp);
  }
  std::erase_if(ours, [&](pid_t group) { return group <= 1 || theirs.contains(group); });
  return ours;
}

}  // namespace

LoginProcesses LoginProcesses::of(const Process& leader,
                                  const std::vector<core::ProcessIdentity>& others) {
  LoginProcesses login;
  login.leader_ = leader.pid();
  for (const core::ProcessIdentity& other : others) login.others_[other.pid] = other.start_ticks;
  login.scope_ = session_scope(leader.pid());
  login.audit_session_ = audit_session(leader.pid());
  login.tree_.push_back(leader.identity());
  const ProcessTable table = ProcessTable::read();
  for (const ProcessTable::Entry* entry : table.below(leader.pid())) {
    login.tree_.push_back(entry->identity());
    if (entry->stat.session == entry->pid) login.sessions_.push_back(entry->identity());
  }
  return login;
}

bool LoginProcesses::owns(pid_t pid) const {
  std::optional<ProcStat> stat = read_stat(pid);
  return stat && owns(ProcessTable::Entry{pid, *std::move(stat)});
}

bool LoginProcesses::owns(const ProcessTable::Entry& entry) const {
  if (entry.pid <= 1 || entry.pid == getpid() || entry.stat.is_zombie) return false;
  return is_in_reach(entry) && !is_of_another(entry);
}

// Whether it stands below the leader of another login: mosh-server, started over ssh, is in the
// scope of that, and in its audit session.
bool LoginProcesses::is_of_another(const ProcessTable::Entry& entry) const {
  std::vector<core::ProcessIdentity> line = ancestors_of(entry.stat);
  line.insert(line.begin(), entry.identity());
  for (const core::ProcessIdentity& process : line) {
    if (process.pid == leader_) return false;
    const auto other = others_.find(process.pid);
    if (other != others_.end() && other->second == process.start_ticks) return true;
  }
  return false;
}

bool LoginProcesses::is_in_reach(const ProcessTable::Entry& entry) const {
  if (!scope_.empty()) return session_scope(entry.pid) == scope_;
  if (audit_session_) return audit_session(entry.pid) == audit_session_;
  return is_own_session(entry.stat.session) ||
         std::find(tree_.begin(), tree_.end(), entry.identity()) != tree_.end();
}

// A number that has come back, with another leader, is another session.
bool LoginProcesses::is_own_session(pid_t session) const {
  return std::any_of(sessions_.begin(), sessions_.end(), [&](const core::ProcessIdentity& leader) {
    if (leader.pid != session) return false;
    const std::optional<core::ProcessIdentity> now = identify(session);
    return !now || *now == leader;
  });
}

std::size_t LoginProcesses::count() const {
  std::size_t found = 0;
  for (int pass = 0; pass < kPasses && found == 0; ++pass) {
    const std::vector<pid_t> pids = newest_first();
    found = static_cast<std::size_t>(
        std::count_if(pids.begin(), pids.end(), [this](pid_t pid) { return owns(pid); }));
  }
  return found;
}

void LoginProcesses::signal(int number) const {
  bool found = false;
  for (int pass = 0; number == SIGKILL && pass < kPasses; ++pass) {
    const bool more = kill_groups();
    if (found && !more) break;
    found = found || more;
  }
  signal_each(number);
}

// Whether there were any. By number: that of a group which has members is not given anew, and
// these had some a moment ago.
bool LoginProcesses::kill_groups() const {
  const std::set<pid_t> groups =
      own_groups([this](const ProcessTable::Entry& entry) { return owns(entry); });
  for (const pid_t group : groups) (void)::kill(-group, SIGKILL);
  return !groups.empty();
}

void LoginProcesses::signal_each(int number) const {
  for (const pid_t pid : newest_first()) {
    if (!owns(pid)) continue;
    // Held first, asked again then: whoever the handle holds is the one that was asked.
    const std::optional<core::ProcessIdentity> identity = identify(pid);
    if (!identity) continue;
    const Result<Process> process = Process::open(*identity);
    if (process && owns(pid)) process->signal(number);
  }
}

}  // namespace idled::system
