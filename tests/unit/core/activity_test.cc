// What beside input keeps a login, where the policy says so: output, a working job, the
// traffic of a connection, and a program that must not be cut off.
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/core/sim.h"

namespace idled::core {
namespace {

constexpr seconds kLimit{20};
constexpr seconds kBlock{8};

std::string limit_with(const std::string& setting) {
  return R"({"defaults": {"idle": "20s", "warn": ["5s"], )" + setting + "}}";
}

// How long after `since` the login was hung up.
nanoseconds lasted(Sim& sim, const SessionId& id, BootTime since) {
  sim.pass(seconds(120));
  EXPECT_TRUE(sim.logins.at(id.value).hung_up_at) << "never ended";
  return sim.logins.at(id.value).hung_up_at.value_or(since) - since;
}

// --- output ---

TEST(Output, KeepsWhereThePolicySaysSo) {
  Sim sim(limit_with(R"("activity": "output")"));
  const SessionId id = sim.open();
  for (int i = 0; i < 100; ++i) {
    sim.pass(seconds(3));
    sim.print(id);
  }
  ASSERT_TRUE(sim.is_open(id));
  EXPECT_EQ(sim.count(RecordKind::kWarned), 0U);
  const nanoseconds more = lasted(sim, id, sim.boot);
  EXPECT_GE(more, kLimit);
  EXPECT_LE(more, kLimit + kBlock + seconds(1));
}

TEST(Output, IsNoInput) {
  Sim sim(limit_with(R"("activity": "input")"));
  const SessionId id = sim.open();
  for (int i = 0; i < 20; ++i) {
    sim.pass(seconds(3));
    if (sim.is_open(id)) sim.print(id);
  }
  EXPECT_FALSE(sim.is_open(id));
}

// Else a login would be kept by its own warnings.
TEST(Output, OfOursIsNone) {
  for (int phase = 0; phase < 8; ++phase) {
    Sim sim(R"({"defaults": {"idle": "20s", "warn": ["10s", "5s", "1s"], "activity": "output"}})");
    sim.pass(seconds(phase));
    const BootTime opened = sim.boot;
    const SessionId id = sim.open();
    EXPECT_LE(lasted(sim, id, opened), kLimit + kBlock + seconds(1)) << phase;
  }
}

// In the 8-second block of our warning the mtime does not tell it.
TEST(Output, RightAfterTheWarningCancelsIt) {
  for (int after_warning = 0; after_warning < 5000; after_warning += 250) {
    Sim sim(limit_with(R"("activity": "output")"));
    const SessionId id = sim.open();
    while (sim.count(RecordKind::kWarned) == 0) sim.pass(std::chrono::milliseconds(50));
    sim.pass(std::chrono::milliseconds(after_warning));
    if (!sim.is_open(id)) break;
    sim.print(id);
    const BootTime printed = sim.boot;
    sim.pass(std::chrono::milliseconds(250));
    EXPECT_NE(sim.shown(id).find("There is output: logout cancelled."), std::string::npos);
    EXPECT_GE(lasted(sim, id, printed), kLimit) << after_warning << " ms after the warning";
  }
}

// --- a working job ---

TEST(Job, KeepsWhileItWorksAndEndsOnTimeOnceItIsOver) {
  for (int phase = 0; phase < 16; ++phase) {
    Sim sim(limit_with(R"("activity": "job")"));
    sim.pass(std::chrono::milliseconds(500) * phase);
    const SessionId id = sim.open();
    Work work{4711, 0, 0};
    for (int i = 0; i < 60; ++i) {
      sim.logins[id.value].terminals["pts/0"].work = work;
      sim.pass(seconds(1));
      ++work.cpu_ticks;
    }
    ASSERT_TRUE(sim.is_open(id));
    EXPECT_EQ(sim.engine.find(id)->input->witness, Witness::kJob);
    sim.logins[id.value].terminals["pts/0"].work = Work{100, 7, 7};  // the shell is back
    const nanoseconds more = lasted(sim, id, sim.boot);
    EXPECT_GE(more, kLimit);
    EXPECT_LE(more, kLimit + kBlock + seconds(1)) << phase;
  }
}

TEST(Job, ThatOnlySleepsIsIdle) {
  Sim sim(limit_with(R"("activity": "job")"));
  const BootTime opened = sim.boot;
  const SessionId id = sim.open();
  sim.logins[id.value].terminals["pts/0"].work = Work{4711, 3, 4096};
  EXPECT_LE(lasted(sim, id, opened), kLimit + kBlock + seconds(1));
}

// --- a program that is not to be cut off ---

TEST(NeverInterrupt, TheLogoutWaitsAndComesWhenItIsDone) {
  Sim sim(limit_with(R"("never_interrupt": ["dpkg"])"));
  const SessionId id = sim.open();
  auto& programs = sim.logins[id.value].terminals["pts/0"].root_programs;
  programs = {"sudo", "dpkg"};
  sim.pass(seconds(300));
  ASSERT_TRUE(sim.is_open(id));
  const Session& session = *sim.engine.find(id);
  EXPECT_EQ(state_of(session), State::kWaiting);
  EXPECT_EQ(session.waits_for, "dpkg");
  EXPECT_FALSE(end_of(session)) << "it is not foreseen";
  EXPECT_EQ(sim.count(RecordKind::kWaiting), 1U);
  EXPECT_NE(sim.shown(id).find("The logout waits until dpkg is done."), std::string::npos);
  EXPECT_EQ(sim.shown(id).find("Logged out"), std::string::npos);
  programs = {"sudo"};
  sim.pass(seconds(3));
  EXPECT_FALSE(sim.is_open(id));
}

TEST(NeverInterrupt, InputEndsTheWaiting) {
  Sim sim(limit_with(R"("never_interrupt": ["dpkg"])"));
  const SessionId id = sim.open();
  sim.logins[id.value].terminals["pts/0"].root_programs = {"dpkg"};
  sim.pass(seconds(60));
  sim.type(id);
  sim.pass(seconds(2));
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kActive);
  EXPECT_NE(sim.shown(id).find("You are back: logout cancelled."), std::string::npos);
}

TEST(NeverInterrupt, AProgramThatBeginsAtTheLastMomentSpares) {
  Sim sim(limit_with(R"("never_interrupt": ["dpkg"])"));
  const SessionId id = sim.open();
  sim.before_hangup = [&] { sim.logins[id.value].terminals["pts/0"].root_programs = {"dpkg"}; };
  sim.pass(seconds(60));
  ASSERT_TRUE(sim.is_open(id));
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kWaiting);
}

