// The words of the core: what a login is, what was seen of it.
//
// Passive values. What fills them is idled/system/; what decides on them is
// idled/core/engine.h.
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "policy/policy.h"

namespace idled::core {

using policy::Kind;

// logind's session id where there is one, so that loginctl and idlectl agree;
// else "p" and the leader's pid. [A-Za-z0-9_-], 1 to 64 characters: it is a
// file name too.
struct SessionId {
  std::string value;
  auto operator<=>(const SessionId&) const = default;
};

// A process, not a number: the pid alone may come back as somebody else.
struct ProcessIdentity {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  // since boot; /proc/PID/stat, field 22, proc(5)
  auto operator<=>(const ProcessIdentity&) const = default;
};

// What PAM opened, or what was found without PAM.
struct Login {
  SessionId id;
  std::string user;
  uid_t uid = 0;
  std::vector<gid_t> gids;
  std::string service;            // PAM service: "sshd", "login"
  Kind kind = Kind::kNoTerminal;  // as first known; a terminal seen later makes it kTerminal
  std::string remote_host;        // address or name; empty: local
  std::string ssh_connection;     // "CLIENT-IP PORT SERVER-IP PORT", or empty
  std::string console;            // the terminal it was opened on, "tty1" or "pts/3"; none for sshd
  ProcessIdentity leader;         // its process; signals to it end the whole login
  WallTime opened_at;
  bool adopted = false;  // found, not announced by PAM
};

// Such a one begins a login, even below an sshd that somebody has started from theirs.
inline bool comes_over_a_connection(const Login& login) {
  return !login.remote_host.empty() || !login.ssh_connection.empty();
}

// What the job in front of a terminal has used so far. Two looks that differ: it worked
// in between, or it is another one.
struct Work {
  pid_t group = 0;              // the foreground process group
  std::uint64_t cpu_ticks = 0;  // of its processes and of those that they have waited for
  std::uint64_t io_bytes = 0;   // read and written, proc_pid_io(5)
  auto operator<=>(const Work&) const = default;
};

// How much a look looks at.
enum class Look {
  kBrief,  // the evidence of activity
  kShown,  // also the name of what runs in front of each terminal: for those who ask
  kClose,  // also at those programs themselves: asked before a login is ended
};

// What is known of reads through /dev/tty, where a terminal's own times do not show them: up to
// Linux 6.4.
struct DevTty {
  WallTime atime;     // the last such read by anybody, on whatever terminal; in blocks of 8 s
  pid_t group = 0;    // what is in front: the foreground process group; 0: not asked, or not known
  nanoseconds cpu{};  // that its processes have used; 0: not known
  bool held = true;   // one of them holds /dev/tty open, or it is not known
  bool single = false;  // it is one process, and that has had no children
};

// One look at one terminal.
struct TerminalSample {
  std::string name;          // "pts/3", "tty1": below /dev
  WallTime atime;            // last read of input, kept by the kernel in blocks of 8 s
  WallTime mtime;            // last output, in the same blocks
  WallTime ctime;            // last change by chmod, chown or utimensat; no read moves it
  std::uint32_t unread = 0;  // bytes of complete lines that nobody has read yet (TIOCINQ)
  std::optional<std::string> foreground;  // name of the foreground job's leader; no brief look's
  bool watched = false;                   // a read of it will be told at once
  // ICANON without EXTPROC, termios(3): whoever is in front takes lines, or nothing at all, as
  // sleep(1) does. What is typed may lie there, and no read tells of it.
  bool canonical = false;
  std::optional<Work> work;       // only where the policy counts it (activity "job")
  std::optional<DevTty> dev_tty;  // none: the atime shows all reads
  // Close looks only: the programs that root runs in front, from files that nobody
  // else can change.
  std::vector<std::string> root_programs;
};

// How long a connection has been still, each way.
struct WireQuiet {
  nanoseconds received;  // since data came from the client
  nanoseconds sent;      // since data went to it
};

// One look at one login, all of it at one instant.
struct Observation {
  ClockReading clocks;
  Look look = Look::kBrief;
  bool leader_alive = true;
  // There was no descriptor left to look with: nothing but `leader_alive` is known, and of one that
  // is dead not whether other processes are left.
  bool failed = false;
  std::vector<TerminalSample> terminals;
  // None where there is no socket to ask, or no way to.
  std::optional<WireQuiet> wire;
  // Every read and change of the watched terminals up to this look has been told.
  bool reads_told = false;
  std::size_t processes = 0;  // of the login; counted only while all of it is being ended
};

// The instant of a step: both clocks, and the local civil time that a policy's
// time windows are read in.
struct Now {
  ClockReading clocks;
  policy::LocalTime local;
  [[nodiscard]] BootTime boot() const { return clocks.boot; }
};

}  // namespace idled::core
