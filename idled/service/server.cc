#include "idled/service/server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <utility>

#include "idled/service/methods.h"
#include "protocol/frame.h"

namespace idled::service {
namespace {

constexpr int kSweeps = 10;                                   // in the time of patience
constexpr std::size_t kMostWritten = std::size_t{256} << 10;  // bytes a turn

// Connections that wait to be accepted, of anybody: a login may find so many before it. So few
// that a flood of them is dealt with in two turns, and not so many turns that nothing else has one.
constexpr int kBacklog = 512;
constexpr int kAcceptsPerTurn = 256;
constexpr std::uint64_t kAcceptEveryUsec = 1000;

// A quarter of the descriptors: the rest is for logins and what looking at them takes.
std::size_t room_for_users() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return kMostPerUser;
  return std::min(kMostOfUsers, static_cast<std::size_t>(limit.rlim_cur / 4));
}

OwnedFd spare_descriptor() {
  return OwnedFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

}  // namespace

std::optional<Peer> kernel_peer(int fd) {
  Peer peer;
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0) return std::nullopt;
  if (credentials.uid == static_cast<uid_t>(-1)) return std::nullopt;  // nobody's
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

// --- one connection ---------------------------------------------------------------

class Server::Connection {
 public:
  Connection(Server& server, std::uint64_t id, OwnedFd fd, Peer peer,
             std::shared_ptr<Users::Place> place)
      : server_(server),
        id_(id),
        fd_(std::move(fd)),
        peer_(std::move(peer)),
        place_(std::move(place)),
        in_(is_root() ? protocol::kMaxMessage : kLongestUserCall) {}

  Result<void> start() {
    sd_event_source* source = nullptr;
    const int r = sd_event_add_io(server_.event_, &source, fd_.get(), EPOLLIN, &on_io, this);
    if (r < 0) return errno_error("sd_event_add_io", -r);
    source_.reset(source);
    sd_event_source_set_priority(source, priority());
    return {};
  }

  [[nodiscard]] const Peer& peer() const { return peer_; }

  // Whether the client owes us something: the rest of a message, or to read.
  [[nodiscard]] bool is_waited_for() const { return has_half_a_message() || !out_.empty(); }
  // Whether it has for too long; asked once a sweep.
  [[nodiscard]] bool is_slow() {
    waited_ = is_waited_for() ? waited_ + 1 : 0;
    return waited_ > kSweeps;
  }

  // An answer, now or later. Nothing is read or called here: this may be in the middle of
  // another call's work.
  void send(const protocol::Reply& reply, bool oneway) {
    if (!oneway && !gone_) out_ += protocol::frame(protocol::encode_reply(reply));
    if (!reply.continues) busy_ = false;
    if (!in_handler_) return settle();
    // What the handler has yet to do, records to write, is nothing the client waits for. Should
    // it not be sendable, settle() says so again.
    if (!busy_) (void)flush();
  }

 private:
  [[nodiscard]] bool is_root() const { return peer_.uid == 0; }
  [[nodiscard]] int priority() const { return is_root() ? kRootPriority : kUserPriority; }
  [[nodiscard]] bool has_half_a_message() const {
    return !busy_ && !next_call_ && in_.buffered() > 0;
  }
  // One call at a time; and who does not read its answer is not asked for the next.
  [[nodiscard]] bool may_serve() const { return !busy_ && out_.empty(); }

  static int on_io(sd_event_source*, int, std::uint32_t events, void* self) {
    static_cast<Connection*>(self)->io(events);
    return 0;
  }
  static int on_turn(sd_event_source*, std::uint64_t, void* self) {
    static_cast<Connection*>(self)->turn();
    return 0;
  }

  void io(std::uint32_t events) {
    // Nobody reads any more. What was asked for is done all the same: a module that gave up
    // waiting has registered its login.
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
      gone_ = true;
      out_.clear();
    }
    if (may_serve() && !next_call_ && !ended_ && !read()) return server_.drop(id_);
    if (is_root()) return turn();
    settle();
  }

  // One call, if there is one.
  void turn() {
    turn_.reset();
    if (may_serve() && next_call_) {
      const std::string call = *std::exchange(next_call_, std::nullopt);
      if (!serve(call)) return server_.drop(id_);
    }
    settle();
  }

