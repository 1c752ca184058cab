#include "pam_module/login_facts.h"

#include <grp.h>
#include <limits.h>
#include <pwd.h>

#include <string>
#include <vector>

#include "base/text.h"
#include "protocol/frame.h"

namespace idled::pam {
namespace {

// The worst that JSON makes of a byte is \u0001; of a group, "4294967295,".
static_assert(kMaxText * 6 * 6 + kMaxWord * 2 * 6 + kMaxGroups * 11 + 512 <= protocol::kMaxMessage);

struct User {
  std::string name;  // as the user database spells it
  uid_t uid;
  gid_t gid;
};

Result<User> look_up(const char* name) {
  constexpr std::size_t largest = std::size_t{1} << 20;
  for (std::size_t size = 1024; size <= largest; size *= 2) {
    std::vector<char> buffer(size);
    passwd entry{};
    passwd* found = nullptr;
    const int code = ::getpwnam_r(name, &entry, buffer.data(), buffer.size(), &found);
    if (found != nullptr) return User{found->pw_name, found->pw_uid, found->pw_gid};
    if (code == 0) return Error{"the user database has no user '" + printable(name) + "'", ENOENT};
    if (code != ERANGE && code != EINTR)
      return errno_error("cannot look up user '" + printable(name) + "'", code);
  }
  return Error{"the entry of user '" + printable(name) + "' is too large", ERANGE};
}

// The count that getgrouplist(3) asks for is what it wanted this time: the
// database may grow in between, so ask until it fits.
Result<std::vector<std::uint32_t>> groups_of(const User& user) {
  static_assert(sizeof(gid_t) == sizeof(std::uint32_t));
  int count = 64;
  for (;;) {
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    int wanted = count;
    if (::getgrouplist(user.name.c_str(), user.gid, groups.data(), &wanted) >= 0) {
      groups.resize(static_cast<std::size_t>(wanted));
      return groups;
    }
    if (count >= NGROUPS_MAX)
      return Error{"user '" + printable(user.name) + "' has too many groups"};
    count = std::min(std::max(wanted, count * 2), NGROUPS_MAX);
  }
}

std::string capped(std::string_view text) {
  return std::string(text.substr(0, kMaxText));
}

std::string variable(pam_handle_t* pamh, const char* name, std::size_t longest = kMaxText) {
  const char* const value = ::pam_getenv(pamh, name);
  return value == nullptr ? std::string() : std::string(std::string_view(value).substr(0, longest));
}

}  // namespace

std::string_view text_item(pam_handle_t* pamh, int item) noexcept {
  const void* value = nullptr;
  if (::pam_get_item(pamh, item, &value) != PAM_SUCCESS || value == nullptr) return {};
  std::string_view text = static_cast<const char*>(value);
  if (item == PAM_TTY && text.starts_with("/dev/")) text.remove_prefix(5);
  return text;
}

// PAM_USER is read as an item, not with pam_get_user(3), which may ask the user.
Result<LoginFacts> read_login(pam_handle_t* pamh) {
  const std::string name(text_item(pamh, PAM_USER));
  if (name.empty()) return Error{"the application named no user"};
  Result<User> user = look_up(name.c_str());
  if (!user) return user.error();
  Result<std::vector<std::uint32_t>> groups = groups_of(*user);
  if (!groups) return groups.error();

  LoginFacts facts;
  if (groups->size() > kMaxGroups) {
    facts.groups_left_out = groups->size() - kMaxGroups;
    groups->resize(kMaxGroups);
  }
  facts.request = {.user = capped(user->name),
                   .uid = user->uid,
                   .gids = *std::move(groups),
                   .service = capped(text_item(pamh, PAM_SERVICE)),
                   .tty = capped(text_item(pamh, PAM_TTY)),
                   .remote_host = capped(text_item(pamh, PAM_RHOST)),
                   .ssh_connection = variable(pamh, "SSH_CONNECTION"),
                   .logind_session = variable(pamh, "XDG_SESSION_ID"),
                   .session_type = variable(pamh, "XDG_SESSION_TYPE", kMaxWord),
                   .session_class = variable(pamh, "XDG_SESSION_CLASS", kMaxWord)};
  return facts;
}

}  // namespace idled::pam
