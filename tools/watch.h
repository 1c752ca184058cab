// `idlectl list --watch`: asks the daemon again and again, and shows what it says.
#pragma once

#include <optional>

#include "tools/daemon_client.h"
#include "tools/live_output.h"
#include "tools/session_filter.h"

namespace idled::tools {

struct WatchRequest {
  SessionFilter filter;
  SortKey order = SortKey::kLogout;
  seconds interval{1};
  std::string terminal{};  // that is looked on from, "pts/3"; empty: none
};

// All sessions, of which the request selects some: asked on one connection, which is made anew
// when it is lost.
class SessionFeed {
 public:
  SessionFeed(std::string socket, seconds patience)
      : socket_(std::move(socket)), patience_(patience) {}

  Outcome<std::vector<protocol::SessionInfo>> ask(const std::string& user);

 private:
  std::string socket_;
  seconds patience_;
  std::optional<DaemonClient> daemon_;
};

// Until the output is left. A daemon that does not answer to begin with is a failure; one
// that goes away later is waited for.
Outcome<std::monostate> watch(const WatchRequest& request, SessionFeed& feed,
                              const std::function<WallTime()>& now,
                              const std::function<std::unique_ptr<LiveOutput>()>& open);

}  // namespace idled::tools
