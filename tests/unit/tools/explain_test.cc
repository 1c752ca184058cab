// Who is meant, what is assumed of them, and what they are told.
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "policy_io/accounts.h"
#include "policy_run.h"

namespace idled::tools {
namespace {

using protocol::Json;

constexpr const char* kPolicy = R"({
  "rules": [
    { "name": "consoles", "match": { "kind": "console", "service": "login" }, "idle": "1m" },
    { "name": "desk", "match": { "host": "192.0.2.0/24", "terminal": "pts/*" }, "idle": "1h" },
    { "name": "by day", "match": { "time": "Mon-Fri 08:00-18:00" }, "idle": "30m" },
    { "name": "root", "match": { "user": "root", "group": "0" }, "warn": [] }
  ]
})";

class Explain : public PolicyRun {
 protected:
  Explain() {
    setenv("TZ", "UTC", 1);  // the times below are
    tzset();
    write("policy.json", kPolicy);
  }
  // The rule that gives root's idle limit. It is Saturday, 09:30.
  std::string rule(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"explain", "--json"});
    const Ran ran = run(std::move(arguments));
    EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
    return ran.code == ExitCode::kDone ? Json::parse(ran.out)["settings"][0]["rule"] : "";
  }
};

TEST_F(Explain, TellsOfALoginThatMightBe) {
  EXPECT_EQ(rule({"root"}), "built-in");
  EXPECT_EQ(rule({"root@192.0.2.9"}), "desk");
  EXPECT_EQ(rule({"root@192.0.2.9", "--terminal", "/dev/pts/7"}), "desk");
  EXPECT_EQ(rule({"root@198.51.100.9"}), "built-in");
  EXPECT_EQ(rule({"root", "--terminal", "tty2"}), "consoles");
  EXPECT_EQ(rule({"root", "--kind", "console"}), "consoles");
  EXPECT_EQ(rule({"root", "--terminal", "tty2", "--service", "su"}), "built-in");
  EXPECT_EQ(rule({"root@192.0.2.9", "--kind", "no-terminal"}), "built-in");
  EXPECT_EQ(rule({"root", "--at", "Mon 09:00"}), "by day");
  EXPECT_EQ(rule({"root", "--at", "Mon 18:00"}), "built-in");
  EXPECT_EQ(rule({"root", "--at", "2026-02-02T07:59:59Z"}), "built-in");
}

TEST_F(Explain, SaysAllThatItWentBy) {
  const Ran ran = run({"explain", "root@192.0.2.9"});
  EXPECT_EQ(ran.code, ExitCode::kDone);
  const std::string file = folder_ + "/policy.json";
  EXPECT_TRUE(has(ran.out, "user      root (0)\n"));
  EXPECT_TRUE(has(ran.out, "group     root (0)"));
  EXPECT_TRUE(has(ran.out,
                  "service   sshd\nhost      192.0.2.9\nterminal  pts/0\nkind      terminal\n"
                  "time      2026-01-31T09:30:00+00:00\n"));
  EXPECT_TRUE(has(ran.out, "policy    " + file + " (on disk)\n"));
  EXPECT_TRUE(has(ran.out, "idle            = 1h  from desk (" + file + ":4)\n"));
  EXPECT_TRUE(has(ran.out, "warn            = none  from root (" + file + ":6)\n"));
  EXPECT_TRUE(has(ran.out, "\nrule consoles (" + file +
                               ":3): does not match; kind wants console, is terminal; service "
                               "wants login, is sshd\n"));
  EXPECT_TRUE(has(ran.out, "time wants Mon-Fri 08:00-18:00, is Sat 09:30\n"));
}

TEST_F(Explain, WithoutAnybodyItIsTheCaller) {
  const auto me = find_account(getuid());
  ASSERT_TRUE(me);
  EXPECT_EQ(Json::parse(run({"explain", "--json"}).out)["login"]["user"], me->name);
}

TEST_F(Explain, AnotherPolicyMayBeAsked) {
  const std::string other = write("other.json", R"({"defaults": {"idle": "7m"}})");
  EXPECT_EQ(rule({"root", "--policy", other}), "defaults");
  const Ran ran = run({"explain", "root", "--policy", write("bad.json", "{")});
  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_TRUE(has(ran.err, "/bad.json:1:"));
  EXPECT_TRUE(has(ran.err, "idlectl: the policy has errors, so there is nothing to explain\n"));
}

