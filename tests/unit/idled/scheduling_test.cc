// What one turn of the server's loop may cost, and whose turn it is: the loop is stepped by hand.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <stdexcept>

#include "idled/service/server.h"
#include "protocol/frame.h"
#include "protocol/messages.h"

namespace idled::service {
namespace {

namespace fs = std::filesystem;

// Notes who is served, in order; keeps the answers of Kick.
class Notes final : public Handler {
 public:
  void on_register(const Peer&, const protocol::RegisterRequest& request, Answer answer) override {
    served.push_back("Register " + request.user);
    answer.done();
  }
  void on_release(const Peer&, const protocol::ReleaseRequest&, Answer answer) override {
    answer.done();
  }
  void on_list(const Peer& peer, const protocol::ListRequest&, bool, Answer answer) override {
    served.push_back("List " + std::to_string(peer.uid));
    answer.done(R"({"sessions":[]})");
  }
  void on_kick(const Peer& peer, const protocol::KickRequest&, Answer answer) override {
    served.push_back("Kick " + std::to_string(peer.uid));
    kept.push_back(std::move(answer));
  }
  void on_status(const Peer&, Answer answer) override {
    served.emplace_back("Status");
    answer.done("{\"version\":\"" + std::string(2 << 20, 'x') + "\"}");
  }
  void on_explain(const Peer&, const protocol::ExplainRequest&, Answer answer) override {
    answer.done();
  }
  void on_hold(const Peer&, const protocol::HoldRequest&, Answer answer) override { answer.done(); }
  void on_reload(const Peer&, Answer answer) override { answer.done(); }
  void on_metrics(const Peer&, Answer answer) override { answer.done(); }
  void on_events(const Peer&, const protocol::EventsRequest&, bool, Answer answer) override {
    answer.done();
  }
  [[nodiscard]] bool is_admin(const Peer&) const override { return false; }

  std::vector<std::string> served;
  std::vector<Answer> kept;
};

// Whose connections the next accepted ones are, in order.
std::deque<uid_t> next_uids;
std::optional<Peer> peer_of_the_test(int) {
  if (next_uids.empty()) return std::nullopt;
  const uid_t uid = next_uids.front();
  next_uids.pop_front();
  return Peer{1, uid, uid, {}};
}

std::string framed(std::string_view method, const std::string& parameters = "{}",
                   bool oneway = false) {
  return protocol::frame(protocol::encode_call({std::string(method), parameters, false, oneway}));
}

std::string times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

class SchedulingTest : public testing::Test {
 protected:
  SchedulingTest() : folder_(testing::TempDir() + "idled-turns-XXXXXX") {
    if (!mkdtemp(folder_.data())) throw std::runtime_error("mkdtemp");
    next_uids.clear();
    sd_event_new(&event_);
    start(kPatience);
  }
  ~SchedulingTest() override {
    server_.reset();
    sd_event_unref(event_);
    fs::remove_all(folder_);
  }
  void start(std::chrono::milliseconds patience) {
    server_.reset();
    server_ = *Server::start(event_, *listen_at(folder_ + "/socket"), handler_, patience,
                             &peer_of_the_test);
  }

