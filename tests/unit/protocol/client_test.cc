#include "protocol/client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <latch>
#include <thread>

namespace idled::protocol {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// One accepted connection, as a test plays the daemon on it.
class Peer {
 public:
  explicit Peer(OwnedFd fd) : fd_(std::move(fd)) {}

  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (written < 0) return;  // the client has gone
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  // The next message; empty at the end of the stream.
  std::string read() {
    for (;;) {
      if (auto message = decoder_.next()) return *message;
      char buffer[4096];
      const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
      if (got <= 0 || !decoder_.feed({buffer, static_cast<std::size_t>(got)})) return {};
    }
  }

 private:
  OwnedFd fd_;
  FrameDecoder decoder_{kMaxReply};
};

// A socket in a folder of its own, and a thread that serves one connection.
class Server {
 public:
  explicit Server(std::function<void(Peer&)> serve, int backlog = 8) {
    char name[] = "/tmp/idled-client-test-XXXXXX";
    folder_ = ::mkdtemp(name);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), backlog), 0);
    if (serve)
      thread_ = std::thread([this, serve = std::move(serve)] {
        Peer peer(OwnedFd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
        serve(peer);
      });
  }
  ~Server() {
    if (thread_.joinable()) thread_.join();
    std::filesystem::remove_all(folder_);
  }
  [[nodiscard]] std::string path() const { return folder_ + "/socket"; }
  void close() { listener_.reset(); }

 private:
  std::string folder_;
  OwnedFd listener_;
  std::thread thread_;
};

Deadline in(std::chrono::milliseconds time) {
  return Clock::now() + time;
}

constexpr auto kLong = 20s;  // never waited for
const Call kCall{"m", "{}", false, false};

TEST(Client, CallsAndTakesTheReply) {
  std::string heard;
  Result<Reply> reply = Error{"none"};
  {
    Server server([&](Peer& peer) {
      heard = peer.read();
      peer.write(frame(R"({"parameters":{"x":1}})"));
    });
    Result<Client> client = Client::connect(server.path(), in(kLong));
    ASSERT_TRUE(client) << client.error().text;
    reply = client->call({"a.b.C", R"({"y":2})", true, false}, in(kLong));
  }
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->parameters, R"({"x":1})");
  EXPECT_EQ(heard, R"({"method":"a.b.C","parameters":{"y":2},"more":true})");
}

TEST(Client, TakesAReplyInSmallPieces) {
  Server server([](Peer& peer) {
    peer.read();
    for (const char c : frame(R"({"error":"a.b.Failed"})")) {
      peer.write({&c, 1});
      std::this_thread::yield();
    }
  });
  Result<Client> client = Client::connect(server.path(), in(kLong));
  const Result<Reply> reply = client->call(kCall, in(kLong));
  ASSERT_TRUE(reply) << reply.error().text;
  EXPECT_EQ(reply->error, "a.b.Failed");
}

TEST(Client, TakesSeveralRepliesThatCameAtOnce) {
  Server server([](Peer& peer) {
    peer.read();
    peer.write(frame(R"({"continues":true})") + frame(R"({"parameters":{"last":1}})"));
  });
  Result<Client> client = Client::connect(server.path(), in(kLong));
  EXPECT_TRUE(client->call(kCall, in(kLong))->continues);
  EXPECT_EQ(client->next_reply(in(kLong))->parameters, R"({"last":1})");
}

TEST(Client, SendsWithoutWaiting) {
  Server server([](Peer& peer) { peer.write(frame(peer.read())); });
  Result<Client> client = Client::connect(server.path(), in(kLong));
  ASSERT_TRUE(client->send(kCall, in(kLong)));
  EXPECT_TRUE(client->next_reply(in(kLong)));
}

TEST(Client, WritesMoreThanTheSocketHolds) {
  std::size_t heard = 0;
  {
    Server server([&](Peer& peer) {
      heard = peer.read().size();
      peer.write(frame("{}"));
    });
    Result<Client> client = Client::connect(server.path(), in(kLong));
    const std::string big = "{\"x\":\"" + std::string(4'000'000, 'x') + "\"}";
    EXPECT_TRUE(client->call({"m", big, false, false}, in(kLong)));
  }
  EXPECT_GT(heard, 4'000'000U);
}

