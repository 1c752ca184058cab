#include "machine.h"

#include <algorithm>
#include <array>

#include "fuzz.h"
#include "idled/snapshot.h"

namespace idled::fuzz {
namespace {

using namespace std::chrono_literals;
using core::Session;
using std::chrono::milliseconds;

constexpr std::size_t kMostLogins = 8;
constexpr unsigned kMostTerminals = 3;

// The policies that the engine is tried with: one row each. A limit is at most kLongestLimit.
constexpr std::array kPolicies{
    R"({"defaults": {"idle": "20s", "warn": ["10s", "3s"]}})",
    R"({})",
    R"({"rules": [{"name": "r1", "match": {"user": "alice"}, "idle": "10s", "warn": []},
                  {"name": "r2", "match": {"user": "bob"}, "idle": "never"},
                  {"name": "r3", "match": {"user": "carol"}, "mode": "report", "idle": "15s"},
                  {"name": "others", "idle": "1m"}]})",
    R"({"defaults": {"idle": "15s", "warn": "5s", "leftovers": "kill"}})",
    R"({"defaults": {"idle": "30s", "warn": "12s", "activity": "output"}})",
    R"({"defaults": {"idle": "30s", "warn": "10s", "activity": "job"}})",
    R"({"defaults": {"idle": "30s", "warn": "10s", "no_terminal": "network"}})",
    R"({"defaults": {"idle": "100s", "warn": ["50s", "5s"]},
        "rules": [{"name": "r4", "match": {"terminal": "pts/2"}, "idle": "never"},
                  {"name": "r5", "match": {"terminal": "pts/1"}, "idle": "10s"}]})",
    R"({"defaults": {"idle": "1m", "warn": "20s"},
        "rules": [{"name": "r6", "match": {"time": "Sun 12:44-12:45"}, "idle": "10s"},
                  {"name": "r7", "match": {"time": "Sun 12:47-12:49", "user": "alice"}, "idle": "never"}]})",
    R"({"defaults": {"idle": "10s", "warn": "4s", "never_interrupt": ["apt"]}})",
    R"({"defaults": {"idle": "3s", "warn": "1s"}})",
    R"({"defaults": {"idle": "20s", "warn": ["10s", "3s"], "session": "2m", "hold_max": "1m"}})",
    R"({"defaults": {"idle": "never", "session": "1m", "never_interrupt": ["apt"]},
        "rules": [{"name": "r8", "match": {"user": "carol"}, "mode": "report"}]})",
};
constexpr seconds kLongestLimit = 5min;

constexpr std::array kUsers{"alice", "bob", "carol", "dave"};
constexpr std::array<nanoseconds, 16> kDurations{0s, 1ms, 10ms, 20ms, 100ms, 250ms, 1s,   2s,
                                                 3s, 5s,  8s,   10s,  20s,   1min,  4min, 10min};
constexpr std::array<seconds, 8> kClockSteps{0s, 1s, -1s, 7s, -7s, 1min, -1min, 100h};
constexpr std::array<nanoseconds, 8> kDates{0s,   -8s,  -1h,         8s,
                                            1min, 100h, -1'700'000h, 800'000h};  // from now

// How long before a change of a terminal's times is settled: 20 ms, and a look that comes at
// the slowest pace of an ending (core/ending.cc).
constexpr milliseconds kDoubt{120};
// What a session may take to see input and to cancel.
constexpr milliseconds kNotice{1500};
constexpr milliseconds kGrain{100};
// The graces of docs/architecture.md.
constexpr milliseconds kGraceAfterHangup{500};
constexpr seconds kGraceAfterTerminate{3};

template <typename Table>
auto pick(const Table& table, std::size_t index) {
  return table[index % table.size()];
}

std::shared_ptr<const policy::Policy> policy_number(std::size_t number) {
  static const std::vector<std::shared_ptr<const policy::Policy>> all = [] {
    std::vector<std::shared_ptr<const policy::Policy>> parsed;
    for (const char* text : kPolicies) parsed.push_back(core::policy_of(text));
    return parsed;
  }();
  return all[number % all.size()];
}

}  // namespace

