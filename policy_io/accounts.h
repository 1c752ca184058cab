// Users and their groups, by NSS: may wait for a network. For programs without a loop.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace idled {

struct Account {
  std::string name;
  uid_t uid = 0;
  std::vector<gid_t> gids;  // the primary one first, as getgrouplist(3) has them
};

// getpwnam_r(3), getpwuid_r(3); none: NSS knows no such user, or fails.
std::optional<Account> find_account(const std::string& name);
std::optional<Account> find_account(uid_t uid);

// getgrgid_r(3); the number in digits where there is no name.
std::string name_of_group(gid_t gid);

}  // namespace idled
