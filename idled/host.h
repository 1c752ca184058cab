// The machine, as the daemon needs it: all effects of the program go through this
// one seam. LinuxHost is the real one; tests have one whose time they set by hand,
// and the same daemon runs on both.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "idled/core/event.h"
#include "idled/core/types.h"

namespace idled {

// A process that asks to have its login watched.
struct Caller {
  core::ProcessIdentity process;
  bool is_nested = false;  // core::LoginOpened::nested
};

// What inotify told.
struct Seen {
  struct Terminal {
    core::ProcessIdentity leader;  // of the login whose terminal it is
    core::TerminalSeen seen;       // its id is for the daemon to put in
  };
  std::vector<Terminal> terminals;
  bool all = true;  // false: there is more, or there is nobody to tell
};

class Host {
 public:
  virtual ~Host() = default;

  virtual core::Now now() = 0;

  // The process behind a pid, and where it stands; ESRCH if there is none. Refuses, with
  // a sentence that says why, one whose terminals would not be those of this machine.
  virtual Result<Caller> identify_caller(pid_t pid) = 0;
  // The processes above it, the nearest first.
  virtual std::vector<core::ProcessIdentity> ancestors_of(pid_t pid) = 0;
  // Holds the leader, so that its exit is told, and the terminal that it was started on
  // (Login::console), if there is one; `user`: whose login it is. ESRCH if the leader is gone by
  // now; any other error says nothing of the leader.
  virtual Result<void> attach(const core::Attach& login, uid_t user) = 0;
  // The terminals that it opens may stay open for what follows from the look, until
  // close_terminals().
  virtual core::Observation observe(const core::Session& session, core::Look look) = 0;
  virtual void close_terminals() = 0;
  // From now on reads of these terminals of the login are told, and of no others of it. Returns
  // those of which they are: fewer where there is no inotify, or a terminal has gone.
  virtual std::vector<std::string> watch(const core::Session& session,
                                         const core::Watch& wanted) = 0;
  // What was told of watched terminals since the last call.
  virtual Seen take_seen() = 0;

  // Never blocks.
  virtual core::Written write(const core::Session& session,
                              const std::vector<std::string>& terminals, std::string_view text) = 0;
  // Notes each terminal's session leader, hangs the terminal up and sends the leaders
  // SIGHUP and SIGCONT. Terminals that are gone are no error. With `all_processes` it
  // notes those, too.
  virtual Result<void> hang_up(const core::Session& session,
                               const std::vector<std::string>& terminals, bool all_processes) = 0;
  // To those that hang_up noted, except those that are gone.
  virtual void signal_terminal_leaders(const core::Session& session, core::Signal signal) = 0;
  // To the leader and what core::Reach says: a command without a terminal would not
  // notice that its connection is gone.
  virtual void signal_login(const core::Session& session, const core::SignalLogin& signal) = 0;

  virtual Result<void> save_state(const core::SessionId& id, const core::SessionData& data) = 0;
  // Lets go of the leader, the watches and the state file.
  virtual void forget(const core::Forget& login) = 0;
  // What an earlier daemon saved in this boot; trouble with single files is told.
  virtual std::vector<core::SessionData> load_state(std::vector<std::string>& trouble) = 0;
  // A search for logins that nobody announced, without those whose leaders are `known`; see
  // system/found_logins.h.
  class Search {
   public:
    virtual ~Search() = default;
    virtual bool look() = 0;  // true: all has been seen
    virtual std::vector<core::Login> take() = 0;
    // It ran out of descriptors on the way, and may have missed some.
    [[nodiscard]] virtual bool was_blind() const = 0;
  };
  using IsKnown = std::function<bool(const core::ProcessIdentity&)>;
  virtual std::unique_ptr<Search> search_logins(IsKnown known) = 0;

  virtual void record(const core::Record& record) = 0;
};

}  // namespace idled
