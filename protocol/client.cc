#include "protocol/client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>

namespace idled::protocol {
namespace {

using Clock = std::chrono::steady_clock;

Error timed_out() {
  return {"no answer within the deadline", ETIMEDOUT};
}

// Waits until `events` can be done without blocking.
Result<void> wait_for(int fd, short events, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return timed_out();
    pollfd poll_fd{fd, events, 0};
    const int ready = ::poll(&poll_fd, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return errno_error("poll");
  }
}

bool would_block(int code) {
  return code == EAGAIN || code == EINTR;
}

Result<void> write_all(int fd, std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t written = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    if (!would_block(errno)) return errno_error("send");
    if (Result<void> ready = wait_for(fd, POLLOUT, deadline); !ready) return ready;
  }
  return {};
}

}  // namespace

Result<Client> Client::connect(std::string_view path, Deadline deadline, std::size_t max_reply) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return Error{"socket path '" + std::string(path) + "' does not fit into an address",
                 ENAMETOOLONG};
  path.copy(address.sun_path, sizeof address.sun_path - 1);

  OwnedFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return errno_error("socket");
  // Where the backlog is full, the kernel has a queue of those that wait: without blocking one
  // could only try again and again, behind all who wait or try harder. EAGAIN: the time is over.
  do {
    const auto left = std::chrono::ceil<std::chrono::microseconds>(deadline - Clock::now()).count();
    if (left <= 0) return timed_out().within("connect to " + std::string(path));
    const timeval patience{left / 1'000'000, static_cast<suseconds_t>(left % 1'000'000)};
    if (::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) < 0)
      return errno_error("setsockopt");
    if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) break;
    if (!would_block(errno)) return errno_error("connect to " + std::string(path));
  } while (true);
  if (::fcntl(fd.get(), F_SETFL, O_NONBLOCK) < 0) return errno_error("fcntl");
  return Client(std::move(fd), max_reply);
}

Result<Reply> Client::call(const Call& call, Deadline deadline) {
  if (Result<void> sent = send(call, deadline); !sent) return sent.error();
  return next_reply(deadline);
}

Result<void> Client::send(const Call& call, Deadline deadline) {
  return write_all(fd_.get(), frame(encode_call(call)), deadline);
}

Result<Reply> Client::next_reply(Deadline deadline) {
  for (;;) {
    if (std::optional<std::string> message = decoder_.next()) return decode_reply(*message);
    // Here too, or a peer that never stops sending would never be waited for.
    if (Clock::now() >= deadline) return timed_out();
    char buffer[16 * 1024];
    const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    if (got == 0) return Error{"the daemon closed the connection", ECONNRESET};
    if (got > 0) {
      if (Result<void> fed = decoder_.feed({buffer, static_cast<std::size_t>(got)}); !fed)
        return fed.error();
      continue;
    }
    if (!would_block(errno)) return errno_error("recv");
    if (Result<void> ready = wait_for(fd_.get(), POLLIN, deadline); !ready) return ready.error();
  }
}

}  // namespace idled::protocol
