// The policy's way from files into force: read, parsed, groups looked up, kept as
// the last good one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "policy/parse.h"
#include "policy/policy.h"

namespace idled {

struct PolicyPaths {
  std::string file = "/etc/idled/policy.json";
  std::string drop_ins = "/etc/idled/policy.d";  // *.json in name order, before `file`
  std::string last_good = "/var/lib/idled/policy.json";
};

struct LoadedPolicy {
  std::shared_ptr<const policy::Policy> policy;  // null: errors
  std::string source;  // "/etc/idled/policy.json and 2 drop-ins", "built-in", "last good"
  std::string errors;  // as a compiler prints them; empty: none
  std::string warnings;
  std::vector<policy::Source> sources = {};  // the text that it was made of
};

// What the files say now. No file at all is the built-in policy; one that cannot be
// read is an error. Group names are looked up, which may wait for NSS.
LoadedPolicy load_policy(const PolicyPaths& paths);

// For the start: what the files say, else the last good policy, else the built-in
// one; `errors` then tells why it is not the files'.
LoadedPolicy load_policy_or_fallback(const PolicyPaths& paths);

// Keeps a policy that has no errors for a later start: the text that was parsed, whatever
// the files say by now.
Result<void> keep_last_good(const PolicyPaths& paths, const LoadedPolicy& policy);

}  // namespace idled
