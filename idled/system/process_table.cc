#include "idled/system/process_table.h"

#include <set>

namespace idled::system {

ProcessTable ProcessTable::read() {
  std::vector<Entry> entries;
  for (const pid_t pid : list_pids())
    if (std::optional<ProcStat> stat = read_stat(pid)) entries.push_back({pid, *std::move(stat)});
  return ProcessTable(std::move(entries));
}

ProcessTable::ProcessTable(std::vector<Entry> entries) : entries_(std::move(entries)) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    by_pid_.emplace(entries_[i].pid, i);
    by_parent_.emplace(entries_[i].stat.ppid, i);
  }
}

const ProcessTable::Entry* ProcessTable::find(pid_t pid) const& {
  const auto it = by_pid_.find(pid);
  return it == by_pid_.end() ? nullptr : &entries_[it->second];
}

std::vector<const ProcessTable::Entry*> ProcessTable::below(pid_t pid, const Enter& enter) const& {
  std::vector<const Entry*> found;
  std::set<pid_t> entered;  // each parent once: pids may have come back while the table was read
  std::vector<pid_t> parents{pid};
  while (!parents.empty()) {
    const pid_t parent = parents.back();
    parents.pop_back();
    if (!entered.insert(parent).second) continue;
    const auto [first, last] = by_parent_.equal_range(parent);
    for (auto child = first; child != last; ++child) {
      const Entry& entry = entries_[child->second];
      if (!enter(entry)) continue;
      found.push_back(&entry);
      parents.push_back(entry.pid);
    }
  }
  return found;
}

std::vector<const ProcessTable::Entry*> ProcessTable::below(pid_t pid) const& {
  return below(pid, [](const Entry&) { return true; });
}

}  // namespace idled::system
