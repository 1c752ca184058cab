#include "idled/system/found_logins.h"

#include <pwd.h>
#include <sys/stat.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "idled/system/clock.h"
#include "idled/system/descriptor_reserve.h"
#include "idled/system/front.h"
#include "idled/system/namespaces.h"
#include "idled/system/utmp.h"

namespace idled::system {
namespace {

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

// And was not started by a user, as su is.
bool is_roots(const ProcStatus& status) {
  return status.uid == 0 && status.euid == 0;
}

WallTime started_at(const ProcStat& stat) {
  static const long ticks_per_second = sysconf(_SC_CLK_TCK);
  const auto since_boot = nanoseconds(static_cast<std::int64_t>(
      stat.start_ticks * (1'000'000'000ULL / static_cast<unsigned long>(ticks_per_second))));
  return read_clocks().to_wall(BootTime(since_boot));
}

// From /etc/passwd itself: a directory server could keep the daemon waiting.
std::unordered_map<uid_t, std::string> local_names() {
  std::unordered_map<uid_t, std::string> names;
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen("/etc/passwd", "re"), std::fclose);
  if (!file) return names;
  // The first of a number's names is its name, as for getpwuid(3).
  while (const passwd* entry = fgetpwent(file.get())) names.emplace(entry->pw_uid, entry->pw_name);
  return names;
}

std::unordered_map<std::string, std::string> hosts_by_line() {
  std::unordered_map<std::string, std::string> hosts;
  for (const UtmpRecord& record : read_utmp())
    hosts.emplace(record.line, host_of_record(record.host));
  return hosts;
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

// sshd's first, then login(1)'s, then the others: those that stand below one of these are none.
int order_of(std::string_view comm) {
  if (is_sshd(comm)) return 0;
  if (comm == "login") return 1;
  return is_way_in(comm) || is_mosh(comm) ? 2 : 3;
}

bool may_lead(std::string_view comm) {
  return order_of(comm) < 3;
}

std::vector<pid_t> all_children_of(pid_t pid) {
  if (std::optional<std::vector<pid_t>> children = children_of(pid)) return *std::move(children);
  std::vector<pid_t> children;
  for (const pid_t other : list_pids())
    if (const auto stat = read_stat(other); stat && stat->ppid == pid) children.push_back(other);
  return children;
}

}  // namespace

LoginSearch::LoginSearch(IsKnown known) : known_(std::move(known)) {}

std::vector<core::Login> LoginSearch::take() {
  return std::exchange(logins_, {});
}

bool LoginSearch::look() {
  if (has_all_names_)
    look_at_candidates();
  else
    look_at_names();
  // A login's leader, a master and its terminal, and a file of a process.
  constexpr std::size_t kMost = 4;
  was_blind_ = was_blind_ || !has_descriptors(kMost);
  return has_all_names_ && next_candidate_ == candidates_.size();
}

void LoginSearch::look_at_names() {
  constexpr int kAtATime = 32;
  for (int i = 0; i < kAtATime; ++i) {
    const std::optional<pid_t> pid = pids_.next();
    if (!pid) {
      has_all_names_ = true;
      std::stable_sort(candidates_.begin(), candidates_.end(), [](const Entry& a, const Entry& b) {
        return order_of(a.stat.comm) < order_of(b.stat.comm);
      });
      return;
    }
    const std::optional<std::string> comm = comm_of(*pid);
    if (!comm || !may_lead(*comm)) continue;
    std::optional<ProcStat> stat = read_stat(*pid);
    if (stat && !is_of_a_known_login({*pid, *stat}))
      candidates_.push_back({*pid, *std::move(stat)});
  }
}

// Its leader, or sshd's process below it that runs as the user: on most machines all the
// candidates that there are, so that they are not even kept.
bool LoginSearch::is_of_a_known_login(const Entry& entry) const {
  if (known_(entry.identity())) return true;
  if (!is_sshd(entry.stat.comm)) return false;
  const std::optional<ProcStat> parent = read_stat(entry.stat.ppid);
  return parent && is_sshd(parent->comm) && known_({entry.stat.ppid, parent->start_ticks});
}

void LoginSearch::look_at_candidates() {
  constexpr std::size_t kAtATime = 8;
  const std::size_t end = std::min(candidates_.size(), next_candidate_ + kAtATime);
  for (; next_candidate_ < end; ++next_candidate_) try_candidate(candidates_[next_candidate_]);
}

void LoginSearch::try_candidate(const Entry& candidate) {
  switch (order_of(candidate.stat.comm)) {
    case 0:
      return try_sshd(candidate);
    case 1:
      return try_login(candidate);
    case 2:
      return try_named(candidate);
    default:
      return;  // it has another name by now
  }
}

bool LoginSearch::is_leader(const core::ProcessIdentity& process) const {
  return found_.contains(process.pid) || known_(process);
}

bool LoginSearch::is_taken(const Entry& entry) const {
  if (is_leader(entry.identity())) return true;
  const std::vector<core::ProcessIdentity> above = ancestors_of(entry.stat);
  return std::any_of(above.begin(), above.end(),
                     [&](const core::ProcessIdentity& process) { return is_leader(process); });
}

std::string LoginSearch::connection_among(const std::vector<ino_t>& sockets) {
  if (!connections_) connections_ = Connections::read();
  return connections_->among(sockets);
}

std::string LoginSearch::host_on(const std::string& line) {
  if (!hosts_) hosts_ = hosts_by_line();
  const auto it = hosts_->find(line);
  return it == hosts_->end() ? std::string() : it->second;
}

// Once in a search: glibc asks for its place in the file at each line.
std::string LoginSearch::local_name_of(uid_t uid) {
  if (!names_) names_ = local_names();
  const auto it = names_->find(uid);
  return it == names_->end() ? std::string() : it->second;
}

// A name can be taken by any process. The program behind it is root's, and has that name; or it is
// one of many names, but none that anybody may start as root, by whichever name: sudo. (Of busybox
// that is its own business.)
bool LoginSearch::runs_its_program(const Entry& entry) {
  const std::string program = program_of(entry.pid);
  const std::string_view name = std::string_view(program).substr(program.rfind('/') + 1);
  if (!is_called(program, entry.stat.comm) && !name.starts_with("busybox") &&
      (is_mosh(entry.stat.comm) || is_set_user_id(entry.pid)))
    return false;
  if (files_of_root_.contains(program)) return true;
  // Nobody but root can change that while this searches.
  if (!is_root_owned(program)) return false;
  files_of_root_.insert(program);
  return true;
}

void LoginSearch::add(const Entry& leader, const ProcStatus& user, core::Login login,
                      const ProcStat& since) {
  if (!check_home(leader.pid)) return;  // a container's
  login.id.value = session_id_of(leader.pid);
  login.uid = user.uid;
  login.gids = user.groups;
  login.gids.push_back(user.gid);
  if (login.user.empty()) login.user = local_name_of(user.uid);
  if (login.user.empty()) login.user = "uid " + std::to_string(user.uid);
  login.leader = leader.identity();
  login.opened_at = started_at(since);
  login.adopted = true;
  found_.insert(leader.pid);
  logins_.push_back(std::move(login));
}

// A login of another user is a root monitor ("[priv]") whose child has become the
// user; before the user is let in, that child is sshd's own unprivileged user, and
// says "[net]". A login of root has no monitor: one process, "root@pts/0".
void LoginSearch::try_sshd(const Entry& leader) {
  const std::optional<ProcStatus> status = read_status(leader.pid);
  // Before its title is read: a user may keep who reads that of theirs waiting.
  if (!status || !is_roots(*status)) return;
  if (known_(leader.identity()) || !runs_its_program(leader)) return;
  const std::optional<SshdTitle> title = parse_sshd_title(read_cmdline(leader.pid));
  if (!title) return;
  core::Login login;
  login.user = title->user;
  login.service = "sshd";
  std::optional<ProcStatus> user;
  if (!title->is_monitor) {
    user = status;
  } else {
    for (const pid_t child : all_children_of(leader.pid)) {
      user = read_status(child);
      // Not what it runs to find the user's keys, AuthorizedKeysCommand.
      const std::optional<std::string> comm = comm_of(child);
      if (user && user->uid != 0 && comm && is_sshd(*comm) &&
          read_cmdline(child).find("[net]") == std::string::npos)
        break;
      user.reset();
    }
  }
  if (!user) return;  // nobody is let in yet: strangers may be many, and this is dear
  const Result<Holdings> held = holdings_of(leader.pid);
  if (!held) return;  // another search: once known, it would be without a host for good
  login.ssh_connection = connection_among(held->sockets);
  login.remote_host = login.ssh_connection.substr(0, login.ssh_connection.find(' '));
  add(leader, *user, std::move(login), leader.stat);
}

// login(1) waits as root for the shell, its child, on the terminal. Before somebody is let
// in it has none.
void LoginSearch::try_login(const Entry& leader) {
  const std::optional<ProcStatus> status = read_status(leader.pid);
  if (!status || !is_roots(*status) || is_taken(leader) || !runs_its_program(leader)) return;
  for (const pid_t child : all_children_of(leader.pid)) {
    const std::optional<ProcStat> stat = read_stat(child);
    const std::optional<ProcStatus> user = read_status(child);
    if (!stat || stat->ppid != leader.pid) continue;
    core::Login login;
    login.console = terminal_name(stat->tty);
    if (login.console.empty() || !user) continue;
    const bool is_pty = login.console.starts_with("pts/");
    login.kind = is_pty ? core::Kind::kTerminal : core::Kind::kConsole;
    login.service = "login";
    login.remote_host = host_on(login.console);
    // The process of login(1) may have been getty's, since long before anybody came.
    return add(leader, *user, std::move(login), *stat);
  }
}

void LoginSearch::try_named(const Entry& leader) {
  // mosh-server leaves the ssh login that started it, and is a login of its own even while
  // it has not yet.
  if (is_mosh(leader.stat.comm) ? known_(leader.identity()) : is_taken(leader)) return;
  const std::optional<ProcStatus> status = read_status(leader.pid);
  const bool as_root = status && is_roots(*status);
  if (!status || (!as_root && !is_mosh(leader.stat.comm))) return;
  if (!runs_its_program(leader)) return;
  if (const Result<Holdings> held = holdings_of(leader.pid)) add_holder(leader, *held);
}

// Adds the login of a process that holds masters: its user is the one whose session sits
// on the first of the terminals.
void LoginSearch::add_holder(const Entry& leader, const Holdings& held) {
  const Result<Process> holder = Process::open(leader.identity());
  if (!holder) return;
  for (const PtyMaster& master : held.masters) {
    const Result<Terminal> terminal = Terminal::open(*holder, master);
    const std::optional<core::ProcessIdentity> session =
        terminal ? terminal->session_leader(leader.pid) : std::nullopt;
    if (!session) continue;
    const std::optional<ProcStatus> user =
        read_status(is_mosh(leader.stat.comm) ? leader.pid : session->pid);
    if (!user) continue;
    core::Login login;
    login.service = leader.stat.comm;
    login.kind = core::Kind::kTerminal;
    login.ssh_connection = connection_among(held.sockets);
    login.remote_host = login.ssh_connection.substr(0, login.ssh_connection.find(' '));
    if (login.remote_host.empty()) login.remote_host = host_on(terminal->name());
    return add(leader, *user, std::move(login), leader.stat);
  }
}

std::optional<SshdTitle> parse_sshd_title(std::string_view title) {
  for (const std::string_view program : {"sshd: ", "sshd-session: "}) {
    if (!title.starts_with(program)) continue;
    std::string_view rest = title.substr(program.size());
    rest = rest.substr(0, rest.find_last_not_of(" \n") + 1);
    constexpr std::string_view kMonitor = " [priv]";
    const bool is_monitor = rest.ends_with(kMonitor);
    // Names of a directory have an @ of their own: "alice@example.com@pts/0".
    const std::size_t end = is_monitor ? rest.size() - kMonitor.size() : rest.rfind('@');
    if (end == std::string_view::npos || (!is_monitor && rest.ends_with(']'))) return std::nullopt;
    const std::string_view user = rest.substr(0, end);
    // "sshd: /usr/sbin/sshd -D [listener] ..." is the listener.
    if (user.empty() || user.find('/') != std::string_view::npos || user.starts_with('[') ||
        user == "unknown")
      return std::nullopt;
    return SshdTitle{std::string(user), is_monitor};
  }
  return std::nullopt;
}

std::string host_of_record(std::string_view host) {
  constexpr std::string_view kMosh = "mosh [";
  const std::size_t at = host.find(kMosh);
  if (at == std::string_view::npos || !host.ends_with(']')) return std::string(host);
  constexpr std::string_view kVia = " via ";
  const std::string_view before = host.substr(0, at);
  return std::string(before.ends_with(kVia) ? before.substr(0, before.size() - kVia.size()) : "");
}

}  // namespace idled::system
