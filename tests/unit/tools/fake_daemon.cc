#include "fake_daemon.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <filesystem>

#include "protocol/frame.h"

namespace idled::tools {

using protocol::Call;

FakeDaemon::FakeDaemon(Handler handler, const std::string& socket)
    : handler_(std::move(handler)), folder_(socket.substr(0, socket.rfind('/'))) {
  char name[] = "/tmp/idlectl-test-XXXXXX";
  if (folder_.empty())
    folder_ = ::mkdtemp(name);
  else
    std::filesystem::create_directory(folder_);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  this->socket().copy(address.sun_path, sizeof address.sun_path - 1);
  listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(listener_.get(), 64), 0);
  acceptor_ = std::thread([this] { accept_all(); });
}

FakeDaemon::~FakeDaemon() {
  ::shutdown(listener_.get(), SHUT_RDWR);  // accept() returns
  acceptor_.join();
  for (const OwnedFd& peer : peers_) ::shutdown(peer.get(), SHUT_RDWR);
  for (std::thread& server : servers_) server.join();
  std::filesystem::remove_all(folder_);
}

void FakeDaemon::accept_all() {
  for (;;) {
    OwnedFd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!peer) return;
    ++connections_;
    servers_.emplace_back([this, fd = peer.get()] { serve(fd); });
    peers_.push_back(std::move(peer));
  }
}

void FakeDaemon::serve(int fd) {
  protocol::FrameDecoder decoder;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) {
    if (!decoder.feed({buffer, static_cast<std::size_t>(got)})) break;
    while (auto message = decoder.next()) {
      const Result<Call> call = protocol::decode_call(*message);
      if (!call) break;
      {
        const std::lock_guard lock(mutex_);
        calls_.push_back(*call);
      }
      const auto replies = handler_(*call);
      if (replies.empty()) ::shutdown(fd, SHUT_RDWR);
      for (const auto& one : replies) {
        const std::string bytes = protocol::frame(protocol::encode_reply(one));
        ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      }
    }
  }
}

std::vector<Call> FakeDaemon::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::vector<std::string> FakeDaemon::kicks() const {
  std::vector<std::string> kicks;
  for (const Call& call : calls()) {
    if (call.method != protocol::kKick) continue;
    const auto request = protocol::decode<protocol::KickRequest>(call.parameters);
    kicks.push_back(request ? request->session + "|" + request->terminal + "|" + request->user
                            : "wrong: " + request.error().text);
  }
  std::sort(kicks.begin(), kicks.end());
  return kicks;
}

Ran run_idlectl(const std::string& socket, std::vector<std::string> arguments, seconds patience,
                std::size_t width, ReadJournal journal) {
  std::ostringstream out;
  std::ostringstream err;
  Context context{out, err};
  context.width = width;
  context.now = [] { return kNow; };
  context.patience = patience;
  context.kick_patience = patience;
  context.socket = socket;
  context.read_journal = std::move(journal);
  const ExitCode code = run(std::move(arguments), context);
  return {code, out.str(), err.str()};
}

}  // namespace idled::tools
