// A daemon that says what a test tells it to, over a real socket with the real
// protocol, so that idlectl is tested as it runs; and idlectl, run in-process.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/owned_fd.h"
#include "protocol/messages.h"
#include "tools/cli.h"

namespace idled::tools {

class FakeDaemon {
 public:
  // Called in the thread of the caller's connection. No reply: the connection is
  // closed instead.
  using Handler = std::function<std::vector<protocol::Reply>(const protocol::Call&)>;

  // On a socket of its own, or in the place of one that is gone.
  explicit FakeDaemon(Handler handler, const std::string& socket = "");
  ~FakeDaemon();
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

  [[nodiscard]] std::string socket() const { return folder_ + "/socket"; }
  [[nodiscard]] std::vector<protocol::Call> calls() const;
  [[nodiscard]] std::size_t connections() const { return connections_; }
  // The KickRequests among the calls, sorted, each as "session|terminal|user".
  [[nodiscard]] std::vector<std::string> kicks() const;

 private:
  void accept_all();
  void serve(int fd);

  Handler handler_;
  std::string folder_;
  OwnedFd listener_;
  mutable std::mutex mutex_;
  std::vector<protocol::Call> calls_;
  std::vector<OwnedFd> peers_;
  std::vector<std::thread> servers_;
  std::atomic<std::size_t> connections_ = 0;
  std::thread acceptor_;
};

// How a run of idlectl ended.
struct Ran {
  ExitCode code = ExitCode::kDone;
  std::string out;
  std::string err;
};

// 2026-01-31T09:30:00Z
inline constexpr WallTime kNow{seconds(1769851800)};

// Runs idlectl against `socket` at kNow; `patience` is for both waits.
Ran run_idlectl(const std::string& socket, std::vector<std::string> arguments,
                seconds patience = seconds(20), std::size_t width = 0, ReadJournal journal = {});

inline protocol::Reply reply(std::string parameters) {
  return {"", std::move(parameters), false};
}
inline protocol::Reply error(std::string_view name, std::string parameters = "{}") {
  return {std::string(name), std::move(parameters), false};
}

}  // namespace idled::tools