  OwnedFd connect_as(uid_t uid) {
    next_uids.push_back(uid);
    OwnedFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder_ + "/socket").copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  static void write(const OwnedFd& fd, const std::string& bytes) {
    EXPECT_EQ(send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // 1: something was done, 0: there was nothing to do.
  int turn() { return sd_event_run(event_, 0); }
  void run_until_quiet() {
    // The listener has turns a millisecond apart.
    while (sd_event_run(event_, 20'000) > 0) {
    }
  }
  static bool is_open(const OwnedFd& fd) {
    char byte = 0;
    const ssize_t got = recv(fd.get(), &byte, 1, MSG_PEEK);
    return got > 0 || (got < 0 && errno == EAGAIN);
  }
  [[nodiscard]] std::size_t count(const std::string& what) const {
    return static_cast<std::size_t>(
        std::count(handler_.served.begin(), handler_.served.end(), what));
  }

  std::string folder_;
  Notes handler_;
  sd_event* event_ = nullptr;
  std::unique_ptr<Server> server_;
};

TEST_F(SchedulingTest, ATurnServesOneCallAtMost) {
  const OwnedFd flood = connect_as(1000);
  run_until_quiet();
  write(flood, times(60, framed(protocol::kList, "{}", true)));
  for (std::size_t before = 0; turn() > 0; before = handler_.served.size())
    ASSERT_LE(handler_.served.size(), before + 1);
  EXPECT_EQ(count("List 1000"), 60U);
}

// So many calls at once, however many connections they come by, or one after another.
TEST_F(SchedulingTest, AUsersCallsAreOnlySoFrequent) {
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) {
    const OwnedFd one = connect_as(1000);
    const OwnedFd two = connect_as(1000);
    write(one, times(100, framed(protocol::kList, "{}", true)));
    write(two, times(100, framed(protocol::kList, "{}", true)));
    for (int turns = 0; turns < 300; ++turns) sd_event_run(event_, 1'000);
  }
  const auto lasted = std::chrono::duration_cast<std::chrono::microseconds>(
                          std::chrono::steady_clock::now() - begun)
                          .count();
  EXPECT_GE(count("List 1000"), kUserBurst);
  EXPECT_LE(count("List 1000"), kUserBurst + static_cast<std::size_t>(lasted) / kUsecPerUserCall);
  const OwnedFd other = connect_as(1001);
  write(other, framed(protocol::kList));
  run_until_quiet();
  EXPECT_EQ(count("List 1001"), 1U);
}

TEST_F(SchedulingTest, ALoginIsServedBeforeAnyUsersBacklog) {
  std::vector<OwnedFd> floods;
  for (uid_t uid = 1000; uid < 1060; ++uid) floods.push_back(connect_as(uid));
  const OwnedFd login = connect_as(0);
  run_until_quiet();
  for (const OwnedFd& flood : floods) write(flood, times(200, framed(protocol::kList)));
  for (int i = 0; i < 30; ++i) turn();  // in the thick of it
  handler_.served.clear();
  write(login, framed(protocol::kRegister, R"({"user":"alice"})"));
  turn();
  ASSERT_EQ(handler_.served.size(), 1U);
  EXPECT_EQ(handler_.served[0], "Register alice");
}

TEST_F(SchedulingTest, ANewLoginWaitsForOneTurnOfTheListenerOnly) {
  std::vector<OwnedFd> floods;
  for (uid_t uid = 1000; uid < 1060; ++uid) floods.push_back(connect_as(uid));
  run_until_quiet();
  for (const OwnedFd& flood : floods) write(flood, times(200, framed(protocol::kList)));
  for (int i = 0; i < 5; ++i) turn();
  handler_.served.clear();
  const OwnedFd login = connect_as(0);
  write(login, framed(protocol::kRegister, R"({"user":"alice"})"));
  turn();
  turn();
  EXPECT_EQ(count("Register alice"), 1U);
  EXPECT_LE(handler_.served.size(), 2U);
}

TEST_F(SchedulingTest, UsersTakeTurns) {
  const OwnedFd flood = connect_as(1000);
  const OwnedFd modest = connect_as(1001);
  run_until_quiet();
  write(flood, times(300, framed(protocol::kList, "{}", true)));
  for (int i = 0; i < 5; ++i) turn();
  write(modest, framed(protocol::kList));
  for (int i = 0; i < 4; ++i) turn();
  EXPECT_EQ(count("List 1001"), 1U);
}

TEST_F(SchedulingTest, AFloodOfConnectionsLeavesTheLoopToOthers) {
  const OwnedFd modest = connect_as(1001);
  run_until_quiet();
  std::vector<OwnedFd> flood;
  for (int i = 0; i < 500; ++i) flood.push_back(connect_as(1000));
  write(modest, framed(protocol::kList));
  int turns = 0;
  for (; count("List 1001") == 0 && turns < 20; ++turns) turn();
  // Two of the listener's; where a turn takes longer than its rest, two in which that ends; the
  // call is read in one, and answered in another.
  EXPECT_LE(turns, 6);
  run_until_quiet();
  EXPECT_EQ(server_->connections(), kMostPerUser + 1);
}

TEST_F(SchedulingTest, AUserHasSoManyConnectionsAndRootHasMore) {
  std::vector<OwnedFd> all;
  for (std::size_t i = 0; i < kMostPerUser + 5; ++i) all.push_back(connect_as(1000));
  const OwnedFd other = connect_as(1001);
  for (std::size_t i = 0; i < kMostPerUser + 5; ++i) all.push_back(connect_as(0));
  run_until_quiet();
  EXPECT_EQ(server_->connections(), kMostPerUser + 1 + kMostPerUser + 5);
  EXPECT_TRUE(is_open(all[0]));
  EXPECT_FALSE(is_open(all[kMostPerUser]));
  EXPECT_TRUE(is_open(other));
  // And a place that is given back can be had again.
  all[0].reset();
  run_until_quiet();
  const OwnedFd again = connect_as(1000);
  run_until_quiet();
  EXPECT_TRUE(is_open(again));
}

TEST_F(SchedulingTest, WhoeverTheCallerIsIsKnownOrTheyAreNobody) {
  const OwnedFd fd = connect_as(1000);
  next_uids.clear();  // the kernel does not say
  run_until_quiet();
  EXPECT_FALSE(is_open(fd));
}

TEST_F(SchedulingTest, CallsThatOutliveTheirConnectionCount) {
  for (std::size_t i = 0; i < kMostPerUser; ++i) {
    const OwnedFd fd = connect_as(1000);
    write(fd, framed(protocol::kKick));
    run_until_quiet();
  }
  run_until_quiet();
  EXPECT_EQ(handler_.kept.size(), kMostPerUser);
  EXPECT_EQ(server_->connections(), 0U);
  const OwnedFd one_more = connect_as(1000);
  run_until_quiet();
  EXPECT_FALSE(is_open(one_more));
  handler_.kept.pop_back();  // answered, or never to be
  const OwnedFd later = connect_as(1000);
  run_until_quiet();
  EXPECT_TRUE(is_open(later));
}

TEST_F(SchedulingTest, WhoDoesNotReadIsNotServedAgain) {
  const OwnedFd fd = connect_as(1000);
  run_until_quiet();
  write(fd, times(20, framed(protocol::kStatus)));  // two megabytes each
  run_until_quiet();
  EXPECT_EQ(count("Status"), 1U);
  EXPECT_TRUE(is_open(fd));
}

TEST_F(SchedulingTest, AUsersUnreadBytesAreCountedOverAllTheirConnections) {
  std::vector<OwnedFd> users;
  for (int i = 0; i < 8; ++i) users.push_back(connect_as(1000));
  const OwnedFd other = connect_as(1001);
  const OwnedFd root = connect_as(0);
  run_until_quiet();
  for (const OwnedFd& fd : users) write(fd, framed(protocol::kStatus));
  write(other, framed(protocol::kStatus));
  write(root, framed(protocol::kStatus));
  run_until_quiet();
  // A few hundred kilobytes of each lie in the socket.
  const std::size_t open = server_->connections() - 2;
  EXPECT_GE(open, kMostUnreadByUser / (2 << 20));
  EXPECT_LT(open, users.size());
  EXPECT_TRUE(is_open(other));
  EXPECT_TRUE(is_open(root));
}

TEST_F(SchedulingTest, AUsersCallIsShortAndRootsMayBeLonger) {
  const OwnedFd user = connect_as(1000);
  const OwnedFd root = connect_as(0);
  run_until_quiet();
  const std::string longer =
      framed(protocol::kRegister, R"({"user":")" + std::string(kLongestUserCall, 'x') + R"("})");
  write(user, longer);
  write(root, longer);
  run_until_quiet();
  EXPECT_FALSE(is_open(user));
  EXPECT_TRUE(is_open(root));
  EXPECT_EQ(handler_.served.size(), 1U);
}

// Who sends a byte now and then has no longer than who sends none.
TEST_F(SchedulingTest, AMessageHasADeadlineHoweverSlowlyItComes) {
  start(std::chrono::milliseconds(200));
  const OwnedFd slow = connect_as(1000);
  const OwnedFd idle = connect_as(1000);
  const auto begun = std::chrono::steady_clock::now();
  while (is_open(slow) && std::chrono::steady_clock::now() < begun + std::chrono::seconds(30)) {
    (void)send(slow.get(), "{", 1, MSG_NOSIGNAL);
    sd_event_run(event_, 5'000);
  }
  EXPECT_FALSE(is_open(slow));
  EXPECT_TRUE(is_open(idle)) << "owes nothing";
}

TEST_F(SchedulingTest, SoHasAReplyHoweverSlowlyItIsRead) {
  start(std::chrono::milliseconds(200));
  const OwnedFd slow = connect_as(1000);
  write(slow, framed(protocol::kStatus));
  while (count("Status") == 0) sd_event_run(event_, 5'000);
  const auto begun = std::chrono::steady_clock::now();
  while (server_->connections() > 0 &&
         std::chrono::steady_clock::now() < begun + std::chrono::seconds(30)) {
    char some[100];
    (void)recv(slow.get(), some, sizeof some, 0);
    sd_event_run(event_, 5'000);
  }
  EXPECT_EQ(server_->connections(), 0U);
}

// As one may be that was bound by another program.
TEST_F(SchedulingTest, AListenerThatBlocksHoldsNothingUp) {
  server_.reset();
  OwnedFd listener = *listen_at(folder_ + "/socket");
  fcntl(listener.get(), F_SETFL, fcntl(listener.get(), F_GETFL) & ~O_NONBLOCK);
  server_ = *Server::start(event_, std::move(listener), handler_, kPatience, &peer_of_the_test);
  const OwnedFd fd = connect_as(1000);
  write(fd, framed(protocol::kList));
  run_until_quiet();
  EXPECT_EQ(count("List 1000"), 1U);
}

// Half-closed, as `socat` and `nc -N` do.
TEST_F(SchedulingTest, WhoHasSentAllIsStillAnswered) {
  const OwnedFd fd = connect_as(1000);
  write(fd, times(3, framed(protocol::kList)) + framed(protocol::kKick));
  shutdown(fd.get(), SHUT_WR);
  run_until_quiet();
  ASSERT_EQ(handler_.kept.size(), 1U);
  EXPECT_EQ(server_->connections(), 1U);
  handler_.kept[0].done(R"({"late":true})");
  run_until_quiet();
  std::string all(4096, 0);
  all.resize(static_cast<std::size_t>(std::max<ssize_t>(0, recv(fd.get(), all.data(), 4096, 0))));
  EXPECT_EQ(std::count(all.begin(), all.end(), '\0'), 4);
  EXPECT_NE(all.find("late"), std::string::npos);
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(SchedulingTest, WhatWasAskedForBeforeLeavingIsDone) {
  {
    const OwnedFd fd = connect_as(0);
    write(fd, times(100, framed(protocol::kRegister, R"({"user":"alice"})")));
  }
  run_until_quiet();
  EXPECT_EQ(count("Register alice"), 100U);
  EXPECT_EQ(server_->connections(), 0U);
}

// A descriptor table that is full, by a user's connections as it happens, is no reason to turn a
// login away.
TEST_F(SchedulingTest, WithoutDescriptorsAUsersConnectionMakesRoomForALogin) {
  std::vector<OwnedFd> users;
  for (int i = 0; i < 20; ++i) users.push_back(connect_as(1000));
  run_until_quiet();
  const OwnedFd login = connect_as(0);  // its own end; the server's is yet to be accepted
  write(login, framed(protocol::kRegister, R"({"user":"alice"})"));
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const OwnedFd next(::dup(0));
  const rlimit none{static_cast<rlim_t>(next.get() + 1), before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  run_until_quiet();
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(count("Register alice"), 1U);
  EXPECT_EQ(server_->connections(), 20U);
}

}  // namespace
}  // namespace idled::service
