// The machine, as the daemon needs it: all effects of the program go through this
// one seam. LinuxHost is the real one; tests have one whose time they set by hand,
// and the same daemon runs on both.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "idled/core/event.h"
#include "idled/core/types.h"

namespace idled {

class Host {
 public:
  virtual ~Host() = default;

  virtual core::Now now() = 0;

  // The process behind a pid; ESRCH if there is none. Refuses, with a sentence that
  // says why, one whose terminals would not be those of this machine.
  virtual Result<core::ProcessIdentity> identify_leader(pid_t pid) = 0;
  // Holds the leader, so that its exit is told. ESRCH if it is gone by now.
  virtual Result<void> attach(const core::SessionId& id, const core::ProcessIdentity& leader) = 0;
  virtual core::Observation observe(const core::Session& session) = 0;
  // From now on reads of these terminals of the login are told, and of no others of it.
  virtual void watch(const core::SessionId& id, const std::vector<std::string>& terminals) = 0;

  // False if one of the terminals did not take the text. Never blocks.
  virtual bool write(const core::Session& session, const std::vector<std::string>& terminals,
                     std::string_view text) = 0;
  // Notes each terminal's session leader, hangs the terminal up and sends the leaders
  // SIGHUP and SIGCONT. Terminals that are gone are no error.
  virtual Result<void> hang_up(const core::Session& session,
                               const std::vector<std::string>& terminals) = 0;
  // To those that hang_up noted, except those that are gone.
  virtual void signal_terminal_leaders(const core::SessionId& id, core::Signal signal) = 0;
  // To the leader and, with kTerminate, to all that still hangs below it: a command
  // without a terminal would not notice that its connection is gone.
  virtual void signal_login(const core::SessionId& id, core::Signal signal) = 0;

  virtual Result<void> save_state(const core::SessionId& id, const core::SessionData& data) = 0;
  // Lets go of the leader, the watches and the state file.
  virtual void forget(const core::SessionId& id) = 0;
  // What an earlier daemon saved in this boot; trouble with single files is told.
  virtual std::vector<core::SessionData> load_state(std::vector<std::string>& trouble) = 0;
  // Logins that nobody announced.
  virtual std::vector<core::Login> find_logins() = 0;

  virtual void record(const core::Record& record) = 0;
};

}  // namespace idled
