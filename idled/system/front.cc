#include "idled/system/front.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <sstream>
#include <unordered_set>

#include "base/files.h"

namespace idled::system {
namespace {

using Entry = ProcessTable::Entry;

constexpr std::size_t kCommLength = 15;  // TASK_COMM_LEN less its NUL, linux/sched.h

std::string link_of(pid_t pid, const char* name) {
  char target[PATH_MAX];
  const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
  const ssize_t size = readlink(path.c_str(), target, sizeof target);
  return size > 0 ? std::string(target, static_cast<std::size_t>(size)) : std::string();
}

// The file that the process is named after: its program, or the script that the
// program interprets; empty if it has given itself another name.
std::string file_of(const Entry& process) {
  std::string program = program_of(process.pid);
  if (is_called(program, process.stat.comm)) return program;
  // The words below are what its user chose, and a program with the s bit is root's whoever they
  // are. Nor is it what runs a script.
  if (is_set_user_id(process.pid)) return {};
  // "/bin/sh /usr/sbin/update-initramfs -u": the kernel passes the script's path.
  std::istringstream words(read_cmdline(process.pid));
  for (std::string word; words >> word;) {
    if (!is_called(word, process.stat.comm)) continue;
    const std::string path =
        word.starts_with('/') ? word : link_of(process.pid, "cwd") + "/" + word;
    char real[PATH_MAX];
    if (realpath(path.c_str(), real) != nullptr) return real;
  }
  return {};
}

bool runs_as_root(pid_t pid) {
  // The folder is its effective user's, or root's where it cannot be dumped, proc(5): what is
  // not root's, root does not run.
  struct stat folder {};
  if (stat(("/proc/" + std::to_string(pid)).c_str(), &folder) < 0 || folder.st_uid != 0)
    return false;
  const std::optional<ProcStatus> status = read_status(pid);
  return status && status->euid == 0;
}

}  // namespace

bool is_called(std::string_view path, std::string_view comm) {
  const std::string_view base = path.substr(path.rfind('/') + 1);
  return base.substr(0, kCommLength) == comm;
}

std::string program_of(pid_t pid) {
  std::string program = link_of(pid, "exe");
  constexpr std::string_view kDeleted = " (deleted)";  // dpkg has just replaced itself
  if (program.ends_with(kDeleted)) program.resize(program.size() - kDeleted.size());
  return program;
}

bool is_set_user_id(pid_t pid) {
  struct stat file {};
  return stat(("/proc/" + std::to_string(pid) + "/exe").c_str(), &file) < 0 ||
         (file.st_mode & S_ISUID) != 0;
}

std::vector<const Entry*> in_front(const ProcessTable& table, dev_t device, pid_t group) {
  std::vector<const Entry*> front;
  std::unordered_set<const Entry*> known;  // each with all that is below it
  const auto is_in_background = [&](const Entry& entry) {
    return entry.stat.tty == device && entry.stat.pgrp != group;
  };
  const auto enter = [&](const Entry& entry) {
    return !is_in_background(entry) && !known.contains(&entry);
  };
  for (const Entry& entry : table.entries()) {
    if (entry.stat.tty != device || entry.stat.pgrp != group || known.contains(&entry)) continue;
    known.insert(&entry);
    const std::vector<const Entry*> below = table.below(entry.pid, enter);
    front.push_back(&entry);
    front.insert(front.end(), below.begin(), below.end());
    known.insert(below.begin(), below.end());
  }
  return front;
}

std::optional<Entry> alone_in_front(dev_t device, pid_t group) {
  std::optional<ProcStat> stat = read_stat(group);
  if (!stat || stat->tty != device || stat->pgrp != group || stat->session != group ||
      stat->threads != 1)
    return std::nullopt;
  const std::optional<std::vector<pid_t>> children = children_of(group);
  if (!children || !children->empty()) return std::nullopt;
  return Entry{group, *std::move(stat)};
}

std::optional<pid_t> foreground_group(const ProcessTable& table, dev_t device) {
  for (const Entry& entry : table.entries())
    if (entry.stat.tty == device && entry.stat.tpgid > 0) return entry.stat.tpgid;
  return std::nullopt;
}

core::Work work_of(const std::vector<const Entry*>& front, pid_t group) {
  core::Work work{group, 0, 0};
  for (const Entry* process : front) {
    work.cpu_ticks += process->stat.cpu_ticks;
    work.io_bytes += io_bytes(process->pid);
  }
  return work;
}

std::vector<std::string> root_programs(const std::vector<const Entry*>& front) {
  std::vector<std::string> names;
  for (const Entry* process : front) {
    if (!runs_as_root(process->pid)) continue;
    const std::string file = file_of(*process);
    if (!file.empty() && is_root_owned(file)) names.push_back(process->stat.comm);
  }
  return names;
}

bool is_root_owned(const std::string& path) {
  if (!path.starts_with('/')) return false;
  for (std::string part = path; !part.empty(); part.resize(part.rfind('/'))) {
    struct stat status {};
    // A file that was replaced while it runs is gone from its folder; the folder counts.
    if (lstat(part.c_str(), &status) < 0) {
      if (part == path && errno == ENOENT) continue;
      return false;
    }
    const bool others_write = (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
    if (status.st_uid != 0 || others_write) return false;
  }
  return true;
}

}  // namespace idled::system