Machine::Machine(std::size_t policy) : policy_(policy_number(policy)) {
  sim_.engine = core::Engine(policy_);
  sim_.on_step = [this](const core::Event& event, const core::Step& step) { watch(event, step); };
}

void Machine::deliver(core::Event event) {
  sim_.deliver(std::move(event));
  check();
}

// --- logins -------------------------------------------------------------------

Machine::Person* Machine::person(unsigned login) {
  if (people_.empty()) return nullptr;
  Person& one = people_[login % people_.size()];
  return one.is_open ? &one : nullptr;
}

Machine::Place Machine::place(unsigned login, unsigned terminal) {
  Person* const one = person(login);
  if (!one) return {};
  auto& terminals = simulated(*one).terminals;
  if (terminals.empty()) return {};
  const auto it = std::next(terminals.begin(), terminal % terminals.size());
  return {one, it->first, &one->terminals[it->first], &it->second};
}

const core::Terminal* Machine::seen_by_engine(const Place& place) const {
  const Session* session = sim_.engine.find(place.person->login.id);
  if (!session) return nullptr;
  for (const core::Terminal& terminal : session->terminals)
    if (terminal.name == place.name) return &terminal;
  return nullptr;
}

Machine::Person& Machine::add_person(unsigned user, const core::ProcessIdentity& leader,
                                     bool adopted) {
  Person person;
  person.login.id.value = "s" + std::to_string(people_.size());
  person.login.user = pick(kUsers, user);
  person.login.uid = 1000 + user;
  person.login.service = "sshd";
  person.login.remote_host = "192.0.2.7";
  person.login.leader = leader;
  person.login.opened_at = sim_.clocks().wall;
  person.login.adopted = adopted;
  person.opened = sim_.boot;
  by_id_[person.login.id.value] = people_.size();
  people_.push_back(std::move(person));
  (void)simulated(people_.back());  // is made, be it without a terminal
  return people_.back();
}

void Machine::add_terminal(Person& person, const std::string& name) {
  const bool again = person.terminals.contains(name);  // it looks like one that was changed
  simulated(person).terminals[name] = sim_.new_terminal();
  person.terminals[name] = Terminal{};
  person.terminals[name].changed = again;
  person.terminals[name].clock_setting = clock_setting_;
}

void Machine::deliver_opened(const core::Login& login,
                             std::vector<core::ProcessIdentity> ancestors) {
  const core::Token token = next_token_++;
  answers_[token] = 1;
  deliver(core::LoginOpened{login, token, std::move(ancestors)});
  require(answers_[token] == 0, "a registration is answered at once");
}

void Machine::open(unsigned user, unsigned terminals, bool adopted) {
  if (people_.size() >= kMostLogins) return;
  Person& added = add_person(user, {next_pid_++, 1}, adopted);
  for (unsigned i = 0; i < terminals % (kMostTerminals + 1); ++i)
    add_terminal(added, "pts/" + std::to_string(i));
  deliver_opened(added.login, {});
}

void Machine::register_again(unsigned login) {
  const Person* known = person(login);
  if (!known) return;
  deliver_opened(known->login, {});
  require(sim_.registered.back().id == known->login.id, "registered twice, it is one login");
}

void Machine::substitute_user(unsigned login) {
  const Person* outer = person(login);
  if (!outer) return;
  core::Login inner = outer->login;
  inner.id.value = "su";
  inner.service = "su";
  inner.remote_host.clear();
  inner.leader = {next_pid_++, 1};
  deliver_opened(inner, {outer->login.leader});
  require(sim_.registered.back().id == outer->login.id, "su is part of the login it is in");
}

void Machine::reuse_pid(unsigned login) {
  const Person* old = person(login);
  if (!old || people_.size() >= kMostLogins) return;
  const core::SessionId before = old->login.id;
  core::ProcessIdentity leader = old->login.leader;
  ++leader.start_ticks;
  Person& added = add_person(login, leader, false);
  add_terminal(added, "pts/0");
  deliver_opened(added.login, {});
  require(!sim_.is_open(before), "a login whose leader's pid came back is over");
}

