// Logins that nobody announced, found in /proc: those from before the daemon
// started, and those of programs without PAM.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "idled/core/types.h"

namespace idled::system {

// The logins of sshd's connections that stand now, with their leaders: root's own
// sshd processes that serve a user who has been let in. Their ids are "p" and the
// leader's pid, their time of opening is the leader's start.
std::vector<core::Login> find_logins();

// "alice" of the title that sshd gives its processes: "sshd: alice [priv]",
// "sshd-session: alice@pts/3"; empty for any other, the listener's too.
std::string user_of_sshd_title(std::string_view title);

}  // namespace idled::system
