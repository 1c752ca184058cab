// What runs in front of a terminal: the foreground process group, and what it has
// started. credentials(7), "Sessions and process groups".
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "idled/system/process_table.h"

namespace idled::system {

// The processes of `group`, in front of the terminal `device`, and those below them that
// are not in the background of that terminal: what sudo runs on a terminal of its own
// is in front, too.
std::vector<const ProcessTable::Entry*> in_front(const ProcessTable& table, dev_t device,
                                                 pid_t group);

// The same without a table, where the shell itself is in front and has started nothing, as at its
// prompt: then it is the group's leader, and the terminal's, has one thread, and no child. None
// where it is not so, or cannot be told.
//
// What such a shell has started and orphaned within its own process group is not seen: an
// interactive shell gives each job a group of its own.
std::optional<ProcessTable::Entry> alone_in_front(dev_t device, pid_t group);

// The foreground process group of a terminal, as its processes say it; none without any.
std::optional<pid_t> foreground_group(const ProcessTable& table, dev_t device);

// What they have used so far.
core::Work work_of(const std::vector<const ProcessTable::Entry*>& front, pid_t group);

// The programs among them that run as root from a file, or an interpreter's script, that
// only root can change, up to the root folder: names as /proc/PID/comm has them, at most 15
// bytes. That a user has called a program of theirs "dpkg" does not make it one.
std::vector<std::string> root_programs(const std::vector<const ProcessTable::Entry*>& front);

// The file that the process runs, by name, even if it has been replaced since; empty if it is
// gone, or a thread of the kernel.
std::string program_of(pid_t pid);

// Whether the file of that path has the name that /proc/PID/comm tells.
bool is_called(std::string_view path, std::string_view comm);

// Whether that file has the s bit: it changes who runs it, as su and sudo do. So, too, where it
// cannot be looked at.
bool is_set_user_id(pid_t pid);

// Whether only root can change the file: it and each folder above it are root's, and neither
// group nor others may write. `path` is absolute, without symbolic links.
bool is_root_owned(const std::string& path);

}  // namespace idled::system
