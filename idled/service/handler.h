// What the service asks of the daemon: one function a method, called with a
// request that is authorised and decoded.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "protocol/messages.h"

namespace idled::service {

// Who calls: the process that connected, as the kernel says (SO_PEERCRED and
// SO_PEERGROUPS, unix(7)).
struct Peer {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

// Where the answer to one call goes; may be kept and used later, once. If the
// caller has gone meanwhile, the answer goes nowhere.
class Answer {
 public:
  using Send = std::function<void(const protocol::Reply&)>;
  // How many bytes of its answers the caller has not taken yet; none: it has gone.
  using Unread = std::function<std::optional<std::size_t>()>;
  explicit Answer(
      Send send, Unread unread = [] { return 0; })
      : send_(std::move(send)), unread_(std::move(unread)) {}

  // One of several replies; only for a caller that asked for `more`.
  void part(std::string parameters = "{}") const { send_({"", std::move(parameters), true}); }
  void done(std::string parameters = "{}") const { send_({"", std::move(parameters), false}); }
  void fail(std::string_view error, std::string parameters = "{}") const {
    send_({std::string(error), std::move(parameters), false});
  }
  [[nodiscard]] std::optional<std::size_t> unread() const { return unread_(); }

 private:
  Send send_;
  Unread unread_;
};

class Handler {
 public:
  virtual ~Handler() = default;
  virtual void on_register(const Peer& peer, const protocol::RegisterRequest& request,
                           Answer answer) = 0;
  virtual void on_release(const Peer& peer, const protocol::ReleaseRequest& request,
                          Answer answer) = 0;
  virtual void on_list(const Peer& peer, const protocol::ListRequest& request, bool more,
                       Answer answer) = 0;
  virtual void on_kick(const Peer& peer, const protocol::KickRequest& request, Answer answer) = 0;
  virtual void on_hold(const Peer& peer, const protocol::HoldRequest& request, Answer answer) = 0;
  virtual void on_status(const Peer& peer, Answer answer) = 0;
  virtual void on_explain(const Peer& peer, const protocol::ExplainRequest& request,
                          Answer answer) = 0;
  virtual void on_reload(const Peer& peer, Answer answer) = 0;
  virtual void on_metrics(const Peer& peer, Answer answer) = 0;
  virtual void on_events(const Peer& peer, const protocol::EventsRequest& request, bool more,
                         Answer answer) = 0;
  // A client has gone: Answer::unread() tells of which. Not while it is being answered.
  virtual void on_gone() {}
  // A client that waits for more answers has taken all that it was sent, after it had not.
  virtual void on_drained() {}
  // A client could not be served for want of a descriptor.
  virtual void on_turned_away(const Error& /*why*/) {}
  // Whether the peer is root or in the admin group.
  [[nodiscard]] virtual bool is_admin(const Peer& peer) const = 0;
};

}  // namespace idled::service