TEST(Client, NobodyServesTheSocket) {
  EXPECT_EQ(Client::connect("/tmp/there is no such socket", in(kLong)).error().code, ENOENT);
  Server server(nullptr);
  server.close();  // the file stays, as after a crash
  EXPECT_EQ(Client::connect(server.path(), in(kLong)).error().code, ECONNREFUSED);
}

TEST(Client, APathThatFitsNoAddressIsAnError) {
  EXPECT_EQ(Client::connect("", in(kLong)).error().code, ENAMETOOLONG);
  EXPECT_EQ(Client::connect(std::string(108, 'x'), in(kLong)).error().code, ENAMETOOLONG);
}

TEST(Client, ADaemonThatNeverAnswersCostsTheDeadline) {
  Server server([](Peer& peer) {
    peer.read();
    EXPECT_EQ(peer.read(), "");  // until the client has gone
  });
  const auto start = Clock::now();
  {
    Result<Client> client = Client::connect(server.path(), in(kLong));
    const Result<Reply> reply = client->call(kCall, in(50ms));
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code, ETIMEDOUT);
  }
  EXPECT_GE(Clock::now() - start, 50ms);
  EXPECT_LT(Clock::now() - start, 5s);
}

// Each byte arrives in time; the whole does not.
TEST(Client, ADaemonThatDripsCostsTheDeadlineToo) {
  std::atomic<bool> over = false;
  Server server([&](Peer& peer) {
    peer.read();
    while (!over) {
      peer.write("x");
      std::this_thread::sleep_for(5ms);
    }
  });
  Result<Client> client = Client::connect(server.path(), in(kLong));
  EXPECT_EQ(client->call(kCall, in(50ms)).error().code, ETIMEDOUT);
  over = true;
}

// It never has to be waited for, so nothing but the loop itself can look at the clock.
TEST(Client, ADaemonThatFloodsCostsTheDeadlineToo) {
  std::latch written(1);
  Server server([&](Peer& peer) {
    peer.read();
    peer.write(std::string(1000, 'x'));  // an error of its own, if read
    written.count_down();
  });
  Result<Client> client = Client::connect(server.path(), in(kLong), /*max_reply=*/100);
  ASSERT_TRUE(client->send(kCall, in(kLong)));
  written.wait();
  EXPECT_EQ(client->next_reply(in(-1ms)).error().code, ETIMEDOUT);
}

TEST(Client, ADaemonThatDoesNotReadCostsTheDeadline) {
  std::latch over(1);
  Server server([&](Peer&) { over.wait(); });
  Result<Client> client = Client::connect(server.path(), in(kLong));
  const std::string big = "{\"x\":\"" + std::string(8'000'000, 'x') + "\"}";
  EXPECT_EQ(client->call({"m", big, false, false}, in(50ms)).error().code, ETIMEDOUT);
  over.count_down();
}

TEST(Client, AFullBacklogCostsTheDeadline) {
  Server server(nullptr, /*backlog=*/0);
  std::vector<Client> waiting;
  for (;;) {
    Result<Client> client = Client::connect(server.path(), in(50ms));
    if (!client) {
      EXPECT_EQ(client.error().code, ETIMEDOUT);
      break;
    }
    waiting.push_back(*std::move(client));
    ASSERT_LT(waiting.size(), 100U);
  }
}

TEST(Client, TheEndOfTheStreamIsNoReply) {
  for (const char* last_words : {"", "{\"parameters\":{}}"}) {  // the second lacks its NUL
    Server server([&](Peer& peer) {
      peer.read();
      peer.write(last_words);
    });
    Result<Client> client = Client::connect(server.path(), in(kLong));
    EXPECT_EQ(client->call(kCall, in(kLong)).error().code, ECONNRESET) << last_words;
  }
}

TEST(Client, RubbishIsAnError) {
  Server server([](Peer& peer) {
    peer.read();
    peer.write(frame("rubbish"));
  });
  Result<Client> client = Client::connect(server.path(), in(kLong));
  EXPECT_FALSE(client->call(kCall, in(kLong)));
}

TEST(Client, AReplyWithoutEndIsCutOff) {
  Server server([](Peer& peer) {
    peer.read();
    peer.write(std::string(kMaxReply + 1, 'x'));
  });
  Result<Client> client = Client::connect(server.path(), in(kLong));
  const Result<Reply> reply = client->call(kCall, in(kLong));
  ASSERT_FALSE(reply);
  EXPECT_NE(reply.error().text.find("longer than"), std::string::npos) << reply.error().text;
}

}  // namespace
}  // namespace idled::protocol
