#include <stdlib.h>

#include "policy_run.h"

namespace idled::tools {
namespace {

using protocol::HoldReply;
using protocol::HoldRequest;

FakeDaemon daemon_that(const protocol::Reply& answer) {
  return FakeDaemon([answer](const protocol::Call&) { return std::vector{answer}; });
}

protocol::Reply refused(const std::string& reason, std::int64_t hold_max = 1800) {
  return error(protocol::kHoldRefused,
               protocol::encode(protocol::HoldRefusedError{reason, hold_max}));
}

HoldRequest request_of(const FakeDaemon& daemon) {
  const auto request = protocol::decode<HoldRequest>(daemon.calls().at(0).parameters);
  return request ? *request : HoldRequest{};
}

TEST(Hold, SaysUntilWhenAndWhatFollows) {
  HoldReply held{"c3",   "alice", "2026-01-31T10:00:00+00:00", "2026-01-31T10:01:00+00:00",
                 "idle", {}};
  const FakeDaemon daemon = daemon_that(reply(protocol::encode(held)));
  const Ran ran = run_idlectl(daemon.socket(), {"hold", "c3", "--for", "30m", "--why", "a build"});
  EXPECT_EQ(ran.code, ExitCode::kDone);
  EXPECT_EQ(ran.out,
            "session c3 of alice is held until 10:00:00; logout at 10:01:00 if nobody types\n");
  EXPECT_EQ(ran.err, "");
  const HoldRequest request = request_of(daemon);
  EXPECT_EQ(request.session, "c3");
  EXPECT_EQ(request.terminal, "");
  EXPECT_EQ(request.seconds, 1800);
  EXPECT_EQ(request.why, "a build");
  EXPECT_FALSE(request.end);
}

TEST(Hold, NamesTheDayAndTheCause) {
  HoldReply held{"c3",  "alice", "2026-02-01T10:00:00+00:00", "2026-02-01T10:01:00+00:00",
                 "cap", {}};
  const FakeDaemon daemon = daemon_that(reply(protocol::encode(held)));
  EXPECT_EQ(run_idlectl(daemon.socket(), {"hold", "/dev/pts/3", "--for", "1d"}).out,
            "session c3 of alice is held until 2026-02-01 10:00:00; logout at "
            "2026-02-01 10:01:00 if it will have lasted as long as it may\n");
  EXPECT_EQ(request_of(daemon).terminal, "pts/3");
}

TEST(Hold, SaysWhereTheShellsOwnTmoutStandsInTheWay) {
  HoldReply held{"c3", "alice", "2026-01-31T10:00:00+00:00", {}, {}, 600};
  const FakeDaemon daemon = daemon_that(reply(protocol::encode(held)));
  const Ran ran = run_idlectl(daemon.socket(), {"hold", "c3", "--for", "30m"});
  EXPECT_EQ(ran.code, ExitCode::kDone);
  EXPECT_NE(ran.err.find("TMOUT of 10m"), std::string::npos) << ran.err;
}

TEST(Hold, Ends) {
  const FakeDaemon daemon =
      daemon_that(reply(protocol::encode(HoldReply{"c3", "alice", {}, {}, {}, 600})));
  const Ran ran = run_idlectl(daemon.socket(), {"hold", "c3", "--end"});
  EXPECT_EQ(ran.out, "session c3 of alice is not held any more\n");
  EXPECT_EQ(ran.err, "");
  EXPECT_TRUE(request_of(daemon).end);
  EXPECT_EQ(request_of(daemon).seconds, 0);
}

TEST(Hold, OfNobodyInParticularIsOfThisSession) {
  const FakeDaemon daemon =
      daemon_that(reply(protocol::encode(HoldReply{"c3", "alice", {}, {}, {}, {}})));
  ASSERT_EQ(setenv("XDG_SESSION_ID", "c3", 1), 0);
  const Ran ran = run_idlectl(daemon.socket(), {"hold", "--end"});
  unsetenv("XDG_SESSION_ID");
  EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
  EXPECT_EQ(request_of(daemon).session, "c3");
}

TEST(Hold, EachRefusalSaysWhatToDo) {
  const std::tuple<const char*, ExitCode, const char*> cases[] = {
      {"not-allowed", ExitCode::kNotPermitted, "hold_max is 0"},
      {"too-long", ExitCode::kNotPermitted, "at most 30m"},
      {"used-up", ExitCode::kNotPermitted, "Type something"},
      {"of-an-admin", ExitCode::kNotPermitted, "an administrator holds it"},
      {"ending", ExitCode::kFailed, "too late"},
      {"not-held", ExitCode::kFailed, "nobody holds it"},
      {"of-tomorrow\x1b", ExitCode::kNotPermitted, "refused by idled (of-tomorrow?)"},
  };
  for (const auto& [reason, code, text] : cases) {
    const FakeDaemon daemon = daemon_that(refused(reason));
    const Ran ran = run_idlectl(daemon.socket(), {"hold", "c3", "--for", "1h"});
    EXPECT_EQ(ran.code, code) << reason;
    EXPECT_TRUE(ran.err.starts_with("idlectl: session c3: ")) << ran.err;
    EXPECT_NE(ran.err.find(text), std::string::npos) << ran.err;
    EXPECT_EQ(ran.out, "");
  }
}

TEST(Hold, OtherFailures) {
  const FakeDaemon unknown = daemon_that(error(protocol::kNoSuchSession));
  const Ran ran = run_idlectl(unknown.socket(), {"hold", "c9", "pts/7", "--for", "1h"});
  EXPECT_EQ(ran.code, ExitCode::kNoSuchSession);
  EXPECT_NE(ran.err.find("no session c9 is known"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("no terminal pts/7 is known"), std::string::npos) << ran.err;
  EXPECT_EQ(run_idlectl("/nonexistent", {"hold", "c3", "--for", "1h"}).code, ExitCode::kNoDaemon);
  const FakeDaemon other = daemon_that(error(protocol::kPermissionDenied));
  EXPECT_EQ(run_idlectl(other.socket(), {"hold", "c3", "--for", "1h"}).code,
            ExitCode::kNotPermitted);
}

}  // namespace
}  // namespace idled::tools
