#include "working_day.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <stdexcept>

#include "counting_new.h"
#include "policy/parse.h"

namespace idled::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr BootTime kMidnight{1000h};
constexpr seconds kWallAhead{1'800'000'000};
constexpr seconds kLimit = 5min;
constexpr seconds kLimitOfOperators = 15min;
constexpr gid_t kOperators = 2000;
constexpr const char* kPolicy = R"({
  "defaults": {"idle": "5m", "warn": ["1m", "10s"]},
  "rules": [
    {"name": "robots", "match": {"user": "svc-*"}, "idle": "never"},
    {"name": "operators", "match": {"group": "2000", "service": "sshd"}, "idle": "15m"},
    {"name": "root", "match": {"user": "root"}, "idle": "2m"},
    {"name": "consoles", "match": {"terminal": "tty*"}, "idle": "10m"}
  ]})";

// What the engine may take beyond the limit: the grain of the evidence, the farewell, a jiffy.
constexpr nanoseconds kLatest = core::kAtimeBlock + 200ms;

std::shared_ptr<const policy::Policy> site_policy() {
  const policy::Source source{"policy.json", kPolicy};
  const policy::Parsed parsed = policy::parse(std::span(&source, 1));
  if (!parsed.policy) throw std::logic_error(policy::render(parsed.errors));
  return std::make_shared<const policy::Policy>(*parsed.policy);
}

bool is_operator(std::uint32_t number) {
  return number % 10 == 0;
}
// Of the others' connections nothing can be told.
bool has_wire(std::uint32_t number) {
  return number % 4 != 0;
}

// --- chance: the same on every run ---

// xorshift64*; a number in (0, 1].
double chance(std::uint64_t& state) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  const std::uint64_t bits = (state * 0x2545F4914F6CDD1DU) >> 11;
  return static_cast<double>(bits + 1) * 0x1p-53;
}

nanoseconds times(double factor, nanoseconds time) {
  return nanoseconds(static_cast<nanoseconds::rep>(factor * static_cast<double>(time.count())));
}

// How long somebody does not type: they think, read, or are away.
nanoseconds pause(std::uint64_t& state) {
  const double what = chance(state);
  const nanoseconds mean = what < 0.80 ? nanoseconds(20s) : what < 0.99 ? 1min : 20min;
  return times(-std::log(chance(state)), mean);
}

// --- names ---

core::SessionId id_of(std::uint32_t number) {
  return {"c" + std::to_string(number)};
}

std::uint32_t number_of(const core::SessionId& id) {
  std::uint32_t number = 0;
  std::from_chars(id.value.data() + 1, id.value.data() + id.value.size(), number);
  return number;
}

std::string terminal_of(std::uint32_t number) {
  return "pts/" + std::to_string(number);
}

// As the kernel keeps a terminal's times.
void move_time(WallTime& time, WallTime to) {
  const auto block = [](WallTime t) {
    return std::chrono::floor<seconds>(t).time_since_epoch() / 8;
  };
  if (block(time) != block(to)) time = std::chrono::floor<seconds>(to);
}

// Adds up, from its making to its end, into a cost.
class Meter {
 public:
  explicit Meter(Cost& cost) : cost_(cost), allocations_(allocations()), began_(Steady::now()) {}
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;
  ~Meter() {
    cost_.time += Steady::now() - began_;
    cost_.allocations += allocations() - allocations_;
  }

 private:
  Cost& cost_;
  std::uint64_t allocations_;
  Steady::time_point began_;
};

}  // namespace

Cost Tally::all() const {
  Cost sum = last_looks;
  for (const Cost& cost : of_event) {
    sum.steps += cost.steps;
    sum.time += cost.time;
    sum.allocations += cost.allocations;
  }
  return sum;
}

std::uint64_t Tally::looks() const {
  return of<core::Observed>().steps + last_looks.steps;
}

WorkingDay::WorkingDay(std::size_t people)
    : engine_(site_policy()), now_(kMidnight), people_(people) {
  std::uint64_t state = 20'261'125;
  for (std::uint32_t number = 0; number < people; ++number) {
    Person& person = people_[number];
    const BootTime comes = kMidnight + 7h + times(chance(state), 3h);
    person.leaves = comes + 7h + times(chance(state), 2h);
    person.is_tidy = chance(state) < 0.5;
    person.random = state;
    plan(number, comes);
  }
}

void WorkingDay::pass() {
  constexpr BootTime kEnd = kMidnight + 24h;
  for (;;) {
    const BootTime wanted = next_.value_or(kEnd);
    const BootTime deed = deeds_.empty() ? kEnd : deeds_.top().at;
    if (std::min(wanted, deed) >= kEnd) break;
    now_ = std::max(now_, std::min(wanted, deed));
    if (wanted <= deed) {
      deliver(core::TimerExpired{});
    } else {
      const Deed next = deeds_.top();
      deeds_.pop();
      perform(next);
    }
  }
  if (engine_.size() != 0) throw std::logic_error("somebody has been forgotten");
}

// --- people -------------------------------------------------------------------

void WorkingDay::plan(std::uint32_t number, BootTime at) {
  deeds_.push({at, number, people_[number].visits});
}

// The next key, where the engine is to be told of it.
void WorkingDay::plan_key(std::uint32_t number) {
  Person& person = people_[number];
  const bool comes = person.next_key < person.leaves && person.next_key != person.planned_key;
  if (!person.is_in || !person.is_watched || !comes) return;
  person.planned_key = person.next_key;
  plan(number, person.next_key);
}

void WorkingDay::perform(const Deed& deed) {
  Person& person = people_[deed.person];
  if (deed.visit != person.visits) return;
  if (!person.is_in) return arrive(deed.person);
  if (now_ >= person.leaves) return deliver(core::LoginClosed{id_of(deed.person)});
  if (person.is_watched) type(deed.person);
}

