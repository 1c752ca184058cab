// A day of a site, for the engine alone: people who come in the morning, type, pause, are warned
// and come back or do not, are logged out, log in again, and leave or forget to.
//
// The machine is simulated, and so is time: what is measured is the engine. Keys are made up only
// as far as somebody looks, so that a million people cost no more than the looks at them. What
// the engine is told of a terminal is what the kernel would show: the time of the last read in
// blocks of 8 s, and for most the silence of their connection.
//
// That it is a day worth measuring is held as it goes: who typed is not logged out before the
// limit, and who did not not later than a block after it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <queue>
#include <string>
#include <variant>
#include <vector>

#include "idled/core/engine.h"

namespace idled::bench {

// What some steps of the engine have taken.
struct Cost {
  std::uint64_t steps = 0;
  nanoseconds time{0};
  std::uint64_t allocations = 0;
};

struct Tally {
  std::array<Cost, std::variant_size_v<core::Event>> of_event;  // by what was told
  Cost last_looks;                                              // Engine::is_due
  std::uint64_t warnings = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t logouts = 0;
  std::size_t most_at_once = 0;

  template <typename E>
  [[nodiscard]] const Cost& of() const {
    return of_event[core::Event(E{}).index()];
  }
  [[nodiscard]] Cost all() const;
  // At a login: the looks that something was decided on.
  [[nodiscard]] std::uint64_t looks() const;
};

class WorkingDay {
 public:
  explicit WorkingDay(std::size_t people);

  // 24 hours, from midnight. Throws std::logic_error where somebody was ended at the wrong time.
  void pass();

  [[nodiscard]] const Tally& tally() const { return tally_; }

 private:
  struct Person {
    std::uint64_t random = 0;
    BootTime key{};          // the last
    BootTime next_key{};     // none after `leaves`
    BootTime planned_key{};  // the last that the engine was to be told of
    BootTime leaves{};
    WallTime atime{};
    WallTime mtime{};
    WallTime ctime{};
    std::uint32_t visits = 0;  // logins so far
    bool is_tidy = false;      // logs out before leaving
    bool is_in = false;
    bool is_watched = false;
  };
  // What a person does of which the engine is told: in order of time. Keys only while the
  // terminal is watched.
  struct Deed {
    BootTime at;
    std::uint32_t person;
    std::uint32_t visit;  // of another visit it means nothing any more
    bool operator>(const Deed& other) const { return at > other.at; }
  };
  using Deeds = std::priority_queue<Deed, std::vector<Deed>, std::greater<>>;

  void plan(std::uint32_t number, BootTime at);
  void plan_key(std::uint32_t number);
  void perform(const Deed& deed);
  void arrive(std::uint32_t number);
  void type(std::uint32_t number);
  void catch_up(Person& person) const;
  [[nodiscard]] core::Observation observe(std::uint32_t number, core::Look look);

  core::Step timed_step(const core::Event& event);
  void deliver(core::Event event);
  void perform(const core::Attach&) {}
  void perform(const core::Observe& action);
  void perform(const core::Write& action);
  void perform(const core::Watch& action);
  void perform(const core::HangUp& action);
  void perform(const core::SignalTerminalLeaders&) {}
  void perform(const core::SignalLogin&) {}
  void perform(const core::Save&) {}
  void perform(const core::Forget& action);
  void perform(const core::Registered&) {}
  void perform(const core::KickAnswered&) {}
  void perform(const core::HoldAnswered&) {}
  void perform(const core::Record& action);

  void check_logout(std::uint32_t number) const;
  [[nodiscard]] ClockReading clocks() const;

  core::Engine engine_;
  BootTime now_;
  std::optional<BootTime> next_;
  std::vector<Person> people_;
  Deeds deeds_;
  std::vector<core::Event> told_;  // what follows from the event under way
  Tally tally_;
};

}  // namespace idled::bench