void Machine::close(unsigned login) {
  if (const Person* one = person(login)) deliver(core::LoginClosed{one->login.id});
}

void Machine::leader_exits(unsigned login) {
  Person* const one = person(login);
  if (!one) return;
  simulated(*one).alive = false;
  simulated(*one).terminals.clear();
  deliver(core::LeaderExited{one->login.id});
}

void Machine::open_terminal(unsigned login) {
  Person* const one = person(login);
  if (!one || !simulated(*one).alive) return;
  for (unsigned i = 0; i < kMostTerminals; ++i) {
    const std::string name = "pts/" + std::to_string(i);
    if (!simulated(*one).terminals.contains(name)) return add_terminal(*one, name);
  }
}

void Machine::close_terminal(unsigned login, unsigned terminal) {
  const Place where = place(login, terminal);
  if (!where) return;
  simulated(*where.person).watched.erase(where.name);
  simulated(*where.person).terminals.erase(where.name);
}

// --- terminals ----------------------------------------------------------------

bool Machine::counts(const Place& place) const {
  const auto block = [](WallTime time) {
    return std::chrono::floor<seconds>(time).time_since_epoch().count() >> 3;
  };
  if (sim_.boot < place.truth->doubtful_until) return false;
  if (block(place.simulated->atime) != block(sim_.clocks().wall)) return true;
  // The read leaves the atime as it is. It says that block all the same, unless it was
  // written when the clock showed the same block before, or if it is in doubt and nobody
  // tells the reads.
  const bool told = seen_by_engine(place) != nullptr && seen_by_engine(place)->memory.armed;
  return told || (place.truth->clock_setting == clock_setting_ && !place.truth->changed);
}

// All that comes over a connection is data.
void Machine::note_data() {
  if (sim_.last_data) sim_.last_data = sim_.boot;
}

void Machine::key(unsigned login, unsigned terminal) {
  const Place where = place(login, terminal);
  if (!where) return;
  note_data();
  const WallTime before = where.simulated->atime;
  if (counts(where))
    where.truth->input = where.truth->read = sim_.boot;
  else if (where.simulated->unread > 0)
    where.truth->input.reset();  // reads what was evidence, and is none
  where.simulated->unread = 0;
  sim_.type(where.person->login.id, where.name);
  // Read where it stands: delivery may have ended the login.
  if (const Place after = place(login, terminal);
      after && after.name == where.name && after.simulated->atime != before)
    after.truth->clock_setting = clock_setting_;
  check();
}

void Machine::line(unsigned login, unsigned terminal) {
  const Place where = place(login, terminal);
  if (!where) return;
  note_data();
  ++where.simulated->unread;
  const core::Terminal* const seen = seen_by_engine(where);
  // Fewer lines than the engine has seen there are no growth.
  if (!seen || where.simulated->unread > seen->memory.unread) where.truth->input = sim_.boot;
}

void Machine::print(unsigned login, unsigned terminal) {
  const Place where = place(login, terminal);
  if (!where) return;
  const Sim::SimLogin& machine = simulated(*where.person);
  const bool told = machine.output_watched && machine.watched.contains(where.name);
  const WallTime before = where.simulated->mtime;
  const core::SessionId id = where.person->login.id;
  sim_.print(id, where.name);
  // In the block of a text of ours, output that nobody tells leaves no trace.
  if (const Place after = place(login, terminal);
      after && after.name == where.name && (told || after.simulated->mtime != before))
    after.truth->output = sim_.boot;
  check();
}

// Of what is read within the next moments nobody can tell whether it was.
void Machine::note_change(const Place& place) {
  place.truth->changed = true;
  place.truth->doubtful_until = sim_.boot + kDoubt;
}

void Machine::change(unsigned login, unsigned terminal) {
  const Place where = place(login, terminal);
  if (!where) return;
  note_change(where);
  sim_.change(where.person->login.id, where.name);
  check();
}

