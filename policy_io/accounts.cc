#include "policy_io/accounts.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>

namespace idled {
namespace {

constexpr std::size_t kLargestEntry = std::size_t{64} << 20;  // bytes

// Calls one of the get..._r functions with a buffer that is large enough.
template <typename Entry, typename Call>
bool get(Entry& entry, std::vector<char>& buffer, Call call) {
  buffer.resize(std::size_t{16} * 1024);
  Entry* found = nullptr;
  while (call(&entry, buffer.data(), buffer.size(), &found) == ERANGE &&
         buffer.size() < kLargestEntry)
    buffer.resize(buffer.size() * 2);
  return found != nullptr;
}

std::vector<gid_t> groups_of(const passwd& entry) {
  int count = 64;
  std::vector<gid_t> gids(static_cast<std::size_t>(count));
  while (getgrouplist(entry.pw_name, entry.pw_gid, gids.data(), &count) < 0)
    gids.resize(static_cast<std::size_t>(count));
  gids.resize(static_cast<std::size_t>(count));
  return gids;
}

template <typename Call>
std::optional<Account> account(Call call) {
  passwd entry{};
  std::vector<char> buffer;
  if (!get(entry, buffer, call)) return std::nullopt;
  return Account{entry.pw_name, entry.pw_uid, groups_of(entry)};
}

}  // namespace

std::optional<Account> find_account(const std::string& name) {
  return account([&name](passwd* entry, char* buffer, std::size_t size, passwd** found) {
    return getpwnam_r(name.c_str(), entry, buffer, size, found);
  });
}

std::optional<Account> find_account(uid_t uid) {
  return account([uid](passwd* entry, char* buffer, std::size_t size, passwd** found) {
    return getpwuid_r(uid, entry, buffer, size, found);
  });
}

std::string name_of_group(gid_t gid) {
  group entry{};
  std::vector<char> buffer;
  const bool found = get(entry, buffer, [gid](group* e, char* b, std::size_t size, group** f) {
    return getgrgid_r(gid, e, b, size, f);
  });
  return found ? entry.gr_name : std::to_string(gid);
}

}  // namespace idled
