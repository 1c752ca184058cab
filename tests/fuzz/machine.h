// The simulated machine of the unit tests (tests/unit/core/sim.h), with people and mishaps on
// it, and somebody who watches: what truly happened is kept beside what the engine was told,
// and each step of the engine is held against it.
//
// What is promised, and checked after every step:
//   - no logout for idleness before the limit since the last input, or what else counts;
//   - none at all where the policy says never, report or never_interrupt;
//   - a cap ends nobody before it, and a kick nobody before its time;
//   - who is held stays;
//   - no signal before the grace after the one before;
//   - input cancels a warning;
//   - every login that may have to be looked at has its next look, and the engine asks to be
//     woken for the first of them, but not again and again for the same instant;
//   - nothing is asked for a login that is closed;
//   - every request is answered, once;
//   - at rest, every login under a limit ends.
//
// What no evidence can tell (docs/architecture.md, "What the method cannot tell") is not
// counted as input: see Machine::counts().
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/core/sim.h"

namespace idled::fuzz {

using core::Sim;

class Machine {
 public:
  explicit Machine(std::size_t policy);
  ~Machine() = default;
  Machine(const Machine&) = delete;  // the simulation calls back
  Machine& operator=(const Machine&) = delete;

  // --- logins; `login` counts those that were ever opened, modulo their number ---
  void open(unsigned user, unsigned terminals, bool adopted = false);
  void register_again(unsigned login);   // a second line in the PAM stack
  void substitute_user(unsigned login);  // su in it
  void reuse_pid(unsigned login);        // of its leader, unnoticed
  void close(unsigned login);            // PAM says so
  void leader_exits(unsigned login);
  void open_terminal(unsigned login);
  void close_terminal(unsigned login, unsigned terminal);

  // --- what goes on on a terminal ---
  void key(unsigned login, unsigned terminal);   // that a program reads
  void line(unsigned login, unsigned terminal);  // that nobody reads
  void print(unsigned login, unsigned terminal);
  void change(unsigned login, unsigned terminal);  // chmod, mesg
  void touch(unsigned login, unsigned terminal, bool access_only);
  void touch_date(unsigned login, unsigned terminal, unsigned date);
  void work(unsigned login, unsigned terminal);  // the job in front uses the processor
  void toggle_apt(unsigned login, unsigned terminal);
  void toggle_xoff(unsigned login, unsigned terminal);

  // --- what the machine does ---
  void survive(unsigned login, unsigned what);  // bits: hangup, SIGTERM, SIGKILL, all signals
  void carry_transfer(unsigned login);
  void leave_processes(unsigned login);
  void kick(unsigned login, unsigned delay);
  void hold(unsigned login, unsigned how);  // by its user if odd; how long; or its end
  void change_policy(unsigned policy);
  void step_clock(unsigned step);
  void restart();  // of the daemon, from its state files
  void toggle_inotify();
  void wire(unsigned what);
  void late_event(unsigned login, unsigned kind);  // of a login that is closed
  void pass(unsigned duration);
  void wake();                      // time passes to the next timer
  void suspend(unsigned duration);  // timers come late

  // Everybody leaves the keyboard, and everything obeys.
  void come_to_rest();

 private:
  struct Terminal {
    std::optional<BootTime> input;  // the last that counts
    std::optional<BootTime> read;   // the same, without lines that wait: no event tells them
    std::optional<BootTime> output;
    BootTime doubtful_until{};       // its times have just changed
    bool changed = false;            // ever
    std::int64_t clock_setting = 0;  // under which its atime was last written
  };
  struct Person {
    core::Login login;
    bool is_open = false;
    BootTime opened{};
    std::optional<BootTime> held_until;
    bool held_by_admin = false;
    std::map<std::string, Terminal> terminals;
    std::optional<BootTime> kicked_for;
    std::optional<BootTime> hung_up;
    std::optional<BootTime> terminals_terminated;
    std::optional<BootTime> login_terminated;
    std::optional<std::string> logout_forbidden;  // why, as of the HangUp that was asked for
  };

  Person* person(unsigned login);
  Sim::SimLogin& simulated(const Person& person) { return sim_.logins[person.login.id.value]; }
  // What an operation means: a login that is open, and one of its terminals.
  struct Place {
    Person* person = nullptr;
    std::string name;
    Terminal* truth = nullptr;
    Sim::SimTerminal* simulated = nullptr;
    explicit operator bool() const { return person != nullptr; }
  };
  Place place(unsigned login, unsigned terminal);
  const core::Terminal* seen_by_engine(const Place& place) const;
  Person& add_person(unsigned user, const core::ProcessIdentity& leader, bool adopted);
  void add_terminal(Person& person, const std::string& name);
  void deliver_opened(const core::Login& login, std::vector<core::ProcessIdentity> ancestors);
  void note_change(const Place& place);
  void note_data();
  void run_timers(BootTime until);
  void deliver(core::Event event);
  // Whether a key that is read now leaves a trace that the engine can see.
  [[nodiscard]] bool counts(const Place& place) const;

  // The watcher.
  void watch(const core::Event& event, const core::Step& step);
  void note_doubt(const core::SessionId& id);
  Person& open_person(const core::SessionId& id);
  void on(const core::Attach& action);
  void on(const core::Observe& action) { open_person(action.id); }
  void on(const core::Write& action) { open_person(action.id); }
  void on(const core::Watch& action) { open_person(action.id); }
  void on(const core::HangUp& action);
  void on(const core::SignalTerminalLeaders& action);
  void on(const core::SignalLogin& action);
  void on(const core::Save& action);
  void on(const core::Forget& action);
  void on(const core::Registered& action) { answered(action.token); }
  void on(const core::KickAnswered& action) { answered(action.token); }
  void on(const core::HoldAnswered& action) { answered(action.token); }
  void on(const core::Record&) {}
  void answered(core::Token token);
  // Why the login may not be ended by this limit now; none: it may.
  [[nodiscard]] std::optional<std::string> why_not(Person& person, core::Cause cause);
  void check() const;
  void check_schedule(const core::Session& session) const;
  void check_warning(const core::Session& session) const;

  Sim sim_;
  std::shared_ptr<const policy::Policy> policy_;
  std::vector<Person> people_;
  std::map<std::string, std::size_t> by_id_;
  std::map<std::string, std::string> state_files_;
  std::map<core::Token, int> answers_;  // expected, minus those given
  std::set<core::Token> kicks_;         // those among them that wait for an end
  core::Token next_token_ = 1;
  pid_t next_pid_ = 1000;
  std::int64_t clock_setting_ = 0;
  std::uint64_t ticks_ = 0;
};

}  // namespace idled::fuzz
