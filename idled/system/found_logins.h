// Logins that nobody announced, found in /proc: those from before the daemon started,
// and those of programs without PAM.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "idled/core/types.h"
#include "idled/system/utmp.h"

namespace idled::system {

// The logins that stand now, with their leaders, without those that are `known`:
//
// - sshd's: root's own sshd processes that serve a user who has been let in;
// - login(1)'s: root's process, which waits for the shell below it;
// - of other ways in by name (dropbear, telnetd, rlogind, mosh-server): the process that
//   holds the masters of its users' ptys.
//
// By name, since so much else holds ptys and writes utmp, and must not be hung up: a
// container's manager, screen, expect, root's own tmux. A program that runs as a user is
// none, whatever it calls itself, but for mosh-server: it could feed its terminals. Neither
// is what stands below a login that is known, or was found here: sudo holds ptys, too.
//
// utmp is a hint only: from where somebody came, if it has it.
//
// The id is logind's, where it knows the leader; else "p" and the leader's pid. The time
// of opening is the leader's start.
std::vector<core::Login> find_logins(
    const std::function<bool(const core::ProcessIdentity&)>& known);

// "alice" of the title that sshd gives its processes: "sshd: alice [priv]",
// "sshd-session: alice@pts/3"; empty for any other, the listener's too.
std::string user_of_sshd_title(std::string_view title);

// Where the user sits, by what programs write into ut_host: mosh's "192.0.2.7 via mosh [77]"
// is the address, "mosh [77]" nothing; else as it is.
std::string host_of_record(std::string_view host);

}  // namespace idled::system