TEST(NeverInterrupt, IsNoMatterOfAKick) {
  Sim sim(limit_with(R"("never_interrupt": ["dpkg"])"));
  const SessionId id = sim.open();
  sim.logins[id.value].terminals["pts/0"].root_programs = {"dpkg"};
  sim.pass(seconds(60));
  sim.kick({1, {id}, "root", "", seconds(0), true});
  sim.pass(seconds(1));
  EXPECT_FALSE(sim.is_open(id));
}

// --- a graphical session in the place of a console ---

TEST(Console, WhoComesBackFromItHasNotBeenIdle) {
  Sim sim(limit_with(R"("mode": "enforce")"));
  const SessionId id = sim.open("alice", {}, Kind::kConsole);
  sim.logins[id.value].terminals["tty1"] = sim.new_terminal();
  sim.deliver(Observed{id, sim.observe(id)});
  const Sim::SimTerminal console = sim.logins[id.value].terminals.at("tty1");
  sim.logins[id.value].terminals.clear();  // startx
  sim.pass(std::chrono::hours(2));
  sim.logins[id.value].terminals["tty1"] = console;  // and its end
  const BootTime back = sim.boot;
  const nanoseconds lived = lasted(sim, id, back);
  EXPECT_GE(lived, kLimit);
  EXPECT_LE(lived, 2 * kLimit + seconds(1));
}

// --- no terminal ---

TEST(NoTerminal, IsLeftAloneByDefault) {
  Sim sim(limit_with(R"("mode": "enforce")"));
  sim.last_data = sim.boot;
  const SessionId id = sim.open("alice", {});
  sim.pass(std::chrono::hours(100));
  EXPECT_TRUE(sim.is_open(id));
}

TEST(NoTerminal, StalledTrafficEndsOnTime) {
  Sim sim(limit_with(R"("no_terminal": "network")"));
  sim.last_data = sim.last_sent = sim.boot;
  const BootTime opened = sim.boot;
  const SessionId id = sim.open("alice", {});
  const nanoseconds lived = lasted(sim, id, opened);
  EXPECT_GE(lived, kLimit);
  EXPECT_LE(lived, kLimit + seconds(1));
  // What hangs below is told as by a terminal's hangup: nohup lives on.
  EXPECT_EQ(sim.logins[id.value].log, (std::vector<std::string>{"hangup", "terminate login"}));
}

TEST(NoTerminal, BytesEitherWayKeep) {
  for (const bool received : {true, false}) {
    Sim sim(limit_with(R"("no_terminal": "network")"));
    sim.last_data = sim.last_sent = sim.boot;
    const SessionId id = sim.open("alice", {});
    for (int i = 0; i < 100; ++i) {
      sim.pass(seconds(7));
      (received ? sim.last_data : sim.last_sent) = sim.boot;
    }
    EXPECT_TRUE(sim.is_open(id)) << received;
  }
}

TEST(NoTerminal, WithoutAConnectionToAskNothingIsSaid) {
  Sim sim(limit_with(R"("no_terminal": "network")"));
  const SessionId id = sim.open("cron", {});
  sim.pass(std::chrono::hours(100));
  EXPECT_TRUE(sim.is_open(id));
}

