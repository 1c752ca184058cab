#include "policy_run.h"

namespace idled::tools {
namespace {

TEST(Reload, SaysWhatIsInForceAndWhatToBeWaryOf) {
  const FakeDaemon daemon([](const protocol::Call&) {
    return std::vector{reply(protocol::encode(
        protocol::ReloadReply{"/etc/idled/policy.json", "a: warning: b\n  \x1b[2J\n"}))};
  });
  const Ran ran = run_idlectl(daemon.socket(), {"reload"});
  EXPECT_EQ(ran.code, ExitCode::kDone);
  EXPECT_EQ(ran.out, "policy in force: /etc/idled/policy.json\n");
  EXPECT_EQ(ran.err, "a: warning: b\n  ?[2J\n");
  EXPECT_EQ(daemon.calls().at(0).method, "io.idled.Sessions.Reload");
}

TEST(Reload, ARefusalCarriesTheWholeText) {
  const FakeDaemon daemon([](const protocol::Call&) {
    return std::vector{error(
        protocol::kPolicyRefused,
        protocol::encode(protocol::PolicyRefusedError{"p.json:1:2: error: no\n    {\n     ^\n"}))};
  });
  const Ran ran = run_idlectl(daemon.socket(), {"reload"});
  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err,
            "p.json:1:2: error: no\n    {\n     ^\n"
            "idlectl: the policy has errors, so the one before stays in force\n");
}

TEST(Reload, OtherFailures) {
  EXPECT_EQ(run_idlectl("/nonexistent", {"reload"}).code, ExitCode::kNoDaemon);
  for (const auto& [name, code] : {std::pair{protocol::kPermissionDenied, ExitCode::kNotPermitted},
                                   std::pair{protocol::kMethodNotFound, ExitCode::kFailed}}) {
    const FakeDaemon daemon(
        [name = name](const protocol::Call&) { return std::vector{error(name)}; });
    EXPECT_EQ(run_idlectl(daemon.socket(), {"reload"}).code, code);
  }
}

}  // namespace
}  // namespace idled::tools
