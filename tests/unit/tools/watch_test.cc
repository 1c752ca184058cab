// `list --watch` against a daemon that comes and goes, on an output that a test holds.
#include "tools/watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>

#include "fake_daemon.h"

namespace idled::tools {
namespace {

using protocol::Call;
using protocol::Reply;
using protocol::SessionInfo;
using Event = LiveOutput::Event;

SessionInfo session(const std::string& id, const std::string& user, std::int64_t idle_seconds) {
  SessionInfo info;
  info.id = id;
  info.user = user;
  info.state = "active";
  info.idle_seconds = idle_seconds;
  return info;
}

std::vector<Reply> two_sessions(const Call&) {
  return {reply(protocol::encode(
      protocol::ListReply{{session("c1", "alice", 10), session("c2", "bob", 500)}}))};
}

// What was shown, and what happens next: time passes at once.
struct Stage {
  std::vector<LiveView> shown;
  std::deque<std::function<Event()>> script;
  bool is_closed = false;

  std::unique_ptr<LiveOutput> open() {
    class Output : public LiveOutput {
     public:
      explicit Output(Stage& stage) : stage_(stage) {}
      ~Output() override { stage_.is_closed = true; }
      void show(const LiveView& view) override { stage_.shown.push_back(view); }
      Event wait_until(std::chrono::steady_clock::time_point) override {
        if (stage_.script.empty()) return Event::kLeave;
        const auto next = std::move(stage_.script.front());
        stage_.script.pop_front();
        return next();
      }

     private:
      Stage& stage_;
    };
    return std::make_unique<Output>(*this);
  }
};

Event due() {
  return Event::kDue;
}

Outcome<std::monostate> run_watch(const std::string& socket, Stage& stage,
                                  const WatchRequest& request = {}) {
  SessionFeed feed(socket, seconds(20));
  return watch(
      request, feed, [] { return kNow; }, [&] { return stage.open(); });
}

std::string ids(const LiveView& view) {
  std::string text;
  for (const SessionInfo& one : view.sessions) text += one.id + " ";
  return text;
}

TEST(Watch, AsksOnceEachTimeOnOneConnection) {
  const FakeDaemon daemon(two_sessions);
  Stage stage{{}, {due, due}};
  EXPECT_TRUE(run_watch(daemon.socket(), stage));
  EXPECT_EQ(daemon.calls().size(), 3U);
  EXPECT_EQ(daemon.connections(), 1U);
  EXPECT_EQ(stage.shown.size(), 3U);
  EXPECT_TRUE(stage.is_closed);
}

TEST(Watch, RedrawsWithoutAsking) {
  const FakeDaemon daemon(two_sessions);
  Stage stage{{}, {[] { return Event::kRedraw; }, [] { return Event::kRedraw; }}};
  EXPECT_TRUE(run_watch(daemon.socket(), stage));
  EXPECT_EQ(daemon.calls().size(), 1U);
  ASSERT_EQ(stage.shown.size(), 3U);
  EXPECT_EQ(ids(stage.shown[2]), "c1 c2 ");
}

TEST(Watch, ShowsThoseThatAreWantedInTheirOrder) {
  const FakeDaemon daemon(two_sessions);
  Stage stage;
  WatchRequest request;
  request.order = SortKey::kIdle;
  EXPECT_TRUE(run_watch(daemon.socket(), stage, request));
  EXPECT_EQ(ids(stage.shown.at(0)), "c2 c1 ");
  request.filter.idle_over = seconds(60);
  EXPECT_TRUE(run_watch(daemon.socket(), stage, request));
  EXPECT_EQ(ids(stage.shown.at(1)), "c2 ");
  EXPECT_EQ(stage.shown.at(1).all, 2U);
  EXPECT_EQ(stage.shown.at(1).filter, "idle over 1m");
}

TEST(Watch, ADaemonThatIsNotThereToBeginWithIsAFailure) {
  Stage stage;
  const auto watched = run_watch("/tmp/there is no such folder/socket", stage);
  ASSERT_FALSE(watched);
  EXPECT_EQ(watched.failure().code, ExitCode::kNoDaemon);
  EXPECT_TRUE(stage.shown.empty());
}

TEST(Watch, SaysThatTheDaemonIsGoneAndThatItIsBack) {
  auto daemon = std::make_unique<FakeDaemon>(two_sessions);
  const std::string socket = daemon->socket();
  Stage stage;
  stage.script = {[&] {
                    daemon.reset();
                    return Event::kDue;
                  },
                  due,
                  [&] {
                    daemon = std::make_unique<FakeDaemon>(two_sessions, socket);
                    return Event::kDue;
                  }};
  EXPECT_TRUE(run_watch(socket, stage));
  ASSERT_EQ(stage.shown.size(), 4U);
  EXPECT_EQ(stage.shown[0].trouble, "");
  for (const std::size_t i : {1U, 2U}) {
    EXPECT_TRUE(stage.shown[i].trouble.starts_with("idled is not running")) << i;
    EXPECT_EQ(ids(stage.shown[i]), "c1 c2 ") << "as of when it was there";
  }
  EXPECT_EQ(stage.shown[3].trouble, "");
}

// As after a restart between two looks.
TEST(Watch, AConnectionThatWasLostIsMadeAnewWithoutAWord) {
  std::atomic<int> calls = 0;
  const FakeDaemon daemon(
      [&](const Call& call) { return ++calls == 2 ? std::vector<Reply>{} : two_sessions(call); });
  Stage stage{{}, {due, due}};
  EXPECT_TRUE(run_watch(daemon.socket(), stage));
  EXPECT_EQ(daemon.connections(), 2U);
  ASSERT_EQ(stage.shown.size(), 3U);
  for (const LiveView& view : stage.shown) EXPECT_EQ(view.trouble, "");
}

// The daemon's own warning is drawn over.
TEST(Watch, SaysThatTheSessionThatLooksOnIsWarned) {
  SessionInfo own = session("c1", "alice", 48);
  own.terminals = {{"pts/2", 48, "sh"}, {"pts/3", 48, "idlectl"}};
  own.logout_at = "2026-01-31T09:30:12Z";
  const FakeDaemon daemon([&](const Call&) {
    return std::vector{reply(protocol::encode(protocol::ListReply{{own}}))};
  });
  WatchRequest request;
  request.filter = {"bob", {"held"}, {}};  // and so it is not among those to show
  request.terminal = "pts/3";
  const auto warning = [&] {
    Stage stage;
    EXPECT_TRUE(run_watch(daemon.socket(), stage, request));
    return stage.shown.at(0).warning;
  };
  EXPECT_EQ(warning(), "");
  own.state = "warned";
  EXPECT_EQ(warning(), "This session will be logged out in 12s: press Enter to stay");
  own.logout_cause = "cap";
  EXPECT_EQ(warning(), "This session will be logged out in 12s");
  EXPECT_EQ(daemon.calls().back().parameters, R"({"user":""})");
  request.terminal = "pts/4";
  EXPECT_EQ(warning(), "");
  request.terminal = "";
  own.terminals[0].name = "";
  EXPECT_EQ(warning(), "");
}

// --- the command --------------------------------------------------------------

TEST(Watch, OfIdlectlTakesTheWholeCommandLine) {
  const FakeDaemon daemon(two_sessions);
  for (const std::vector<std::string>& interval :
       {std::vector<std::string>{"--watch"}, {"--watch", "5"}, {"--watch=1m"}}) {
    std::ostringstream out;
    std::ostringstream err;
    Context context{out, err};
    context.now = [] { return kNow; };
    context.socket = daemon.socket();
    Stage stage;
    bool colours = true;
    context.open_screen = [&](bool wanted) {
      colours = wanted;
      return stage.open();
    };
    std::vector<std::string> arguments{"list", "--user", "bob", "--color", "never"};
    arguments.insert(arguments.end(), interval.begin(), interval.end());
    EXPECT_EQ(run(arguments, context), ExitCode::kDone) << err.str();
    EXPECT_EQ(out.str() + err.str(), "");
    EXPECT_FALSE(colours);
    ASSERT_EQ(stage.shown.size(), 1U);
    EXPECT_EQ(ids(stage.shown[0]), "c2 ");
  }
}

}  // namespace
}  // namespace idled::tools
