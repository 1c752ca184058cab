#include <utmpx.h>

#include <cstring>

#include "doctor_machine.h"

namespace idled::tools::doctor {
namespace {

class DoctorDaemon : public DoctorTest {
 protected:
  static protocol::SessionInfo session(const std::string& id, const std::string& kind,
                                       const std::string& state) {
    protocol::SessionInfo info;
    info.id = id;
    info.user = "alice";
    info.kind = kind;
    info.state = state;
    info.rule = "defaults";
    if (state != "exempt") info.limit_seconds = 300;
    return info;
  }
  void record(short type, const char* user, const char* line) const {
    utmpx entry{};
    entry.ut_type = type;
    std::strncpy(entry.ut_user, user, sizeof entry.ut_user);
    std::strncpy(entry.ut_line, line, sizeof entry.ut_line);
    append("/run/utmp", std::string(reinterpret_cast<const char*>(&entry), sizeof entry));
  }
};

TEST_F(DoctorDaemon, IsNotInstalled) {
  remove("/usr/sbin/idled");
  EXPECT_EQ(ill(), Ids{"wrong daemon.not-installed"});
}

TEST_F(DoctorDaemon, DoesNotRunAndTheLoginsAreNamed) {
  living_->daemon = Failure{ExitCode::kNoDaemon, "idled is not running"};
  EXPECT_EQ(ill(), Ids{"wrong daemon.absent"});
  record(USER_PROCESS, "alice", "pts/0");
  record(DEAD_PROCESS, "bob", "pts/1");
  EXPECT_EQ(ill(), (Ids{"note sessions.unwatched", "wrong daemon.absent"}));
  EXPECT_EQ(found("sessions.unwatched").what, "Logged in and not watched: alice (pts/0)");
  for (int i = 1; i < 12; ++i) record(USER_PROCESS, "alice", "pts/9");
  EXPECT_TRUE(says(found("sessions.unwatched").what, "and 4 more"));
}

TEST_F(DoctorDaemon, DoesNotAnswer) {
  living_->daemon = Failure{ExitCode::kFailed, "idled has not answered within 10s"};
  EXPECT_EQ(ill(), Ids{"wrong daemon.no-answer"});
  living_->daemon = Failure{ExitCode::kNotPermitted, "not permitted to speak to idled"};
  EXPECT_EQ(ill(), Ids{"wrong daemon.not-permitted"});
}

TEST_F(DoctorDaemon, IsNotStartedAtBoot) {
  remove("/etc/systemd/system/multi-user.target.wants");
  EXPECT_EQ(ill(), Ids{"wrong daemon.not-enabled"});
  remove("/run/systemd");  // another service manager has its own ways
  EXPECT_EQ(ill(), Ids{});
}

TEST_F(DoctorDaemon, IsMasked) {
  link("/etc/systemd/system/idled.service", "/dev/null");
  EXPECT_EQ(ill(), Ids{"wrong daemon.masked"});
  EXPECT_TRUE(says(found("daemon.masked").mend, "systemctl unmask idled.service"));
}

TEST_F(DoctorDaemon, OthersCouldTakeThePlaceOfItsSocket) {
  chmod("/run/idled", 0777);
  EXPECT_EQ(ill(), Ids{"wrong daemon.socket-folder"});
}

TEST_F(DoctorDaemon, ItsSocketIsNotForEverybody) {
  chmod("/run/idled/io.idled.Sessions", 0660);
  EXPECT_EQ(ill(), Ids{"note daemon.socket-mode"});
}

TEST_F(DoctorDaemon, IsOfAnotherVersion) {
  daemon().status.version = "0.0.1";
  EXPECT_EQ(ill(), Ids{"doubtful daemon.other-version"});
}

TEST_F(DoctorDaemon, ThePolicyHasErrors) {
  policy(R"({"defaults": {"idel": "5m"}, "rules": [7]})");
  EXPECT_EQ(ill(), Ids{"wrong policy.broken"});
  EXPECT_TRUE(says(found("policy.broken").what, ":1:15: error: "));
  EXPECT_TRUE(says(found("policy.broken").why, "first of 2"));
}

TEST_F(DoctorDaemon, ThePolicyMayNotBeAsMeant) {
  policy(R"({"defaults": {"idle": "30s", "warn": ["1m"]}})");
  EXPECT_EQ(ill(), Ids{"doubtful policy.warning"});
}

TEST_F(DoctorDaemon, ThePolicyOnDiskWasRefused) {
  daemon().status.policy_source = "last good";
  daemon().status.policy_error = "/etc/idled/policy.json:3:5: error: unknown\n  more\n";
  EXPECT_EQ(ill(), Ids{"wrong policy.not-in-force"});
  EXPECT_TRUE(says(found("policy.not-in-force").why, "last good"));
}

TEST_F(DoctorDaemon, ThePolicyOnDiskIsNewerThanTheOneInForce) {
  policy("{}");
  EXPECT_EQ(ill(), Ids{});
  daemon().status.policy_loaded_at = "2020-01-01T00:00:00Z";
  EXPECT_EQ(ill(), Ids{"doubtful policy.not-loaded"});
  EXPECT_EQ(found("policy.not-loaded").mend, "idlectl reload");
}

TEST_F(DoctorDaemon, ADropInHasBeenTakenAway) {
  policy("{}");
  daemon().status.policy_source += " and 1 drop-in";
  EXPECT_EQ(ill(), Ids{"doubtful policy.not-loaded"});
}

TEST_F(DoctorDaemon, ThePolicyIsElsewhere) {
  daemon().status.policy_source = "/srv/policy.json";
  EXPECT_EQ(ill(), Ids{"note policy.elsewhere"});
}

TEST_F(DoctorDaemon, ThePolicyEndsNobody) {
  policy(R"({"defaults": {"mode": "report"}})");
  EXPECT_EQ(ill(), Ids{"doubtful policy.report"});
  policy(R"({"defaults": {"idle": "never"}})");
  EXPECT_EQ(ill(), Ids{"doubtful policy.no-limit"});
}

TEST_F(DoctorDaemon, WhereThePolicyEndsNobodyIsSaidByTheFileThatWins) {
  policy(R"({"defaults": {"mode": "enforce"}})");
  write("/etc/idled/policy.d/00-trial.json", "{\n\"defaults\": {\"mode\": \"report\"}}\n");
  daemon().status.policy_source += " and 1 drop-in";
  EXPECT_TRUE(says(found("policy.report").mend, "policy.d/00-trial.json, line 2:"));
}

TEST_F(DoctorDaemon, OthersMayWriteThePolicy) {
  policy("{}");
  chmod("/etc/idled/policy.json", 0666);
  EXPECT_EQ(ill(), (Ids{"wrong policy.broken", "wrong rights.writable"}));
  chmod("/etc/idled/policy.json", 0644);
  write("/etc/idled/policy.d/a.json", "{}");
  daemon().status.policy_source += " and 1 drop-in";
  EXPECT_EQ(ill(), Ids{});
  chmod("/etc/profile.d/idled.sh", 0666);
  EXPECT_EQ(ill(), Ids{"wrong rights.writable"});
  EXPECT_EQ(found("rights.writable").mend,
            "chown root:root /etc/profile.d/idled.sh && chmod go-w /etc/profile.d/idled.sh");
}

TEST_F(DoctorDaemon, ThereIsNoAdminGroup) {
  living_->admins.reset();
  EXPECT_EQ(ill(), Ids{"doubtful rights.no-group"});
}

TEST_F(DoctorDaemon, TheAdminGroupsMembersAreNamed) {
  living_->admins = {"alice", "bob"};
  EXPECT_EQ(ill(), Ids{"note rights.members"});
  EXPECT_TRUE(says(found("rights.members").what, "alice and bob"));
}

TEST_F(DoctorDaemon, LoginsThatItDoesNotEndAreNamedWithTheReason) {
  daemon().sessions = {session("1", "terminal", "active"), session("2", "terminal", "exempt"),
                       session("3", "no-terminal", "exempt"), session("4", "graphical", "exempt")};
  EXPECT_EQ(ill(),
            (Ids{"note sessions.exempt", "note sessions.graphical", "note sessions.no-terminal"}));
  EXPECT_EQ(found("sessions.exempt").what, "1 session without a limit: 2 (alice, rule: defaults)");
  EXPECT_EQ(found("sessions.exempt").mend, "idlectl explain 2");
  EXPECT_TRUE(says(found("sessions.no-terminal").mend, "\"no_terminal\": \"network\""));
}

TEST_F(DoctorDaemon, TerminalsWithForgedTimesAreNamed) {
  daemon().sessions = {session("1", "terminal", "active")};
  daemon().sessions[0].terminals = {{"pts/3", 1, std::nullopt, true}};
  EXPECT_EQ(ill(), Ids{"doubtful sessions.forged"});
}

TEST_F(DoctorDaemon, WhoIsNotRootIsToldWhatThatMeans) {
  living_->is_root = false;
  EXPECT_EQ(ill(), Ids{"note doctor.not-root"});
}

TEST_F(DoctorDaemon, AnImageIsNotAskedWhatOnlyARunningMachineTells) {
  living_.reset();
  remove("/run");
  remove("/proc");
  write("/usr/lib/systemd/systemd", "");
  write("/etc/group", "idled:x:999:carol,dave\n");
  EXPECT_EQ(ill(), (Ids{"note doctor.image", "note rights.members"}));
  EXPECT_TRUE(says(found("rights.members").what, "carol and dave"));
  write("/etc/group", "root:x:0:\n");
  remove("/etc/systemd/system/multi-user.target.wants");
  EXPECT_EQ(ill(),
            (Ids{"doubtful rights.no-group", "note doctor.image", "wrong daemon.not-enabled"}));
}

}  // namespace
}  // namespace idled::tools::doctor
