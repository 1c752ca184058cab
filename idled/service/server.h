// The Varlink server: connections, their peers, their bytes. What the methods do
// is the Handler's.
//
// A login that opens must never wait for what a hostile user does to this socket. So:
// - a turn of the loop does a bounded piece of work for one connection: one call, or one
//   buffer read, or one written; and root's connections, on which logins are registered, have
//   their turn before all others;
// - what a user may have of us is counted over all of their connections: connections and
//   unanswered calls, calls in a time, bytes that they leave unread; and small: the size of a call,
//   and the time for sending or reading one. Who goes over is disconnected. Root is not counted,
//   and what all users have together leaves room for root.
#pragma once

#include <systemd/sd-event.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/owned_fd.h"
#include "base/result.h"
#include "idled/service/handler.h"
#include "idled/service/users.h"

namespace idled::service {

// Binds and listens at `path` (mode 0666: rights are checked per method). A stale
// socket file of a dead daemon is replaced; a living one is EADDRINUSE.
Result<OwnedFd> listen_at(const std::string& path);

// How long a client may take to send a message, from its first byte on, and to read a reply.
inline constexpr std::chrono::milliseconds kPatience{10'000};

// What a user other than root may have. The calls of a connection that has gone count on
// until they are answered.
inline constexpr std::size_t kMostPerUser = 32;
inline constexpr std::size_t kMostOfUsers = 1024;  // of all users but root; see room_for_users()
inline constexpr std::uint64_t kUserBurst = 64;    // calls at once; then one each ...
inline constexpr std::uint64_t kUsecPerUserCall = 5000;
inline constexpr std::size_t kLongestUserCall = std::size_t{8} << 10;    // bytes
inline constexpr std::size_t kMostUnreadByUser = std::size_t{8} << 20;   // bytes
inline constexpr std::size_t kMostUnreadByRoot = std::size_t{32} << 20;  // bytes, of a connection

// sd_event_source_set_priority(3): a login that opens comes first, then what terminals and
// deadlines need (0), and what users ask for when nothing else is to be done.
inline constexpr int kRootPriority = -10;
inline constexpr int kUserPriority = 10;

// The kernel's word on who connected: SO_PEERCRED and SO_PEERGROUPS, unix(7). None: it does
// not say.
std::optional<Peer> kernel_peer(int fd);

class Server {
 public:
  using PeerOf = std::optional<Peer> (*)(int fd);

  // `event` and `handler` outlive the server. `listener` is a listening AF_UNIX
  // stream socket. `peer_of` is for tests.
  static Result<std::unique_ptr<Server>> start(sd_event* event, OwnedFd listener, Handler& handler,
                                               std::chrono::milliseconds patience = kPatience,
                                               PeerOf peer_of = kernel_peer);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] std::size_t connections() const;

 private:
  class Connection;
  struct SourceUnref {
    void operator()(sd_event_source* source) const { sd_event_source_disable_unref(source); }
  };
  using Source = std::unique_ptr<sd_event_source, SourceUnref>;

  Server(sd_event* event, OwnedFd listener, Handler& handler, std::chrono::milliseconds patience,
         PeerOf peer_of);
  Result<void> listen();
  bool accept_one();
  void admit(OwnedFd fd);
  bool make_room();
  [[nodiscard]] std::uint64_t now_usec() const;
  void drop(std::uint64_t id);
  void start_sweeping();
  void sweep();

  static int on_listener(sd_event_source* source, int fd, std::uint32_t events, void* self);
  static int on_sweep(sd_event_source* source, std::uint64_t time, void* self);

  sd_event* event_;
  OwnedFd listener_;
  Handler& handler_;
  std::uint64_t sweep_usec_;
  PeerOf peer_of_;
  std::shared_ptr<Users> users_;
  OwnedFd spare_;  // closed to be able to accept when there are no more descriptors
  std::map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::uint64_t next_id_ = 1;
  Source listener_source_;
  Source sweep_source_;
  // Answers outlive connections and the server; they hold this weakly.
  std::shared_ptr<Server*> self_;
};

}  // namespace idled::service
