// What happens to the engine, and what it wants done.
#pragma once

#include <memory>
#include <string>
#include <utility>
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
  // The processes above the leader, the nearest first: su and sudo below a known login
  // are part of it. Not asked of a login that comes over a connection.
  std::vector<ProcessIdentity> ancestors{};
  // It sits on a terminal whose session another process leads: whoever opened it was on
  // that terminal before, so that it is no way in. The login it belongs to may be
  // unknown: a pane of tmux.
  bool nested = false;
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
struct Written {  // the answer to Write
  SessionId id;
  bool delivered = true;  // by every terminal
  // Each terminal's time of last output right after, which our own text has moved.
  std::vector<std::pair<std::string, WallTime>> mtimes{};
  std::optional<Cause> warned_of{};  // Write::warns_of
};
struct Watched {  // the answer to Watch
  SessionId id;
  std::vector<std::string> terminals;  // of those that were meant: whose reads are told
};

struct TerminalSeen {  // what inotify told of a watched terminal
  SessionId id;
  std::string terminal;
  WallTime ctime;        // right after
  bool read = true;      // input was read, or `touch -a` says so
  bool written = false;  // a program wrote to it
};
struct KickRequested {
  Token token = 0;  // answered by KickAnswered
  std::vector<SessionId> ids;
  std::string by;
  std::string message;
  seconds delay{0};
  bool wait = true;  // answer when they are gone
  bool by_admin = true;
};
struct HoldRequested {
  Token token = 0;  // answered by HoldAnswered
  SessionId id;
  std::string by;
  bool by_admin = false;
  std::optional<seconds> duration;  // none: the hold is to end
  std::string why;
};
struct PolicyChanged {
  std::shared_ptr<const policy::Policy> policy;
};
struct ClockStepped {};  // the wall clock was set
struct TimerExpired {};

using Event = std::variant<LoginOpened, LoginRestored, LoginClosed, LeaderExited, Observed, HungUp,
                           Spared, Written, Watched, TerminalSeen, KickRequested, HoldRequested,
                           PolicyChanged, ClockStepped, TimerExpired>;

// --- actions, in the order to be performed -----------------------------------

struct Attach {  // hold the leader and its console, and tell when it exits
  SessionId id;
  ProcessIdentity leader;
  std::string console;  // Login::console
};
struct Observe {  // answered by Observed
  SessionId id;
  Look look = Look::kBrief;
};
struct Write {  // answered by Written
  SessionId id;
  std::vector<std::string> terminals;
  std::string text;
  std::optional<Cause> warns_of{};  // tried again if a terminal does not take it
};
// Tell at once when one of these is read; of no others of the login. Answered by Watched.
struct Watch {
  SessionId id;
  std::vector<std::string> terminals;
  bool output = false;  // and when one is written to
};
struct HangUp {  // answered by HungUp or Spared
  SessionId id;
  std::vector<std::string> terminals;
  bool look_again = true;      // act only if Engine::is_due still says so
  bool all_processes = false;  // note them, for Reach::kAll
};
enum class Signal { kTerminate, kKill };
struct SignalTerminalLeaders {  // those that HangUp noted
  SessionId id;
  Signal signal;
};
// What a signal to a login reaches beside its leader.
enum class Reach {
  kConnection,  // SIGHUP to what still hangs below the leader: nohup(1) lives on
  kBelow,       // SIGTERM to what still hangs below the leader
  kAll,         // the signal to every process of the login, wherever it has gone
  kOwn,         // the signal to those of its user that are the leader or hang below it
};
struct SignalLogin {
  SessionId id;
  Signal signal;
  Reach reach = Reach::kConnection;
};
struct Save {  // the state file
  SessionId id;
};
struct Forget {  // it is gone: the leader's handle, watches and the state file with it
  SessionId id;
  ProcessIdentity leader;
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

// Whether a hold was granted, or why not.
enum class HoldOutcome {
  kDone,
  kNotAllowed,  // `hold_max` is 0
  kTooLong,     // longer than `hold_max`
  kUsedUp,      // held for all of `hold_max` since the last input
  kOfAnAdmin,   // an administrator's hold is no user's to change
  kEnding,      // the logout has begun
  kNotHeld,     // nothing to end
};
struct HoldAnswered {
  Token token;
  SessionId id;
  HoldOutcome outcome = HoldOutcome::kDone;
};

using Action =
    std::variant<Attach, Observe, Write, Watch, HangUp, SignalTerminalLeaders, SignalLogin, Save,
                 Forget, Registered, KickAnswered, HoldAnswered, Record>;

}  // namespace idled::core
