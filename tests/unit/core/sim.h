// A machine in which time passes when the test says so, for the engine alone: it
// performs the engine's actions on simulated terminals and feeds back what they
// return. Deterministic, and as fast as the engine is.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "idled/core/engine.h"
#include "policy/parse.h"

namespace idled::core {

inline constexpr seconds kSimWallAhead{1'600'000'000};  // a whole number of 8 s blocks

inline std::shared_ptr<const policy::Policy> policy_of(const std::string& text) {
  const policy::Source source{"test.json", text};
  const policy::Parsed parsed = policy::parse(std::span(&source, 1));
  if (!parsed.policy) throw std::runtime_error(policy::render(parsed.errors));
  return std::make_shared<const policy::Policy>(*parsed.policy);
}

class Sim {
 public:
  struct SimTerminal {
    WallTime atime{};
    WallTime mtime{};
    WallTime ctime{};
    std::uint32_t unread = 0;
    bool takes_output = true;
    bool canonical = false;
    bool is_answered = false;  // with a key, at once, whatever is written there
    std::optional<Work> work;
    std::optional<DevTty> dev_tty;  // some: as up to Linux 6.4
    std::vector<std::string> root_programs;
    std::vector<std::string> output;
  };
  struct SimLogin {
    std::map<std::string, SimTerminal> terminals;
    bool alive = true;
    std::set<std::string> watched;
    bool output_watched = false;
    bool survives_hangup = false;     // the terminal stays held after TIOCVHANGUP
    bool survives_terminate = false;  // and after SIGTERM
    bool survives_kill = false;       // and after SIGKILL
    bool carries_transfer = false;    // the connection outlives its terminals
    bool leader_is_stuck = false;
    std::size_t stubborn_processes = 0;  // of all: those that only SIGKILL ends
    std::optional<BootTime> hung_up_at;
    std::vector<std::string> log;  // what was done to it, in order
  };

  explicit Sim(const std::string& policy = "{}") : engine(policy_of(policy)) {}

  // Opens a login with one terminal at the present instant.
  SessionId open(const std::string& user = "alice",
                 const std::vector<std::string>& terminals = {"pts/0"},
                 Kind kind = Kind::kNoTerminal) {
    Login login;
    login.kind = kind;
    login.id.value = "p" + std::to_string(next_pid_);
    login.user = user;
    login.uid = 1000;
    login.service = "sshd";
    login.ssh_connection = "192.0.2.7 50000 192.0.2.1 22";
    login.leader = {next_pid_++, 1};
    login.opened_at = clocks().wall;
    for (const std::string& name : terminals)
      logins[login.id.value].terminals[name] = new_terminal();
    const SessionId id = login.id;
    deliver(LoginOpened{std::move(login), 0});
    return id;
  }

  [[nodiscard]] SimTerminal new_terminal() const {
    SimTerminal terminal;
    terminal.atime = terminal.mtime = terminal.ctime = clocks().wall;
    return terminal;
  }

  // A key that a program reads, with the kernel's 8-second blocks.
  void type(const SessionId& id, const std::string& terminal = "pts/0") {
    SimLogin& login = logins.at(id.value);
    SimTerminal& t = login.terminals.at(terminal);
    move_time(t.atime);
    if (login.watched.contains(terminal)) deliver(TerminalSeen{id, terminal, t.ctime});
  }
  // A program prints.
  void print(const SessionId& id, const std::string& terminal = "pts/0") {
    SimLogin& login = logins.at(id.value);
    SimTerminal& t = login.terminals.at(terminal);
    move_time(t.mtime);
    if (login.output_watched && login.watched.contains(terminal))
      deliver(TerminalSeen{id, terminal, t.ctime, false, true});
  }

  // touch(1): atime and ctime to now; inotify says IN_ATTRIB, with -a IN_ACCESS instead. With -d
  // atime is what it is told.
  void touch(const SessionId& id, bool access_only = false, std::optional<WallTime> date = {},
             const std::string& terminal = "pts/0") {
    SimLogin& login = logins.at(id.value);
    SimTerminal& t = login.terminals.at(terminal);
    t.atime = date.value_or(clocks().wall);
    change(id, terminal);
    if (access_only && login.watched.contains(terminal))
      deliver(TerminalSeen{id, terminal, t.ctime});
  }
  // chmod, chown, mesg: ctime alone, in jiffies of 4 ms.
  void change(const SessionId& id, const std::string& terminal = "pts/0",
              bool looks_like_a_read = false) {
    SimLogin& login = logins.at(id.value);
    SimTerminal& t = login.terminals.at(terminal);
    const auto now = clocks().wall.time_since_epoch();
    t.ctime = WallTime(now - now % std::chrono::milliseconds(4));
    if (login.watched.contains(terminal))
      deliver(TerminalSeen{id, terminal, t.ctime, looks_like_a_read});
  }

  // As the daemon does: terminals are found, not told, so it looks first.
  void kick(const KickRequested& request) {
    for (const SessionId& id : request.ids) deliver(Observed{id, observe(id)});
    deliver(request);
  }

  // So does a hold. None: it is to end.
  HoldOutcome hold(const SessionId& id, std::optional<seconds> duration, bool by_admin = true,
                   const std::string& why = "a long build") {
    deliver(Observed{id, observe(id)});
    deliver(HoldRequested{0, id, by_admin ? "root" : "alice", by_admin, duration, why});
    return holds.back();
  }

  void pass(nanoseconds duration) {
    const BootTime until = boot + duration;
    while (next && *next <= until) {
      if (*next > boot) boot = *next;
      deliver(TimerExpired{});
    }
    boot = until;
  }

  void deliver(Event event) {
    std::vector<Event> queue{std::move(event)};
    for (std::size_t i = 0; i < queue.size(); ++i) {
      Step step = engine.step(queue[i], now());
      ++steps;
      next = step.next;
      if (on_step) on_step(queue[i], step);
      for (const Action& action : step.actions)
        std::visit([&](const auto& a) { perform(a, queue); }, action);
    }
  }

  [[nodiscard]] bool is_open(const SessionId& id) const { return engine.find(id) != nullptr; }
  [[nodiscard]] std::size_t count(RecordKind kind) const {
    std::size_t n = 0;
    for (const Record& record : records) n += record.kind == kind ? 1 : 0;
    return n;
  }
  [[nodiscard]] std::string shown(const SessionId& id,
                                  const std::string& terminal = "pts/0") const {
    std::string all;
    const auto login = logins.find(id.value);
    if (login == logins.end() || !login->second.terminals.contains(terminal)) return all;
    for (const std::string& text : login->second.terminals.at(terminal).output) all += text;
    return all;
  }

  [[nodiscard]] ClockReading clocks() const {
    return {boot, WallTime(boot.time_since_epoch() + wall_ahead)};
  }
  [[nodiscard]] Now now() const {
    policy::LocalTime local;
    local.instant = std::chrono::floor<seconds>(clocks().wall);
    return {clocks(), local};
  }

  Engine engine;
  BootTime boot{seconds(1000)};
  seconds wall_ahead = kSimWallAhead;
  std::map<std::string, SimLogin> logins;
  std::vector<Record> records;
  std::vector<Registered> registered;
  std::vector<KickAnswered> kicks;
  std::vector<HoldOutcome> holds;
  std::optional<BootTime> next;
  std::uint64_t steps = 0;
  std::uint64_t looks = 0;
  bool has_inotify = true;
  bool has_descriptors = true;        // else all looks fail
  std::optional<BootTime> last_data;  // on the connection of every login; none: no wire
  std::optional<BootTime> last_sent;  // so, the other way; none: at the login

  // One look at the login as it is.
  Observation observe(const SessionId& id, Look look = Look::kBrief) {
    ++looks;
    Observation observation;
    observation.clocks = clocks();
    observation.look = look;
    observation.reads_told = has_inotify;
    const SimLogin& login = logins[id.value];
    observation.leader_alive = login.alive;
    observation.processes = login.stubborn_processes;
    if (!has_descriptors) {
      observation.failed = login.alive || login.stubborn_processes > 0;
      observation.processes = 0;
      return observation;
    }
    if (last_data)
      observation.wire = WireQuiet{boot - *last_data, boot - last_sent.value_or(BootTime{})};
    for (const auto& [name, terminal] : login.terminals) {
      TerminalSample sample;
      sample.name = name;
      sample.atime = terminal.atime;
      sample.mtime = terminal.mtime;
      sample.ctime = terminal.ctime;
      sample.unread = terminal.unread;
      sample.canonical = terminal.canonical;
      sample.foreground = "bash";
      sample.watched = login.watched.contains(name);
      sample.work = terminal.work;
      sample.dev_tty = terminal.dev_tty;
      if (look == Look::kClose) sample.root_programs = terminal.root_programs;
      observation.terminals.push_back(std::move(sample));
    }
    return observation;
  }

 private:
  // As the kernel does: one change per 8-second block of the wall clock.
  void move_time(WallTime& time) const {
    const auto now = std::chrono::floor<seconds>(clocks().wall);
    const auto was = std::chrono::floor<seconds>(time);
    if (((now.time_since_epoch().count() ^ was.time_since_epoch().count()) & ~7) != 0) time = now;
  }

  void drop_terminals(const SessionId& id, std::vector<Event>& queue) {
    SimLogin& login = logins[id.value];
    for (auto& [name, terminal] : login.terminals) ended[id.value + " " + name] = terminal;
    login.terminals.clear();
    if (!login.carries_transfer) end(id, queue);
  }
  void end(const SessionId& id, std::vector<Event>& queue) {
    logins[id.value].alive = false;
    queue.emplace_back(LeaderExited{id});
  }

  void perform(const Attach&, std::vector<Event>&) {}
  void perform(const Observe& a, std::vector<Event>& queue) {
    queue.emplace_back(Observed{a.id, observe(a.id, a.look)});
  }
  void perform(const Write& a, std::vector<Event>& queue) {
    Written written{a.id, true, {}, a.warns_of};
    for (const std::string& name : a.terminals) {
      const auto it = logins[a.id.value].terminals.find(name);
      if (it == logins[a.id.value].terminals.end()) continue;
      if (it->second.takes_output) {
        it->second.output.push_back(a.text);
        move_time(it->second.mtime);
      } else {
        written.delivered = false;
      }
      if (it->second.is_answered) {
        move_time(it->second.atime);
        if (logins[a.id.value].watched.contains(name))
          queue.emplace_back(TerminalSeen{a.id, name, it->second.ctime});
      }
      written.mtimes.emplace_back(name, it->second.mtime);
    }
    queue.emplace_back(std::move(written));
  }
  void perform(const Watch& a, std::vector<Event>& queue) {
    SimLogin& login = logins[a.id.value];
    login.watched.clear();
    login.output_watched = a.output;
    if (has_inotify) login.watched.insert(a.terminals.begin(), a.terminals.end());
    queue.emplace_back(Watched{a.id, {login.watched.begin(), login.watched.end()}});
  }
  void perform(const HangUp& a, std::vector<Event>& queue) {
    if (before_hangup) before_hangup();
    if (a.look_again) {
      Observation last = observe(a.id, Look::kClose);
      if (!engine.is_due(a.id, last)) return void(queue.emplace_back(Spared{a.id, last}));
    }
    SimLogin& login = logins[a.id.value];
    login.hung_up_at = boot;
    login.log.emplace_back("hangup");
    queue.emplace_back(HungUp{a.id});
    if (!login.survives_hangup && !a.terminals.empty()) drop_terminals(a.id, queue);
  }
  void perform(const SignalTerminalLeaders& a, std::vector<Event>& queue) {
    SimLogin& login = logins[a.id.value];
    const bool term = a.signal == Signal::kTerminate;
    login.log.emplace_back(term ? "terminate" : "kill");
    if (!(term ? login.survives_terminate : login.survives_kill)) drop_terminals(a.id, queue);
  }
  void perform(const SignalLogin& a, std::vector<Event>& queue) {
    SimLogin& login = logins[a.id.value];
    const char* const whom = a.reach == Reach::kAll     ? " all"
                             : a.reach == Reach::kBelow ? " below"
                             : a.reach == Reach::kOwn   ? " own"
                                                        : "";
    login.log.emplace_back((a.signal == Signal::kTerminate ? "terminate login" : "kill login") +
                           std::string(whom));
    if (a.signal == Signal::kKill) login.stubborn_processes = 0;
    if (!login.leader_is_stuck) end(a.id, queue);
  }
  void perform(const Save&, std::vector<Event>&) {}
  void perform(const Forget&, std::vector<Event>&) {}
  void perform(const Registered& a, std::vector<Event>&) { registered.push_back(a); }
  void perform(const KickAnswered& a, std::vector<Event>&) { kicks.push_back(a); }
  void perform(const HoldAnswered& a, std::vector<Event>&) { holds.push_back(a.outcome); }
  void perform(const Record& a, std::vector<Event>&) { records.push_back(a); }

  pid_t next_pid_ = 100;

 public:
  std::map<std::string, SimTerminal> ended;  // "p100 pts/0": what was on it at the end
  std::function<void()> before_hangup;       // the last moment before the last look
  // After each step, before its actions are performed.
  std::function<void(const Event&, const Step&)> on_step;
};

}  // namespace idled::core
