// How long a connection has brought no data: the second witness. sock_diag(7).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>
#include <vector>

#include "base/owned_fd.h"
#include "base/result.h"
#include "base/time.h"

namespace idled::system {

class Wire {
 public:
  // Fails where the kernel gives no INET_DIAG (a module, inet_diag and tcp_diag) or
  // the daemon may not ask.
  static Result<Wire> open();

  // Since when the connection `ssh_connection` ("CLIENT-IP PORT SERVER-IP PORT", as
  // sshd puts it into SSH_CONNECTION) has brought no data: tcpi_last_data_recv, in
  // the grain of a jiffy.
  //
  // None, which never means "old", unless the answer is that of a connected TCP
  // socket of exactly these addresses whose inode is among `sockets`, those that the
  // login's leader holds: the kernel answers for a connection that is not there with
  // the listening socket, and another network namespace has the same addresses.
  [[nodiscard]] std::optional<nanoseconds> quiet_for(std::string_view ssh_connection,
                                                     const std::vector<ino_t>& sockets) const;

 private:
  explicit Wire(OwnedFd fd) : fd_(std::move(fd)) {}
  OwnedFd fd_;
};

// "CLIENT-IP PORT SERVER-IP PORT" of the one connected TCP socket among `sockets`,
// from /proc/net/tcp and tcp6; empty if there is none, or more than one. For logins
// that were found, not announced.
std::string connection_among(const std::vector<ino_t>& sockets);

}  // namespace idled::system
