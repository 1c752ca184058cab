// All processes of one login, for a policy that leaves nothing running (`leftovers`
// "kill"). Noted while the login's leader is alive; asked again and again until none is
// left.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "idled/system/process.h"
#include "idled/system/process_table.h"

namespace idled::system {

// What is known of a login, the first of these:
// - logind's scope: the control group of the leader, if it is one of a session;
// - the audit session: inherited, and unchangeable (pam_loginuid(8));
// - the process tree below the leader, as it was when it was noted, and whatever is in the
//   POSIX sessions that began in it: what had left those by then (a daemon of the
//   user's) cannot be told from other logins of theirs.
// The leader is one of them; this daemon and the first process never are.
//
// A process that forks and exits, again and again, is gone whenever it has been found. What
// it cannot outrun is a signal to its process group, which the kernel sends to all members
// at once and lets no fork slip through.
class LoginProcesses {
 public:
  // Without those of `others`, the leaders of other logins, and what stands below them.
  static LoginProcesses of(const Process& leader, const std::vector<core::ProcessIdentity>& others);

  [[nodiscard]] std::size_t count() const;
  void signal(int number) const;

 private:
  [[nodiscard]] bool owns(pid_t pid) const;
  [[nodiscard]] bool owns(const ProcessTable::Entry& entry) const;
  [[nodiscard]] bool is_in_reach(const ProcessTable::Entry& entry) const;
  [[nodiscard]] bool is_of_another(const ProcessTable::Entry& entry) const;
  void signal_each(int number) const;
  [[nodiscard]] bool kill_groups() const;
  [[nodiscard]] bool is_own_session(pid_t session) const;

  pid_t leader_ = 0;
  std::unordered_map<pid_t, std::uint64_t> others_;  // and when they started
  std::string scope_;  // below the control group file system: "/user.slice/…/session-3.scope"
  std::optional<std::uint32_t> audit_session_;
  std::vector<core::ProcessIdentity> tree_;
  std::vector<core::ProcessIdentity> sessions_;  // their leaders
};

}  // namespace idled::system
