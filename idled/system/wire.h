// How long a connection has brought no data: the second witness. sock_diag(7).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/owned_fd.h"
#include "base/result.h"
#include "base/time.h"
#include "idled/core/types.h"

namespace idled::system {

class Wire {
 public:
  // Fails where the kernel gives no INET_DIAG (a module, inet_diag and tcp_diag) or
  // the daemon may not ask.
  static Result<Wire> open();

  // Since when the connection `ssh_connection` ("CLIENT-IP PORT SERVER-IP PORT", as
  // sshd puts it into SSH_CONNECTION) has brought no data, and been sent none:
  // tcpi_last_data_recv and _sent, in the grain of a jiffy. What is sent again for want
  // of an acknowledgement counts as sent.
  //
  // None, which never means "old", unless the answer is that of a connected TCP
  // socket of exactly these addresses whose inode is among `sockets`, those that the
  // login's leader holds: the kernel answers for a connection that is not there with
  // the listening socket, and another network namespace has the same addresses.
  [[nodiscard]] std::optional<core::WireQuiet> quiet_for(std::string_view ssh_connection,
                                                         const std::vector<ino_t>& sockets) const;

 private:
  explicit Wire(OwnedFd fd) : fd_(std::move(fd)) {}
  OwnedFd fd_;
};

// The connected TCP sockets at one moment, from /proc/net/tcp and tcp6. For logins that
// were found, not announced.
class Connections {
 public:
  static Connections read();
  // "CLIENT-IP PORT SERVER-IP PORT" of the one that is among `sockets`; empty if there is
  // none, or more than one.
  [[nodiscard]] std::string among(const std::vector<ino_t>& sockets) const;

 private:
  std::unordered_map<ino_t, std::string> by_inode_;
};

}  // namespace idled::system
