// The pure parts of the module: arguments, the verdict on a login that could not
// be registered, what may stand in IDLED_TMOUT.
#include <gtest/gtest.h>
#include <syslog.h>

#include "pam_module/arguments.h"
#include "pam_module/registration.h"
#include "pam_module/verdict.h"

namespace idled::pam {
namespace {

Arguments parsed(const std::vector<const char*>& words) {
  return parse_arguments(words);
}

// The one complaint about these words, without what all begin with.
std::string complaint(const std::vector<const char*>& words) {
  const Arguments arguments = parsed(words);
  EXPECT_EQ(arguments.complaints.size(), 1u);
  return arguments.complaints.empty() ? "" : arguments.complaints.front();
}

TEST(Arguments, Defaults) {
  const Arguments arguments = parsed({});
  EXPECT_EQ(arguments.timeout, seconds(2));
  EXPECT_EQ(arguments.socket, "/run/idled/io.idled.Sessions");
  EXPECT_FALSE(arguments.debug);
  EXPECT_FALSE(arguments.fail_closed);
  EXPECT_TRUE(arguments.complaints.empty());
}

TEST(Arguments, All) {
  const Arguments arguments = parsed({"timeout=5s", "socket=/run/x", "debug", "fail=closed"});
  EXPECT_EQ(arguments.timeout, seconds(5));
  EXPECT_EQ(arguments.socket, "/run/x");
  EXPECT_TRUE(arguments.debug);
  EXPECT_TRUE(arguments.fail_closed);
  EXPECT_TRUE(arguments.complaints.empty());
}

TEST(Arguments, Timeout) {
  EXPECT_EQ(parsed({"timeout=1"}).timeout, seconds(1));
  EXPECT_EQ(parsed({"timeout=1m"}).timeout, seconds(60));
  for (const char* wrong : {"timeout=", "timeout=0", "timeout=61s", "timeout=500ms", "timeout=-1",
                            "timeout=2 s", "timeout=99999999999999999999"}) {
    EXPECT_EQ(parsed({wrong}).timeout, seconds(2)) << wrong;
    EXPECT_NE(complaint({wrong}).find("whole seconds from 1s to 60s would be right; 2s is used"),
              std::string::npos)
        << wrong;
  }
  EXPECT_NE(complaint({"timeout=3s", "timeout=x"}).find("3s is used"), std::string::npos);
}

TEST(Arguments, Socket) {
  const std::string longest = "socket=/" + std::string(106, 'x');
  EXPECT_EQ(parsed({longest.c_str()}).socket.size(), 107u);
  const std::string longer = longest + "x";
  for (const char* wrong : {"socket=", "socket=run/x", longer.c_str()}) {
    EXPECT_EQ(parsed({wrong}).socket, protocol::kDefaultSocket);
    EXPECT_NE(complaint({wrong}).find("an absolute path of at most 107 bytes"), std::string::npos);
  }
}

TEST(Arguments, Fail) {
  EXPECT_FALSE(parsed({"fail=open"}).fail_closed);
  EXPECT_FALSE(parsed({"fail=closed", "fail=open"}).fail_closed);
  EXPECT_FALSE(parsed({"fail=close"}).fail_closed);
  EXPECT_TRUE(parsed({"fail=closed", "fail=Open"}).fail_closed);
  EXPECT_EQ(complaint({"fail=close"}),
            "argument 'fail=close' is not understood: fail=open or fail=closed would be right; "
            "fail=open is used");
}

TEST(Arguments, AskingForFailClosedAloneAgrees) {
  const std::vector<std::vector<const char*>> lines{{},
                                                    {"fail=closed"},
                                                    {"fail=open"},
                                                    {"fail=closed", "fail=open"},
                                                    {"fail=open", "debug", "fail=closed"},
                                                    {"fail=closed", "fail=x"},
                                                    {"fail"},
                                                    {"failclosed"}};
  for (const auto& words : lines) EXPECT_EQ(asks_fail_closed(words), parsed(words).fail_closed);
}

TEST(Arguments, UnknownWordsAreNamedAndIgnored) {
  EXPECT_EQ(complaint({"dbug"}),
            "argument 'dbug' is not understood: 'debug' is perhaps meant; timeout=DURATION, "
            "socket=PATH, fail=open, fail=closed or debug would be right; it is ignored");
  EXPECT_EQ(complaint({"zzzzzzzz=1"}).find("perhaps"), std::string::npos);
  EXPECT_EQ(complaint({"\x1b[2J"}).find('\x1b'), std::string::npos);
  EXPECT_FALSE(complaint({"debug=yes"}).empty());
  EXPECT_FALSE(complaint({"timeout"}).empty());
  EXPECT_FALSE(complaint({""}).empty());
  EXPECT_EQ(parsed({"a", "b", "c"}).complaints.size(), 3u);
}

// --- the verdict -----------------------------------------------------------------

using Kind = Failure::Kind;

constexpr Kind kAllKinds[] = {Kind::kNotRunning, Kind::kNoAnswer, Kind::kRefused, Kind::kBroken};

TEST(Verdict, FailOpenAdmitsEverybodyAndTellsNobody) {
  for (const Kind kind : kAllKinds) {
    const Verdict verdict = judge({kind, "it failed"}, {"alice", false}, false);
    EXPECT_TRUE(verdict.is_admitted);
    EXPECT_EQ(verdict.priority, LOG_WARNING);
    EXPECT_EQ(verdict.tell_user, "");
    EXPECT_EQ(verdict.log.find("it failed; the login of alice proceeds unwatched"), 0u);
  }
}

TEST(Verdict, FailClosedRefusesAndSaysHowToMend) {
  for (const Kind kind : kAllKinds) {
    const Verdict verdict = judge({kind, "it failed"}, {"alice", false}, true);
    EXPECT_FALSE(verdict.is_admitted);
    EXPECT_EQ(verdict.priority, LOG_ERR);
    EXPECT_NE(verdict.tell_user.find("please tell the administrator."), std::string::npos);
    EXPECT_NE(
        verdict.log.find(kind == Kind::kNotRunning ? "systemctl start idled" : "idlectl doctor"),
        std::string::npos);
  }
}

TEST(Verdict, FailClosedSparesRootOnAConsole) {
  for (const Kind kind : kAllKinds) {
    const Verdict verdict = judge({kind, "it failed"}, {"root", true}, true);
    EXPECT_TRUE(verdict.is_admitted);
    EXPECT_EQ(verdict.priority, LOG_WARNING);
    EXPECT_EQ(verdict.tell_user, "");
  }
}

TEST(Verdict, NamesAreShownSafely) {
  const Verdict verdict = judge({Kind::kBroken, "x"}, {"al\x1b[2Jice", false}, false);
  EXPECT_EQ(verdict.log.find('\x1b'), std::string::npos);
}

TEST(Verdict, Consoles) {
  for (const char* tty : {"tty1", "tty63", "ttyS0", "ttyAMA0", "ttysclp0", "hvc0", "console"})
    EXPECT_TRUE(is_console(tty)) << tty;
  for (const char* tty : {"", "tty", "ttyS", "ttyp0", "pts/1", "ssh", ":0", "cron", "tty1 ",
                          "tty-1", "consoles", "/dev/tty1", "hvc"})
    EXPECT_FALSE(is_console(tty)) << tty;
}

TEST(ShellTimeout, ThreeFormsAndNoOther) {
  for (const char* right : {"1", "600", "300,export", "off", "999999999"})
    EXPECT_TRUE(is_shell_timeout(right)) << right;
  for (const char* wrong : {"", "0", "00", "-5", "+5", "5m", "off,export", ",export", "5,export ",
                            "5,", "1000000000", "5\n", "5;x"})
    EXPECT_FALSE(is_shell_timeout(wrong)) << wrong;
}

}  // namespace
}  // namespace idled::pam
