#include "idled/system/namespaces.h"

#include <sys/stat.h>

#include <string>
#include <utility>

namespace idled::system {
namespace {

// Which file it is, of those that are only compared.
std::pair<dev_t, ino_t> id_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) < 0) return {};
  return {status.st_dev, status.st_ino};
}

}  // namespace

Result<void> check_home(pid_t pid) {
  const std::string process = "process " + std::to_string(pid);
  const std::string folder = "/proc/" + std::to_string(pid);
  static const auto own = id_of("/proc/self/ns/pid");  // for life
  if (id_of(folder + "/ns/pid") != own)
    return Error{process + " lives in another pid namespace", EXDEV};
  if (id_of(folder + "/root/dev/pts") != id_of("/dev/pts"))
    return Error{process + " has another /dev/pts, that of a container or of another root", EXDEV};
  return {};
}

dev_t own_devpts() {
  return id_of("/dev/pts").first;
}

}  // namespace idled::system
