#include "doctor_machine.h"
#include "tools/doctor/sshd_settings.h"

namespace idled::tools::doctor {
namespace {

class DoctorSshd : public DoctorTest {
 protected:
  void config(const std::string& text) const {
    write("/etc/ssh/sshd_config", "UsePAM yes\nClientAliveInterval 60\n" + text);
  }
};

TEST_F(DoctorSshd, DoesNotAskPam) {
  write("/etc/ssh/sshd_config", "ClientAliveInterval 60\nusepam=no\n");
  EXPECT_EQ(ill(), Ids{"wrong sshd.no-pam"});
  EXPECT_EQ(found("sshd.no-pam").mend,
            "# in /etc/ssh/sshd_config:2:\nUsePAM yes\n# then:\nsystemctl reload sshd");
  write("/etc/debian_version", "12.1\n");
  EXPECT_TRUE(says(found("sshd.no-pam").mend, "systemctl reload ssh"));
  write("/etc/ssh/sshd_config", "ClientAliveInterval 60\n");  // sshd's own default
  EXPECT_EQ(ill(), Ids{"wrong sshd.no-pam"});
}

TEST_F(DoctorSshd, TheFirstValueHoldsAlsoOfAnIncludedFile) {
  write("/etc/ssh/sshd_config",
        "Include sshd_config.d/*.conf\nUsePAM yes\nClientAliveInterval 60\n");
  write("/etc/ssh/sshd_config.d/10-a.conf", "UsePAM \"no\"\n");
  EXPECT_EQ(ill(), Ids{"wrong sshd.no-pam"});
  EXPECT_TRUE(says(found("sshd.no-pam").mend, "/etc/ssh/sshd_config.d/10-a.conf:1"));
}

TEST_F(DoctorSshd, WhatIsInForceGoesBeforeWhatTheFilesSay) {
  config("");
  living_->sshd_settings = "usepam no\nclientaliveinterval 60\nclientalivecountmax 3\n";
  EXPECT_EQ(ill(), Ids{"wrong sshd.no-pam"});
}

TEST_F(DoctorSshd, RefusesItsConfiguration) {
  living_->sshd_complaint =
      "/etc/ssh/sshd_config: line 7: Bad configuration option: Foo\r\nterminating\r\n";
  EXPECT_EQ(ill(), Ids{"wrong sshd.config-broken"});
  EXPECT_TRUE(says(found("sshd.config-broken").what, "line 7: Bad configuration option: Foo"));
}

TEST_F(DoctorSshd, CouldNotBeAsked) {
  living_->sshd_complaint = "Missing privilege separation directory: /run/sshd\r\n";
  EXPECT_EQ(ill(), Ids{"note sshd.not-asked"});
}

TEST_F(DoctorSshd, AliveCountZeroIsNoIdleTimeout) {
  write("/etc/ssh/sshd_config", "UsePAM yes\nClientAliveInterval 300\nClientAliveCountMax 0\n");
  EXPECT_EQ(ill(), Ids{"wrong sshd.alive-count-zero"});
  EXPECT_TRUE(says(found("sshd.alive-count-zero").why, "Since OpenSSH 8.2"));
}

TEST_F(DoctorSshd, AliveTimesCountIsNoIdleTimeout) {
  write("/etc/ssh/sshd_config", "UsePAM yes\nClientAliveInterval 10m\nClientAliveCountMax 1\n");
  EXPECT_EQ(ill(), Ids{"note sshd.alive-is-no-idle-limit"});
  EXPECT_TRUE(says(found("sshd.alive-is-no-idle-limit").what, "10 minutes"));
  config("");
  EXPECT_TRUE(says(found("sshd.alive").what, "3 minutes"));
}

TEST_F(DoctorSshd, DeadPeersStay) {
  write("/etc/ssh/sshd_config", "UsePAM yes\n");
  EXPECT_EQ(ill(), Ids{"note sshd.dead-peers-linger"});
  write("/etc/ssh/sshd_config", "UsePAM yes\nTCPKeepAlive no\n");
  EXPECT_EQ(ill(), Ids{"wrong sshd.dead-peers-stay"});
}

TEST_F(DoctorSshd, ChannelTimeoutEndsTerminals) {
  for (const char* value : {"session:shell=5m", "direct-tcpip=1h session=10m", "*=30m"}) {
    config(std::string("ChannelTimeout ") + value + "\n");
    EXPECT_EQ(ill(), Ids{"doubtful sshd.channel-timeout"}) << value;
  }
  for (const char* value : {"none", "direct-tcpip=1h", "session=0"}) {
    config(std::string("ChannelTimeout ") + value + "\n");
    EXPECT_EQ(ill(), Ids{}) << value;
  }
}

TEST_F(DoctorSshd, UsersPrepareTheEnvironment) {
  config("PermitUserEnvironment yes\n");
  EXPECT_EQ(ill(), Ids{"doubtful sshd.user-environment"});
}

TEST_F(DoctorSshd, ClientsPrepareTheEnvironment) {
  for (const char* value : {"LANG TMUX", "*", "S?Y", "IDLED_*"}) {
    config(std::string("AcceptEnv ") + value + "\n");
    EXPECT_EQ(ill(), Ids{"doubtful sshd.accept-env"}) << value;
  }
}

TEST_F(DoctorSshd, WhatIsForSomeIsNotedAndNotJudged) {
  config(
      "Match User bob\n  ClientAliveCountMax 0\n  X11Forwarding no\nMatch all\nTCPKeepAlive yes\n");
  EXPECT_EQ(ill(), Ids{"note sshd.match"});
  EXPECT_EQ(found("sshd.match").what,
            "/etc/ssh/sshd_config:4 says clientalivecountmax 0 for \"Match User bob\"");
}

TEST_F(DoctorSshd, AMatchEndsWithTheFileThatItIsIn) {
  write("/etc/ssh/sshd_config", "Include /etc/ssh/m\nUsePAM yes\nClientAliveInterval 60\n");
  write("/etc/ssh/m", "Match User bob\nAllowTcpForwarding no\n");
  EXPECT_EQ(ill(), Ids{});
}

TEST_F(DoctorSshd, WithoutSshdNothingIsSaidOfIt) {
  remove("/etc/ssh");
  remove("/etc/pam.d/sshd");
  EXPECT_EQ(ill(), Ids{});
}

TEST_F(DoctorSshd, TimesAreReadAsSshdDoes) {
  EXPECT_EQ(parse_sshd_time("300"), 300);
  EXPECT_EQ(parse_sshd_time("1h30M"), 5400);
  EXPECT_EQ(parse_sshd_time("1m10"), 70);
  EXPECT_EQ(parse_sshd_time(""), -1);
  EXPECT_EQ(parse_sshd_time("x"), -1);
  EXPECT_EQ(parse_sshd_time("99999999999999999999"), -1);
}

}  // namespace
}  // namespace idled::tools::doctor
