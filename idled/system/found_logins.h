// Logins that nobody announced, found in /proc: those from before the daemon started,
// and those of programs without PAM.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "idled/core/types.h"
#include "idled/system/process.h"
#include "idled/system/process_table.h"
#include "idled/system/terminal.h"
#include "idled/system/wire.h"

namespace idled::system {

// A search for the logins that stand now, with their leaders, without those that are known:
//
// - sshd's: root's own sshd processes that serve a user who has been let in;
// - login(1)'s: root's process, which waits for the shell below it;
// - of other ways in by name (dropbear, telnetd, rlogind, mosh-server): the process that
//   holds the masters of its users' ptys.
//
// By name, since so much else holds ptys and writes utmp, and must not be hung up: a
// container's manager, screen, expect, root's own tmux. A program that runs as a user is
// none, whatever it calls itself, but for mosh-server: it could feed its terminals. Nor is a
// program of root's that somebody has given another's name, su by a link to it. Neither
// is what stands below a login that is known, or was found here: sudo holds ptys, too.
//
// utmp is a hint only: from where somebody came, if it has it.
//
// The id is logind's, where it knows the leader; else "p" and the leader's pid. The time
// of opening is the leader's start.
//
// A machine may run ten thousand processes, and each is a file to be read: in slices. One that
// comes while they are is not seen, and brings a search of its own.
class LoginSearch {
 public:
  using IsKnown = std::function<bool(const core::ProcessIdentity&)>;
  explicit LoginSearch(IsKnown known);
  // A slice, of well under a millisecond. True: all has been seen.
  bool look();
  // What was found so far, for the caller to keep.
  [[nodiscard]] std::vector<core::Login> take();
  // There was a time without a descriptor to look with: logins may have been missed.
  [[nodiscard]] bool was_blind() const { return was_blind_; }

 private:
  using Entry = ProcessTable::Entry;

  void look_at_names();
  void look_at_candidates();
  void try_candidate(const Entry& candidate);
  void try_sshd(const Entry& leader);
  void try_login(const Entry& leader);
  void try_named(const Entry& leader);
  void add_holder(const Entry& leader, const Holdings& held);
  // `since`: the process whose start is the login's.
  void add(const Entry& leader, const ProcStatus& user, core::Login login, const ProcStat& since);
  [[nodiscard]] bool is_of_a_known_login(const Entry& entry) const;
  // Whether it leads a login, or stands below one that does.
  [[nodiscard]] bool is_taken(const Entry& entry) const;
  [[nodiscard]] bool is_leader(const core::ProcessIdentity& process) const;
  [[nodiscard]] std::string connection_among(const std::vector<ino_t>& sockets);
  [[nodiscard]] std::string host_on(const std::string& line);
  [[nodiscard]] std::string local_name_of(uid_t uid);
  [[nodiscard]] bool runs_its_program(const Entry& entry);

  IsKnown known_;
  Numbered pids_{"/proc"};
  bool has_all_names_ = false;
  bool was_blind_ = pids_.fd() < 0;
  std::vector<Entry> candidates_;  // by their names; once all are there, in the order to be tried
  std::size_t next_candidate_ = 0;
  std::unordered_set<pid_t> found_;  // the leaders of the logins that were found so far
  std::vector<core::Login> logins_;
  std::unordered_set<std::string> files_of_root_;  // programs, of those asked about so far
  // Read when they are wanted.
  std::optional<std::unordered_map<std::string, std::string>> hosts_;  // by their lines in utmp
  std::optional<std::unordered_map<uid_t, std::string>> names_;
  std::optional<Connections> connections_;
};

// The title that sshd gives its processes: "sshd: alice [priv]" of a login's monitor, and
// "sshd-session: alice@pts/3" of what speaks for the user. None of any other: the listener's, and
// those of who is not let in yet, "alice [net]" and "alice [pam]".
struct SshdTitle {
  std::string user;
  bool is_monitor = false;
};
std::optional<SshdTitle> parse_sshd_title(std::string_view title);

// Where the user sits, by what programs write into ut_host: mosh's "192.0.2.7 via mosh [77]"
// is the address, "mosh [77]" nothing; else as it is.
std::string host_of_record(std::string_view host);

}  // namespace idled::system
