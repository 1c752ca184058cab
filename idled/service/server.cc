#include "idled/service/server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>

#include "idled/service/methods.h"
#include "protocol/frame.h"

namespace idled::service {
namespace {

constexpr std::size_t kMostConnections = 1024;
constexpr std::size_t kMostPerUser = 32;  // root's logins are not counted
constexpr std::size_t kMostUnread = std::size_t{32}
                                    << 20;  // bytes of replies that a client leaves unread
constexpr int kSweeps = 10;                 // in the time of patience

Peer peer_of(int fd) {
  Peer peer;
  ucred credentials{};
  socklen_t size = sizeof credentials;
  // A peer whose credentials cannot be read is nobody.
  peer.uid = peer.gid = static_cast<uid_t>(-1);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0) return peer;
  peer.pid = credentials.pid;
  peer.uid = credentials.uid;
  peer.gid = credentials.gid;
  peer.groups.resize(64);
  for (;;) {
    size = static_cast<socklen_t>(peer.groups.size() * sizeof(gid_t));
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &size) == 0) break;
    if (errno != ERANGE) size = 0;
    peer.groups.resize(size / sizeof(gid_t));
    if (size == 0) break;
  }
  peer.groups.resize(size / sizeof(gid_t));
  return peer;
}

}  // namespace

// --- one connection ---------------------------------------------------------------

class Server::Connection {
 public:
  Connection(Server& server, std::uint64_t id, OwnedFd fd, Peer peer)
      : server_(server), id_(id), fd_(std::move(fd)), peer_(std::move(peer)) {}

  Result<void> start() {
    sd_event_source* source = nullptr;
    if (const int r = sd_event_add_io(server_.event_, &source, fd_.get(), EPOLLIN, &on_io, this);
        r < 0)
      return errno_error("sd_event_add_io", -r);
    source_.reset(source);
    return {};
  }

  [[nodiscard]] const Peer& peer() const { return peer_; }

  // Whether the client owes us something: the rest of a message, or to read.
  [[nodiscard]] bool is_slow() {
    return (!busy_ && in_.buffered() > 0) || !out_.empty() ? ++waited_ > kSweeps
                                                           : (waited_ = 0, false);
  }
  [[nodiscard]] bool is_waited_for() const {
    return (!busy_ && in_.buffered() > 0) || !out_.empty();
  }

  void send(const protocol::Reply& reply, bool oneway) {
    if (!oneway) out_ += protocol::frame(protocol::encode_reply(reply));
    if (!reply.continues) busy_ = false;
    if (in_handler_) return;  // flushed when it returns
    go_on();
  }

 private:
  static int on_io(sd_event_source*, int, std::uint32_t events, void* self) {
    static_cast<Connection*>(self)->io(events);
    return 0;
  }

  void io(std::uint32_t events) {
    if (events & EPOLLIN) {
      if (!read()) return server_.drop(id_);
    } else if (events & (EPOLLHUP | EPOLLERR)) {
      return server_.drop(id_);
    }
    go_on();
  }

  // Takes at most one buffer, so that no client holds the loop. False: it is over.
  bool read() {
    char buffer[16 * 1024];
    const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    waited_ = 0;
    // What was sent before the end still counts: a module that gave up waiting has
    // registered its login all the same.
    if (got == 0) ended_ = true;
    return got == 0 || static_cast<bool>(in_.feed({buffer, static_cast<std::size_t>(got)}));
  }

  void go_on() {
    while (!busy_) {
      std::optional<std::string> message = in_.next();
      if (!message) break;
      if (!serve(*message)) return server_.drop(id_);
    }
    if (!flush() || out_.size() > kMostUnread || (ended_ && out_.empty() && !busy_))
      return server_.drop(id_);
    // A client that has gone still gets its call done, but nobody reads the answer.
    if (ended_) return server_.drop(id_);
    sd_event_source_set_io_events(source_.get(),
                                  (busy_ ? 0U : EPOLLIN) | (out_.empty() ? 0U : EPOLLOUT));
    if (is_waited_for()) server_.start_sweeping();
  }

  bool serve(const std::string& message) {
    if (message.size() > protocol::kMaxMessage) return false;
    const Result<protocol::Call> call = protocol::decode_call(message);
    if (!call) return false;  // not Varlink: there is no call to answer
    busy_ = true;
    in_handler_ = true;
    dispatch(server_.handler_, peer_, *call, answer(call->oneway));
    in_handler_ = false;
    return true;
  }

  Answer answer(bool oneway) {
    return Answer(
        [server = std::weak_ptr(server_.self_), id = id_, oneway](const protocol::Reply& reply) {
          const std::shared_ptr<Server*> alive = server.lock();
          if (!alive) return;
          const auto it = (*alive)->connections_.find(id);
          if (it != (*alive)->connections_.end()) it->second->send(reply, oneway);
        });
  }

