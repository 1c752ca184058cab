// Terminals: found by the masters that a process holds, looked at, written to,
// hung up. pty(7), devpts, tty_ioctl(4).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/owned_fd.h"
#include "base/result.h"
#include "idled/core/types.h"
#include "idled/system/process.h"

namespace idled::system {

// A pty master among a process's descriptors.
struct PtyMaster {
  int remote_fd = -1;  // in that process
  unsigned index = 0;  // the N of /dev/pts/N
  // Not 0: a user's process has it, mosh-server, which the user may do with as they like. Then its
  // descriptors are not for us to take: to close one of a FUSE of theirs, or to wait for its
  // execve(2), could take for ever.
  uid_t holder = 0;
};

// What a process holds that bears witness of input.
struct Holdings {
  std::vector<PtyMaster> masters;  // each index once, in order
  std::vector<ino_t> sockets;      // inodes
  std::size_t descriptors = 0;     // how many it has in all; 0 where the kernel does not say
};

// Reads /proc/PID/fd and fdinfo ("tty-index"): what the process holds, and nothing
// a user can rearrange. Takes CAP_SYS_PTRACE. One that is gone holds nothing; the only errors are
// those of is_shortage(). Of a user's process no more than the first kMostOfAUser descriptors, and
// kMostMastersOfAUser masters: it may hold thousands, for others to count.
Result<Holdings> holdings_of(pid_t pid);
inline constexpr std::size_t kMostOfAUser = 1024;
inline constexpr std::size_t kMostMastersOfAUser = 4;

// Whether the process may hold other masters than it did then: it has another number of
// descriptors (the size of /proc/PID/fd, since Linux 6.2), or the kernel does not say. A master
// that came while another descriptor went is not noticed; Terminal::open notices one that went.
bool may_have_changed(const Holdings& then, pid_t pid);

// The terminal side, held open for as short as can be: while it is, the master
// does not see that everybody else has closed it.
class Terminal {
 public:
  // Through the master, so that /dev/pts/N of another devpts, or one whose mode
  // is 000, is no obstacle (TIOCGPTPEER). Where a security module forbids that, or a user's
  // process holds it, by path, if the leader sees the same devpts as we do; of a user's, if the
  // terminal is that user's: the number may be that of another devpts. Errors: EBADF or ESTALE when
  // the leader does not hold that master any more; EMFILE and its like, is_shortage().
  static Result<Terminal> open(const Process& leader, const PtyMaster& master);
  // A console, "tty1" or "ttyS0", or the pty that login(1) was started on, "pts/3": by
  // its path once, `pinned`, and by that from then on, so that another terminal which gets
  // the same name is not taken for it. Errors: ENODEV for what is no terminal, or is gone.
  // Nothing that is no terminal (by its number, of those that /proc/tty/drivers lists) is opened.
  static Result<OwnedFd> pin(const std::string& name);
  // EBUSY where a graphical session has the console (KDGETMODE and KDGKBMODE, ioctl_console(2)):
  // what is typed there reaches no terminal. EPERM where it has come to be neither the user's nor
  // root's: the next login on that line is another's.
  static Result<Terminal> open(const std::string& name, const OwnedFd& pinned, uid_t user);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] dev_t device() const { return device_; }
  // The foreground process group; none where the kernel does not say: that takes the
  // master, a process near the login's `leader`, or a walk over all of them.
  [[nodiscard]] std::optional<pid_t> foreground_group(pid_t leader) const;
  // Whether it was opened through the master that the leader holds, and not by a path.
  [[nodiscard]] bool is_through_master() const { return static_cast<bool>(master_); }
  // Puts in its name, its times, its mode and its unread lines. Errors: EIO when it has been hung
  // up meanwhile.
  Result<void> sample(core::TerminalSample& sample) const;
  // The process whose pid is its session's id and whose controlling terminal this is.
  [[nodiscard]] std::optional<core::ProcessIdentity> session_leader(pid_t leader) const;
  [[nodiscard]] int fd() const { return slave_.get(); }

  // Lines are filled to the terminal's width (fill_lines). Never blocks. False if the
  // terminal did not take all of it (XOFF, full buffer).
  [[nodiscard]] bool write(std::string_view text) const;
  [[nodiscard]] WallTime last_output() const;
  // TIOCVHANGUP: every process that has it open reads the end of file, and its
  // foreground job gets SIGHUP. Takes CAP_SYS_ADMIN.
  [[nodiscard]] Result<void> hang_up() const;

 private:
  Terminal(std::string name, dev_t device, OwnedFd slave, OwnedFd master)
      : name_(std::move(name)),
        device_(device),
        slave_(std::move(slave)),
        master_(std::move(master)) {}

  std::string name_;
  dev_t device_;
  OwnedFd slave_;
  OwnedFd master_;  // none for a console
};

// Whether the device is a terminal, and not the master of one: what the drivers table, in the
// form of /proc/tty/drivers (proc(5)), says of its number.
bool is_terminal_device(std::string_view drivers, dev_t device);

// "pts/3", "tty1": below /dev, of a device number as /proc/PID/stat has it; empty
// if it is neither a pty nor a console.
std::string terminal_name(dev_t device);

}  // namespace idled::system
