// The view of the machine, the report, and the command as a whole.
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "doctor_machine.h"
#include "fake_daemon.h"
#include "tools/doctor/program.h"
#include "tools/doctor/report.h"

namespace idled::tools::doctor {
namespace {

using DoctorReport = DoctorTest;

TEST_F(DoctorReport, IsWorstFirstAndWrappedWithWhatMendsAsItIs) {
  const Findings all{wrong("a.b", "It is wrong", "Because it does not hold what it says it holds.",
                           "# in /etc/file:\nKey value that is longer than the width of the page"),
                     note("c.d", "To know"),
                     good("e.f", "All is well in this long line of words, it seems")};
  EXPECT_EQ(render(all, 40, false),
            "wrong     It is wrong [a.b]\n"
            "          Because it does not hold what\n"
            "          it says it holds.\n"
            "            # in /etc/file:\n"
            "            Key value that is longer than the width of the page\n"
            "\n"
            "note      To know [c.d]\n"
            "\n"
            "good      All is well in this long line\n"
            "          of words, it seems\n"
            "\n"
            "1 wrong, 0 doubtful, 1 note, 1 good\n");
  EXPECT_EQ(render({}, 80, false), "0 wrong, 0 doubtful, 0 notes, 0 good\n");
}

TEST_F(DoctorReport, ColoursTheSeverityAndNothingElse) {
  EXPECT_EQ(render({good("a.b", "Well")}, 80, true),
            "\x1b[32mgood\x1b[0m      Well\n\n0 wrong, 0 doubtful, 0 notes, 1 good\n");
}

TEST_F(DoctorReport, CarriesNoTerminalEscapeFromTheMachine) {
  write("/etc/ssh/sshd_config",
        "UsePAM yes\nClientAliveInterval 60\nChannelTimeout session=\x1b[2J\n");
  const std::string text = render(findings(), 80, false);
  EXPECT_TRUE(says(text, "sshd.channel-timeout"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST_F(DoctorReport, FindingsComeWorstFirst) {
  write("/proc/sys/dev/tty/legacy_tiocsti", "1\n");
  write("/usr/bin/mosh-server", "");
  write("/usr/sbin/autolog", "");
  const Findings all = findings();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](const Finding& a, const Finding& b) {
    return a.severity < b.severity;
  }));
  EXPECT_EQ(all.at(0).id, "rivals.autolog");
  EXPECT_EQ(all.at(1).id, "kernel.tiocsti-allowed");
  EXPECT_EQ(all.at(2).id, "ways.mosh");
}

TEST_F(DoctorReport, TheCommandJudgesAnImage) {
  write("/usr/sbin/autolog", "");
  const Ran ran = run_idlectl("/nonexistent", {"doctor", "--json", "--root", root_});
  EXPECT_EQ(ran.code, ExitCode::kFailed) << ran.err;
  const auto array = nlohmann::json::parse(ran.out);
  EXPECT_EQ(array.at(0).at("id"), "rivals.autolog");
  EXPECT_EQ(array.at(0).at("severity"), "wrong");
  EXPECT_EQ(array.at(0).size(), 5U);
  remove("/usr/sbin/autolog");
  const Ran well = run_idlectl("/nonexistent", {"doctor", "--root", root_});
  EXPECT_EQ(well.code, ExitCode::kDone) << well.out;
  EXPECT_TRUE(says(well.out, "An image: neither the daemon nor the kernel was asked"));
  EXPECT_EQ(run_idlectl("", {"doctor", "--root", root_ + "/gone"}).code, ExitCode::kUsage);
}

TEST_F(DoctorReport, LinksOfAnImageDoNotLeadOutOfIt) {
  write("/real", "inside");
  link("/absolute", "/real");
  link("/above", "../../../../../../real");
  link("/password", "/etc/passwd");
  EXPECT_EQ(machine().read("/absolute"), "inside");
  EXPECT_EQ(machine().read("/above"), "inside");
  EXPECT_FALSE(machine().has("/password"));
  EXPECT_EQ(machine().link_of("/password"), "/etc/passwd");
}

TEST_F(DoctorReport, WhatIsNoFileIsNotRead) {
  ASSERT_EQ(mkfifo((root_ + "/fifo").c_str(), 0644), 0);
  EXPECT_FALSE(machine().read("/fifo"));
  EXPECT_FALSE(machine().read("/etc"));
  EXPECT_FALSE(machine().read("/gone"));
  EXPECT_TRUE(machine().denied().empty());
}

TEST_F(DoctorReport, PatternsMatchAFolderAtATime) {
  write("/a/1/x.conf", "");
  write("/a/2/y.conf", "");
  write("/a/2/.z.conf", "");
  EXPECT_EQ(machine().match("/a/*/*.conf"), (Ids{"/a/1/x.conf", "/a/2/y.conf"}));
  EXPECT_EQ(machine().match("/a/2/y.conf"), Ids{"/a/2/y.conf"});
  EXPECT_EQ(machine().match("/a/3/*"), Ids{});
}

// Root may read everything.
class NotAsRoot {
 public:
  NotAsRoot() : was_(geteuid()) {
    if (was_ == 0 && seteuid(65534) != 0) ADD_FAILURE() << "seteuid";
  }
  ~NotAsRoot() {
    if (seteuid(was_) != 0) ADD_FAILURE() << "seteuid";
  }
  NotAsRoot(const NotAsRoot&) = delete;
  NotAsRoot& operator=(const NotAsRoot&) = delete;

 private:
  uid_t was_;
};

TEST_F(DoctorReport, WhatMayNotBeReadIsSaidAndNotJudged) {
  ::chmod(root_.c_str(), 0755);
  policy("{ broken");
  write("/etc/ssh/sshd_config", "UsePAM no\n");
  chmod("/etc/idled/policy.json", 0);
  chmod("/etc/ssh/sshd_config", 0);
  living_->is_root = false;
  const NotAsRoot as_nobody;
  EXPECT_EQ(ill(), (Ids{"note doctor.not-root", "note doctor.unreadable"}));
  EXPECT_TRUE(
      says(found("doctor.unreadable").what, "/etc/idled/policy.json and /etc/ssh/sshd_config"));
}

TEST(DoctorProgram, IsRunAndHeard) {
  const auto output = run_program({"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}, seconds(20));
  ASSERT_TRUE(output);
  EXPECT_EQ(output->out, "out\n");
  EXPECT_EQ(output->err, "err\n");
  EXPECT_EQ(output->status, 3);
}

TEST(DoctorProgram, MayNotBeThere) {
  EXPECT_FALSE(run_program({"/nonexistent"}, seconds(20)));
}

TEST(DoctorProgram, IsKilledWhenItTakesTooLongOrSaysTooMuch) {
  const auto slow = run_program({"/bin/sleep", "600"}, seconds(0));
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().code, ETIMEDOUT);
  EXPECT_FALSE(run_program({"/bin/cat", "/dev/zero"}, seconds(20)));
}

}  // namespace
}  // namespace idled::tools::doctor
