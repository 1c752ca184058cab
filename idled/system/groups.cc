#include "idled/system/groups.h"

#include <grp.h>

#include <cerrno>

namespace idled::system {

std::map<std::string, gid_t> look_up_groups(const std::vector<std::string>& names) {
  std::map<std::string, gid_t> ids;
  std::vector<char> buffer(std::size_t{16} * 1024);
  for (const std::string& name : names) {
    group entry{};
    group* found = nullptr;
    // A group with many members needs a larger buffer.
    while (getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) == ERANGE &&
           buffer.size() < (std::size_t{64} << 20))
      buffer.resize(buffer.size() * 2);
    if (found) ids[name] = found->gr_gid;
  }
  return ids;
}

}  // namespace idled::system
