// Group names to ids, by NSS: may wait for a network. Never called from the loop.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace idled::system {

// getgrnam_r(3); unknown names are left out.
std::map<std::string, gid_t> look_up_groups(const std::vector<std::string>& names);

}  // namespace idled::system
