// What else ends sessions, and what the kernel gives.
#include "doctor_machine.h"

namespace idled::tools::doctor {
namespace {

using DoctorSystem = DoctorTest;

TEST_F(DoctorSystem, LogindEndsIdleSessionsToo) {
  write("/etc/systemd/logind.conf", "[Login]\nStopIdleSessionSec=15min\n");
  EXPECT_EQ(ill(), Ids{"wrong logind.stop-idle"});
  EXPECT_TRUE(says(found("logind.stop-idle").what, "/etc/systemd/logind.conf:2"));
}

TEST_F(DoctorSystem, OfLogindsFilesTheLastHoldsAndEtcReplacesUsr) {
  write("/usr/lib/systemd/logind.conf.d/50-idle.conf", "[Login]\nStopIdleSessionSec = 900\n");
  EXPECT_EQ(ill(), Ids{"wrong logind.stop-idle"});
  write("/etc/systemd/logind.conf.d/50-idle.conf", "");
  EXPECT_EQ(ill(), Ids{});
  write("/run/systemd/logind.conf.d/60-x.conf", "[Login]\nStopIdleSessionSec=600\n");
  EXPECT_EQ(ill(), Ids{"wrong logind.stop-idle"});
  write("/etc/systemd/logind.conf.d/zz-idled.conf", "[Login]\nStopIdleSessionSec=infinity\n");
  EXPECT_EQ(ill(), Ids{});
  write("/etc/systemd/logind.conf.d/zz-idled.conf", "[Other]\nStopIdleSessionSec=infinity\n");
  EXPECT_EQ(ill(), Ids{"wrong logind.stop-idle"});
}

TEST_F(DoctorSystem, LogindKillsWhatUsersLeftRunning) {
  write("/etc/systemd/logind.conf", "[Login]\nKillUserProcesses=Yes\n");
  EXPECT_EQ(ill(), Ids{"doubtful logind.kill-user-processes"});
  write("/etc/systemd/logind.conf", "[Login]\nKillUserProcesses=no\n");
  EXPECT_EQ(ill(), Ids{});
}

TEST_F(DoctorSystem, OtherEnforcersAreInstalled) {
  write("/usr/sbin/autolog", "");
  write("/usr/sbin/timeoutd", "");
  EXPECT_EQ(ill(), (Ids{"wrong rivals.autolog", "wrong rivals.timeoutd"}));
  write("/etc/debian_version", "12.1\n");
  EXPECT_EQ(found("rivals.autolog").mend, "apt purge autolog");
}

TEST_F(DoctorSystem, TheKernelLetsProgramsTypeForTheirUser) {
  write("/proc/sys/dev/tty/legacy_tiocsti", "1\n");
  EXPECT_EQ(ill(), Ids{"doubtful kernel.tiocsti-allowed"});
  remove("/proc/sys/dev");
  EXPECT_EQ(ill(), Ids{"note kernel.tiocsti-unknown"});
}

TEST_F(DoctorSystem, TheKernelIsOneThatDoesNotTellOfDevTty) {
  for (const char* old : {"6.1.0-40-amd64\n", "5.14.0-503.el9.x86_64\n", "6.4.16\n"}) {
    write("/proc/sys/kernel/osrelease", old);
    EXPECT_EQ(ill(), Ids{"note kernel.dev-tty"}) << old;
  }
  for (const char* young : {"6.5.0\n", "7.0\n", "strange\n"}) {
    write("/proc/sys/kernel/osrelease", young);
    EXPECT_EQ(ill(), Ids{}) << young;
  }
}

TEST_F(DoctorSystem, InotifyHasNarrowLimits) {
  write("/proc/sys/fs/inotify/max_user_watches", "100\n");
  EXPECT_EQ(ill(), Ids{"doubtful kernel.inotify-limit"});
  write("/proc/sys/fs/inotify/max_user_instances", "2\n");
  EXPECT_EQ(ill(), (Ids{"doubtful kernel.inotify-limit", "doubtful kernel.inotify-limit"}));
}

TEST_F(DoctorSystem, TheKernelGivesFewerWitnesses) {
  daemon().status.witnesses = {"terminal times", "unread lines"};
  EXPECT_EQ(ill(), (Ids{"doubtful witness.connection", "doubtful witness.reads"}));
}

TEST_F(DoctorSystem, ProcHidesProcesses) {
  write("/proc/mounts", "none / ext4 rw 0 0\nproc /proc proc rw,hidepid=invisible,gid=4 0 0\n");
  EXPECT_EQ(ill(), Ids{"note kernel.hidepid"});
  EXPECT_TRUE(says(found("kernel.hidepid").what, "(hidepid=invisible)"));
  write("/proc/mounts", "proc /proc proc rw,hidepid=off 0 0\n");
  EXPECT_EQ(ill(), Ids{});
}

TEST_F(DoctorSystem, ThereIsNoUtmp) {
  remove("/run/utmp");
  EXPECT_EQ(ill(), Ids{"note kernel.no-utmp"});
}

}  // namespace
}  // namespace idled::tools::doctor
