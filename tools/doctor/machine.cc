#include "tools/doctor/machine.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/files.h"
#include "policy/glob.h"

namespace idled::tools::doctor {
namespace {

constexpr std::size_t kLargest = std::size_t{1} << 20;  // of what people write by hand

std::string within(const std::string& folder, std::string_view name) {
  return (folder == "/" ? "" : folder) + "/" + std::string(name);
}

}  // namespace

Machine::Machine(std::string root, std::optional<Living> living)
    : root_(std::move(root)),
      living_(std::move(living)),
      root_fd_(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

const DaemonAnswer* Machine::daemon() const {
  return living_ && living_->daemon ? &*living_->daemon : nullptr;
}

// openat2(2) is of Linux 5.6; the machine's own root needs no fence.
OwnedFd Machine::open(const std::string& path, int flags) const {
  flags |= O_CLOEXEC;
  OwnedFd fd;
  if (root_ == "/") {
    fd = OwnedFd(::open(path.c_str(), flags));
  } else {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags);
    how.resolve = RESOLVE_IN_ROOT;
    fd = OwnedFd(
        static_cast<int>(::syscall(SYS_openat2, root_fd_.get(), path.c_str(), &how, sizeof how)));
  }
  if (!fd && (errno == EACCES || errno == EPERM)) denied_.insert(path);
  return fd;
}

std::optional<std::string> Machine::read(const std::string& path) const {
  const std::optional<struct stat> before = status(path);
  if (!before || !S_ISREG(before->st_mode)) return std::nullopt;
  const OwnedFd fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK);
  if (!fd) return std::nullopt;
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::read(fd.get(), buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > kLargest) return std::nullopt;
  }
  return text;
}

std::optional<struct stat> Machine::status(const std::string& path) const {
  const OwnedFd fd = open(path, O_PATH);
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) return std::nullopt;
  return status;
}

std::string Machine::link_of(const std::string& path) const {
  const OwnedFd fd = open(path, O_PATH | O_NOFOLLOW);
  std::array<char, 4096> target{};
  const ssize_t size = fd ? ::readlinkat(fd.get(), "", target.data(), target.size()) : -1;
  return size < 0 ? std::string() : std::string(target.data(), static_cast<std::size_t>(size));
}

std::vector<std::string> Machine::names_in(const std::string& folder) const {
  std::vector<std::string> names;
  OwnedFd fd = open(folder, O_RDONLY | O_DIRECTORY);
  if (!fd) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), ::closedir);
  if (!stream) return names;
  (void)fd.release();  // the stream's from here on
  while (const dirent* entry = ::readdir(stream.get())) names.emplace_back(entry->d_name);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> Machine::match(std::string_view pattern) const {
  std::vector<std::string> found{"/"};
  while (!pattern.empty()) {
    pattern.remove_prefix(pattern.front() == '/' ? 1 : 0);
    const std::string_view part = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(part.size());
    if (part.empty()) continue;
    std::vector<std::string> deeper;
    for (const std::string& folder : found) {
      if (!policy::has_wildcard(part) || !policy::is_valid_glob(part)) {
        if (const std::string path = within(folder, part); has(path)) deeper.push_back(path);
        continue;
      }
      for (const std::string& name : names_in(folder))
        if (name.front() != '.' && policy::glob_matches(part, name))
          deeper.push_back(within(folder, name));
    }
    found = std::move(deeper);
  }
  return found;
}

// Its texts name the files as the machine does.
LoadedPolicy Machine::policy() const {
  PolicyPaths paths;
  if (root_ == "/") return read_policy(paths);
  paths.file = root_ + paths.file;
  paths.drop_ins = root_ + paths.drop_ins;
  LoadedPolicy policy = read_policy(paths);
  for (std::string* text : {&policy.source, &policy.errors, &policy.warnings})
    for (std::size_t at = 0; (at = text->find(root_ + "/etc/idled", at)) != text->npos;)
      text->erase(at, root_.size());
  return policy;
}

}  // namespace idled::tools::doctor
