#include "policy_io/groups.h"

#include <grp.h>

#include <cerrno>

namespace idled {
namespace {

constexpr std::size_t kLargestEntry = std::size_t{64} << 20;  // bytes, with all its members

// The codes by which getgrnam_r(3) says that there is no such group; it lists them itself
// as what implementations do.
bool means_none(int code) {
  return code == 0 || code == ENOENT || code == ESRCH || code == EBADF || code == EPERM;
}

}  // namespace

GroupAnswer look_up_group(const std::string& name) {
  std::vector<char> buffer(std::size_t{16} * 1024);
  group entry{};
  group* found = nullptr;
  int code = 0;
  // A group with many members needs a larger buffer.
  while ((code = getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found)) ==
             ERANGE &&
         buffer.size() < kLargestEntry)
    buffer.resize(buffer.size() * 2);
  if (found != nullptr) return {GroupAnswer::Kind::kFound, found->gr_gid};
  return {means_none(code) ? GroupAnswer::Kind::kNoSuchGroup : GroupAnswer::Kind::kFailed, 0};
}

GroupAnswers look_up_groups(const std::vector<std::string>& names) {
  GroupAnswers answers;
  for (const std::string& name : names) {
    const GroupAnswer answer = look_up_group(name);
    if (answer.kind == GroupAnswer::Kind::kFound) answers.ids[name] = answer.id;
    if (answer.kind == GroupAnswer::Kind::kFailed) answers.unanswered.insert(name);
  }
  return answers;
}

}  // namespace idled
