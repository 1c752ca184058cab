// What /proc says of processes; proc(5). Parsing apart from reading, so that it
// can be tried on any text.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/owned_fd.h"
#include "base/result.h"
#include "idled/core/types.h"

namespace idled::system {

struct ProcStat {
  std::string comm;  // the program's name, at most 15 bytes, any bytes
  bool is_zombie = false;
  pid_t ppid = 0;
  pid_t pgrp = 0;
  pid_t session = 0;
  dev_t tty = 0;    // 0: no controlling terminal
  pid_t tpgid = 0;  // its terminal's foreground process group; -1: none
  int threads = 1;
  bool had_children = false;    // that it has waited for
  std::uint64_t cpu_ticks = 0;  // used, and used by the children that it has waited for
  std::uint64_t start_ticks = 0;
};

struct ProcStatus {
  uid_t uid = 0;   // real
  uid_t euid = 0;  // effective
  gid_t gid = 0;
  std::vector<gid_t> groups;  // supplementary
};

// Of /proc/PID/stat: comm stands in parentheses and may hold any byte, ')' too.
std::optional<ProcStat> parse_stat(std::string_view text);
std::optional<ProcStatus> parse_status(std::string_view text);

// The error's code is ESRCH for a process that is gone; it may also be ours, as EMFILE is.
Result<ProcStat> stat_of(pid_t pid);
// None for a process that is gone.
std::optional<ProcStat> read_stat(pid_t pid);
std::optional<ProcStatus> read_status(pid_t pid);
std::optional<core::ProcessIdentity> identify(pid_t pid);
// The processes above this one, the nearest first, without the first process.
std::vector<core::ProcessIdentity> ancestors_of(const ProcStat& stat);
// The children of its first thread, /proc/PID/task/PID/children, proc(5). None if it is gone, or
// the kernel was built without that file.
std::optional<std::vector<pid_t>> children_of(pid_t pid);
// One of the processes a few steps below `leader` whose controlling terminal is `device`: each
// of them names the terminal's session and its foreground process group. Only few are asked:
// where there is none among them, a walk over all of /proc may find one.
std::optional<ProcStat> find_on_terminal(pid_t leader, dev_t device);
// Its name as in ProcStat::comm; none if it is gone.
std::optional<std::string> comm_of(pid_t pid);
// /proc/PID/cmdline with its NULs made spaces; empty if there is none.
std::string read_cmdline(pid_t pid);
// Bytes that it has read and written, and those of the children that it has waited for:
// rchar and wchar of /proc/PID/io; 0 if it is gone.
std::uint64_t io_bytes(pid_t pid);
// The audit session, /proc/PID/sessionid: inherited, and unchangeable once pam_loginuid
// has set it; none where it is not set.
std::optional<std::uint32_t> audit_session(pid_t pid);
// The entries of a folder whose names are numbers: the processes in /proc, a process's descriptors
// in /proc/PID/fd. What comes or goes meanwhile may or may not be among them. Not readdir(3), which
// has the kernel make a thousand entries at a time: that takes it milliseconds.
class Numbered {
 public:
  explicit Numbered(const std::string& folder);
  // The folder; -1: it could not be opened, and is as one without entries.
  [[nodiscard]] int fd() const { return folder_.get(); }
  std::optional<int> next();

 private:
  bool read_more();

  OwnedFd folder_;
  std::size_t at_ = 0;    // in buffer_
  std::size_t size_ = 0;  // of what is in it
  alignas(std::max_align_t) std::array<char, 4096> buffer_;
};
std::vector<pid_t> list_pids();

}  // namespace idled::system
