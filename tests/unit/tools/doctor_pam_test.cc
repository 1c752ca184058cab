#include "doctor_machine.h"
#include "tools/doctor/pam_stack.h"

namespace idled::tools::doctor {
namespace {

using DoctorPam = DoctorTest;

TEST_F(DoctorPam, AMachineOnWhichAllIsRightHasNothingIll) {
  EXPECT_EQ(ill(), Ids{});
  EXPECT_TRUE(says(found("pam.present").what, "sshd and login"));
  Ids well;
  for (const Finding& finding : findings()) well.push_back(finding.id);
  std::sort(well.begin(), well.end());
  EXPECT_EQ(well, (Ids{"daemon.enabled", "daemon.runs", "kernel.tiocsti", "kernel.utmp",
                       "logind.no-limit", "pam.present", "policy.in-force", "policy.valid",
                       "rights.files", "rights.group", "sshd.alive", "sshd.pam", "tmout.alone",
                       "tmout.profile", "witness.all"}));
}

TEST_F(DoctorPam, TheModuleIsNotInAStackThatLetsPeopleIn) {
  write("/etc/pam.d/sshd", "session required pam_unix.so\n");
  EXPECT_EQ(ill(), Ids{"wrong pam.missing"});
  const Finding finding = found("pam.missing");
  EXPECT_TRUE(says(finding.what, "sshd"));
  EXPECT_TRUE(says(finding.mend, "/etc/pam.d/sshd"));
  EXPECT_TRUE(says(finding.mend, "session optional pam_idled.so"));
  EXPECT_EQ(found("pam.present").what, "pam_idled.so is in the session stack of login");
}

TEST_F(DoctorPam, WherePamAuthUpdateKeepsTheStackItMends) {
  write("/etc/pam.d/common-session", "session required pam_unix.so\n");
  write("/usr/share/pam-configs/idled", "");
  EXPECT_EQ(ill(), (Ids{"wrong pam.missing", "wrong pam.missing"}));
  EXPECT_EQ(found("pam.missing").mend, "pam-auth-update --enable idled");
}

TEST_F(DoctorPam, OfLesserWaysInItIsDoubtful) {
  write("/etc/pam.d/xrdp-sesman", "session required pam_unix.so\n");
  write("/etc/pam.d/sshd-other", "session required pam_unix.so\n");
  write("/etc/pam.d/sshd.dpkg-old", "session required pam_unix.so\n");
  EXPECT_EQ(ill(), (Ids{"doubtful pam.missing", "doubtful pam.missing"}));
}

TEST_F(DoctorPam, AServiceWithoutAFileHasThatOfOther) {
  remove("/etc/pam.d/sshd");
  write("/usr/sbin/sshd", "");
  write("/etc/pam.d/other", "session required pam_unix.so\n");
  EXPECT_EQ(ill(), Ids{"wrong pam.missing"});
  EXPECT_TRUE(says(found("pam.missing").mend, "/etc/pam.d/other"));
  write("/etc/pam.d/other", "session optional pam_idled.so\n");
  EXPECT_EQ(ill(), Ids{});
}

TEST_F(DoctorPam, TheVendorsFolderCountsWhereTheAdministratorHasNoFile) {
  remove("/etc/pam.d/login");
  write("/usr/lib/pam.d/login", "session required pam_unix.so\n");
  EXPECT_EQ(ill(), Ids{"wrong pam.missing"});
  write("/etc/pam.d/login", "session include common-session\n");
  EXPECT_EQ(ill(), Ids{});
}

TEST_F(DoctorPam, TheModuleIsTwiceInAStack) {
  append("/etc/pam.d/sshd", "session optional pam_idled.so\n");
  EXPECT_EQ(ill(), Ids{"doubtful pam.twice"});
  EXPECT_EQ(found("pam.twice").mend,
            "# take out one of /etc/pam.d/common-session:5 and /etc/pam.d/sshd:3");
}

TEST_F(DoctorPam, TheModuleComesBeforePamSystemd) {
  write("/etc/pam.d/common-session",
        "session optional pam_idled.so\n-session optional pam_systemd.so\n");
  write("/etc/pam.d/login", "session optional pam_systemd.so\nsession optional pam_idled.so\n");
  EXPECT_EQ(ill(), Ids{"wrong pam.before-systemd"});
  EXPECT_TRUE(says(found("pam.before-systemd").what, "of sshd"));
}

TEST_F(DoctorPam, TheModuleAsksAtAnotherSocket) {
  write("/etc/pam.d/common-session", "session optional pam_idled.so socket=/run/other\n");
  EXPECT_EQ(ill(), Ids{"wrong pam.other-socket"});  // once, although two services include it
  EXPECT_TRUE(says(found("pam.other-socket").what, "/etc/pam.d/common-session:1"));
  living_->socket = "/run/other";
  EXPECT_EQ(ill(), Ids{});
}

TEST_F(DoctorPam, TheModulesFileIsMissing) {
  remove("/usr/lib/x86_64-linux-gnu/security/pam_idled.so");
  EXPECT_EQ(ill(), Ids{"wrong pam.no-module"});
  EXPECT_TRUE(says(found("pam.no-module").what, "/etc/pam.d/common-session:5"));
  write("/opt/pam_idled.so", "");
  write("/etc/pam.d/common-session", "session optional /opt/pam_idled.so\n");
  EXPECT_EQ(ill(), Ids{});
  write("/etc/pam.d/common-session", "session optional /opt/elsewhere/pam_idled.so\n");
  EXPECT_TRUE(says(found("pam.no-module").what, "/opt/elsewhere/pam_idled.so"));
}

TEST_F(DoctorPam, TheModulesFileIsMissingAndNoStackNamesIt) {
  remove("/usr/lib/x86_64-linux-gnu/security/pam_idled.so");
  write("/etc/pam.d/common-session", "session required pam_unix.so\n");
  EXPECT_EQ(ill(), (Ids{"wrong pam.missing", "wrong pam.missing", "wrong pam.no-module"}));
}

TEST_F(DoctorPam, RequiredWithoutFailClosedRefusesNobody) {
  write("/etc/pam.d/sshd", "session required pam_idled.so\n");
  EXPECT_EQ(ill(), Ids{"doubtful pam.required-but-open"});
  write("/etc/pam.d/sshd", "session required pam_idled.so fail=closed\n");
  EXPECT_EQ(ill(), Ids{});
  write("/etc/pam.d/sshd", "session [success=ok default=bad] pam_idled.so fail=closed fail=open\n");
  EXPECT_EQ(ill(), Ids{"doubtful pam.required-but-open"});  // the last one counts
}

TEST_F(DoctorPam, FailClosedWithOptionalRefusesNobody) {
  write("/etc/pam.d/sshd", "session optional pam_idled.so fail=closed\n");
  EXPECT_EQ(ill(), Ids{"wrong pam.closed-but-optional"});
}

TEST_F(DoctorPam, FailClosedForAllServicesStopsSuToo) {
  write("/etc/pam.d/common-session", "session required pam_idled.so fail=closed\n");
  EXPECT_EQ(ill(), Ids{"doubtful pam.closed-in-common"});
}

TEST_F(DoctorPam, WhatComesBeforeMayPassTheModuleOver) {
  write("/etc/pam.d/sshd", "session sufficient pam_access.so\nsession optional pam_idled.so\n");
  EXPECT_EQ(ill(), Ids{"wrong pam.skipped"});
  write("/etc/pam.d/sshd",
        "session [success=1 default=ignore] pam_succeed_if.so quiet uid < 5\n"
        "session optional pam_idled.so\n");
  EXPECT_EQ(ill(), Ids{"wrong pam.skipped"});
  EXPECT_EQ(found("pam.skipped").mend, "# move /etc/pam.d/sshd:2 before /etc/pam.d/sshd:1");
}

TEST_F(DoctorPam, WhatEndsASubstackPassesNothingOverBehindIt) {
  write("/etc/pam.d/inner", "session sufficient pam_access.so\n");
  write("/etc/pam.d/sshd", "session substack inner\nsession optional pam_idled.so\n");
  EXPECT_EQ(ill(), Ids{});
  write("/etc/pam.d/sshd", "session include inner\nsession optional pam_idled.so\n");
  EXPECT_EQ(ill(), Ids{"wrong pam.skipped"});
}

TEST_F(DoctorPam, AnArgumentIsNotUnderstood) {
  for (const char* argument : {"fail=close", "timeout=2h", "sockett=/x", "socket=here", "Debug"}) {
    write("/etc/pam.d/sshd", std::string("session optional pam_idled.so ") + argument + "\n");
    const std::vector<std::string> all = ill();
    EXPECT_TRUE(std::count(all.begin(), all.end(), "wrong pam.argument") == 1) << argument;
  }
  write("/etc/pam.d/sshd", "session optional pam_idled.so timeout=1m fail=open debug # why\n");
  EXPECT_EQ(ill(), Ids{});
}

TEST_F(DoctorPam, DropbearAndMoshAreNoted) {
  write("/usr/sbin/dropbear", "");
  write("/usr/bin/mosh-server", "");
  EXPECT_EQ(ill(), (Ids{"note ways.dropbear", "note ways.mosh"}));
}

TEST_F(DoctorPam, StacksAreReadAsLibpamDoes) {
  write("/etc/pam.d/sshd",
        "Session\t[success=ok \\\n  default=1]  pam_a.so  x y # z\n"
        "session include sshd\n"  // a circle ends
        "account required pam_b.so\n@include gone\n");
  const auto stack = session_stack(machine(), "sshd");
  ASSERT_TRUE(stack);
  ASSERT_FALSE(stack->lines.empty());
  const PamLine& line = stack->lines.front();
  EXPECT_EQ(line.module, "pam_a.so");
  EXPECT_EQ(line.arguments, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(line.number, 1);
  EXPECT_TRUE(stack->all("pam_b.so").empty());
  EXPECT_LT(stack->lines.size(), 30U);
}

TEST_F(DoctorPam, ControlsSkipAsPamDSays) {
  EXPECT_EQ(skips_on_success("optional"), 0);
  EXPECT_EQ(skips_on_success("requisite"), 0);
  EXPECT_EQ(skips_on_success("sufficient"), -1);
  EXPECT_EQ(skips_on_success("[default=2]"), 2);
  EXPECT_EQ(skips_on_success("[success=ok default=2]"), 0);
  EXPECT_EQ(skips_on_success("[success=done default=ignore]"), -1);
}

}  // namespace
}  // namespace idled::tools::doctor
