// The policy's way from files into memory: read, parsed, its groups bound; and the last
// good one, kept for a start with a broken one.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "policy/parse.h"
#include "policy/policy.h"
#include "policy_io/groups.h"

namespace idled {

struct PolicyPaths {
  std::string file = "/etc/idled/policy.json";
  std::string drop_ins = "/etc/idled/policy.d";  // *.json in name order, before `file`
  std::string last_good = "/var/lib/idled/policy.json";
  // Whether it is an error that `file` is not there; else the policy is then built in.
  bool file_must_exist = false;
  // Refuses what others than root (and the caller) could have written, or can: the files, and
  // the folders that they are in. As sudoers(5) and sshd_config(5) do.
  bool must_be_trusted = true;
};

// `file` alone, which must exist: for --policy. For a draft that somebody is writing, which
// nobody goes by yet, `must_be_trusted` is false.
PolicyPaths only_file(const std::string& file, bool must_be_trusted);

using GroupIds = std::map<std::string, gid_t>;

struct LoadedPolicy {
  std::shared_ptr<const policy::Policy> policy;  // null: errors
  std::string source;  // "/etc/idled/policy.json and 2 drop-ins", "built-in", "last good"
  std::string errors;  // as a compiler prints them; empty: none
  std::string warnings;
  std::vector<policy::Source> sources = {};  // the text that it was made of
};

// What the files say now. No file at all is the built-in policy; one that cannot be
// read is an error. Groups are not bound, so that nothing waits for NSS.
LoadedPolicy read_policy(const PolicyPaths& paths);

// The same with its groups bound to `ids`, and a warning for each that is missing there:
// that it does not exist, or, for those among `unanswered`, that NSS does not answer.
LoadedPolicy bind_groups(LoadedPolicy policy, const GroupIds& ids,
                         const std::set<std::string>& unanswered = {});

// Both, with the groups as NSS has them: may wait for NSS. For programs without a loop.
LoadedPolicy load_policy(const PolicyPaths& paths);

// What an earlier daemon kept: the policy, and the ids that its groups had. Without a
// policy that is good today, and with no ids, if there is nothing to be had.
struct LastGood {
  std::optional<LoadedPolicy> policy;  // its groups are not bound
  GroupIds groups;
};
LastGood read_last_good(const PolicyPaths& paths);

// For the start: what the files say, else the last good policy, else the built-in one;
// `errors` then tells why it is not the files'. Groups are not bound.
LoadedPolicy with_fallback(LoadedPolicy files, const LastGood& last);

// Keeps a policy that has no errors for a later start: the text that was parsed, whatever
// the files say by now, and the ids of its groups, for a start at which NSS is slow.
Result<void> keep_last_good(const PolicyPaths& paths, const LoadedPolicy& policy,
                            const GroupIds& groups);

}  // namespace idled
