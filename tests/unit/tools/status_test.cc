#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/version.h"
#include "fake_daemon.h"

namespace idled::tools {
namespace {

using protocol::Call;
using protocol::StatusReply;

StatusReply healthy() {
  StatusReply status;
  status.version = kVersion;
  status.pid = 812;
  status.started_at = "2026-01-31T08:15:00+01:00";
  status.sessions = 12;
  status.policy_source = "/etc/idled/policy.json";
  status.policy_loaded_at = "2026-01-31T09:29:00Z";
  status.witnesses = {"tty", "wire: INET_DIAG"};
  return status;
}

FakeDaemon::Handler answering(const StatusReply& status) {
  return [status](const Call&) { return std::vector{reply(protocol::encode(status))}; };
}

TEST(Status, IsShortAndAligned) {
  const FakeDaemon daemon(answering(healthy()));
  const Ran ran = run_idlectl(daemon.socket(), {"status"});
  EXPECT_EQ(ran.code, ExitCode::kDone);
  EXPECT_EQ(ran.out, std::string("  Version: ") + kVersion +
                         " (pid 812)\n"
                         "    Since: 2026-01-31T08:15:00+01:00 (2h15m ago)\n"
                         " Sessions: 12\n"
                         "   Policy: /etc/idled/policy.json\n"
                         "   Loaded: 2026-01-31T09:29:00Z (1m00s ago)\n"
                         "Witnesses: tty\n"
                         "           wire: INET_DIAG\n");
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(daemon.calls().at(0).method, "io.idled.Sessions.Status");
}

TEST(Status, SaysWhyThePolicyIsNotInForce) {
  StatusReply status = healthy();
  status.policy_source = "last good";
  status.policy_error =
      "policy.json:3:5: /defaults/idel: unknown\n  \"idel\" \x1b[2J\n   ^ did you mean \"idle\"?\n";
  status.witnesses.clear();
  const FakeDaemon daemon(answering(status));
  const Ran ran = run_idlectl(daemon.socket(), {"status"});
  EXPECT_EQ(ran.code, ExitCode::kDone);
  EXPECT_NE(ran.out.find("   Policy: last good\n"), std::string::npos);
  EXPECT_NE(ran.out.find("    Error: policy.json:3:5: /defaults/idel: unknown\n"
                         "             \"idel\" ?[2J\n"
                         "              ^ did you mean \"idle\"?\n"
                         "           (the policy on disk is not in force)\n"),
            std::string::npos)
      << ran.out;
  EXPECT_NE(ran.out.find("Witnesses: -\n"), std::string::npos);
}

TEST(Status, SaysThatAnotherVersionRuns) {
  StatusReply status = healthy();
  status.version = "0.0.1";
  const FakeDaemon daemon(answering(status));
  const Ran ran = run_idlectl(daemon.socket(), {"status"});
  EXPECT_EQ(ran.code, ExitCode::kDone);
  EXPECT_NE(ran.err.find("systemctl restart idled"), std::string::npos) << ran.err;
}

TEST(Status, JsonHasTheFieldsOfTheProtocol) {
  const FakeDaemon daemon(answering(healthy()));
  const Ran ran = run_idlectl(daemon.socket(), {"status", "--json"});
  EXPECT_EQ(ran.code, ExitCode::kDone);
  const auto object = protocol::Json::parse(ran.out);
  EXPECT_EQ(object, protocol::Json::parse(protocol::encode(healthy())));
  EXPECT_TRUE(object.at("policy_error").is_null());
}

}  // namespace
}  // namespace idled::tools