TEST_F(Explain, WhomNobodyKnows) {
  const Ran nobody = run({"explain", "no-such-user@192.0.2.1"});
  EXPECT_EQ(nobody.code, ExitCode::kFailed);
  EXPECT_TRUE(has(nobody.err, "there is no user 'no-such-user'"));
  EXPECT_EQ(run({"explain", "no-such-user", "--at", "12:00"}).code, ExitCode::kFailed);
  const Ran lonely = run({"explain", "no-such-user"});
  EXPECT_EQ(lonely.code, ExitCode::kNoDaemon);
  EXPECT_TRUE(has(lonely.err, "there is no user 'no-such-user', and nobody to ask"));
  EXPECT_EQ(run({"explain", "root", "--at", "soon"}).code, ExitCode::kUsage);
}

protocol::ExplainReply answer() {
  protocol::ExplainReply reply;
  reply.login = {"c3", "root", 0, {0}, "sshd", "192.0.2.7", {"pts/3", "pts/4"}, "terminal"};
  reply.at = "2026-01-31T09:30:00+01:00";
  reply.policy = "/etc/idled/policy.json";
  reply.settings = {{"idle", "1h", "desk\x1b[2J", "/etc/idled/policy.json", 7}};
  reply.rules = {{"bobs", "/etc/idled/policy.json", 3, false, {{"user", "bob", "root (0)"}}, {}},
                 {"desk", "/etc/idled/policy.json", 6, true, {}, {"idle"}}};
  reply.hidden_rules = 2;
  return reply;
}

TEST_F(Explain, OfALoginThatRunsTheDaemonTells) {
  const FakeDaemon daemon(
      [](const protocol::Call&) { return std::vector{reply(protocol::encode(answer()))}; });
  // What was asked, as "session|terminal".
  const auto asked = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "explain");
    const Ran ran = run(std::move(arguments), daemon.socket());
    EXPECT_EQ(ran.code, ExitCode::kDone) << ran.err;
    const auto request =
        protocol::decode<protocol::ExplainRequest>(daemon.calls().back().parameters);
    return request->session + "|" + request->terminal;
  };
  EXPECT_EQ(asked({"c3"}), "c3|");
  EXPECT_EQ(asked({"77"}), "77|");
  EXPECT_EQ(asked({"pts/3"}), "|pts/3");
  EXPECT_EQ(asked({"/dev/tty1"}), "|tty1");
  EXPECT_EQ(asked({"--session", "root"}), "root|") << "although there is such a user";
  const std::size_t calls = daemon.calls().size();
  EXPECT_EQ(run({"explain", "root"}, daemon.socket()).code, ExitCode::kDone);
  EXPECT_EQ(daemon.calls().size(), calls) << "a user is no session";

  const Ran ran = run({"explain", "c3"}, daemon.socket());
  EXPECT_TRUE(has(ran.out, "session   c3\nuser      root (0)\n"));
  EXPECT_TRUE(has(ran.out, "terminal  pts/3, pts/4\n"));
  EXPECT_TRUE(has(ran.out, "policy    /etc/idled/policy.json (in force)\n"));
  EXPECT_TRUE(has(ran.out, "idle = 1h  from desk?[2J (/etc/idled/policy.json:7)\n"));
  EXPECT_TRUE(
      has(ran.out,
          "rule bobs (/etc/idled/policy.json:3): does not match; user wants bob, is root (0)\n"));
  EXPECT_TRUE(has(ran.out, "2 rules do not match; root and the admin group are told which"));
  EXPECT_EQ(Json::parse(run({"explain", "c3", "--json"}, daemon.socket()).out),
            Json::parse(protocol::encode(answer())));
}

TEST_F(Explain, TheDaemonMayRefuse) {
  const auto code = [&](std::string_view name, const std::string& text) {
    const FakeDaemon daemon([name](const protocol::Call&) {
      return std::vector{error(name, protocol::error_parameter("id", "c3"))};
    });
    const Ran ran = run({"explain", "c3"}, daemon.socket());
    EXPECT_TRUE(has(ran.err, text));
    return ran.code;
  };
  EXPECT_EQ(code(protocol::kNoSuchSession, "there is no session and no user 'c3'"),
            ExitCode::kNoSuchSession);
  EXPECT_EQ(code(protocol::kPermissionDenied, "no session of yours"), ExitCode::kNotPermitted);
  EXPECT_EQ(code(protocol::kMethodNotFound, "restart idled"), ExitCode::kFailed);
}

}  // namespace
}  // namespace idled::tools
