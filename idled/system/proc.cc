#include "idled/system/proc.h"
#include "base/files.h"

#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

namespace idled::system {
namespace {

std::string proc_path(pid_t pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

template <typename T>
bool parse_number(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

std::string_view take_word(std::string_view& text) {
  const std::size_t start = text.find_first_not_of(" \t\n");
  if (start == std::string_view::npos) return text = {};
  text.remove_prefix(start);
  const std::string_view word = text.substr(0, text.find_first_of(" \t\n"));
  text.remove_prefix(word.size());
  return word;
}

// The value of a line "Name:\tvalue" of /proc/PID/status.
std::string_view line_of(std::string_view text, std::string_view name) {
  std::size_t at = text.substr(0, name.size()) == name ? 0 : text.find("\n" + std::string(name));
  if (at == std::string_view::npos) return {};
  if (at > 0) ++at;
  const std::string_view rest = text.substr(at + name.size());
  return rest.substr(0, rest.find('\n'));
}

// proc(5) counts the fields of stat from 1; the first after comm is 3.
constexpr std::size_t kFirstField = 3;
constexpr std::size_t kFaultsOfChildren = 11;
constexpr std::size_t kUserTime = 14;
constexpr std::size_t kThreads = 20;
constexpr std::size_t kStartTime = 22;
constexpr std::size_t kFields = 23;

}  // namespace

std::optional<ProcStat> parse_stat(std::string_view text) {
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return std::nullopt;
  ProcStat stat;
  stat.comm = text.substr(open + 1, close - open - 1);
  std::string_view rest = text.substr(close + 1);
  std::array<std::string_view, kFields> field;
  for (std::size_t i = kFirstField; i <= kStartTime; ++i) field[i] = take_word(rest);
  stat.is_zombie = field[kFirstField] == "Z";
  int tty = 0;
  const bool good = parse_number(field[4], stat.ppid) && parse_number(field[5], stat.pgrp) &&
                    parse_number(field[6], stat.session) && parse_number(field[7], tty) &&
                    parse_number(field[8], stat.tpgid) &&
                    parse_number(field[kThreads], stat.threads) &&
                    parse_number(field[kStartTime], stat.start_ticks);
  if (!good) return std::nullopt;
  for (std::size_t i = kUserTime; i < kUserTime + 4; ++i)  // utime, stime, cutime, cstime
    if (std::uint64_t ticks = 0; parse_number(field[i], ticks)) stat.cpu_ticks += ticks;
  // No process runs without page faults.
  stat.had_children = field[kFaultsOfChildren] != "0";
  stat.tty = static_cast<dev_t>(static_cast<unsigned>(tty));
  return stat;
}

std::optional<ProcStatus> parse_status(std::string_view text) {
  ProcStatus status;
  std::string_view uids = line_of(text, "Uid:");
  std::string_view gids = line_of(text, "Gid:");
  std::string_view groups = line_of(text, "Groups:");
  if (!parse_number(take_word(uids), status.uid) || !parse_number(take_word(uids), status.euid) ||
      !parse_number(take_word(gids), status.gid))
    return std::nullopt;
  for (std::string_view word = take_word(groups); !word.empty(); word = take_word(groups)) {
    if (gid_t gid = 0; parse_number(word, gid)) status.groups.push_back(gid);
  }
  return status;
}

Result<ProcStat> stat_of(pid_t pid) {
  const Error gone{"no process " + std::to_string(pid) + " here", ESRCH};
  const Result<std::string> text = pid > 0 ? read_record(proc_path(pid, "stat")) : gone;
  if (!text) return text.error().code == ENOENT ? gone : text.error();
  std::optional<ProcStat> stat = parse_stat(*text);
  return stat ? Result<ProcStat>(*std::move(stat)) : gone;
}

std::optional<ProcStat> read_stat(pid_t pid) {
  Result<ProcStat> stat = stat_of(pid);
  return stat ? std::optional(*std::move(stat)) : std::nullopt;
}

std::optional<ProcStatus> read_status(pid_t pid) {
  // Groups may be 65,536 numbers.
  const Result<std::string> text = read_file(proc_path(pid, "status"));
  return text ? parse_status(*text) : std::nullopt;
}

std::optional<core::ProcessIdentity> identify(pid_t pid) {
  const std::optional<ProcStat> stat = read_stat(pid);
  if (!stat) return std::nullopt;
  return core::ProcessIdentity{pid, stat->start_ticks};
}

std::optional<std::string> comm_of(pid_t pid) {
  Result<std::string> comm = read_record(proc_path(pid, "comm"));
  if (!comm || comm->empty()) return std::nullopt;
  comm->pop_back();  // the line's end
  return *std::move(comm);
}

std::vector<core::ProcessIdentity> ancestors_of(const ProcStat& stat) {
  constexpr std::size_t kDeepest = 256;  // pids may come back while this goes up
  std::vector<core::ProcessIdentity> above;
  for (pid_t pid = stat.ppid; pid > 1 && above.size() < kDeepest;) {
    const std::optional<ProcStat> parent = read_stat(pid);
    if (!parent) break;
    above.push_back({pid, parent->start_ticks});
    pid = parent->ppid;
  }
  return above;
}

std::optional<std::vector<pid_t>> children_of(pid_t pid) {
  const Result<std::string> text =
      read_record(proc_path(pid, ("task/" + std::to_string(pid) + "/children").c_str()));
  if (!text) return std::nullopt;
  std::vector<pid_t> children;
  std::string_view rest = *text;
  for (pid_t child = 0; parse_number(take_word(rest), child);) children.push_back(child);
  return children;
}

std::optional<ProcStat> find_on_terminal(pid_t leader, dev_t device) {
  constexpr int kDeepest = 3;  // sshd's monitor, its process as the user, the shell
  constexpr int kMost = 16;
  int asked = 0;
  std::vector<pid_t> level{leader};
  for (int depth = 0; depth < kDeepest; ++depth) {
    std::vector<pid_t> below;
    for (const pid_t parent : level)
      for (const pid_t child : children_of(parent).value_or(std::vector<pid_t>())) {
        if (++asked > kMost) return std::nullopt;
        std::optional<ProcStat> stat = read_stat(child);
        if (stat && stat->tty == device) return stat;
        below.push_back(child);
      }
    level = std::move(below);
  }
  return std::nullopt;
}

std::uint64_t io_bytes(pid_t pid) {
  const Result<std::string> text = read_file(proc_path(pid, "io"), 4096);
  if (!text) return 0;
  std::uint64_t sum = 0;
  for (const std::string_view name : {"rchar:", "wchar:"}) {
    std::string_view line = line_of(*text, name);
    if (std::uint64_t bytes = 0; parse_number(take_word(line), bytes)) sum += bytes;
  }
  return sum;
}

std::optional<std::uint32_t> audit_session(pid_t pid) {
  const Result<std::string> text = read_file(proc_path(pid, "sessionid"), 64);
  std::uint32_t id = 0;
  if (!text || !parse_number(std::string_view(*text), id) || id == UINT32_MAX) return std::nullopt;
  return id;
}

std::string read_cmdline(pid_t pid) {
  const Result<std::string> text = read_file(proc_path(pid, "cmdline"), 4096);
  if (!text) return {};
  std::string line = *text;
  while (!line.empty() && line.back() == '\0') line.pop_back();
  std::replace(line.begin(), line.end(), '\0', ' ');
  return line;
}

Numbered::Numbered(const std::string& folder)
    : folder_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {}

std::optional<int> Numbered::next() {
  while (at_ < size_ || read_more()) {
    const auto* const entry = reinterpret_cast<const dirent64*>(buffer_.data() + at_);
    at_ += entry->d_reclen;
    if (int number = 0; parse_number(std::string_view(entry->d_name), number)) return number;
  }
  return std::nullopt;
}

bool Numbered::read_more() {
  const ssize_t got =
      folder_ ? ::getdents64(folder_.get(), buffer_.data(), buffer_.size()) : ssize_t{0};
  at_ = 0;
  size_ = got > 0 ? static_cast<std::size_t>(got) : 0;
  return size_ > 0;
}

std::vector<pid_t> list_pids() {
  std::vector<pid_t> all;
  for (Numbered pids("/proc"); const std::optional<pid_t> pid = pids.next();) all.push_back(*pid);
  return all;
}

}  // namespace idled::system