void WorkingDay::arrive(std::uint32_t number) {
  Person& person = people_[number];
  ++person.visits;
  person.is_in = true;
  person.key = now_;
  person.atime = person.mtime = person.ctime = clocks().wall;
  person.next_key = now_ + pause(person.random);
  if (person.is_tidy) plan(number, person.leaves);

  core::Login login;
  login.id = id_of(number);
  login.user = "user" + std::to_string(number);
  login.uid = 10'000 + number;
  login.gids = {login.uid, is_operator(number) ? kOperators : 2001, 44};
  login.service = "sshd";
  login.remote_host = "198.51.100." + std::to_string(number % 250);
  login.ssh_connection = login.remote_host + " 50022 192.0.2.1 22";
  login.leader = {static_cast<pid_t>(1000 + number), person.visits};
  login.opened_at = clocks().wall;
  deliver(core::LoginOpened{std::move(login), 1, {{1, 1}}});
  tally_.most_at_once = std::max(tally_.most_at_once, engine_.size());
}

// A key on a terminal whose reads are told.
void WorkingDay::type(std::uint32_t number) {
  Person& person = people_[number];
  catch_up(person);
  deliver(core::TerminalSeen{id_of(number), terminal_of(number), person.ctime});
  plan_key(number);
}

// Types all that was typed up to now.
void WorkingDay::catch_up(Person& person) const {
  while (person.next_key <= now_ && person.next_key < person.leaves) {
    person.key = person.next_key;
    person.next_key += pause(person.random);
    move_time(person.atime, WallTime(person.key.time_since_epoch() + kWallAhead));
  }
}

core::Observation WorkingDay::observe(std::uint32_t number, core::Look look) {
  Person& person = people_[number];
  catch_up(person);
  core::Observation observation;
  observation.clocks = clocks();
  observation.look = look;
  observation.reads_told = true;
  if (has_wire(number)) observation.wire = core::WireQuiet{now_ - person.key, now_ - person.key};
  core::TerminalSample terminal;
  terminal.name = terminal_of(number);
  terminal.atime = person.atime;
  terminal.mtime = person.mtime;
  terminal.ctime = person.ctime;
  if (look != core::Look::kBrief) terminal.foreground = "bash";
  terminal.watched = person.is_watched;
  observation.terminals.push_back(std::move(terminal));
  return observation;
}

ClockReading WorkingDay::clocks() const {
  return {now_, WallTime(now_.time_since_epoch() + kWallAhead)};
}

// --- the daemon's part ----------------------------------------------------------

core::Step WorkingDay::timed_step(const core::Event& event) {
  const core::Now now{clocks(), {std::chrono::floor<seconds>(clocks().wall), {}, {}}};
  Cost& cost = tally_.of_event[event.index()];
  ++cost.steps;
  const Meter meter(cost);
  return engine_.step(event, now);
}

void WorkingDay::deliver(core::Event event) {
  told_.clear();
  told_.push_back(std::move(event));
  for (std::size_t i = 0; i < told_.size(); ++i) {
    core::Step step = timed_step(told_[i]);
    next_ = step.next;
    for (const core::Action& action : step.actions)
      std::visit([this](const auto& a) { perform(a); }, action);
    if (step.actions.empty()) continue;
    const Meter meter(
        tally_.of_event[told_[i].index()]);  // what the step has made, it costs to end
    step.actions = {};
  }
}

void WorkingDay::perform(const core::Observe& action) {
  told_.emplace_back(core::Observed{action.id, observe(number_of(action.id), action.look)});
}

void WorkingDay::perform(const core::Write& action) {
  const std::uint32_t number = number_of(action.id);
  move_time(people_[number].mtime, clocks().wall);
  told_.emplace_back(core::Written{
      action.id, true, {{terminal_of(number), people_[number].mtime}}, action.warns_of});
}

void WorkingDay::perform(const core::Watch& action) {
  const std::uint32_t number = number_of(action.id);
  people_[number].is_watched = !action.terminals.empty();
  told_.emplace_back(core::Watched{action.id, action.terminals});
  plan_key(number);
}

void WorkingDay::perform(const core::HangUp& action) {
  const std::uint32_t number = number_of(action.id);
  core::Observation last = observe(number, core::Look::kClose);
  ++tally_.last_looks.steps;
  const bool is_due = [&] {
    const Meter meter(tally_.last_looks);
    return engine_.is_due(action.id, last);
  }();
  if (!is_due) {
    told_.emplace_back(core::Spared{action.id, std::move(last)});
    return;
  }
  check_logout(number);
  ++tally_.logouts;
  told_.emplace_back(core::HungUp{action.id});
  told_.emplace_back(core::LeaderExited{action.id});
}

void WorkingDay::perform(const core::Forget& action) {
  const std::uint32_t number = number_of(action.id);
  Person& person = people_[number];
  ++person.visits;  // what was planned for this one is off
  person.is_in = person.is_watched = false;
  catch_up(person);
  if (person.next_key < person.leaves) plan(number, person.next_key);
}

void WorkingDay::perform(const core::Record& action) {
  if (action.kind == core::RecordKind::kWarned) ++tally_.warnings;
  if (action.kind == core::RecordKind::kCancelled) ++tally_.cancelled;
}

void WorkingDay::check_logout(std::uint32_t number) const {
  const seconds limit = is_operator(number) ? kLimitOfOperators : kLimit;
  const nanoseconds idle = now_ - people_[number].key;
  if (idle < limit) throw std::logic_error("somebody was logged out early");
  if (idle > limit + kLatest) throw std::logic_error("somebody was logged out late");
}

}  // namespace idled::bench