  bool flush() {
    while (!out_.empty()) {
      const ssize_t sent = ::send(fd_.get(), out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      out_.erase(0, static_cast<std::size_t>(sent));
      waited_ = 0;
    }
    return true;
  }

  Server& server_;
  std::uint64_t id_;
  OwnedFd fd_;
  Peer peer_;
  protocol::FrameDecoder in_;
  std::string out_;
  bool busy_ = false;  // a call waits for its answer
  bool in_handler_ = false;
  bool ended_ = false;  // the client will send no more
  int waited_ = 0;      // sweeps without progress
  Source source_;
};

// --- the server -------------------------------------------------------------------

Server::Server(sd_event* event, OwnedFd listener, Handler& handler,
               std::chrono::milliseconds patience)
    : event_(event),
      listener_(std::move(listener)),
      handler_(handler),
      sweep_usec_(static_cast<std::uint64_t>(std::chrono::microseconds(patience).count()) /
                  kSweeps),
      self_(std::make_shared<Server*>(this)) {}

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(sd_event* event, OwnedFd listener, Handler& handler,
                                              std::chrono::milliseconds patience) {
  std::unique_ptr<Server> server(new Server(event, std::move(listener), handler, patience));
  if (Result<void> listening = server->listen(); !listening) return listening.error();
  return server;
}

Result<void> Server::listen() {
  sd_event_source* source = nullptr;
  int r = sd_event_add_io(event_, &source, listener_.get(), EPOLLIN, &on_listener, this);
  if (r < 0) return errno_error("sd_event_add_io", -r);
  listener_source_.reset(source);
  r = sd_event_add_time_relative(event_, &source, CLOCK_MONOTONIC, sweep_usec_, 0, &on_sweep, this);
  if (r < 0) return errno_error("sd_event_add_time_relative", -r);
  sweep_source_.reset(source);
  sd_event_source_set_enabled(source, SD_EVENT_OFF);
  return {};
}

int Server::on_listener(sd_event_source*, int, std::uint32_t, void* self) {
  static_cast<Server*>(self)->accept();
  return 0;
}

void Server::accept() {
  OwnedFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) return;
  Peer peer = peer_of(fd.get());
  if (!admits(peer)) return;  // closed at once
  const std::uint64_t id = next_id_++;
  auto connection = std::make_unique<Connection>(*this, id, std::move(fd), std::move(peer));
  if (connection->start()) connections_.emplace(id, std::move(connection));
}

bool Server::admits(const Peer& peer) const {
  if (peer.uid == 0) return true;
  if (connections_.size() >= kMostConnections) return false;
  const auto same = std::count_if(connections_.begin(), connections_.end(), [&](const auto& entry) {
    return entry.second->peer().uid == peer.uid;
  });
  return static_cast<std::size_t>(same) < kMostPerUser;
}

void Server::drop(std::uint64_t id) {
  connections_.erase(id);
}

std::size_t Server::connections() const {
  return connections_.size();
}

// Runs only while some client owes us something, so that an idle daemon sleeps.
void Server::start_sweeping() {
  int enabled = SD_EVENT_OFF;
  sd_event_source_get_enabled(sweep_source_.get(), &enabled);
  if (enabled != SD_EVENT_OFF) return;
  sd_event_source_set_time_relative(sweep_source_.get(), sweep_usec_);
  sd_event_source_set_enabled(sweep_source_.get(), SD_EVENT_ONESHOT);
}

int Server::on_sweep(sd_event_source*, std::uint64_t, void* self) {
  static_cast<Server*>(self)->sweep();
  return 0;
}

void Server::sweep() {
  std::erase_if(connections_, [](const auto& entry) { return entry.second->is_slow(); });
  if (std::any_of(connections_.begin(), connections_.end(),
                  [](const auto& e) { return e.second->is_waited_for(); }))
    start_sweeping();
}

Result<OwnedFd> listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return Error{"socket path '" + path + "' does not fit into an address", ENAMETOOLONG};
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* const name = reinterpret_cast<const sockaddr*>(&address);

  OwnedFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno_error("socket");
  if (connect(fd.get(), name, sizeof address) == 0 || errno == EAGAIN)
    return Error{"another daemon serves " + path, EADDRINUSE};
  unlink(path.c_str());  // nobody answers there
  fd.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno_error("socket");
  if (bind(fd.get(), name, sizeof address) < 0) return errno_error("cannot bind " + path);
  if (chmod(path.c_str(), 0666) < 0) return errno_error("chmod " + path);
  if (::listen(fd.get(), SOMAXCONN) < 0) return errno_error("listen at " + path);
  return fd;
}

}  // namespace idled::service
