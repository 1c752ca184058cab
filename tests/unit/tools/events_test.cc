#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fake_daemon.h"
#include "tools/event_line.h"
#include "tools/past.h"

namespace idled::tools {
namespace {

using protocol::Call;
using protocol::Event;
using protocol::EventsReply;
using protocol::EventsRequest;

Event event(const std::string& kind, const std::string& user = "alice",
            const std::string& at = "2026-01-31T09:29:00Z") {
  Event event;
  event.at = at;
  event.kind = kind;
  event.message = "A sentence about it.";
  if (user.empty()) return event;
  event.user = user;
  event.session = "c3";
  event.terminals = {"pts/3"};
  event.rule = "ops";
  event.limit_seconds = 300;
  event.idle_seconds = 302;
  return event;
}

Event of_cause(Event event, const std::string& cause) {
  event.cause = cause;
  return event;
}

// A journal that has these, and the period that it was asked for.
struct FakeJournal {
  std::vector<Event> events;
  std::optional<Period> asked;
  std::string file;
  Result<void> result;

  ReadJournal read() {
    return [this](const Period& period, const std::string& from, const TakeEvent& take) {
      asked = period;
      file = from;
      for (const Event& each : events) take(each);
      return result;
    };
  }
};

FakeDaemon::Handler telling(std::vector<Event> first, std::vector<Event> then = {}) {
  return [=](const Call&) {
    std::vector replies{reply(protocol::encode(EventsReply{first}))};
    replies.front().continues = true;
    replies.push_back(reply(protocol::encode(EventsReply{then})));
    return replies;
  };
}

Ran run_events(const std::string& socket, std::vector<std::string> arguments,
               ReadJournal journal = {}) {
  setenv("TZ", "UTC", 1);
  arguments.insert(arguments.begin(), "events");
  return run_idlectl(socket, std::move(arguments), seconds(20), 0, std::move(journal));
}

TEST(EventLine, SaysWhenWhatWhoAndWhy) {
  EXPECT_EQ(event_line(of_cause(event("logout"), "idle"), 80),
            "2026-01-31 09:29:00 logout        alice pts/3 (c3): idle 5m02s, rule ops");
  EXPECT_EQ(event_line(of_cause(event("would-log-out"), "cap"), 80),
            "2026-01-31 09:29:00 would-log-out alice pts/3 (c3): open for 5m00s, rule ops");
  Event kick = of_cause(event("kick-requested"), "kick");
  kick.by = "root";
  kick.reason = "reboot";
  EXPECT_EQ(event_line(kick, 80),
            "2026-01-31 09:29:00 kick-requested alice pts/3 (c3): kick by root: reboot");
  Event opened = event("opened");
  opened.service = "sshd";
  opened.remote_host = "192.0.2.7";
  opened.terminals.clear();
  EXPECT_EQ(event_line(opened, 80),
            "2026-01-31 09:29:00 opened        alice (c3): sshd, from 192.0.2.7");
  EXPECT_EQ(event_line(event("cancelled"), 80),
            "2026-01-31 09:29:00 cancelled     alice pts/3 (c3)");
  EXPECT_EQ(event_line(event("started", ""), 80),
            "2026-01-31 09:29:00 started       A sentence about it.");
}

TEST(EventLine, IsOneSafeLineThatFits) {
  Event wild = event("forged", "\x1b[2J\nroot");
  wild.forged = std::string(200, 'x');
  const std::string line = event_line(wild, 80);
  EXPECT_EQ(line.size(), 80U);
  EXPECT_EQ(line.back(), '+');
  EXPECT_EQ(line.substr(34, 10), "?[2J?root ");
  Event lines = event("policy-refused", "");
  lines.message = "It has errors:\nfile:1:1";
  EXPECT_EQ(event_line(lines, 0), "2026-01-31 09:29:00 policy-refused It has errors:");
}

TEST(Past, ReadsWhatPeopleWrite) {
  setenv("TZ", "UTC", 1);  // before the first look at it
  const std::pair<const char*, WallTime> cases[] = {
      {"10m", kNow - std::chrono::minutes(10)},
      {"1d", kNow - std::chrono::hours(24)},
      {"today", WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 31))},
      {"yesterday", WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 30))},
      {"2026-01-01", WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1))},
      {"2026-01-31 09:00", kNow - std::chrono::minutes(30)},
      {"2026-01-31T09:00:00+01:00", kNow - std::chrono::minutes(90)},
  };
  for (const auto& [text, instant] : cases) {
    const auto parsed = parse_past(text, kNow);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().text;
    EXPECT_EQ(*parsed, instant) << text;
  }
  for (const char* text : {"", "soon", "10 m", "2026-13-01", "2026-1-1", "tomorrow", "-10m"})
    EXPECT_FALSE(parse_past(text, kNow)) << text;
}

