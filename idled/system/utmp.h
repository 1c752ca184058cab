// The record of who is logged in, utmp(5): a hint about logins that PAM never
// announced. Newer distributions have none.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace idled::system {

struct UtmpRecord {
  std::string line;  // "pts/3"
  std::string user;
  std::string host;  // as the program wrote it; empty if local
  pid_t pid = 0;
};

inline constexpr const char* kUtmpPath = "/run/utmp";

// The users in it (USER_PROCESS). Its writers lock nothing that we could wait for, so a
// record may be half of one and half of another: each is a hint. Bytes beyond the last
// whole record are ignored.
std::vector<UtmpRecord> parse_utmp(std::string_view bytes);
// None if there is no such file.
std::vector<UtmpRecord> read_utmp(const std::string& path = kUtmpPath);

}  // namespace idled::system