void Machine::touch(unsigned login, unsigned terminal, bool access_only) {
  const Place where = place(login, terminal);
  if (!where) return;
  note_change(where);
  sim_.touch(where.person->login.id, access_only, {}, where.name);
  check();
}

void Machine::touch_date(unsigned login, unsigned terminal, unsigned date) {
  const Place where = place(login, terminal);
  if (!where) return;
  note_change(where);
  sim_.touch(where.person->login.id, false, sim_.clocks().wall + pick(kDates, date), where.name);
  check();
}

void Machine::work(unsigned login, unsigned terminal) {
  if (const Place where = place(login, terminal))
    where.simulated->work = core::Work{1, ++ticks_, 0};
}

void Machine::toggle_apt(unsigned login, unsigned terminal) {
  const Place where = place(login, terminal);
  if (!where) return;
  if (where.simulated->root_programs.empty())
    where.simulated->root_programs = {"apt"};
  else
    where.simulated->root_programs.clear();
}

void Machine::toggle_xoff(unsigned login, unsigned terminal) {
  if (const Place where = place(login, terminal))
    where.simulated->takes_output = !where.simulated->takes_output;
}

// --- the machine ----------------------------------------------------------------

void Machine::survive(unsigned login, unsigned what) {
  Person* const one = person(login);
  if (!one) return;
  simulated(*one).survives_hangup = (what & 1) != 0;
  simulated(*one).survives_terminate = (what & 2) != 0;
  simulated(*one).survives_kill = (what & 4) != 0;
  simulated(*one).leader_is_stuck = (what & 8) != 0;
}

void Machine::carry_transfer(unsigned login) {
  if (Person* const one = person(login)) simulated(*one).carries_transfer = true;
}

void Machine::leave_processes(unsigned login) {
  if (Person* const one = person(login)) simulated(*one).stubborn_processes = 2;
}

void Machine::kick(unsigned login, unsigned delay) {
  Person* const one = person(login);
  if (!one) return;
  core::KickRequested request;
  request.token = next_token_++;
  request.ids = {one->login.id};
  request.by = "root";
  request.delay = std::chrono::floor<seconds>(pick(kDurations, delay % 14));
  answers_[request.token] = 1;
  kicks_.insert(request.token);
  one->kicked_for = std::min(one->kicked_for.value_or(BootTime::max()), sim_.boot + request.delay);
  sim_.kick(request);
  check();
}

void Machine::hold(unsigned login, unsigned how) {
  Person* const one = person(login);
  if (!one) return;
  const bool by_admin = how % 2 == 0;
  std::optional<seconds> duration = std::chrono::floor<seconds>(pick(kDurations, how / 2));
  if (*duration == seconds(0)) duration.reset();  // it is to end
  const core::HoldOutcome outcome = sim_.hold(one->login.id, duration, by_admin);
  if (outcome == core::HoldOutcome::kDone && one->is_open) {
    one->held_until.reset();
    if (duration) {
      const BootTime until = sim_.engine.find(one->login.id)->hold->until;
      require(by_admin ? until == sim_.boot + *duration : until <= sim_.boot + *duration,
              "a hold is as long as it was asked for");
      one->held_until = until;
      one->held_by_admin = by_admin;
    }
  }
  check();
}

void Machine::change_policy(unsigned policy) {
  policy_ = policy_number(policy);
  for (Person& one : people_)
    if (!one.held_by_admin) one.held_until.reset();  // it may not be granted any more
  for (Person& one : people_)
    for (auto& [name, terminal] : one.terminals) terminal.output.reset();  // may not have counted
  deliver(core::PolicyChanged{policy_});
}

void Machine::step_clock(unsigned step) {
  const seconds by = pick(kClockSteps, step);
  sim_.wall_ahead += by;
  if (by != 0s) ++clock_setting_;
  deliver(core::ClockStepped{});
}

