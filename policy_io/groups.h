// Group names to ids, by NSS: files, LDAP, SSSD. May wait for a network, for as long as
// NSS pleases. Never called from the daemon's loop: see policy_io/group_lookup.h.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace idled {

// What NSS said of some groups. A name in neither is of no group.
struct GroupAnswers {
  std::map<std::string, gid_t> ids;
  std::set<std::string> unanswered;  // NSS failed; asked again, it may know
};

struct GroupAnswer {
  enum class Kind { kFound, kNoSuchGroup, kFailed };
  Kind kind = Kind::kFailed;
  gid_t id = 0;  // kFound
};

// getgrnam_r(3).
GroupAnswer look_up_group(const std::string& name);
GroupAnswers look_up_groups(const std::vector<std::string>& names);

}  // namespace idled
