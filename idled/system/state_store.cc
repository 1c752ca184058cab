#include "idled/system/state_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "base/files.h"
#include "base/owned_fd.h"

namespace idled::system {
namespace {

constexpr std::string_view kSuffix = ".json";
constexpr std::string_view kPartial = ".new";
constexpr std::size_t kLargest = std::size_t{1} << 20;

}  // namespace

Result<void> own_folder(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) < 0 && errno != EEXIST) return errno_error("cannot make " + path);
  const OwnedFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) < 0 || status.st_uid != geteuid())
    return Error{path + " is not a folder of the daemon's own", ENOTDIR};
  if (fchmod(fd.get(), mode) < 0) return errno_error("chmod " + path);
  return {};
}

Result<StateStore> StateStore::open(const std::string& folder) {
  if (const Result<void> own = own_folder(folder, 0700); !own) return own.error();
  return StateStore(folder);
}

std::vector<StateStore::Entry> StateStore::load() const {
  std::vector<Entry> entries;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir(path_.c_str()), closedir);
  if (!folder) return entries;
  while (const dirent* entry = readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name.ends_with(kPartial)) unlink((path_ + "/" + entry->d_name).c_str());
    if (!name.ends_with(kSuffix)) continue;
    // What somebody else has put there while they could is none of ours.
    Result<std::string> text = read_trusted_file(path_ + "/" + entry->d_name, kLargest);
    if (text)
      entries.push_back(
          {std::string(name.substr(0, name.size() - kSuffix.size())), *std::move(text)});
  }
  return entries;
}

// No fsync: /run does not outlive the machine, and neither do the sessions.
Result<void> StateStore::save(const std::string& id, std::string_view text) const {
  return replace_file(path_ + "/" + id + std::string(kSuffix), text);
}

void StateStore::remove(const std::string& id) const {
  unlink((path_ + "/" + id + std::string(kSuffix)).c_str());
}

}  // namespace idled::system