void Machine::restart() {
  for (const core::Token token : kicks_) answers_.erase(token);  // their callers are told: gone
  kicks_.clear();
  for (auto& [id, login] : sim_.logins) {
    login.watched.clear();
    login.output_watched = false;
  }
  for (Person& one : people_) {
    for (auto& [name, terminal] : one.terminals) {
      terminal.output.reset();  // told, and not yet written down
      terminal.doubtful_until = sim_.boot + kDoubt;
    }
    one.is_open = false;  // until it is attached again
  }
  sim_.engine = core::Engine(policy_);
  sim_.next.reset();
  const std::map<std::string, std::string> files = state_files_;
  for (const auto& [id, text] : files) {
    const Result<core::SessionData> data = from_snapshot(text, "b");
    require(static_cast<bool>(data), "a state file is understood", text);
    sim_.deliver(core::LoginRestored{*data});
  }
  run_timers(sim_.boot);  // each is looked at, at once
}

void Machine::toggle_inotify() {
  sim_.has_inotify = !sim_.has_inotify;
  for (auto& [id, login] : sim_.logins) login.watched.clear();
  for (Person& one : people_)
    for (auto& [name, terminal] : one.terminals) {
      terminal.changed = true;
      terminal.doubtful_until = sim_.boot + kDoubt;
    }
}

void Machine::wire(unsigned what) {
  switch (what % 4) {
    case 0:
      sim_.last_data.reset();
      return sim_.last_sent.reset();
    case 1:
      sim_.last_data = sim_.last_sent = sim_.boot;
      return;
    case 2:
      return note_data();
    default:
      if (sim_.last_data) sim_.last_sent = sim_.boot;
  }
}

void Machine::late_event(unsigned login, unsigned kind) {
  if (people_.empty()) return;
  const Person& one = people_[login % people_.size()];
  if (one.is_open) return;
  const core::SessionId& id = one.login.id;
  core::Observation observation;
  observation.clocks = sim_.clocks();
  observation.terminals.push_back({.name = "pts/0"});
  const std::array<core::Event, 9> all{core::LoginClosed{id},
                                       core::LeaderExited{id},
                                       core::Observed{id, observation},
                                       core::HungUp{id},
                                       core::Spared{id, observation},
                                       core::Written{id, false, {}},
                                       core::TerminalSeen{id, "pts/0", sim_.clocks().wall},
                                       core::KickRequested{0, {id}, "root", "", seconds(0), false},
                                       core::TimerExpired{}};
  deliver(pick(all, kind));
}

void Machine::pass(unsigned duration) {
  run_timers(sim_.boot + pick(kDurations, duration));
}

void Machine::wake() {
  if (!sim_.next) return;
  sim_.boot = std::max(sim_.boot, *sim_.next);
  deliver(core::TimerExpired{});
}

void Machine::suspend(unsigned duration) {
  sim_.boot += pick(kDurations, duration);
  run_timers(sim_.boot);
}

void Machine::run_timers(BootTime until) {
  int at_once = 0;
  while (sim_.next && *sim_.next <= until) {
    if (*sim_.next > sim_.boot) {
      sim_.boot = *sim_.next;
      at_once = 0;
    }
    require(++at_once < 100, "no timer is set for the same instant for ever");
    deliver(core::TimerExpired{});
  }
  sim_.boot = until;
  check();
}

void Machine::come_to_rest() {
  for (auto& [id, login] : sim_.logins) {
    login.survives_hangup = login.survives_terminate = login.survives_kill = false;
    login.leader_is_stuck = login.carries_transfer = false;
    login.stubborn_processes = 0;
    for (auto& [name, terminal] : login.terminals) {
      terminal.takes_output = true;
      terminal.root_programs.clear();
    }
  }
  // What was doubted counts once; then the limit, and a ladder of some seconds.
  run_timers(sim_.boot + 3 * kLongestLimit);
  for (Person& one : people_) {
    const Session* const session = sim_.engine.find(one.login.id);
    if (!session) continue;
    require(!session->ending && !session->kick, "what is to end ends", one.login.id.value);
    require(simulated(one).terminals.empty() ||
                (why_not(one, core::Cause::kIdle) && why_not(one, core::Cause::kCap)),
            "nobody is forgotten", one.login.id.value);
  }
  for (const core::Token token : kicks_) require(answers_[token] == 0, "every kick is answered");
}

