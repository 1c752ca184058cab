// A machine of the test's: the same daemon runs on it, its time is set by hand. It counts
// what it is asked to do.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "idled/host.h"

namespace idled {

class FakeHost final : public Host {
 public:
  core::Now now() override {
    ++work["now"];
    return {{boot, WallTime(boot.time_since_epoch() + wall_ahead)}, {}};
  }
  Result<Caller> identify_caller(pid_t pid) override {
    if (pid == 667) return Error{"cannot open /proc/667/stat: Too many open files", EMFILE};
    if (pid == 666) return Error{"process 666 lives in another pid namespace", EXDEV};
    return Caller{{pid, 1}, false};
  }
  std::vector<core::ProcessIdentity> ancestors_of(pid_t) override { return {}; }
  Result<void> attach(const core::Attach& login, uid_t) override {
    if (login.leader.pid == 404) return Error{"gone", ESRCH};
    if (full) return Error{"pidfd_open: Too many open files", EMFILE};
    return {};
  }
  core::Observation observe(const core::Session& session, core::Look look) override {
    ++work["look at " + session.login.id.value];
    core::Observation observation;
    observation.clocks = now().clocks;
    observation.look = look;
    observation.failed = full;
    if (full || without_terminal.contains(session.login.leader.pid)) return observation;
    core::TerminalSample sample;
    sample.name = "pts/" + std::to_string(session.login.leader.pid);
    sample.atime = atime.value_or(observation.clocks.wall - seconds(60));
    sample.foreground = "vi";
    sample.watched = true;
    observation.terminals.push_back(sample);
    return observation;
  }
  void close_terminals() override {}
  std::vector<std::string> watch(const core::Session&, const core::Watch& wanted) override {
    ++work["watch"];
    return wanted.terminals;
  }
  Seen take_seen() override {
    ++work["take seen"];
    return {};
  }
  core::Written write(const core::Session& session, const std::vector<std::string>&,
                      std::string_view text) override {
    ++work["write"];
    shown += text;
    return {session.login.id, true};
  }
  Result<void> hang_up(const core::Session& session, const std::vector<std::string>&,
                       bool) override {
    hung_up.push_back(session.login.id.value);
    return {};
  }
  void signal_terminal_leaders(const core::Session&, core::Signal) override {}
  void signal_login(const core::Session& session, const core::SignalLogin&) override {
    signalled.push_back(session.login.id.value);
  }
  Result<void> save_state(const core::SessionId&, const core::SessionData&) override {
    ++work["save"];
    if (disk_full)
      return Error{"cannot write /run/idled/sessions/p1.json: No space left on device", ENOSPC};
    return {};
  }
  void forget(const core::Forget&) override {}
  std::vector<core::SessionData> load_state(std::vector<std::string>& trouble) override {
    trouble = bad_state;
    return state;
  }
  std::unique_ptr<Search> search_logins(IsKnown) override {
    ++work["search"];
    class Found final : public Search {
     public:
      Found(std::vector<core::Login> logins, bool was_blind)
          : logins_(std::move(logins)), was_blind_(was_blind) {}
      bool look() override { return true; }
      std::vector<core::Login> take() override { return std::exchange(logins_, {}); }
      [[nodiscard]] bool was_blind() const override { return was_blind_; }

     private:
      std::vector<core::Login> logins_;
      bool was_blind_;
    };
    return std::make_unique<Found>(found, full);
  }
  void record(const core::Record& record) override {
    ++work["record"];
    records.push_back(record);
  }

  BootTime boot{seconds(1000)};
  seconds wall_ahead{1'600'000'000};  // a whole number of the 8-second blocks
  std::optional<WallTime> atime;      // of every terminal; none: a minute ago, always
  bool disk_full = false;
  bool full = false;                 // no descriptor is left
  std::set<pid_t> without_terminal;  // leaders that hold none
  std::vector<std::string> bad_state;
  std::vector<core::SessionData> state;
  std::vector<core::Login> found;
  std::string shown;  // on all terminals
  std::vector<std::string> hung_up;
  std::vector<std::string> signalled;
  std::vector<core::Record> records;
  std::map<std::string, int> work;  // how often each of these was asked for
};

}  // namespace idled