TEST(Events, ComeFromTheJournalWhereItHasAny) {
  FakeJournal journal{{event("opened"), event("started", "")}, {}, "", {}};
  const Ran ran = run_events("/nonexistent", {"--since", "2h"}, journal.read());
  EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
  EXPECT_EQ(ran.out,
            "2026-01-31 09:29:00 opened        alice pts/3 (c3)\n"
            "2026-01-31 09:29:00 started       A sentence about it.\n");
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(journal.asked->since, kNow - std::chrono::hours(2));
  EXPECT_GT(journal.asked->until, kNow);
  EXPECT_EQ(journal.file, "");
}

TEST(Events, ComeFromTheDaemonWhereTheJournalHasNone) {
  FakeJournal journal;
  journal.result = Error{"cannot read the journal: Permission denied", EACCES};
  const FakeDaemon daemon(telling({event("opened")}, {event("closed")}));
  const Ran ran = run_events(daemon.socket(), {}, journal.read());
  EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
  EXPECT_EQ(ran.out,
            "2026-01-31 09:29:00 opened        alice pts/3 (c3)\n"
            "2026-01-31 09:29:00 closed        alice pts/3 (c3)\n");
  const auto asked = protocol::decode<EventsRequest>(daemon.calls().at(0).parameters);
  EXPECT_TRUE(asked->past);
  EXPECT_FALSE(asked->follow);
  const Ran alone = run_events("/nonexistent", {}, journal.read());
  EXPECT_EQ(alone.code, ExitCode::kNoDaemon);
}

TEST(Events, FollowAsksTheDaemonAlone) {
  FakeJournal journal{{event("started", "")}, {}, "", {}};
  const FakeDaemon daemon(telling({}, {event("warned")}));
  const Ran ran = run_events(daemon.socket(), {"--follow", "--user", "alice"}, journal.read());
  EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
  EXPECT_EQ(ran.out, "2026-01-31 09:29:00 warned        alice pts/3 (c3)\n");
  EXPECT_FALSE(journal.asked);
  EXPECT_TRUE(daemon.calls().at(0).more);
  const auto asked = protocol::decode<EventsRequest>(daemon.calls().at(0).parameters);
  EXPECT_TRUE(asked->follow);
  EXPECT_FALSE(asked->past) << "without --since only what comes";
  EXPECT_EQ(asked->user, "alice");
}

TEST(Events, AFollowerThatIsDroppedSaysWhy) {
  const FakeDaemon daemon([](const Call&) { return std::vector{error(protocol::kTooSlow)}; });
  const Ran ran = run_events(daemon.socket(), {"--follow"});
  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_NE(ran.err.find("was not read"), std::string::npos) << ran.err;
}

TEST(Events, AreSortedOutByUserKindAndTime) {
  FakeJournal journal{{event("opened"), event("logout"), event("logout", "bob"),
                       event("logout", "alice", "2026-01-31T09:00:00Z"), event("started", "")},
                      {},
                      "",
                      {}};
  const Ran ran =
      run_events("/nonexistent", {"--since", "10m", "--user", "alice", "--kind", "logout,started"},
                 journal.read());
  EXPECT_EQ(ran.out, "2026-01-31 09:29:00 logout        alice pts/3 (c3)\n") << ran.err;
  const Ran none = run_events("/nonexistent", {"--kind", "stuck"}, journal.read());
  EXPECT_EQ(none.code, ExitCode::kDone);
  EXPECT_EQ(none.err, "No events.\n");
}

TEST(Events, JsonIsAnObjectALine) {
  FakeJournal journal{{event("opened", "ren\xc3\xa9"), event("closed")}, {}, "", {}};
  const Ran ran = run_events("/nonexistent", {"--json"}, journal.read());
  const std::size_t end = ran.out.find('\n');
  const auto first = protocol::Json::parse(ran.out.substr(0, end));
  EXPECT_EQ(first, protocol::Json::parse(protocol::encode(journal.events[0])));
  EXPECT_EQ(protocol::Json::parse(ran.out.substr(end))["kind"], "closed");
  EXPECT_EQ(ran.out.find('\xc3'), std::string::npos) << "ASCII alone";
}

TEST(Events, WrongArgumentsSayWhatWouldBeRight) {
  for (const auto& [arguments, told] :
       {std::pair{std::vector<std::string>{"--kind", "loguot"}, "did you mean 'logout'?"},
        {{"--kind", "zzzzzzzz"}, "one of started, stopped"},
        {{"--since", "soon"}, "write it as in 10m"},
        {{"--follow", "--file", "x.journal"}, "--file"}}) {
    const Ran ran = run_events("/nonexistent", arguments);
    EXPECT_EQ(ran.code, ExitCode::kUsage) << told;
    EXPECT_NE(ran.err.find(told), std::string::npos) << ran.err;
  }
}

TEST(Events, AFileThatCannotBeReadIsAFailure) {
  FakeJournal journal;
  journal.result = Error{"cannot read x.journal: No such file or directory", ENOENT};
  const Ran ran = run_events("/nonexistent", {"--file", "x.journal"}, journal.read());
  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_EQ(journal.file, "x.journal");
  EXPECT_NE(ran.err.find("cannot read x.journal"), std::string::npos);
}

}  // namespace
}  // namespace idled::tools