// --- the watcher ----------------------------------------------------------------

void Machine::watch(const core::Event& event, const core::Step& step) {
  if (const auto* hung_up = std::get_if<core::HungUp>(&event)) {
    if (const auto it = by_id_.find(hung_up->id.value);
        it != by_id_.end() && people_[it->second].is_open) {
      Person& one = people_[it->second];
      require(!one.logout_forbidden, "no logout that is not due",
              one.logout_forbidden.value_or(""));
      one.hung_up = sim_.boot;
      one.terminals_terminated.reset();
      one.login_terminated.reset();
    }
  }
  for (const core::Action& action : step.actions)
    std::visit([this](const auto& a) { on(a); }, action);
  if (const auto* observed = std::get_if<core::Observed>(&event)) note_doubt(observed->id);
}

// A look has found that times were changed: reads are believed again once these have settled.
void Machine::note_doubt(const core::SessionId& id) {
  const Session* const session = sim_.engine.find(id);
  if (!session) return;
  Person& one = open_person(id);
  for (const core::Terminal& terminal : session->terminals) {
    if (!terminal.memory.doubted || terminal.memory.settled) continue;
    Terminal& truth = one.terminals[terminal.name];
    truth.changed = true;
    if (terminal.memory.ctime_seen == sim_.boot || !terminal.memory.armed)
      truth.doubtful_until = sim_.boot + kDoubt;
  }
}

Machine::Person& Machine::open_person(const core::SessionId& id) {
  const auto it = by_id_.find(id.value);
  require(it != by_id_.end(), "nothing is asked for a login that never was", id.value);
  require(people_[it->second].is_open, "nothing is asked for a login that is closed", id.value);
  return people_[it->second];
}

void Machine::answered(core::Token token) {
  if (token == 0) return;
  require(answers_.contains(token) && answers_[token] > 0, "an answer is to a question, once");
  --answers_[token];
}

void Machine::on(const core::Attach& action) {
  const auto it = by_id_.find(action.id.value);
  require(it != by_id_.end(), "a login is known by the id it came with", action.id.value);
  require(!people_[it->second].is_open, "a login is attached once", action.id.value);
  people_[it->second].is_open = true;
}

void Machine::on(const core::Forget& action) {
  open_person(action.id).is_open = false;
  state_files_.erase(action.id.value);
}

void Machine::on(const core::Save& action) {
  open_person(action.id);
  const Session* const session = sim_.engine.find(action.id);
  require(session != nullptr, "what is saved is there");
  state_files_[action.id.value] = to_snapshot(*session, "b");
}

void Machine::on(const core::HangUp& action) {
  Person& one = open_person(action.id);
  if (action.look_again) {
    const Session* const session = sim_.engine.find(action.id);
    require(session->ending.has_value(), "what is hung up is being ended");
    one.logout_forbidden = why_not(one, session->ending->cause);
    return;
  }
  one.hung_up = sim_.boot;  // for certain; what is seen in the meantime may be told first
  if (!one.kicked_for || sim_.boot < *one.kicked_for)
    one.logout_forbidden = "no kick asked for it by now";
  else
    one.logout_forbidden.reset();
}

void Machine::on(const core::SignalTerminalLeaders& action) {
  Person& one = open_person(action.id);
  if (action.signal == core::Signal::kTerminate) {
    require(one.hung_up && sim_.boot - *one.hung_up >= kGraceAfterHangup,
            "SIGTERM comes after the grace of the hangup");
    one.terminals_terminated = sim_.boot;
  } else {
    require(
        one.terminals_terminated && sim_.boot - *one.terminals_terminated >= kGraceAfterTerminate,
        "SIGKILL comes after the grace of SIGTERM");
  }
}

