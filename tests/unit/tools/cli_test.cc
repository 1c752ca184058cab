// The command line, and what every command does when the daemon is not as it should be.
#include "tools/cli.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <latch>

#include "base/version.h"
#include "fake_daemon.h"

namespace idled::tools {
namespace {

using protocol::Call;
using protocol::Reply;
using Arguments = std::vector<std::string>;

const std::string kNowhere = "/tmp/there is no such folder/socket";

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// --- usage ------------------------------------------------------------------

TEST(Usage, ErrorsExitWithTwoAndAHint) {
  const std::pair<Arguments, const char*> cases[] = {
      {{}, "a command is needed"},
      {{"lst"}, "there is no command 'lst'; did you mean 'list'?"},
      {{"frobnicate"}, "there is no command 'frobnicate'"},
      {{""}, "there is no command ''"},
      {{"--frob"}, "there is no option '--frob'"},
      {{"list", "--frob"}, "--frob"},
      {{"list", "stray"}, "stray"},
      {{"status", "stray"}, "stray"},
      {{"list", "--user"}, "--user"},
      {{"list", "--state", "warnd"}, "--state: there is no state 'warnd'; did you mean 'warned'?"},
      {{"list", "--sort", "tty"}, "--sort: there is no order 'tty'"},
      {{"list", "--idle-over", "long"}, "--idle-over: 'long' is not a duration"},
      {{"list", "--color", "blue"}, "--color takes auto, always or never"},
      {{"list", "--watch", "0"}, "--watch: every second at most"},
      {{"list", "--watch", "often"}, "--watch: 'often' is not a duration"},
      {{"list", "--watch", "--json"}, "--watch is for people"},
      {{"--socket"}, "--socket"},
      {{"kick"}, "name session ids or terminals"},
      {{"kick", "--user", "bob", "c3"}, "one of the two"},
      {{"kick", ""}, "an empty name"},
      {{"kick", "/dev/"}, "an empty name"},
      {{"kick", "c3", "--in", "5x"}, "'5x' is not a duration"},
      {{"kick", "c3", "--in", "-5"}, "'-5' is not a duration"},
      {{"kick", "c3", "-m", std::string(1025, 'x')}, "longer than 1024 bytes"},
      {{"hold", "c3"}, "--for DURATION, or --end"},
      {{"hold", "c3", "--for", "1h", "--end"}, "one of the two"},
      {{"hold", "c3", "--for", "soon"}, "'soon' is not a duration"},
      {{"hold", "c3", "--for", "0"}, "to end a hold, say --end"},
      {{"hold", "", "--for", "1h"}, "an empty name"},
      {{"hold", "c3", "--for", "1h", "--why", std::string(257, 'x')}, "longer than 256 bytes"},
      {{"reload", "stray"}, "stray"},
      {{"explain", "root", "stray"}, "stray"},
      {{"explain", "--kind", "tty"}, "--kind takes terminal, console, no-terminal or graphical"},
      {{"explain", "root", "--session", "c3"}, "not both"},
      {{"explain", "--session", "c3", "--at", "12:00"}, "--session stands alone"},
  };
  for (const auto& [arguments, text] : cases) {
    const Ran ran = run_idlectl(kNowhere, arguments);
    EXPECT_EQ(ran.code, ExitCode::kUsage) << text;
    EXPECT_TRUE(ran.err.starts_with("idlectl: ")) << ran.err;
    EXPECT_TRUE(contains(ran.err, text)) << ran.err;
    EXPECT_TRUE(contains(ran.err, "Try: idlectl")) << ran.err;
    EXPECT_EQ(ran.out, "");
  }
}

TEST(Usage, TheHintNamesTheCommand) {
  EXPECT_TRUE(contains(run_idlectl(kNowhere, {"kick"}).err, "Try: idlectl kick --help\n"));
  EXPECT_TRUE(contains(run_idlectl(kNowhere, {"lst"}).err, "Try: idlectl --help\n"));
}

TEST(Usage, ErrorsCarryNoEscapes) {
  EXPECT_FALSE(contains(run_idlectl(kNowhere, {"\x1b[31m"}).err, "\x1b"));
}

TEST(Usage, HelpFitsAScreenAndHasExamples) {
  const Ran ran = run_idlectl(kNowhere, {"--help"});
  EXPECT_EQ(ran.code, ExitCode::kDone);
  EXPECT_EQ(ran.err, "");
  EXPECT_TRUE(contains(ran.out, "Examples:"));
  EXPECT_LE(std::count(ran.out.begin(), ran.out.end(), '\n'), 23);
  for (const char* command : {"list", "kick", "hold", "events", "explain", "check", "reload",
                              "status", "metrics", "report"}) {
    const Ran help = run_idlectl(kNowhere, {command, "--help"});
    EXPECT_EQ(help.code, ExitCode::kDone);
    EXPECT_TRUE(contains(ran.out, std::string("\n  ") + command + " ")) << ran.out;
    std::istringstream lines(help.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  }
}

TEST(Usage, Version) {
  const Ran ran = run_idlectl(kNowhere, {"--version"});
  EXPECT_EQ(ran.code, ExitCode::kDone);
  EXPECT_EQ(ran.out, std::string("idlectl ") + kVersion + "\n");
}

TEST(Usage, TheSocketMayStandBeforeAndAfterTheCommand) {
  const FakeDaemon daemon([](const Call&) { return std::vector{reply(R"({"sessions":[]})")}; });
  EXPECT_EQ(run_idlectl(kNowhere, {"--socket", daemon.socket(), "list"}).code, ExitCode::kDone);
  EXPECT_EQ(run_idlectl(kNowhere, {"list", "--socket", daemon.socket()}).code, ExitCode::kDone);
  EXPECT_EQ(run_idlectl(kNowhere, {"list", "--socket=" + daemon.socket()}).code, ExitCode::kDone);
}

TEST(Usage, TheEnvironmentNamesNoSocket) {
  const FakeDaemon daemon([](const Call&) { return std::vector{reply(R"({"sessions":[]})")}; });
  for (const char* name : {"IDLED_SOCKET", "SOCKET", "IDLECTL_SOCKET"})
    ::setenv(name, daemon.socket().c_str(), 1);
  EXPECT_EQ(run_idlectl(kNowhere, {"list"}).code, ExitCode::kNoDaemon);
  for (const char* name : {"IDLED_SOCKET", "SOCKET", "IDLECTL_SOCKET"}) ::unsetenv(name);
}

// As on a full disk.
TEST(Usage, OutputThatCannotBeWrittenIsAFailure) {
  const FakeDaemon daemon([](const Call&) { return std::vector{reply(R"({"sessions":[]})")}; });
  std::ostringstream out;
  std::ostringstream err;
  out.setstate(std::ios::badbit);
  Context context{out, err};
  context.now = [] { return kNow; };
  EXPECT_EQ(run({"--socket", daemon.socket(), "list"}, context), ExitCode::kFailed);
  EXPECT_TRUE(contains(err.str(), "cannot write the output"));
}

// --- the daemon -------------------------------------------------------------

const Arguments kEach[] = {{"list"},
                           {"status"},
                           {"kick", "c3"},
                           {"kick", "c3", "c4"},
                           {"kick", "--user", "bob", "--in", "1m"}};

TEST(Daemon, ThatIsNotRunningIsSaidOnceWithHowToStartIt) {
  for (const Arguments& arguments : kEach) {
    const Ran ran = run_idlectl(kNowhere, arguments);
    EXPECT_EQ(ran.code, ExitCode::kNoDaemon);
    EXPECT_EQ(ran.out, "");
    EXPECT_EQ(ran.err, "idlectl: idled is not running (cannot connect to " + kNowhere +
                           ": No such file or directory). Start it with: systemctl start idled\n");
  }
}

TEST(Daemon, ThatLeftItsSocketBehindIsNotRunning) {
  {
    const FakeDaemon daemon([](const Call&) { return std::vector<Reply>{}; });
    ASSERT_EQ(::link(daemon.socket().c_str(), "/tmp/idlectl-test-left"), 0);
  }
  const Ran ran = run_idlectl("/tmp/idlectl-test-left", {"list"});
  ::unlink("/tmp/idlectl-test-left");
  EXPECT_EQ(ran.code, ExitCode::kNoDaemon);
  EXPECT_TRUE(contains(ran.err, "Connection refused")) << ran.err;
}

TEST(Daemon, WhoseSocketIsForbiddenIsAnotherMatter) {
  if (::getuid() != 0) GTEST_SKIP() << "takes root, to become somebody else";
  const FakeDaemon daemon([](const Call&) { return std::vector{reply("{}")}; });
  ::chmod(daemon.socket().c_str(), 0600);
  const std::string folder = daemon.socket().substr(0, daemon.socket().rfind('/'));
  ::chmod(folder.c_str(), 0755);
  ASSERT_EQ(::seteuid(65534), 0);
  const Ran ran = run_idlectl(daemon.socket(), {"list"});
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_EQ(ran.code, ExitCode::kNotPermitted);
  EXPECT_EQ(ran.err, "idlectl: not permitted to speak to idled (cannot connect to " +
                         daemon.socket() + ": Permission denied)\n");
}

TEST(Daemon, ThatDoesNotAnswerIsGivenUp) {
  std::latch over(1);
  const FakeDaemon daemon([&](const Call&) {
    over.wait();
    return std::vector<Reply>{};
  });
  const Ran ran = run_idlectl(daemon.socket(), {"status"}, seconds(1));
  over.count_down();
  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_EQ(ran.err, "idlectl: idled has not answered within 1s\n");
}

TEST(Daemon, ThatHangsUpIsAFailure) {
  const FakeDaemon daemon([](const Call&) { return std::vector<Reply>{}; });
  const Ran ran = run_idlectl(daemon.socket(), {"status"});
  EXPECT_EQ(ran.code, ExitCode::kFailed);
  EXPECT_EQ(ran.err,
            "idlectl: lost the connection to idled (the daemon closed the connection). See: "
            "journalctl -u idled\n");
}

TEST(Daemon, ErrorsBecomeExitCodesAndSentences) {
  const std::tuple<Reply, ExitCode, const char*> cases[] = {
      {error(protocol::kPermissionDenied), ExitCode::kNotPermitted, "not permitted: "},
      {error(protocol::kNoSuchSession, R"({"id":"c\u001b9"})"), ExitCode::kNoSuchSession,
       "no session c?9"},
      {error(protocol::kInvalidParameter, R"({"parameter":"user"})"), ExitCode::kFailed,
       "idled refuses the value of 'user'"},
      {error(protocol::kMethodNotFound), ExitCode::kFailed, "systemctl restart idled"},
      {error("a.b.\x1b[31mOdd"), ExitCode::kFailed, "error a.b.?[31mOdd"},
  };
  for (const auto& [answer, code, text] : cases) {
    const FakeDaemon daemon([&answer = answer](const Call&) { return std::vector{answer}; });
    for (const char* command : {"list", "status"}) {
      const Ran ran = run_idlectl(daemon.socket(), {command});
      EXPECT_EQ(ran.code, code) << text;
      EXPECT_TRUE(contains(ran.err, text)) << ran.err;
      EXPECT_EQ(ran.out, "");
    }
  }
}

}  // namespace
}  // namespace idled::tools