// --- what the user left running ---

TEST(Leftovers, KillEndsAllOfTheLoginAndWaitsForIt) {
  Sim sim(limit_with(R"("leftovers": "kill")"));
  const SessionId id = sim.open();
  sim.logins[id.value].stubborn_processes = 3;
  while (!sim.logins[id.value].hung_up_at) sim.pass(seconds(1));
  sim.deliver(LoginClosed{id});  // sshd notices, and PAM closes it
  sim.pass(seconds(1));
  ASSERT_TRUE(sim.is_open(id)) << "its leader is gone, its processes are not";
  EXPECT_EQ(state_of(*sim.engine.find(id)), State::kEnding);
  sim.pass(seconds(6));
  EXPECT_FALSE(sim.is_open(id));
  EXPECT_EQ(sim.logins[id.value].log,
            (std::vector<std::string>{"hangup", "terminate login all", "kill login all"}));
}

// True input and noise by chance: changes of mode and times, output, keepalives, clocks that
// are looked at in between. Nobody who types is ended, and nobody outlasts the doubtful past.
TEST(Noise, NeverMakesAnybodyEarlyNorKeepsAnybody) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    std::mt19937 random(seed);
    const auto chance = [&](unsigned most) { return random() % most; };
    Sim sim(R"({"defaults": {"idle": "60s", "warn": ["10s"]}})");
    const bool has_wire = chance(2) == 0;
    if (has_wire) sim.last_data = sim.boot;
    const SessionId id = sim.open();
    BootTime last_key = sim.boot;
    while (sim.boot < BootTime(seconds(1000)) + std::chrono::minutes(20)) {
      sim.pass(std::chrono::milliseconds(100 + chance(25'000)));
      ASSERT_TRUE(sim.is_open(id)) << "early: the last key was " << (sim.boot - last_key).count()
                                   << " ns ago, seed " << seed;
      if (sim.boot - last_key > seconds(30)) {  // a key, well clear of what moves the ctime
        if (has_wire) sim.last_data = sim.boot;
        sim.type(id);
        last_key = sim.boot;
        continue;
      }
      switch (chance(5)) {
        case 0:
          sim.change(id);  // chmod
          break;
        case 1:
          sim.touch(id, chance(2) == 0);
          break;
        case 2:
          sim.touch(id, false, WallTime(sim.clocks().wall + std::chrono::hours(chance(100))));
          break;
        case 3:
          sim.print(id);
          break;
        default:
          if (has_wire) sim.last_data = sim.boot;  // a keepalive
      }
    }
    sim.pass(2 * seconds(60) + kBlock + seconds(1));
    ASSERT_FALSE(sim.is_open(id)) << "kept by noise, seed " << seed;
  }
}

// --- what is part of another login ---

Login login_of(pid_t pid, const std::string& service) {
  Login login;
  login.id.value = "p" + std::to_string(pid);
  login.user = "root";
  login.service = service;
  login.leader = {pid, 1};
  return login;
}

TEST(Enclosing, SuBelowALoginIsPartOfIt) {
  Sim sim;
  const SessionId id = sim.open();
  const ProcessIdentity leader = sim.engine.find(id)->login.leader;
  sim.deliver(LoginOpened{login_of(500, "su"), 7, {{400, 1}, leader}, true});
  ASSERT_EQ(sim.registered.size(), 2U);
  EXPECT_EQ(sim.registered[1].id, id);
  EXPECT_EQ(sim.registered[1].tmout, "600");
  EXPECT_EQ(sim.engine.size(), 1U);
}

TEST(Enclosing, APidThatCameBackIsNobodysParent) {
  Sim sim;
  ProcessIdentity leader = sim.engine.find(sim.open())->login.leader;
  ++leader.start_ticks;
  sim.deliver(LoginOpened{login_of(500, "cron"), 7, {leader}, false});
  EXPECT_EQ(sim.engine.size(), 2U);
}

TEST(Enclosing, WhoComesOverAConnectionBeginsALoginOfTheirOwn) {
  Sim sim;
  const ProcessIdentity leader = sim.engine.find(sim.open())->login.leader;
  Login login = login_of(500, "sshd");  // of an sshd that was started from the login
  login.ssh_connection = "192.0.2.7 5022 192.0.2.1 22";
  sim.deliver(LoginOpened{login, 7, {leader}, false});
  EXPECT_EQ(sim.engine.size(), 2U);
}

TEST(Enclosing, SuInAPaneOfTmuxIsNoLoginAtAll) {
  Sim sim;
  sim.deliver(LoginOpened{login_of(500, "su"), 7, {{400, 1}}, true});
  ASSERT_EQ(sim.registered.size(), 1U);
  EXPECT_EQ(sim.registered[0].id.value, "");
  EXPECT_EQ(sim.registered[0].tmout, "600");
  EXPECT_EQ(sim.engine.size(), 0U);
}

}  // namespace
}  // namespace idled::core