  // Takes at most one buffer. False: it is over.
  bool read() {
    char buffer[16 * 1024];
    const ssize_t got = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) ended_ = true;
    if (!in_.feed({buffer, static_cast<std::size_t>(got)})) return false;
    next_call_ = in_.next();
    return true;
  }

  bool serve(const std::string& message) {
    const Result<protocol::Call> call = protocol::decode_call(message);
    if (!call) return false;  // not Varlink: there is no call to answer
    waited_ = 0;
    busy_ = true;
    in_handler_ = true;
    dispatch(server_.handler_, peer_, *call, answer(call->oneway));
    in_handler_ = false;
    next_call_ = in_.next();
    return true;
  }

  Answer answer(bool oneway) {
    const auto find = [server = std::weak_ptr(server_.self_), id = id_]() -> Connection* {
      const std::shared_ptr<Server*> alive = server.lock();
      if (!alive) return nullptr;
      const auto it = (*alive)->connections_.find(id);
      return it == (*alive)->connections_.end() ? nullptr : it->second.get();
    };
    return Answer(
        [find, oneway, place = place_](const protocol::Reply& reply) {
          if (Connection* connection = find()) connection->send(reply, oneway);
        },
        [find]() -> std::optional<std::size_t> {
          const Connection* connection = find();
          if (!connection) return std::nullopt;
          return connection->out_.size();
        });
  }

  // Writes what can be written now, and says what the next turn is to be for.
  void settle() {
    if (!flush() || !is_within_limits()) return server_.drop(id_);
    if (is_over()) return server_.drop(id_);
    const bool reads = may_serve() && !next_call_ && !ended_;
    sd_event_source_set_io_events(source_.get(),
                                  (reads ? EPOLLIN : 0U) | (out_.empty() ? 0U : EPOLLOUT));
    // Level-triggered, a hangup would be told for as long as there are calls left.
    if (gone_) sd_event_source_set_enabled(source_.get(), reads ? SD_EVENT_ON : SD_EVENT_OFF);
    if (!may_serve() || !next_call_)
      turn_.reset();
    else if (!queue_for_a_turn())
      return server_.drop(id_);
    if (is_waited_for()) server_.start_sweeping();
    const bool has_caught_up = std::exchange(is_behind_, !out_.empty()) && !is_behind_;
    if (has_caught_up && busy_) server_.handler_.on_drained();
  }

  // At once, but behind all who wait already; and later, if this user has had many turns of late.
  bool queue_for_a_turn() {
    if (turn_) return true;
    sd_event_source* source = nullptr;
    if (sd_event_add_time(server_.event_, &source, CLOCK_MONOTONIC,
                          place_->take_turn(server_.now_usec()), 1, &on_turn, this) < 0)
      return false;
    turn_.reset(source);
    return sd_event_source_set_priority(source, priority()) >= 0;
  }

  bool flush() {
    for (std::size_t written = 0; !out_.empty() && written < kMostWritten;) {
      const ssize_t sent = ::send(fd_.get(), out_.data(), std::min(out_.size(), kMostWritten),
                                  MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      out_.erase(0, static_cast<std::size_t>(sent));
      written += static_cast<std::size_t>(sent);
      if (out_.empty()) waited_ = 0;
    }
    return true;
  }

  // A call that is under way when its client goes is finished without it.
  [[nodiscard]] bool is_over() const {
    if (gone_) return busy_ || (ended_ && !next_call_);
    return ended_ && !next_call_ && !busy_ && out_.empty();
  }

  [[nodiscard]] bool is_within_limits() {
    return place_->set_unread(out_.size()) && out_.size() <= kMostUnreadByRoot;
  }

  Server& server_;
  std::uint64_t id_;
  OwnedFd fd_;
  Peer peer_;
  std::shared_ptr<Users::Place> place_;
  protocol::FrameDecoder in_;
  std::optional<std::string> next_call_;  // has come, and waits for its turn
  std::string out_;
  bool is_behind_ = false;  // not all of out_ could be written
  bool busy_ = false;       // a call waits for its answer
  bool in_handler_ = false;
  bool ended_ = false;  // the client will send no more
  bool gone_ = false;   // nor read
  int waited_ = 0;      // sweeps since it began to owe us what it does
  Source source_;
  Source turn_;
};

// --- the server -------------------------------------------------------------------

