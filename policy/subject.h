// What a rule can match on: one login, as a value.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace idled::policy {

enum class Kind { kTerminal, kConsole, kNoTerminal, kGraphical };

struct Subject {
  std::string user;
  uid_t uid = 0;
  std::vector<gid_t> gids;             // primary and supplementary, in any order
  std::string service;                 // PAM service: "sshd", "login"
  std::string host;                    // remote address or name; empty if local
  std::vector<std::string> terminals;  // "pts/3", "tty1"; a rule matches if any does
  Kind kind = Kind::kTerminal;
};

}  // namespace idled::policy
