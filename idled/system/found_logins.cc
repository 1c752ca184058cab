#include "idled/system/found_logins.h"

#include <pwd.h>
#include <sys/stat.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <unordered_set>

#include "idled/system/clock.h"
#include "idled/system/front.h"
#include "idled/system/namespaces.h"
#include "idled/system/process_table.h"
#include "idled/system/terminal.h"
#include "idled/system/wire.h"

namespace idled::system {
namespace {

using Entry = ProcessTable::Entry;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_sshd(std::string_view comm) {
  return is_one_of(comm, {"sshd", "sshd-session"});
}
bool is_way_in(std::string_view comm) {
  return is_one_of(comm, {"dropbear", "telnetd", "in.telnetd", "rlogind", "in.rlogind"});
}
bool is_mosh(std::string_view comm) {
  return comm == "mosh-server";
}

// A name can be taken by any process; the program behind it is root's.
bool runs_file_of_root(pid_t pid) {
  return is_root_owned(program_of(pid));
}

WallTime started_at(const ProcStat& stat) {
  static const long ticks_per_second = sysconf(_SC_CLK_TCK);
  const auto since_boot = nanoseconds(static_cast<std::int64_t>(
      stat.start_ticks * (1'000'000'000ULL / static_cast<unsigned long>(ticks_per_second))));
  return read_clocks().to_wall(BootTime(since_boot));
}

// From /etc/passwd itself: a directory server could keep the daemon waiting.
std::string local_name_of(uid_t uid) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/etc/passwd", "re"), std::fclose);
  if (!file) return {};
  while (const passwd* entry = fgetpwent(file.get()))
    if (entry->pw_uid == uid) return entry->pw_name;
  return {};
}

// logind's word for it, by the control group; "p" and the pid otherwise.
std::string session_id_of(pid_t leader) {
  char* session = nullptr;
  std::string id = "p" + std::to_string(leader);
  if (sd_pid_get_session(leader, &session) < 0) return id;
  const std::unique_ptr<char, void (*)(void*)> owned(session, std::free);
  char* other = nullptr;
  // A daemon that was started from a login stands in that login's scope.
  if (sd_session_get_class(session, &other) < 0) return id;
  const std::unique_ptr<char, void (*)(void*)> owned_class(other, std::free);
  return std::string_view(other) == "user" ? session : id;
}

class Search {
 public:
  explicit Search(const std::function<bool(const core::ProcessIdentity&)>& known)
      : known_(known),
        table_(ProcessTable::read()),
        utmp_(read_utmp()),
        connections_(Connections::read()) {}

  std::vector<core::Login> run() {
    for (const Entry& entry : table_.entries())
      if (known_(entry.identity())) leaders_.insert(entry.pid);
    for (const Entry& entry : table_.entries())
      if (is_sshd(entry.stat.comm)) try_sshd(entry);
    for (const Entry& entry : table_.entries())
      if (entry.stat.comm == "login") try_login(entry);
    for (const Entry& entry : table_.entries())
      if (is_way_in(entry.stat.comm) || is_mosh(entry.stat.comm)) try_named(entry);
    return std::move(logins_);
  }

 private:
  void try_sshd(const Entry& leader);
  void try_login(const Entry& leader);
  void try_named(const Entry& leader);
  void add_holder(const Entry& leader, const Holdings& held);
  [[nodiscard]] const Entry* session_on(const Process& holder, const PtyMaster& master) const;
  // `since`: the process whose start is the login's.
  void add(const Entry& leader, const ProcStatus& user, core::Login login, const Entry& since);
  [[nodiscard]] bool is_taken(const Entry& entry) const;
  [[nodiscard]] const UtmpRecord* record_on(const std::string& line) const;

  const std::function<bool(const core::ProcessIdentity&)>& known_;
  ProcessTable table_;
  std::vector<UtmpRecord> utmp_;
  Connections connections_;
  std::unordered_set<pid_t> leaders_;  // of logins that are known, and of those found so far
  std::vector<core::Login> logins_;
};

// Whether it leads a login, or stands below one that does.
bool Search::is_taken(const Entry& entry) const {
  int depth = 0;
  for (const Entry* up = &entry; up && depth < 256; up = table_.find(up->stat.ppid), ++depth)
    if (leaders_.contains(up->pid)) return true;
  return false;
}

const UtmpRecord* Search::record_on(const std::string& line) const {
  const auto it = std::find_if(utmp_.begin(), utmp_.end(),
                               [&](const UtmpRecord& record) { return record.line == line; });
  return it == utmp_.end() ? nullptr : &*it;
}

void Search::add(const Entry& leader, const ProcStatus& user, core::Login login,
                 const Entry& since) {
  if (!check_home(leader.pid)) return;  // a container's
  login.id.value = session_id_of(leader.pid);
  login.uid = user.uid;
  login.gids = user.groups;
  login.gids.push_back(user.gid);
  if (login.user.empty()) login.user = local_name_of(user.uid);
  if (login.user.empty()) login.user = "uid " + std::to_string(user.uid);
  login.leader = leader.identity();
  login.opened_at = started_at(since.stat);
  login.adopted = true;
  leaders_.insert(leader.pid);
  logins_.push_back(std::move(login));
}

// A login of another user is a root monitor ("[priv]") whose child has become the
// user; before the user is let in, that child is sshd's own unprivileged user, and
// says "[net]". A login of root has no monitor: one process, "root@pts/0".
void Search::try_sshd(const Entry& leader) {
  if (known_(leader.identity()) || !runs_file_of_root(leader.pid)) return;
  const std::optional<ProcStatus> status = read_status(leader.pid);
  const std::string title = read_cmdline(leader.pid);
  core::Login login;
  login.user = user_of_sshd_title(title);
  if (!status || status->euid != 0 || login.user.empty()) return;
  login.service = "sshd";
  login.ssh_connection = connections_.among(holdings_of(leader.pid).sockets);
  login.remote_host = login.ssh_connection.substr(0, login.ssh_connection.find(' '));
  if (title.find('@') != std::string::npos) return add(leader, *status, std::move(login), leader);
  for (const Entry& child : table_.entries()) {
    if (child.stat.ppid != leader.pid) continue;
    const std::optional<ProcStatus> user = read_status(child.pid);
    if (user && user->uid != 0 && read_cmdline(child.pid).find("[net]") == std::string::npos)
      return add(leader, *user, std::move(login), leader);
  }
}

// login(1) waits as root for the shell, its child, on the terminal. Before somebody is let
// in it has none.
void Search::try_login(const Entry& leader) {
  const std::optional<ProcStatus> status = read_status(leader.pid);
  if (is_taken(leader) || !status || status->euid != 0 || !runs_file_of_root(leader.pid)) return;
  for (const Entry& child : table_.entries()) {
    if (child.stat.ppid != leader.pid) continue;
    core::Login login;
    login.console = terminal_name(child.stat.tty);
    const std::optional<ProcStatus> user = read_status(child.pid);
    if (login.console.empty() || !user) continue;
    const bool is_pty = login.console.starts_with("pts/");
    login.kind = is_pty ? core::Kind::kTerminal : core::Kind::kConsole;
    login.service = "login";
    if (const UtmpRecord* record = record_on(login.console))
      login.remote_host = host_of_record(record->host);
    // The process of login(1) may have been getty's, since long before anybody came.
    return add(leader, *user, std::move(login), child);
  }
}

void Search::try_named(const Entry& leader) {
  // mosh-server leaves the ssh login that started it, and is a login of its own even while
  // it has not yet.
  if (is_mosh(leader.stat.comm) ? known_(leader.identity()) : is_taken(leader)) return;
  const std::optional<ProcStatus> status = read_status(leader.pid);
  const bool as_root = status && status->euid == 0;
  if (!status || (!as_root && !is_mosh(leader.stat.comm))) return;
  if (!runs_file_of_root(leader.pid)) return;
  add_holder(leader, holdings_of(leader.pid));
}

// The leader of the session on a terminal, if it is one of ours.
const Entry* Search::session_on(const Process& holder, const PtyMaster& master) const {
  const Result<Terminal> terminal = Terminal::open(holder, master);
  const std::optional<core::ProcessIdentity> leader =
      terminal ? terminal->session_leader(holder.pid()) : std::nullopt;
  return leader ? table_.find(leader->pid) : nullptr;
}

// Adds the login of a process that holds masters: its user is the one whose session sits
// on the first of the terminals.
void Search::add_holder(const Entry& leader, const Holdings& held) {
  const Result<Process> holder = Process::open(leader.identity());
  if (!holder) return;
  for (const PtyMaster& master : held.masters) {
    const Entry* session = session_on(*holder, master);
    if (!session) continue;
    const std::string line = "pts/" + std::to_string(master.index);
    std::optional<ProcStatus> user = read_status(session->pid);
    if (is_mosh(leader.stat.comm)) user = read_status(leader.pid);
    if (!user) continue;
    core::Login login;
    login.service = leader.stat.comm;
    login.kind = core::Kind::kTerminal;
    login.ssh_connection = connections_.among(held.sockets);
    login.remote_host = login.ssh_connection.substr(0, login.ssh_connection.find(' '));
    if (const UtmpRecord* record = record_on(line); record && login.remote_host.empty())
      login.remote_host = host_of_record(record->host);
    return add(leader, *user, std::move(login), leader);
  }
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

std::string host_of_record(std::string_view host) {
  constexpr std::string_view kMosh = "mosh [";
  const std::size_t at = host.find(kMosh);
  if (at == std::string_view::npos || !host.ends_with(']')) return std::string(host);
  constexpr std::string_view kVia = " via ";
  const std::string_view before = host.substr(0, at);
  return std::string(before.ends_with(kVia) ? before.substr(0, before.size() - kVia.size()) : "");
}

std::vector<core::Login> find_logins(
    const std::function<bool(const core::ProcessIdentity&)>& known) {
  return Search(known).run();
}

}  // namespace idled::system