Server::Server(sd_event* event, OwnedFd listener, Handler& handler,
               std::chrono::milliseconds patience, PeerOf peer_of)
    : event_(event),
      listener_(std::move(listener)),
      handler_(handler),
      sweep_usec_(static_cast<std::uint64_t>(std::chrono::microseconds(patience).count()) /
                  kSweeps),
      peer_of_(peer_of),
      users_(std::make_shared<Users>(Users::Limits{
          kMostPerUser, room_for_users(), kMostUnreadByUser, kUserBurst, kUsecPerUserCall})),
      spare_(spare_descriptor()),
      self_(std::make_shared<Server*>(this)) {}

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(sd_event* event, OwnedFd listener, Handler& handler,
                                              std::chrono::milliseconds patience, PeerOf peer_of) {
  std::unique_ptr<Server> server(
      new Server(event, std::move(listener), handler, patience, peer_of));
  if (Result<void> listening = server->listen(); !listening) return listening.error();
  return server;
}

Result<void> Server::listen() {
  // It is taken from until nobody waits; and who bound it may have left it blocking.
  const int flags = fcntl(listener_.get(), F_GETFL);
  if (flags < 0 || fcntl(listener_.get(), F_SETFL, flags | O_NONBLOCK) < 0)
    return errno_error("fcntl");
  // Once more: who bound it, systemd perhaps, has set another backlog.
  if (::listen(listener_.get(), kBacklog) < 0) return errno_error("listen");
  sd_event_source* source = nullptr;
  int r = sd_event_add_io(event_, &source, listener_.get(), EPOLLIN, &on_listener, this);
  if (r < 0) return errno_error("sd_event_add_io", -r);
  listener_source_.reset(source);
  // Its turns are long ones in a flood, and the loop is for others, too.
  sd_event_source_set_ratelimit(source, kAcceptEveryUsec, 1);
  r = sd_event_add_time_relative(event_, &source, CLOCK_MONOTONIC, sweep_usec_, 0, &on_sweep, this);
  if (r < 0) return errno_error("sd_event_add_time_relative", -r);
  sweep_source_.reset(source);
  sd_event_source_set_enabled(source, SD_EVENT_OFF);
  return {};
}

int Server::on_listener(sd_event_source*, int, std::uint32_t, void* self) {
  auto* server = static_cast<Server*>(self);
  for (int i = 0; i < kAcceptsPerTurn && server->accept_one(); ++i) {
  }
  return 0;
}

std::uint64_t Server::now_usec() const {
  std::uint64_t now = 0;
  (void)sd_event_now(event_, CLOCK_MONOTONIC, &now);
  return now;
}

// False: nobody waits any more.
bool Server::accept_one() {
  OwnedFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (fd) {
    admit(std::move(fd));
    return true;
  }
  if (errno == ECONNABORTED || errno == EINTR) return true;
  if (errno != EMFILE && errno != ENFILE) return false;
  // The kernel says so even where nobody waits.
  pollfd waiting{listener_.get(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) > 0 && make_room();
}

void Server::admit(OwnedFd fd) {
  std::optional<Peer> peer = peer_of_(fd.get());
  if (!peer) return;
  std::shared_ptr<Users::Place> place = users_->take_place(peer->uid, now_usec());
  if (!place) return;  // closed at once
  const std::uint64_t id = next_id_++;
  auto connection =
      std::make_unique<Connection>(*this, id, std::move(fd), *std::move(peer), std::move(place));
  if (connection->start()) connections_.emplace(id, std::move(connection));
}

// There are no descriptors left, and a login may be waiting: a user's connection goes. Without
// one, whoever waits is turned away, rather than being told of by the loop without end.
bool Server::make_room() {
  const auto user = std::find_if(connections_.begin(), connections_.end(),
                                 [](const auto& e) { return e.second->peer().uid != 0; });
  if (user != connections_.end()) {
    drop(user->first);
    return true;
  }
  spare_.reset();
  (void)OwnedFd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  spare_ = spare_descriptor();
  handler_.on_turned_away(errno_error("accept", EMFILE));
  return static_cast<bool>(spare_);
}

void Server::drop(std::uint64_t id) {
  connections_.erase(id);
  handler_.on_gone();
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
  if (std::erase_if(connections_, [](const auto& entry) { return entry.second->is_slow(); }) > 0)
    handler_.on_gone();
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
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode))
    return Error{path + " is there and not a socket", EEXIST};
  unlink(path.c_str());  // nobody answers there
  fd.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno_error("socket");
  if (bind(fd.get(), name, sizeof address) < 0) return errno_error("cannot bind " + path);
  if (chmod(path.c_str(), 0666) < 0) return errno_error("chmod " + path);
  if (::listen(fd.get(), kBacklog) < 0) return errno_error("listen at " + path);
  return fd;
}

}  // namespace idled::service