void Machine::on(const core::SignalLogin& action) {
  Person& one = open_person(action.id);
  if (action.signal == core::Signal::kTerminate) {
    require(one.hung_up.has_value(), "SIGTERM to a login comes after its hangup");
    one.login_terminated = sim_.boot;
  } else {
    require(one.login_terminated && sim_.boot - *one.login_terminated >= kGraceAfterTerminate,
            "SIGKILL to a login comes after the grace of SIGTERM");
  }
}

std::optional<std::string> Machine::why_not(Person& person, core::Cause cause) {
  const Sim::SimLogin& login = simulated(person);
  policy::Subject subject{
      person.login.user,
      person.login.uid,
      person.login.gids,
      person.login.service,
      person.login.remote_host,
      {},
      login.terminals.empty() ? policy::Kind::kNoTerminal : policy::Kind::kTerminal};
  for (const auto& [name, terminal] : login.terminals) subject.terminals.push_back(name);
  const policy::Settings settings = policy_->resolve(subject, sim_.now().local).settings;
  if (settings.mode == policy::Mode::kReport) return "it is only to be reported";
  const bool capped = cause == core::Cause::kCap;
  if (person.held_until && sim_.boot < *person.held_until && (person.held_by_admin || !capped))
    return "it is held";
  for (const auto& [name, terminal] : login.terminals)
    for (const std::string& program : terminal.root_programs)
      if (is_never_interrupted(settings, program)) return program + " runs in front";
  if (capped) {
    if (!settings.session) return "it has no cap";
    if (sim_.boot - person.opened < *settings.session) return "it has not lasted as long as it may";
    return std::nullopt;
  }
  if (!settings.idle) return "its limit is never";
  const auto is_early = [&](const std::optional<BootTime>& at) {
    return at && sim_.boot - *at < *settings.idle;
  };
  if (login.terminals.empty()) {
    if (settings.no_terminal == policy::NoTerminal::kIgnore || !sim_.last_data)
      return "it has no terminal, and nothing to go by";
    if (is_early(sim_.last_data) || is_early(sim_.last_sent)) return "its connection is busy";
  }
  for (const auto& [name, terminal] : login.terminals) {
    const Terminal& truth = person.terminals[name];
    if (is_early(truth.input))
      return "input on " + name + " " +
             std::to_string(std::chrono::floor<milliseconds>(sim_.boot - *truth.input).count()) +
             " ms ago";
    if (settings.activity == policy::Activity::kOutput && is_early(truth.output))
      return "output on " + name + ", which counts";
  }
  return std::nullopt;
}

void Machine::check() const {
  std::size_t open = 0;
  for (const Person& one : people_) {
    open += one.is_open ? 1 : 0;
    require(one.is_open == sim_.is_open(one.login.id), "what is open is known", one.login.id.value);
  }
  require(open == sim_.engine.size(), "nothing else is open");
  sim_.engine.for_each([this](const Session& session) {
    check_schedule(session);
    check_warning(session);
  });
}

void Machine::check_schedule(const Session& session) const {
  const bool may_end = session.ending || session.kick || session.hold ||
                       session.rules->settings.idle || core::cap_deadline(session) ||
                       session.shortest_idle;
  if (!may_end) return;
  require(session.schedule.is_scheduled(), "no login is forgotten", session.login.id.value);
  require(sim_.next && *sim_.next <= session.schedule.due, "the engine wakes for its logins",
          session.login.id.value);
}

void Machine::check_warning(const Session& session) const {
  if (!session.warning || session.ending || session.kick) return;
  const Person& one = people_[by_id_.at(session.login.id.value)];
  for (const core::Terminal& terminal : session.terminals) {
    const auto truth = one.terminals.find(terminal.name);
    if (truth == one.terminals.end() || !truth->second.read) continue;
    const BootTime read = *truth->second.read;
    require(sim_.boot < read + kNotice || session.warning->last_input + kGrain >= read,
            "input cancels a warning", terminal.name);
  }
}

}  // namespace idled::fuzz
