#include "idled/linux_host.h"

#include <sys/epoll.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>

#include "base/files.h"
#include "idled/snapshot.h"
#include "idled/system/found_logins.h"
#include "idled/system/front.h"
#include "idled/system/namespaces.h"
#include "idled/system/proc.h"

namespace idled {
namespace {

using core::SessionId;

int number_of(core::Signal signal) {
  return signal == core::Signal::kTerminate ? SIGTERM : SIGKILL;
}

bool counts_work(const core::Session& session) {
  return session.rules->settings.activity == policy::Activity::kJob;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// 0: it is about no login.
pid_t leader_of(const core::Record& record) {
  pid_t pid = 0;
  for (const auto& [name, value] : record.fields)
    if (name == "IDLED_LEADER") std::from_chars(value.data(), value.data() + value.size(), pid);
  return pid;
}

// Logins whose terminals are open at a time. A step may look at all logins (a clock was set), and
// descriptors are for logins, too.
constexpr std::size_t kMostOpen = 64;

// Enough to look at, and end, a login with a dozen terminals.
constexpr std::size_t kReserve = 32;
// What a look takes for one file of /proc after the other, beside the terminals that it has open.
constexpr std::size_t kForFiles = 2;

// For how long the last walk over what a leader holds serves for the looks of its schedule, too:
// from where a warning may be due to where it is, at the end of the block.
constexpr seconds kTrusted{9};

// A walk over the processes serves all looks of one moment.
constexpr std::chrono::milliseconds kTableAge{250};

}  // namespace

Result<std::unique_ptr<LinuxHost>> LinuxHost::open(const std::string& state_folder) {
  Result<system::StateStore> store = system::StateStore::open(state_folder);
  if (!store) return store.error();
  OwnedFd exits(epoll_create1(EPOLL_CLOEXEC));
  if (!exits) return errno_error("epoll_create1");
  Result<std::string> boot_id = read_file("/proc/sys/kernel/random/boot_id", 128);
  if (!boot_id) return boot_id.error();
  while (!boot_id->empty() && boot_id->back() == '\n') boot_id->pop_back();
  std::unique_ptr<LinuxHost> host(
      new LinuxHost(*std::move(store), std::move(exits), *std::move(boot_id)));
  if (Result<system::TerminalWatch> watch = system::TerminalWatch::open(); watch)
    host->watch_ = std::make_unique<system::TerminalWatch>(*std::move(watch));
  if (Result<system::Wire> wire = system::Wire::open(); wire)
    host->wire_ = std::make_unique<system::Wire>(*std::move(wire));
  if (Result<std::unique_ptr<system::AuditLog>> audit = system::AuditLog::open(); audit)
    host->audit_ = *std::move(audit);
  else
    host->no_audit_ = audit.error().text;
  return host;
}

LinuxHost::LinuxHost(system::StateStore store, OwnedFd exits, std::string boot_id)
    : store_(std::move(store)),
      exits_(std::move(exits)),
      boot_id_(std::move(boot_id)),
      reserve_(kReserve) {}

template <typename Work>
bool LinuxHost::with_descriptors(Work work) {
  if (work()) return true;
  open_.clear();
  processes_.reset();  // it may be what could be read of them, and no more
  const system::DescriptorReserve::Lent lent(reserve_);
  const bool done = work();
  open_.clear();
  return done;
}

std::vector<std::string> LinuxHost::witnesses() const {
  std::vector<std::string> witnesses{"terminal times", "unread lines"};
  if (watch_) witnesses.emplace_back("reads as they happen (inotify)");
  if (wire_) witnesses.emplace_back("connections (INET_DIAG)");
  return witnesses;
}

// --- leaders ----------------------------------------------------------------------

Result<Caller> LinuxHost::identify_caller(pid_t pid) {
  const Result<system::ProcStat> stat = system::stat_of(pid);
  if (!stat) return stat.error();
  if (const Result<void> home = system::check_home(pid); !home) return home.error();
  // Who is on a terminal already is let in by login(1) alone. What leads the session there and yet
  // lets nobody in is su that screen, script or expect has started in the place of a shell.
  const bool changes_user = stat->comm == "runuser" || system::is_set_user_id(pid);
  const bool nested = stat->tty != 0 && (stat->session != pid || changes_user);
  return Caller{{pid, stat->start_ticks}, nested};
}

std::vector<core::ProcessIdentity> LinuxHost::ancestors_of(pid_t pid) {
  const Result<system::ProcStat> stat = system::stat_of(pid);
  return stat ? system::ancestors_of(*stat) : std::vector<core::ProcessIdentity>();
}

Result<void> LinuxHost::attach(const core::Attach& login, uid_t user) {
  Result<system::Process> process = system::Process::open(login.leader);
  if (!process) return process.error();
  // Told once: where more than the leader is to go (`leftovers` "kill"), it is held on.
  epoll_event event{EPOLLIN | EPOLLONESHOT, {}};
  event.data.u64 = static_cast<std::uint64_t>(login.leader.pid);
  if (epoll_ctl(exits_.get(), EPOLL_CTL_ADD, process->fd(), &event) < 0)
    return errno_error("epoll_ctl");
  Attached attached{*std::move(process)};
  if (!login.console.empty()) {
    Result<OwnedFd> pinned = system::Terminal::pin(login.console);
    if (!pinned && is_shortage(pinned.error())) return pinned.error();
    if (pinned)  // else it has no terminal, as of now
      attached.console =
          std::make_unique<Console>(Console{login.console, *std::move(pinned), user});
  }
  attached_.insert_or_assign(login.leader.pid, std::move(attached));
  return {};
}

std::vector<core::ProcessIdentity> LinuxHost::take_exited() {
  std::vector<core::ProcessIdentity> exited;
  std::array<epoll_event, 64> events;
  const int count = epoll_wait(exits_.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) {
    const auto pid = static_cast<pid_t>(events[static_cast<std::size_t>(i)].data.u64);
    if (const Attached* login = attached(pid)) exited.push_back(login->leader.identity());
  }
  return exited;
}

LinuxHost::Attached* LinuxHost::attached(pid_t leader) {
  const auto it = attached_.find(leader);
  return it == attached_.end() ? nullptr : &it->second;
}

void LinuxHost::forget(const core::Forget& login) {
  if (watch_) watch_->keep_only(login.leader.pid, {});
  store_.remove(login.id.value);
  open_.erase(login.leader.pid);
  attached_.erase(login.leader.pid);  // closing the pidfd takes it out of the epoll set
}

// --- terminals ----------------------------------------------------------------------

Result<std::vector<system::Terminal>> LinuxHost::terminals_of(Attached& login, core::Look look) {
  std::vector<system::Terminal> terminals;
  system::Holdings& held = login.held;
  std::optional<Error> shortage;
  // An error that is no shortage: it went away meanwhile.
  const auto take = [&](Result<system::Terminal> terminal) {
    if (terminal)
      terminals.push_back(*std::move(terminal));
    else if (is_shortage(terminal.error()))
      shortage = terminal.error();
  };
  // Whether all could be opened.
  const auto open_held = [&] {
    for (const system::PtyMaster& master : held.masters)
      take(system::Terminal::open(login.leader, master));
    return terminals.size() == held.masters.size();
  };
  const BootTime now = system::read_clocks().boot;
  const bool is_old = look == core::Look::kBrief && now - login.walked_at > kTrusted;
  const bool walk = look == core::Look::kClose || is_old || held.masters.empty() ||
                    may_have_changed(held, login.leader.pid());
  if (walk || (!open_held() && !shortage)) {
    Result<system::Holdings> holdings = system::holdings_of(login.leader.pid());
    if (!holdings) return holdings.error();
    held = *std::move(holdings);
    login.walked_at = now;
    terminals.clear();
    (void)open_held();
  }
  // By its path alone it cannot be told whether the leader holds it still.
  for (const system::Terminal& terminal : terminals)
    if (!terminal.is_through_master()) held.descriptors = 0;
  if (held.masters.empty() && login.console) {
    const Console& console = *login.console;
    take(system::Terminal::open(console.name, console.pinned, console.user));
  }
  if (shortage) return *shortage;
  return terminals;
}

const std::vector<system::Terminal>& LinuxHost::keep_open(const Attached& login, core::Look look,
                                                          std::vector<system::Terminal> terminals) {
  if (open_.size() >= kMostOpen) open_.clear();
  Open& open = open_[login.leader.pid()];
  open = {look, std::move(terminals)};
  return open.terminals;
}

const std::vector<system::Terminal>* LinuxHost::open_terminals_of(Attached& login) {
  if (const auto it = open_.find(login.leader.pid()); it != open_.end())
    return &it->second.terminals;
  Result<std::vector<system::Terminal>> opened = terminals_of(login, core::Look::kBrief);
  return opened ? &keep_open(login, core::Look::kBrief, *std::move(opened)) : nullptr;
}

Result<std::vector<system::Terminal>> LinuxHost::take_terminals_of(Attached& login) {
  if (auto open = open_.extract(login.leader.pid());
      !open.empty() && open.mapped().look == core::Look::kClose)
    return std::move(open.mapped().terminals);
  return terminals_of(login, core::Look::kClose);
}

const system::ProcessTable& LinuxHost::processes(nanoseconds max_age) {
  const BootTime now = system::read_clocks().boot;
  if (!processes_ || now - processes_at_ > max_age) {
    processes_ = system::ProcessTable::read();
    processes_at_ = now;
  }
  return *processes_;
}

std::optional<core::TerminalSample> LinuxHost::sample(const core::Session& session,
                                                      const system::Terminal& terminal,
                                                      core::Look look) {
  core::TerminalSample sample;
  sample.name = terminal.name();
  // What may take a while first, the evidence of input last.
  if (hides_dev_tty_)
    if (const std::optional<WallTime> atime = system::dev_tty_atime()) sample.dev_tty = {*atime};
  look_in_front(session, terminal, look, sample);
  if (!terminal.sample(sample)) return std::nullopt;
  if (sample.dev_tty)
    sample.dev_tty->atime = system::dev_tty_atime().value_or(sample.dev_tty->atime);
  sample.watched = watch_ && watch_->is_watched(session.login.leader.pid, terminal.name());
  return sample;
}

void LinuxHost::look_in_front(const core::Session& session, const system::Terminal& terminal,
                              core::Look look, core::TerminalSample& sample) {
  const bool works = counts_work(session);
  if (look == core::Look::kBrief && !works && !sample.dev_tty) return;
  std::optional<pid_t> group = terminal.foreground_group(session.login.leader.pid);
  // A walk over all processes, so only for whom it must be; a close look wants it as of now, one
  // for all its terminals.
  const nanoseconds max_age =
      look == core::Look::kClose ? system::read_clocks().boot - look_began_ : kTableAge;
  if (!group && !terminal.is_through_master())
    group = system::foreground_group(processes(max_age), terminal.device());
  if (!group) return;
  const bool walk = works || look == core::Look::kClose || asks_of_dev_tty(session, sample);
  if (!walk && !sample.dev_tty) {
    sample.foreground = system::comm_of(*group);
    return;
  }
  const auto alone = system::alone_in_front(terminal.device(), *group);
  if (look != core::Look::kBrief)
    sample.foreground = alone ? alone->stat.comm : system::comm_of(*group);
  if (!alone && !walk) return;
  const std::vector<const system::ProcessTable::Entry*> front =
      alone ? std::vector{&*alone}
            : system::in_front(processes(max_age), terminal.device(), *group);
  if (works) sample.work = system::work_of(front, *group);
  if (sample.dev_tty) sample.dev_tty = system::dev_tty_of(front, *group, sample.dev_tty->atime);
  if (look == core::Look::kClose) sample.root_programs = system::root_programs(front);
}

bool LinuxHost::asks_of_dev_tty(const core::Session& session, const core::TerminalSample& sample) {
  if (!sample.dev_tty) return false;
  const core::Terminal* const known = core::find_terminal(session, sample.name);
  return core::may_show_reads(known ? &known->memory : nullptr, sample.dev_tty->atime,
                              system::read_clocks());
}

core::Observation LinuxHost::observe(const core::Session& session, core::Look look) {
  core::Observation observation;
  with_descriptors([&] {
    observation = look_at(session, look);
    return !observation.failed;
  });
  return observation;
}

core::Observation LinuxHost::look_at(const core::Session& session, core::Look look) {
  core::Observation observation;
  observation.look = look;
  look_began_ = system::read_clocks().boot;
  Attached* login = attached(session.login.leader.pid);
  observation.leader_alive = login && login->leader.is_alive();
  // What is read of processes does not tell a shortage: it is asked for while all is open.
  bool reads_processes = false;
  if (login && session.ending && login->ended && login->ended->processes) {
    observation.processes = login->ended->processes->count();
    reads_processes = true;
  }
  if (observation.leader_alive) {
    Result<std::vector<system::Terminal>> opened = terminals_of(*login, look);
    observation.failed = !opened;
    if (opened) {
      const auto& terminals = keep_open(*login, look, *std::move(opened));
      for (const system::Terminal& terminal : terminals)
        if (std::optional<core::TerminalSample> seen = sample(session, terminal, look))
          observation.terminals.push_back(*std::move(seen));
    }
    if (wire_)
      observation.wire = wire_->quiet_for(session.login.ssh_connection, login->held.sockets);
    reads_processes =
        reads_processes || look == core::Look::kClose || counts_work(session) || hides_dev_tty_;
  }
  if (reads_processes && !system::has_descriptors(kForFiles)) observation.failed = true;
  observation.clocks = system::read_clocks();
  return observation;
}

std::vector<std::string> LinuxHost::watch(const core::Session& session, const core::Watch& wanted) {
  if (!watch_) return {};
  watch_->keep_only(session.login.leader.pid, wanted.terminals);
  Attached* login = attached(session.login.leader.pid);
  if (wanted.terminals.empty() || !login) return {};
  std::vector<std::string> watched;
  const std::vector<system::Terminal>* const terminals = open_terminals_of(*login);
  if (!terminals) return {};
  for (const system::Terminal& terminal : *terminals)
    if (contains(wanted.terminals, terminal.name()) &&
        watch_->add(login->leader.pid(), terminal.name(), terminal.fd(), wanted.output))
      watched.push_back(terminal.name());
  return watched;
}

Seen LinuxHost::take_seen() {
  if (!watch_) return {{}, false};
  system::TerminalWatch::Drained drained = watch_->drain();
  Seen seen{{}, drained.all};
  for (system::TerminalWatch::Seen& one : drained.seen)
    if (const Attached* login = attached(one.leader))
      seen.terminals.push_back({login->leader.identity(),
                                {{}, std::move(one.terminal), one.ctime, one.read, one.written}});
  return seen;
}

core::Written LinuxHost::write(const core::Session& session,
                               const std::vector<std::string>& terminals, std::string_view text) {
  core::Written written{session.login.id};
  bool taken = true;
  Attached* login = attached(session.login.leader.pid);
  written.delivered = login && with_descriptors([&] {
                        const std::vector<system::Terminal>* const open = open_terminals_of(*login);
                        if (!open) return false;
                        for (const system::Terminal& terminal : *open) {
                          if (!contains(terminals, terminal.name())) continue;
                          taken = terminal.write(text) && taken;
                          written.mtimes.emplace_back(terminal.name(), terminal.last_output());
                        }
                        return true;
                      });
  written.delivered = written.delivered && taken;
  return written;
}

// --- ending -------------------------------------------------------------------------

void LinuxHost::note_terminal_leader(Attached& login, const system::Terminal& terminal) {
  const std::optional<core::ProcessIdentity> leader = terminal.session_leader(login.leader.pid());
  if (!leader) return;
  Result<system::Process> process = system::Process::open(*leader);
  if (process) login.ended->terminal_leaders.push_back(*std::move(process));
}

Result<void> LinuxHost::hang_up(const core::Session& session,
                                const std::vector<std::string>& terminals, bool all_processes) {
  Result<void> result;
  with_descriptors([&] {
    result = try_hang_up(session, terminals, all_processes);
    return result || !is_shortage(result.error());
  });
  return result;
}

Result<void> LinuxHost::try_hang_up(const core::Session& session,
                                    const std::vector<std::string>& terminals, bool all_processes) {
  Attached* login = attached(session.login.leader.pid);
  if (!login) return Error{"the leader is gone", ESRCH};
  login->ended = std::make_unique<Ended>();
  login->ended->audit_session = system::audit_session(login->leader.pid());
  if (all_processes) {
    std::vector<core::ProcessIdentity> others;
    for (const auto& [pid, other] : attached_)
      if (&other != login) others.push_back(other.leader.identity());
    login->ended->processes = system::LoginProcesses::of(login->leader, others);
  }
  const Result<std::vector<system::Terminal>> opened = take_terminals_of(*login);
  if (!opened) return opened.error();
  Result<void> result;
  for (const system::Terminal& terminal : *opened) {
    if (!contains(terminals, terminal.name())) continue;
    note_terminal_leader(*login, terminal);
    if (Result<void> hung = terminal.hang_up(); !hung) result = hung;
  }
  for (const system::Process& leader : login->ended->terminal_leaders) {
    leader.signal(SIGHUP);
    leader.signal(SIGCONT);
  }
  return result;
}

void LinuxHost::signal_terminal_leaders(const core::Session& session, core::Signal signal) {
  const Attached* login = attached(session.login.leader.pid);
  if (!login || !login->ended) return;
  for (const system::Process& leader : login->ended->terminal_leaders)
    leader.signal(number_of(signal));
}

void LinuxHost::signal_login(const core::Session& session, const core::SignalLogin& signal) {
  const Attached* login = attached(session.login.leader.pid);
  if (!login) return;
  const int number = number_of(signal.signal);
  const bool own_only = signal.reach == core::Reach::kOwn;
  const auto is_meant = [&](pid_t pid) {
    if (!own_only) return true;
    const std::optional<system::ProcStatus> status = system::read_status(pid);
    return status && status->uid == session.login.uid;
  };
  if (signal.reach == core::Reach::kAll) {
    if (login->ended && login->ended->processes) login->ended->processes->signal(number);
  } else if (own_only || signal.signal == core::Signal::kTerminate) {
    const system::ProcessTable table = system::ProcessTable::read();
    for (const system::ProcessTable::Entry* entry : table.below(login->leader.pid())) {
      // Held first, asked then.
      const Result<system::Process> process = system::Process::open(entry->identity());
      if (process && is_meant(entry->pid))
        process->signal(signal.reach == core::Reach::kConnection ? SIGHUP : number);
    }
  }
  if (is_meant(login->leader.pid())) login->leader.signal(number);
}

// --- records ------------------------------------------------------------------------

void LinuxHost::record(const core::Record& record) {
  journal_.write(record);
  if (!audit_) return;
  const Attached* login = attached(leader_of(record));
  const bool noted = login != nullptr && login->ended != nullptr;
  if (std::optional<system::AuditMessage> message =
          system::audit_message(record, noted ? login->ended->audit_session : std::nullopt))
    audit_->write(*std::move(message));
}

// --- state --------------------------------------------------------------------------

Result<void> LinuxHost::save_state(const SessionId& id, const core::SessionData& data) {
  const std::string text = to_snapshot(data, boot_id_);
  Result<void> result;
  with_descriptors([&] {
    result = store_.save(id.value, text);
    return result || !is_shortage(result.error());
  });
  return result;
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

std::unique_ptr<Host::Search> LinuxHost::search_logins(IsKnown known) {
  class InProc final : public Search {
   public:
    explicit InProc(IsKnown known) : search_(std::move(known)) {}
    bool look() override { return search_.look(); }
    [[nodiscard]] bool was_blind() const override { return search_.was_blind(); }
    std::vector<core::Login> take() override { return search_.take(); }

   private:
    system::LoginSearch search_;
  };
  return std::make_unique<InProc>(std::move(known));
}

}  // namespace idled
