// A blocking client with a deadline over all it does: connect, write, wait, read.
// pam_idled.so runs it inside sshd, so it touches no signal, no environment and no
// global state, and every descriptor it opens is close-on-exec and its own.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/owned_fd.h"
#include "base/result.h"
#include "protocol/frame.h"
#include "protocol/messages.h"

namespace idled::protocol {

using Deadline = std::chrono::steady_clock::time_point;

// Replies hold whole sessions, so they may be larger than requests.
inline constexpr std::size_t kMaxReply = std::size_t{16} * 1024 * 1024;

class Client {
 public:
  // The errors' codes are errno(3): ENOENT and ECONNREFUSED mean that nobody
  // serves the socket; ETIMEDOUT that the deadline passed. `max_reply` caps the
  // bytes of one reply.
  static Result<Client> connect(std::string_view path, Deadline deadline,
                                std::size_t max_reply = kMaxReply);

  // Sends one call and waits for its (next) reply. A Varlink error is a Reply
  // with its name in `error`, not an Error.
  Result<Reply> call(const Call& call, Deadline deadline);
  Result<Reply> next_reply(Deadline deadline);

  // Sends without waiting; one next_reply() per call is then due.
  Result<void> send(const Call& call, Deadline deadline);

 private:
  Client(OwnedFd fd, std::size_t max_reply) : fd_(std::move(fd)), decoder_(max_reply) {}

  OwnedFd fd_;
  FrameDecoder decoder_;
};

}  // namespace idled::protocol
