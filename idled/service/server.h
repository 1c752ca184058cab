// The Varlink server: connections, their peers, their bytes. What the methods do
// is the Handler's.
//
// A client can cost us only what is counted: so many connections, one call at a
// time each, so many bytes in and out, so much time for a half-sent message or an
// unread reply. Who goes over is disconnected; nobody else notices.
#pragma once

#include <systemd/sd-event.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "base/owned_fd.h"
#include "base/result.h"
#include "idled/service/handler.h"

namespace idled::service {

// Binds and listens at `path` (mode 0666: rights are checked per method). A stale
// socket file of a dead daemon is replaced; a living one is EADDRINUSE.
Result<OwnedFd> listen_at(const std::string& path);

// How long a client may owe us the rest of a message, or leave a reply unread, without
// any progress.
inline constexpr std::chrono::milliseconds kPatience{10'000};

class Server {
 public:
  // `event` and `handler` outlive the server. `listener` is a listening AF_UNIX
  // stream socket.
  static Result<std::unique_ptr<Server>> start(sd_event* event, OwnedFd listener, Handler& handler,
                                               std::chrono::milliseconds patience = kPatience);
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

  Server(sd_event* event, OwnedFd listener, Handler& handler, std::chrono::milliseconds patience);
  Result<void> listen();
  void accept();
  bool admits(const Peer& peer) const;
  void drop(std::uint64_t id);
  void start_sweeping();
  void sweep();

  static int on_listener(sd_event_source* source, int fd, std::uint32_t events, void* self);
  static int on_sweep(sd_event_source* source, std::uint64_t time, void* self);

  sd_event* event_;
  OwnedFd listener_;
  Handler& handler_;
  std::uint64_t sweep_usec_;
  std::map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::uint64_t next_id_ = 1;
  Source listener_source_;
  Source sweep_source_;
  // Answers outlive connections and the server; they hold this weakly.
  std::shared_ptr<Server*> self_;
};

}  // namespace idled::service
