// What the user reads on the terminal. Plain ASCII, lines of at most 78 columns,
// CR LF, one bell: it may land in the middle of an editor's screen.
#pragma once

#include <string>

#include "idled/core/session.h"

namespace idled::core {

// How long without input, how long is left and until when, and what to do.
std::string warning_text(const Session& session, seconds left, const Now& now);

// How old a login may be, how long is left and until when.
std::string cap_warning_text(const Session& session, seconds left, const Now& now);

// What has cancelled it; and what has not, where the cap's warning stands.
std::string cancelled_text(const Session& session, const Now& now);
// A program in front is not to be interrupted.
std::string waiting_text(const std::string& program, Cause cause);
// Under a standing warning, somebody holds the login.
std::string held_text(const Hold& hold, const Now& now);

// The limit changed under a standing warning.
std::string put_off_text();

// Told ahead, by `kick --in`.
std::string kick_warning_text(const Kick& kick, seconds left, const Now& now);

// The last thing on the terminal: why.
std::string farewell_text(const Session& session, Cause cause);

}  // namespace idled::core
