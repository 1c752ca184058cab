// All processes at one moment, as /proc shows them: for questions about who stands below
// whom, or in front of a terminal. A walk over /proc; nobody asks it for every look.
#pragma once

#include <functional>
#include <map>
#include <unordered_map>
#include <vector>

#include "idled/system/proc.h"

namespace idled::system {

class ProcessTable {
 public:
  struct Entry {
    pid_t pid = 0;
    ProcStat stat;
    [[nodiscard]] core::ProcessIdentity identity() const { return {pid, stat.start_ticks}; }
  };

  static ProcessTable read();
  explicit ProcessTable(std::vector<Entry> entries);

  // What is returned points into the table, so that none of it can be asked of a temporary.
  [[nodiscard]] const std::vector<Entry>& entries() const& { return entries_; }
  [[nodiscard]] const Entry* find(pid_t pid) const&;  // null: there was none
  // The children of `pid`, theirs, and so on, each once; below a process for which
  // `enter` is false nothing is taken, and neither is itself.
  using Enter = std::function<bool(const Entry&)>;
  [[nodiscard]] std::vector<const Entry*> below(pid_t pid, const Enter& enter) const&;
  [[nodiscard]] std::vector<const Entry*> below(pid_t pid) const&;
  void entries() const&& = delete;
  void find(pid_t pid) const&& = delete;
  void below(pid_t pid, const Enter& enter) const&& = delete;
  void below(pid_t pid) const&& = delete;

 private:
  std::vector<Entry> entries_;
  std::unordered_map<pid_t, std::size_t> by_pid_;
  std::multimap<pid_t, std::size_t> by_parent_;
};

}  // namespace idled::system
