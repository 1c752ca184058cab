#include "idled/linux_host.h"

#include <sys/epoll.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "idled/snapshot.h"
#include "idled/system/files.h"
#include "idled/system/found_logins.h"
#include "idled/system/proc.h"

namespace idled {
namespace {

using core::SessionId;

int number_of(core::Signal signal) {
  return signal == core::Signal::kTerminate ? SIGTERM : SIGKILL;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "4026531836" of a link such as "pid:[4026531836]"; 0 if it cannot be read.
ino_t namespace_of(const std::string& process, const char* kind) {
  struct stat status {};
  return stat(("/proc/" + process + "/ns/" + kind).c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

Result<std::unique_ptr<LinuxHost>> LinuxHost::open(const std::string& state_folder) {
  Result<system::StateStore> store = system::StateStore::open(state_folder);
  if (!store) return store.error();
  OwnedFd exits(epoll_create1(EPOLL_CLOEXEC));
  if (!exits) return errno_error("epoll_create1");
  Result<std::string> boot_id = system::read_file("/proc/sys/kernel/random/boot_id", 128);
  if (!boot_id) return boot_id.error();
  while (!boot_id->empty() && boot_id->back() == '\n') boot_id->pop_back();
  std::unique_ptr<LinuxHost> host(
      new LinuxHost(*std::move(store), std::move(exits), *std::move(boot_id)));
  if (Result<system::TerminalWatch> watch = system::TerminalWatch::open(); watch)
    host->watch_ = std::make_unique<system::TerminalWatch>(*std::move(watch));
  if (Result<system::Wire> wire = system::Wire::open(); wire)
    host->wire_ = std::make_unique<system::Wire>(*std::move(wire));
  return host;
}

LinuxHost::LinuxHost(system::StateStore store, OwnedFd exits, std::string boot_id)
    : store_(std::move(store)), exits_(std::move(exits)), boot_id_(std::move(boot_id)) {}

std::vector<std::string> LinuxHost::witnesses() const {
  std::vector<std::string> witnesses{"terminal times", "unread lines"};
  if (watch_) witnesses.emplace_back("reads as they happen (inotify)");
  if (wire_) witnesses.emplace_back("connections (INET_DIAG)");
  return witnesses;
}

// --- leaders ----------------------------------------------------------------------

Result<core::ProcessIdentity> LinuxHost::identify_leader(pid_t pid) {
  const std::string process = std::to_string(pid);
  const std::optional<core::ProcessIdentity> identity = system::identify(pid);
  if (pid <= 0 || !identity) return Error{"no process " + process + " here", ESRCH};
  // Its pts/3 would not be ours, nor its pids.
  if (namespace_of(process, "pid") != namespace_of("self", "pid"))
    return Error{"process " + process + " lives in another pid namespace", EXDEV};
  return *identity;
}

Result<void> LinuxHost::attach(const SessionId& id, const core::ProcessIdentity& leader) {
  Result<system::Process> process = system::Process::open(leader);
  if (!process) return process.error();
  epoll_event event{EPOLLIN, {}};
  event.data.u64 = static_cast<std::uint64_t>(leader.pid);
  if (epoll_ctl(exits_.get(), EPOLL_CTL_ADD, process->fd(), &event) < 0)
    return errno_error("epoll_ctl");
  attached_.insert_or_assign(id.value, Attached{*std::move(process), {}});
  by_pid_[leader.pid] = id.value;
  return {};
}

std::vector<SessionId> LinuxHost::take_exited() {
  std::vector<SessionId> exited;
  std::array<epoll_event, 64> events;
  const int count = epoll_wait(exits_.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const auto it = by_pid_.find(static_cast<pid_t>(events[static_cast<std::size_t>(i)].data.u64));
    if (it != by_pid_.end()) exited.push_back({it->second});
  }
  return exited;
}

LinuxHost::Attached* LinuxHost::attached(const SessionId& id) {
  const auto it = attached_.find(id.value);
  return it == attached_.end() ? nullptr : &it->second;
}

void LinuxHost::forget(const SessionId& id) {
  if (watch_) watch_->keep_only(id.value, {});
  store_.remove(id.value);
  const auto it = attached_.find(id.value);
  if (it == attached_.end()) return;
  by_pid_.erase(it->second.leader.pid());
  attached_.erase(it);  // closing the pidfd takes it out of the epoll set
}

// --- terminals ----------------------------------------------------------------------

void LinuxHost::for_each_terminal(const Attached& login, const UseTerminal& use) const {
  for_each_terminal(login, system::holdings_of(login.leader.pid()), use);
}

void LinuxHost::for_each_terminal(const Attached& login, const system::Holdings& held,
                                  const UseTerminal& use) const {
  for (const system::PtyMaster& master : held.masters) {
    const Result<system::Terminal> terminal = system::Terminal::open(login.leader, master);
    if (terminal) use(*terminal);  // an error: it went away meanwhile
  }
  if (!held.masters.empty()) return;
  // A console login: the leader sits on the terminal itself.
  const std::optional<system::ProcStat> stat = system::read_stat(login.leader.pid());
  if (!stat || stat->tty == 0 || stat->start_ticks != login.leader.identity().start_ticks) return;
  const std::string name = system::terminal_name(stat->tty);
  if (name.empty()) return;
  const Result<system::Terminal> terminal = system::Terminal::open_console(name, stat->tty);
  if (terminal) use(*terminal);
}

core::Observation LinuxHost::observe(const core::Session& session) {
  core::Observation observation;
  const Attached* login = attached(session.login.id);
  observation.leader_alive = login && login->leader.is_alive();
  if (observation.leader_alive) {
    const system::Holdings held = system::holdings_of(login->leader.pid());
    for_each_terminal(*login, held, [&](const system::Terminal& terminal) {
      Result<core::TerminalSample> sample = terminal.sample();
      if (!sample) return;
      sample->watched = watch_ && watch_->is_watched(session.login.id.value, terminal.name());
      observation.terminals.push_back(*std::move(sample));
    });
    if (wire_)
      observation.wire_quiet = wire_->quiet_for(session.login.ssh_connection, held.sockets);
  }
  observation.clocks = system::read_clocks();
  return observation;
}

void LinuxHost::watch(const SessionId& id, const std::vector<std::string>& terminals) {
  if (!watch_) return;
  watch_->keep_only(id.value, terminals);
  const Attached* login = attached(id);
  if (terminals.empty() || !login) return;
  for_each_terminal(*login, [&](const system::Terminal& terminal) {
    // Without a watch the engine looks once a second.
    if (contains(terminals, terminal.name()) && !watch_->is_watched(id.value, terminal.name()))
      (void)watch_->add(id.value, terminal.name(), terminal.fd());
  });
}

std::vector<core::TerminalRead> LinuxHost::take_read() {
  std::vector<core::TerminalRead> reads;
  if (!watch_) return reads;
  for (system::TerminalWatch::Seen& seen : watch_->drain())
    reads.push_back(
        {SessionId{std::move(seen.key)}, std::move(seen.terminal), seen.ctime, seen.read});
  return reads;
}

bool LinuxHost::write(const core::Session& session, const std::vector<std::string>& terminals,
                      std::string_view text) {
  const Attached* login = attached(session.login.id);
  if (!login) return false;
  bool all = true;
  for_each_terminal(*login, [&](const system::Terminal& terminal) {
    if (contains(terminals, terminal.name()) && !terminal.write(text)) all = false;
  });
  return all;
}

// --- ending -------------------------------------------------------------------------

void LinuxHost::note_terminal_leader(Attached& login, const system::Terminal& terminal) {
  const std::optional<core::ProcessIdentity> leader = terminal.session_leader();
  if (!leader) return;
  Result<system::Process> process = system::Process::open(*leader);
  if (process) login.terminal_leaders.push_back(*std::move(process));
}

Result<void> LinuxHost::hang_up(const core::Session& session,
                                const std::vector<std::string>& terminals) {
  Attached* login = attached(session.login.id);
  if (!login) return Error{"the leader is gone", ESRCH};
  login->terminal_leaders.clear();
  Result<void> result;
  for_each_terminal(*login, [&](const system::Terminal& terminal) {
    if (!contains(terminals, terminal.name())) return;
    note_terminal_leader(*login, terminal);
    if (Result<void> hung = terminal.hang_up(); !hung) result = hung;
  });
  for (const system::Process& leader : login->terminal_leaders) {
    leader.signal(SIGHUP);
    leader.signal(SIGCONT);
  }
  return result;
}

void LinuxHost::signal_terminal_leaders(const SessionId& id, core::Signal signal) {
  const Attached* login = attached(id);
  if (!login) return;
  for (const system::Process& leader : login->terminal_leaders) leader.signal(number_of(signal));
}

void LinuxHost::signal_login(const SessionId& id, core::Signal signal) {
  const Attached* login = attached(id);
  if (!login) return;
  if (signal == core::Signal::kTerminate) {
    for (const core::ProcessIdentity& identity : system::descendants_of(login->leader.pid()))
      if (const Result<system::Process> process = system::Process::open(identity))
        process->signal(SIGTERM);
  }
  login->leader.signal(number_of(signal));
}

// --- state --------------------------------------------------------------------------

Result<void> LinuxHost::save_state(const SessionId& id, const core::SessionData& data) {
  return store_.save(id.value, to_snapshot(data, boot_id_));
}

std::vector<core::SessionData> LinuxHost::load_state(std::vector<std::string>& trouble) {
  std::vector<core::SessionData> sessions;
  for (const system::StateStore::Entry& entry : store_.load()) {
    Result<core::SessionData> data = from_snapshot(entry.text, boot_id_);
    if (data && data->login.id.value == entry.id) {
      sessions.push_back(*std::move(data));
      continue;
    }
    trouble.push_back("state of session " + entry.id +
                      " ignored: " + (data ? "it names another session" : data.error().text));
    store_.remove(entry.id);
  }
  return sessions;
}

std::vector<core::Login> LinuxHost::find_logins() {
  return system::find_logins();
}

}  // namespace idled
