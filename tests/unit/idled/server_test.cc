// The server on a real socket, its loop in a thread of the test's.
#include "idled/service/server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "protocol/client.h"

namespace idled::service {
namespace {

namespace fs = std::filesystem;
using protocol::Client;

class Echo final : public Handler {
 public:
  void on_register(const Peer& peer, const protocol::RegisterRequest& request,
                   Answer answer) override {
    answer.done(protocol::encode(protocol::RegisterReply{request.user, std::to_string(peer.pid)}));
  }
  void on_release(const Peer&, const protocol::ReleaseRequest&, Answer answer) override {
    kept.push_back(answer);
  }
  void on_list(const Peer&, const protocol::ListRequest&, bool more, Answer answer) override {
    for (int i = 0; more && i < 3; ++i) answer.part(R"({"sessions":[]})");
    answer.done(R"({"sessions":[]})");
  }
  void on_kick(const Peer&, const protocol::KickRequest&, Answer) override { ++dropped; }
  void on_hold(const Peer&, const protocol::HoldRequest&, Answer) override { ++dropped; }
  void on_status(const Peer&, Answer answer) override {
    answer.done("{\"version\":\"" + std::string(1 << 20, 'x') + "\"}");
  }
  void on_explain(const Peer&, const protocol::ExplainRequest&, Answer) override { ++dropped; }
  void on_reload(const Peer&, Answer) override { ++dropped; }
  void on_metrics(const Peer&, Answer answer) override { answer.done(); }
  void on_events(const Peer&, const protocol::EventsRequest&, bool, Answer answer) override {
    answer.part("{\"x\":\"" + std::string(1 << 20, 'x') + "\"}");
    kept.push_back(answer);
  }
  void on_drained() override { ++drained; }
  void on_gone() override {
    for (const Answer& answer : kept) gone += answer.unread() ? 0 : 1;
  }
  [[nodiscard]] bool is_admin(const Peer&) const override { return false; }
  std::vector<Answer> kept;
  void on_turned_away(const Error&) override { ++turned_away; }
  std::atomic<int> dropped{0};
  std::atomic<int> gone{0};
  std::atomic<int> drained{0};
  std::atomic<int> turned_away{0};
};

class ServerTest : public testing::Test {
 protected:
  explicit ServerTest(std::optional<Peer> (*peer_of)(int fd) = kernel_peer)
      : folder_(testing::TempDir() + "idled-server-XXXXXX") {
    if (!mkdtemp(folder_.data())) throw std::runtime_error("mkdtemp");
    path_ = folder_ + "/socket";
    Result<OwnedFd> listener = listen_at(path_);
    if (!listener) throw std::runtime_error(listener.error().text);
    sd_event_new(&event_);
    server_ = *Server::start(event_, *std::move(listener), handler_, std::chrono::milliseconds(500),
                             peer_of);
    loop_ = std::thread([this] {
      while (!stop_) sd_event_run(event_, 10'000);
    });
  }
  ~ServerTest() override {
    stop_ = true;
    loop_.join();
    server_.reset();
    sd_event_unref(event_);
    fs::remove_all(folder_);
  }

  static protocol::Deadline soon() {
    return std::chrono::steady_clock::now() + std::chrono::seconds(10);
  }
  Client client() { return *Client::connect(path_, soon()); }
  static OwnedFd unconnected() { return OwnedFd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }
  void connect_to_server(const OwnedFd& fd) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  OwnedFd raw() {
    OwnedFd fd = unconnected();
    connect_to_server(fd);
    return fd;
  }
  // Whether the server closes the connection, within the test's patience.
  static bool is_closed(int fd) {
    const timeval patience{20, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char byte = 0;
    ssize_t got = 0;
    while ((got = recv(fd, &byte, 1, 0)) > 0) {
    }
    return got == 0 || errno == ECONNRESET;
  }
  bool is_serving() {
    Client other = client();
    const auto reply = other.call({std::string(protocol::kList), "{}", false, false}, soon());
    return reply && reply->error.empty();
  }

  std::string folder_;
  std::string path_;
  Echo handler_;
  sd_event* event_ = nullptr;
  std::unique_ptr<Server> server_;
  std::atomic<bool> stop_{false};
  std::thread loop_;
};

TEST_F(ServerTest, KnowsThePeer) {
  Client c = client();
  const auto reply =
      c.call({std::string(protocol::kRegister), R"({"user":"alice"})", false, false}, soon());
  ASSERT_TRUE(reply) << reply.error().text;
  const auto registered = protocol::decode<protocol::RegisterReply>(reply->parameters);
  ASSERT_TRUE(registered);
  EXPECT_EQ(registered->session, "alice");
  EXPECT_EQ(registered->tmout, std::to_string(getpid()));
}

TEST_F(ServerTest, StreamsWhereMoreIsTaken) {
  Client c = client();
  auto reply = c.call({std::string(protocol::kList), "{}", true, false}, soon());
  int parts = 0;
  for (; reply && reply->continues; reply = c.next_reply(soon())) ++parts;
  ASSERT_TRUE(reply);
  EXPECT_EQ(parts, 3);
}

TEST_F(ServerTest, AnswersCallsInTheirOrder) {
  const OwnedFd fd = raw();
  std::string calls;
  for (int i = 0; i < 50; ++i)
    calls += protocol::frame(
        protocol::encode_call({std::string(protocol::kRegister),
                               R"({"user":"u)" + std::to_string(i) + R"("})", false, false}));
  for (const char byte : calls)
    ASSERT_EQ(send(fd.get(), &byte, 1, 0), 1);  // in the smallest pieces
  protocol::FrameDecoder decoder;
  for (int i = 0; i < 50;) {
    char buffer[4096];
    const ssize_t got = recv(fd.get(), buffer, sizeof buffer, 0);
    ASSERT_GT(got, 0);
    ASSERT_TRUE(decoder.feed({buffer, static_cast<std::size_t>(got)}));
    while (const auto message = decoder.next()) {
      const auto reply =
          protocol::decode<protocol::RegisterReply>(protocol::decode_reply(*message)->parameters);
      EXPECT_EQ(reply->session, "u" + std::to_string(i++));
    }
  }
}

TEST_F(ServerTest, AReplyLargerThanTheSocketsBufferArrivesWhole) {
  Client c = client();
  const auto reply = c.call({std::string(protocol::kStatus), "{}", false, false}, soon());
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_GT(reply->parameters.size(), std::size_t{1} << 20);
}

TEST_F(ServerTest, DropsGarbageAndServesOthers) {
  const std::string nested = "{\"method\":\"a.b\",\"parameters\":" + std::string(5000, '[');
  for (const std::string& garbage :
       {std::string("GET / HTTP/1.0\r\n\r\n\0", 19), std::string("{}\0", 3),
        std::string("[1]\0", 4), nested + std::string(1, '\0'), std::string(100'000, 'x')}) {
    const OwnedFd fd = raw();
    (void)send(fd.get(), garbage.data(), garbage.size(), MSG_NOSIGNAL);
    EXPECT_TRUE(is_closed(fd.get())) << garbage.substr(0, 20);
    EXPECT_TRUE(is_serving());
  }
}

TEST_F(ServerTest, AClientThatLeavesInMidCallIsNoHarm) {
  {
    Client c = client();
    (void)c.call({std::string(protocol::kRelease), "{}", false, false},
                 std::chrono::steady_clock::now() + std::chrono::milliseconds(200));
  }
  EXPECT_TRUE(is_serving());
  ASSERT_EQ(handler_.kept.size(), 1U);
  handler_.kept[0].done();  // goes nowhere
  EXPECT_TRUE(is_serving());
}

TEST_F(ServerTest, TheHandlerLearnsThatAFollowerHasReadAndThatItHasGone) {
  const auto is_told = [](const std::atomic<int>& times) {
    for (const auto end = soon(); times == 0 && std::chrono::steady_clock::now() < end;)
      std::this_thread::yield();
    return times == 1;
  };
  {
    Client c = client();
    ASSERT_TRUE(c.send({std::string(protocol::kEvents), "{}", true, false}, soon()));
    EXPECT_TRUE(is_serving());
    EXPECT_EQ(handler_.drained, 0);
    const auto reply = c.next_reply(soon());  // a megabyte
    ASSERT_TRUE(reply);
    EXPECT_TRUE(reply->continues);
    EXPECT_TRUE(is_told(handler_.drained));
    EXPECT_EQ(handler_.gone, 0);
  }
  EXPECT_TRUE(is_told(handler_.gone));
}

TEST_F(ServerTest, ACallerThatGaveUpIsServedAllTheSame) {
  {
    const OwnedFd fd = raw();
    const std::string call =
        protocol::frame(protocol::encode_call({std::string(protocol::kKick), "{}", false, false}));
    ASSERT_EQ(send(fd.get(), call.data(), call.size(), 0), static_cast<ssize_t>(call.size()));
  }
  EXPECT_TRUE(is_serving());
  EXPECT_EQ(handler_.dropped, 1);
}

TEST_F(ServerTest, AHalfSentMessageIsGivenUpAfterAWhile) {
  const OwnedFd fd = raw();
  ASSERT_EQ(send(fd.get(), "{\"meth", 6, 0), 6);
  EXPECT_TRUE(is_closed(fd.get()));
}

// As root's, whoever runs the test: a user's client would have to make room for the next.
class RootsServerTest : public ServerTest {
 protected:
  RootsServerTest()
      : ServerTest([](int fd) {
          std::optional<Peer> peer = kernel_peer(fd);
          if (peer) peer->uid = 0;
          return peer;
        }) {}
};

// A listener with somebody in its queue stays readable: without an end to that the loop would
// spin for as long as there is no descriptor.
TEST_F(RootsServerTest, WithoutADescriptorClientsAreTurnedAwayAtOnceAndTheLoopRests) {
  Client early = client();
  const protocol::Call list{std::string(protocol::kList), "{}", false, false};
  ASSERT_TRUE(early.call(list, soon()));
  const OwnedFd late = unconnected();
  rlimit all{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &all), 0);
  {
    const OwnedFd next(dup(0));  // the lowest that is free
    const rlimit full{static_cast<rlim_t>(next.get()), all.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &full), 0);
  }
  connect_to_server(late);
  EXPECT_TRUE(is_closed(late.get())) << "not left waiting";
  EXPECT_TRUE(early.call(list, soon())) << "who was there goes on";
  EXPECT_EQ(handler_.turned_away, 1);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &all), 0);
  EXPECT_TRUE(is_serving());
}

TEST_F(ServerTest, ASecondDaemonIsRefused) {
  const Result<OwnedFd> second = listen_at(path_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().text, "another daemon serves " + path_);
  EXPECT_TRUE(is_serving());
}

TEST_F(ServerTest, AStaleSocketIsReplaced) {
  const std::string stale = folder_ + "/stale";
  (void)*listen_at(stale);  // closed again: nobody answers there
  ASSERT_TRUE(fs::exists(stale));
  EXPECT_TRUE(listen_at(stale));
}

}  // namespace
}  // namespace idled::service
