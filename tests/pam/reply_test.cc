// What the module makes of the daemon's answer, of another version too.
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/pam/login_test.h"

namespace idled::testing {
namespace {

using protocol::RegisterRequest;

class Answer : public LoginTest {
 protected:
  static std::string tmout_after(const std::string& answer) {
    const PamStack stack(kOptional);
    FakeDaemon daemon(stack.socket(), well_behaved("12", answer));
    PamHandle pam = stack.start(over_ssh());
    EXPECT_EQ(pam.open(), PAM_SUCCESS);
    return pam.variable("IDLED_TMOUT");
  }
};

std::string file_text(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST_F(Answer, PutsTmoutIntoTheEnvironment) {
  EXPECT_EQ(tmout_after("600"), "600");
  EXPECT_EQ(tmout_after("300,export"), "300,export");
  EXPECT_EQ(tmout_after("off"), "off");
  EXPECT_EQ(tmout_after(""), "(unset)");
  EXPECT_TRUE(log_lines().empty());
}

TEST_F(Answer, PutsNothingElseIntoTheEnvironment) {
  for (const char* rubbish :
       {"0", "-1", "06", "6 00", "600;reboot", "$(reboot)", "600,exported", ",export", "off,export",
        "OFF", "600\n", "1234567890", "600,export,export"}) {
    forget_log();
    EXPECT_EQ(tmout_after(rubbish), "(unset)") << rubbish;
    EXPECT_EQ(count_log_lines("IDLED_TMOUT is left unset"), 1) << rubbish;
  }
}

TEST_F(Answer, AUsersOwnTmoutVariableIsRemoved) {
  Login login = over_ssh();
  login.environment.emplace_back("IDLED_TMOUT=off");
  const PamStack stack(kOptional);
  {
    PamHandle pam = stack.start(login);
    ASSERT_EQ(pam.open(), PAM_SUCCESS);  // nobody there
    EXPECT_EQ(pam.variable("IDLED_TMOUT"), "(unset)");
  }
  FakeDaemon daemon(stack.socket(), well_behaved("12", ""));
  PamHandle pam = stack.start(login);
  ASSERT_EQ(pam.open(), PAM_SUCCESS);
  EXPECT_EQ(pam.variable("IDLED_TMOUT"), "(unset)");
  EXPECT_EQ(pam.variable("XDG_SESSION_ID"), "12");
}

// --- versions ------------------------------------------------------------------

TEST_F(Answer, ANewerDaemonMaySayMore) {
  const PamStack stack(kOptional);
  FakeDaemon daemon(stack.socket(),
                    answering(R"({"later":[1,{"a":null}],"parameters":{)"
                              R"("session":"12","tmout":"600","shell":{"umask":7}}})"));
  PamHandle pam = stack.start(over_ssh());
  ASSERT_EQ(pam.open(), PAM_SUCCESS);
  EXPECT_EQ(pam.variable("IDLED_TMOUT"), "600");
  EXPECT_TRUE(log_lines().empty());
}

TEST_F(Answer, AnOlderDaemonMaySayLess) {
  for (const char* reply : {R"({"parameters":{"session":"12"}})", R"({"parameters":{}})", "{}",
                            R"({"parameters":{"session":null,"tmout":null}})"}) {
    const PamStack stack(kClosed);
    FakeDaemon daemon(stack.socket(), answering(reply));
    PamHandle pam = stack.start(over_ssh());
    EXPECT_EQ(pam.open(), PAM_SUCCESS) << reply;
    EXPECT_EQ(pam.variable("IDLED_TMOUT"), "(unset)");
    EXPECT_TRUE(log_lines().empty());
    EXPECT_EQ(pam.close(), PAM_SUCCESS) << reply;
  }
}

// A daemon that is newer than the module in a long-lived sshd gets just this. When
// the module says more, keep the file and record another one.
TEST_F(Answer, SendsWhatWasRecordedForThisVersion) {
  const PamStack stack(kOptional);
  FakeDaemon daemon(stack.socket(), well_behaved("12", ""));
  ASSERT_EQ(stack.start(over_ssh()).open(), PAM_SUCCESS);
  const std::string recorded = file_text(IDLED_RECORDINGS "/register-0.1.json");
  EXPECT_EQ(nlohmann::json::parse(daemon.calls().front().text), nlohmann::json::parse(recorded))
      << "sent: " << daemon.calls().front().text;
}

TEST_F(Answer, TheRecordingIsStillUnderstood) {
  const Result<protocol::Call> call =
      protocol::decode_call(file_text(IDLED_RECORDINGS "/register-0.1.json"));
  ASSERT_TRUE(call);
  EXPECT_EQ(call->method, protocol::kRegister);
  const Result<RegisterRequest> request = protocol::decode<RegisterRequest>(call->parameters);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->user, "alice");
  EXPECT_EQ(request->gids, (std::vector<std::uint32_t>{1000, 27, 100}));
  EXPECT_EQ(request->logind_session, "12");
}

}  // namespace
}  // namespace idled::testing
