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
    WallTime ctime{};
    std::uint32_t unread = 0;
    bool takes_output = true;
    std::vector<std::string> output;
  };
  struct SimLogin {
    std::map<std::string, SimTerminal> terminals;
    bool alive = true;
    std::set<std::string> watched;
    bool survives_hangup = false;     // the terminal stays held after TIOCVHANGUP
    bool survives_terminate = false;  // and after SIGTERM
    bool survives_kill = false;       // and after SIGKILL
    bool carries_transfer = false;    // the connection outlives its terminals
    bool leader_is_stuck = false;
    std::optional<BootTime> hung_up_at;
    std::vector<std::string> log;  // what was done to it, in order
  };

  explicit Sim(const std::string& policy = "{}") : engine(policy_of(policy)) {}

  // Opens a login with one terminal at the present instant.
  SessionId open(const std::string& user = "alice",
                 const std::vector<std::string>& terminals = {"pts/0"}) {
    Login login;
    login.id.value = "p" + std::to_string(next_pid_);
    login.user = user;
    login.uid = 1000;
    login.service = "sshd";
    login.leader = {next_pid_++, 1};
    login.opened_at = clocks().wall;
    for (const std::string& name : terminals)
      logins[login.id.value].terminals[name] = {clocks().wall, clocks().wall, 0, true, {}};
    const SessionId id = login.id;
    deliver(LoginOpened{std::move(login), 0});
    return id;
  }

  // A key that a program reads, with the kernel's 8-second blocks.
  void type(const SessionId& id, const std::string& terminal = "pts/0") {
    SimLogin& login = logins.at(id.value);
    SimTerminal& t = login.terminals.at(terminal);
    const auto now = std::chrono::floor<seconds>(clocks().wall);
    const auto was = std::chrono::floor<seconds>(t.atime);
    if (((now.time_since_epoch().count() ^ was.time_since_epoch().count()) & ~7) != 0)
      t.atime = now;
    if (login.watched.contains(terminal)) deliver(TerminalRead{id, terminal, t.ctime});
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
      deliver(TerminalRead{id, terminal, t.ctime});
  }
  // chmod, chown, mesg: ctime alone, in jiffies of 4 ms.
  void change(const SessionId& id, const std::string& terminal = "pts/0",
              bool looks_like_a_read = false) {
    SimLogin& login = logins.at(id.value);
    SimTerminal& t = login.terminals.at(terminal);
    const auto now = clocks().wall.time_since_epoch();
    t.ctime = WallTime(now - now % std::chrono::milliseconds(4));
    if (login.watched.contains(terminal))
      deliver(TerminalRead{id, terminal, t.ctime, looks_like_a_read});
  }

  // As the daemon does: terminals are found, not told, so it looks first.
  void kick(const KickRequested& request) {
    for (const SessionId& id : request.ids) deliver(Observed{id, observe(id)});
    deliver(request);
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
  std::optional<BootTime> next;
  std::uint64_t steps = 0;
  std::uint64_t looks = 0;
  bool has_inotify = true;
  std::optional<BootTime> last_data;  // on the connection of every login; none: no wire

 private:
  Observation observe(const SessionId& id) {
    ++looks;
    Observation observation;
    observation.clocks = clocks();
    const SimLogin& login = logins[id.value];
    observation.leader_alive = login.alive;
    if (last_data) observation.wire_quiet = boot - *last_data;
    for (const auto& [name, terminal] : login.terminals)
      observation.terminals.push_back({name, terminal.atime, terminal.ctime, terminal.unread,
                                       "bash", login.watched.contains(name)});
    return observation;
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
    queue.emplace_back(Observed{a.id, observe(a.id)});
  }
  void perform(const Write& a, std::vector<Event>& queue) {
    bool all = true;
    for (const std::string& name : a.terminals) {
      const auto it = logins[a.id.value].terminals.find(name);
      if (it == logins[a.id.value].terminals.end()) continue;
      all = all && it->second.takes_output;
      if (it->second.takes_output) it->second.output.push_back(a.text);
    }
    queue.emplace_back(Written{a.id, all});
  }
  void perform(const Watch& a, std::vector<Event>&) {
    logins[a.id.value].watched.clear();
    if (has_inotify) logins[a.id.value].watched.insert(a.terminals.begin(), a.terminals.end());
  }
  void perform(const HangUp& a, std::vector<Event>& queue) {
    if (before_hangup) before_hangup();
    if (a.look_again) {
      Observation last = observe(a.id);
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
    login.log.emplace_back(a.signal == Signal::kTerminate ? "terminate login" : "kill login");
    if (!login.leader_is_stuck) end(a.id, queue);
  }
  void perform(const Save&, std::vector<Event>&) {}
  void perform(const Forget&, std::vector<Event>&) {}
  void perform(const Registered& a, std::vector<Event>&) { registered.push_back(a); }
  void perform(const KickAnswered& a, std::vector<Event>&) { kicks.push_back(a); }
  void perform(const Record& a, std::vector<Event>&) { records.push_back(a); }

  pid_t next_pid_ = 100;

 public:
  std::map<std::string, SimTerminal> ended;  // "p100 pts/0": what was on it at the end
  std::function<void()> before_hangup;       // the last moment before the last look
};

}  // namespace idled::core
