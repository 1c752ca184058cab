#include "tests/pam/fake_daemon.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "protocol/frame.h"

namespace idled::testing {
namespace {

[[noreturn]] void give_up(const char* what) {
  throw std::runtime_error(errno_error(what).text);
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  char name[] = "/tmp/idled-pam-XXXXXX";
  if (::mkdtemp(name) == nullptr) give_up("mkdtemp");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

OwnedFd listen_at(const std::string& path, int backlog) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  OwnedFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) give_up("bind");
  if (::listen(fd.get(), backlog) < 0) give_up("listen");
  return fd;
}

// --- one connection ----------------------------------------------------------

std::optional<RecordedCall> FakeDaemon::Connection::receive() {
  std::string text;
  for (char byte = 0; ::recv(fd_, &byte, 1, 0) == 1;) {
    if (byte != '\0') {
      text += byte;
      continue;
    }
    ucred peer{};
    socklen_t size = sizeof peer;
    ::getsockopt(fd_, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    Result<protocol::Call> call = protocol::decode_call(text);
    if (!call) return std::nullopt;
    return RecordedCall{std::move(text), *std::move(call), peer.pid};
  }
  return std::nullopt;
}

std::optional<protocol::Call> FakeDaemon::Connection::read_call() {
  std::optional<RecordedCall> recorded = receive();
  if (!recorded) return std::nullopt;
  const std::lock_guard lock(daemon_.mutex_);
  return daemon_.calls_.emplace_back(*std::move(recorded)).call;
}

std::optional<protocol::Call> FakeDaemon::Connection::read_call_unrecorded() {
  std::optional<RecordedCall> received = receive();
  if (!received) return std::nullopt;
  return std::move(received->call);
}

bool FakeDaemon::Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool FakeDaemon::Connection::reply(std::string_view message) {
  return write(protocol::frame(message));
}

void FakeDaemon::Connection::wait_until_closed() {
  for (char buffer[256]; ::recv(fd_, buffer, sizeof buffer, 0) > 0;) continue;
}

// --- the daemon ----------------------------------------------------------------

FakeDaemon::FakeDaemon(const std::string& path, Behaviour behaviour)
    : listener_(listen_at(path, 64)),
      stop_(::eventfd(0, EFD_CLOEXEC)),
      behaviour_(std::move(behaviour)),
      thread_([this] { serve(); }) {}

FakeDaemon::~FakeDaemon() {
  const std::uint64_t one = 1;
  if (::write(stop_.get(), &one, sizeof one) == sizeof one) thread_.join();
}

void FakeDaemon::serve() {
  for (;;) {
    std::array<pollfd, 2> waiting{{{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (waiting[1].revents != 0) return;
    if (waiting[0].revents == 0) continue;
    // Held from before the accept: who waits for idle never sees a gap.
    const std::unique_lock busy(busy_);
    OwnedFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) continue;
    // No client is silent for so long; one that was leaked shall not hang the tests.
    const timeval patience{5, 0};
    ::setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    Connection connection(*this, client.get());
    behaviour_(connection);
  }
}

std::vector<RecordedCall> FakeDaemon::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::vector<RecordedCall> FakeDaemon::calls(std::string_view method) const {
  std::vector<RecordedCall> chosen = calls();
  std::erase_if(chosen,
                [&](const RecordedCall& recorded) { return recorded.call.method != method; });
  return chosen;
}

void FakeDaemon::wait_until_idle() const {
  for (;;) {
    pollfd waiting{listener_.get(), POLLIN, 0};
    const std::unique_lock idle(busy_);
    if (::poll(&waiting, 1, 0) == 0) return;
  }
}

FakeDaemon::Behaviour well_behaved(const std::string& session, const std::string& tmout) {
  return [=](FakeDaemon::Connection& connection) {
    while (const std::optional<protocol::Call> call = connection.read_call()) {
      protocol::Reply reply;
      if (call->method == protocol::kRegister)
        reply.parameters = protocol::encode(protocol::RegisterReply{session, tmout});
      connection.reply(protocol::encode_reply(reply));
    }
  };
}

FakeDaemon::Behaviour answering(const std::string& message) {
  return [=](FakeDaemon::Connection& connection) {
    while (connection.read_call()) connection.reply(message);
  };
}

}  // namespace idled::testing
