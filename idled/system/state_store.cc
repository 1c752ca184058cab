#include "idled/system/state_store.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "idled/system/files.h"

namespace idled::system {
namespace {

constexpr std::string_view kSuffix = ".json";
constexpr std::string_view kPartial = ".new";

}  // namespace

Result<StateStore> StateStore::open(const std::string& folder) {
  if (mkdir(folder.c_str(), 0700) < 0 && errno != EEXIST)
    return errno_error("cannot make " + folder);
  struct stat status {};
  if (lstat(folder.c_str(), &status) < 0) return errno_error("cannot look at " + folder);
  if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid())
    return Error{folder + " is not a folder of the daemon's own", ENOTDIR};
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
    Result<std::string> text = read_file(path_ + "/" + entry->d_name);
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
