// A daemon's end of the socket, in a thread, as well or as badly behaved as a
// test wants it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/owned_fd.h"
#include "protocol/messages.h"

namespace idled::testing {

// A folder of its own under /tmp, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A socket that listens at `path`; nobody accepts yet.
OwnedFd listen_at(const std::string& path, int backlog);

struct RecordedCall {
  std::string text;  // as it was sent, without the NUL
  protocol::Call call;
  pid_t pid;  // of the process that connected
};

class FakeDaemon {
 public:
  // One client, as the behaviour sees it. What is read is recorded.
  class Connection {
   public:
    std::optional<protocol::Call> read_call();  // none: the client has gone
    std::optional<protocol::Call> read_call_unrecorded();
    bool write(std::string_view bytes);    // false: the client has gone
    bool reply(std::string_view message);  // adds the NUL
    void wait_until_closed();

   private:
    friend class FakeDaemon;
    Connection(FakeDaemon& daemon, int fd) : daemon_(daemon), fd_(fd) {}
    std::optional<RecordedCall> receive();

    FakeDaemon& daemon_;
    int fd_;
  };
  using Behaviour = std::function<void(Connection&)>;

  FakeDaemon(const std::string& path, Behaviour behaviour);
  ~FakeDaemon();
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

  [[nodiscard]] std::vector<RecordedCall> calls() const;
  // The calls of that method only.
  [[nodiscard]] std::vector<RecordedCall> calls(std::string_view method) const;

  // Returns when no connection is open, so that descriptors can be counted.
  void wait_until_idle() const;

 private:
  void serve();

  OwnedFd listener_;
  OwnedFd stop_;
  Behaviour behaviour_;
  mutable std::mutex mutex_;
  std::vector<RecordedCall> calls_;  // under mutex_
  mutable std::mutex busy_;          // held while a connection is open
  std::thread thread_;
};

// Answers Register with `session` and `tmout`, Release with nothing, as long as
// the client stays.
FakeDaemon::Behaviour well_behaved(const std::string& session, const std::string& tmout);

// Answers every call with this message.
FakeDaemon::Behaviour answering(const std::string& message);

}  // namespace idled::testing
