// What happens to the engine, and what it wants done.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "idled/core/record.h"
#include "idled/core/session.h"
#include "idled/core/types.h"

namespace idled::core {

// Names a request that waits for its answer. 0: nobody waits.
using Token = std::uint64_t;

// --- events: complete, so that no step has to ask back -----------------------

struct LoginOpened {
  Login login;
  Token token = 0;  // answered by Registered
};
struct LoginRestored {  // from an earlier daemon's state
  SessionData data;
};
struct LoginClosed {  // PAM's close_session
  SessionId id;
};
struct LeaderExited {
  SessionId id;
};
struct Observed {  // the answer to Observe
  SessionId id;
  Observation observation;
};
struct HungUp {  // the answer to HangUp: it was done
  SessionId id;
};
struct Spared {  // the answer to HangUp: the last look showed input
  SessionId id;
  Observation observation;
};
struct Written {  // the answer to Write of a warning
  SessionId id;
  bool delivered = true;  // by every terminal
};
struct TerminalRead {  // a watched terminal was read (or `touch -a` says so), or changed
  SessionId id;
  std::string terminal;
  WallTime ctime;    // right after
  bool read = true;  // false: its times or mode were changed, nothing else is said
};
struct KickRequested {
  Token token = 0;  // answered by KickAnswered
  std::vector<SessionId> ids;
  std::string by;
  std::string message;
  seconds delay{0};
  bool wait = true;  // answer when they are gone
};
struct PolicyChanged {
  std::shared_ptr<const policy::Policy> policy;
};
struct ClockStepped {};  // the wall clock was set
struct TimerExpired {};

using Event =
    std::variant<LoginOpened, LoginRestored, LoginClosed, LeaderExited, Observed, HungUp, Spared,
                 Written, TerminalRead, KickRequested, PolicyChanged, ClockStepped, TimerExpired>;

// --- actions, in the order to be performed -----------------------------------

struct Attach {  // hold the leader, and tell when it exits
  SessionId id;
  ProcessIdentity leader;
};
struct Observe {  // answered by Observed
  SessionId id;
};
struct Write {  // answered by Written
  SessionId id;
  std::vector<std::string> terminals;
  std::string text;
};
struct Watch {  // tell at once when one of these is read; of no others of the login
  SessionId id;
  std::vector<std::string> terminals;
};
struct HangUp {  // answered by HungUp or Spared
  SessionId id;
  std::vector<std::string> terminals;
  bool look_again = true;  // act only if Engine::is_due still says so
};
enum class Signal { kTerminate, kKill };
struct SignalTerminalLeaders {  // those that HangUp noted
  SessionId id;
  Signal signal;
};
struct SignalLogin {  // its leader: ends all of it
  SessionId id;
  Signal signal;
};
struct Save {  // the state file
  SessionId id;
};
struct Forget {  // it is gone: the leader's handle, watches and the state file with it
  SessionId id;
};
struct Registered {
  Token token;
  SessionId id;
  std::string tmout;  // for IDLED_TMOUT; see core/tmout.h
};
struct KickAnswered {
  Token token;
  std::vector<SessionId> ids;
  std::vector<SessionId> still_there;  // would not die
};

using Action = std::variant<Attach, Observe, Write, Watch, HangUp, SignalTerminalLeaders,
                            SignalLogin, Save, Forget, Registered, KickAnswered, Record>;

}  // namespace idled::core
