// The two calls that the module makes of the daemon.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "pam_module/arguments.h"
#include "protocol/client.h"
#include "protocol/messages.h"

namespace idled::pam {

// Why a login is not watched, as a clause for the log: "idled is not running (…)".
struct Failure {
  enum class Kind {
    kNotRunning,  // nobody serves the socket
    kNoAnswer,    // the deadline passed
    kRefused,     // the daemon answered with a Varlink error
    kBroken,      // anything else: no such user, no descriptor left, an answer that is none
  };
  Kind kind;
  std::string text;
};

using Registration = std::variant<protocol::RegisterReply, Failure>;

// The way to the daemon, opened before it is known what is to be said: the daemon wakes while
// the user database is asked, which may take as long as it likes. Opening and asking take at
// most arguments.timeout together.
class Connection {
 public:
  explicit Connection(const Arguments& arguments);

  Registration register_login(const protocol::RegisterRequest& request);

 private:
  const Arguments& arguments_;
  std::chrono::nanoseconds time_left_;
  Result<protocol::Client> client_;  // why there is none is said to whoever asks
};

// Never more than this, so that a logout is not held up by a daemon that hangs:
// the end of the process tells the daemon the same.
inline constexpr std::chrono::milliseconds kReleaseTimeout{500};

// Empty when done; else why not, for the debug log.
std::string release_login(std::string_view session, const Arguments& arguments);

// Whether this may stand in IDLED_TMOUT, which every login shell reads: seconds
// from 1, those with ",export", or "off".
bool is_shell_timeout(std::string_view text);

}  // namespace idled::pam
