// What the programs say to each other, as types. The words are those of
// io.idled.Sessions.varlink, which documents each field.
//
// Decoding is lenient where versions may differ: unknown fields are ignored,
// missing ones have the defaults below. A field of the wrong type is an error
// that names it. Encoding never fails: bytes that are not UTF-8 become U+FFFD.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace idled::protocol {

using Json = nlohmann::json;

inline constexpr std::string_view kInterface = "io.idled.Sessions";
inline constexpr std::string_view kServiceInterface = "org.varlink.service";
inline constexpr std::string_view kDefaultSocket = "/run/idled/io.idled.Sessions";

// Method names, in full.
inline constexpr std::string_view kRegister = "io.idled.Sessions.Register";
inline constexpr std::string_view kRelease = "io.idled.Sessions.Release";
inline constexpr std::string_view kList = "io.idled.Sessions.List";
inline constexpr std::string_view kKick = "io.idled.Sessions.Kick";
inline constexpr std::string_view kHold = "io.idled.Sessions.Hold";
inline constexpr std::string_view kStatus = "io.idled.Sessions.Status";
inline constexpr std::string_view kExplain = "io.idled.Sessions.Explain";
inline constexpr std::string_view kReload = "io.idled.Sessions.Reload";
inline constexpr std::string_view kMetrics = "io.idled.Sessions.Metrics";
inline constexpr std::string_view kEvents = "io.idled.Sessions.Events";

// Of every Varlink service: https://varlink.org/Service
inline constexpr std::string_view kGetInfo = "org.varlink.service.GetInfo";
inline constexpr std::string_view kGetInterfaceDescription =
    "org.varlink.service.GetInterfaceDescription";

// Error names, in full.
inline constexpr std::string_view kNoSuchSession = "io.idled.Sessions.NoSuchSession";
inline constexpr std::string_view kLeaderRefused = "io.idled.Sessions.LeaderRefused";
inline constexpr std::string_view kStillThere = "io.idled.Sessions.StillThere";
inline constexpr std::string_view kHoldRefused = "io.idled.Sessions.HoldRefused";
inline constexpr std::string_view kPolicyRefused = "io.idled.Sessions.PolicyRefused";
inline constexpr std::string_view kTooSlow = "io.idled.Sessions.TooSlow";
inline constexpr std::string_view kPermissionDenied = "org.varlink.service.PermissionDenied";
inline constexpr std::string_view kInvalidParameter = "org.varlink.service.InvalidParameter";
inline constexpr std::string_view kMethodNotFound = "org.varlink.service.MethodNotFound";
inline constexpr std::string_view kMethodNotImplemented =
    "org.varlink.service.MethodNotImplemented";
inline constexpr std::string_view kInterfaceNotFound = "org.varlink.service.InterfaceNotFound";
inline constexpr std::string_view kExpectedMore = "org.varlink.service.ExpectedMore";

// --- the envelope -----------------------------------------------------------

// One call as it arrived. `parameters` is still undecoded text, so that rights
// are checked before anything of the caller's is looked into.
struct Call {
  std::string method;
  std::string parameters;  // a JSON object
  bool more = false;       // the caller takes several replies
  bool oneway = false;     // the caller takes none
};

struct Reply {
  std::string error;       // full name; empty: done
  std::string parameters;  // a JSON object
  bool continues = false;  // another reply to the same call follows
};

// Refuses what is not a JSON object, nests deeper than 32, or has no method.
Result<Call> decode_call(std::string_view message);
Result<Reply> decode_reply(std::string_view message);
std::string encode_call(const Call& call);
std::string encode_reply(const Reply& reply);

// --- what every service tells of itself --------------------------------------

struct GetInfoReply {
  std::string vendor;
  std::string product;
  std::string version;
  std::string url;
  std::vector<std::string> interfaces;
};

struct GetInterfaceDescriptionRequest {
  std::string interface;
};

struct GetInterfaceDescriptionReply {
  std::string description;
};

// --- the methods ------------------------------------------------------------

// A login, told by the module inside the process that will lead it. The process
// itself is known from the socket's peer, not from the message.
struct RegisterRequest {
  std::string user;
  std::uint32_t uid = 0;
  std::vector<std::uint32_t> gids;  // all groups of the user, the primary one too
  std::string service;              // PAM_SERVICE
  std::string tty;                  // PAM_TTY: "ssh", "tty1", "pts/3", or empty
  std::string remote_host;          // PAM_RHOST
  std::string ssh_connection;       // "CLIENT-IP PORT SERVER-IP PORT", or empty
  std::string logind_session;       // XDG_SESSION_ID, or empty
  std::string session_type;         // XDG_SESSION_TYPE: "tty", "x11", "wayland", or empty
  std::string session_class;        // XDG_SESSION_CLASS: "user", "greeter", or empty
};

struct RegisterReply {
  std::string session;
  std::string
      tmout;  // the value for IDLED_TMOUT: "600", "300,export" or "off"; empty: leave it unset
};

struct ReleaseRequest {
  std::string session;
};

struct ListRequest {
  std::string user;  // only this user's; empty: all that the caller may see
};

struct TerminalInfo {
  std::string name;  // "pts/3"
  std::optional<std::int64_t> idle_seconds;
  std::optional<std::string> foreground;  // the program's name, never its arguments
  bool forged = false;                    // its times are set by hand, again and again
};

struct SessionInfo {
  std::string id;
  std::string user;
  std::uint32_t uid = 0;
  std::string service;
  std::string kind;  // terminal, console, no-terminal, graphical
  std::optional<std::string> remote_host;
  std::int64_t leader_pid = 0;
  std::string opened_at;  // RFC 3339 with offset
  std::optional<std::int64_t> idle_seconds;
  std::optional<std::int64_t> limit_seconds;  // null: no limit
  std::optional<std::string> logout_at;       // RFC 3339; null: not foreseen
  std::optional<std::string> logout_cause;    // idle, cap, kick: what it will be ended for
  std::string state;                          // active, warned, held, waiting, ending, exempt
  std::string rule;                    // which gave the limit: its name, "defaults" or "built-in"
  std::optional<std::string> witness;  // what the idle time rests on
  std::optional<std::string> hold;     // what keeps it, in words
  std::vector<TerminalInfo> terminals;
};

struct ListReply {
  std::vector<SessionInfo> sessions;
};

// Exactly one of session, terminal and user says who.
struct KickRequest {
  std::string session;
  std::string terminal;
  std::string user;
  std::string message;             // of the administrator, shown in the farewell
  std::int64_t delay_seconds = 0;  // 0: now
  bool wait = true;                // answer when they are gone, not when it has begun
};

// One login that a kick meant, in words for the administrator.
struct KickedLogin {
  std::string id;
  std::string user;
  std::vector<std::string> terminals;  // those it had when the kick began: "pts/3"
};

struct KickReply {
  std::vector<std::string> sessions;  // the ids that were meant
  std::vector<KickedLogin> logins;    // the same, told more fully; empty: not told
};

// Exactly one of session and terminal says which login.
struct HoldRequest {
  std::string session;
  std::string terminal;
  std::int64_t seconds = 0;  // from now; 0 only to end a hold
  std::string why;           // recorded, and shown in the list
  bool end = false;          // end the hold that there is
};

struct HoldReply {
  std::string session;
  std::string user;
  std::optional<std::string> until;         // RFC 3339; null: it has been ended
  std::optional<std::string> logout_at;     // if nothing happens; null: not foreseen
  std::optional<std::string> logout_cause;  // as in SessionInfo
  // How long its shell waits at a prompt before it ends itself, whatever the hold says
  // (TMOUT); null: not known to be set.
  std::optional<std::int64_t> tmout_seconds;
};

// Parameters of the error HoldRefused.
struct HoldRefusedError {
  std::string reason;                 // "not-allowed", "too-long", "used-up", "of-an-admin",
                                      // "ending" or "not-held"
  std::int64_t hold_max_seconds = 0;  // how long the user may hold it
};

// Parameters of the error StillThere.
struct StillThereError {
  std::vector<std::string> sessions;  // the ids of the logins that did not die
};

struct StatusReply {
  std::string version;
  std::int64_t pid = 0;
  std::string started_at;
  std::int64_t sessions = 0;
  std::string policy_source;  // the file, "built-in" or "last good"
  std::string policy_loaded_at;
  std::optional<std::string> policy_error;  // why the file on disk is not in force
  std::vector<std::string> witnesses;       // what evidence this machine gives
};

// Exactly one of them says which login.
struct ExplainRequest {
  std::string session;
  std::string terminal;
};

// A login as the rules see it.
struct ExplainedLogin {
  std::string id;  // of the session; empty: a login that might be
  std::string user;
  std::uint32_t uid = 0;
  std::vector<std::uint32_t> gids;
  std::string service;
  std::string remote_host;             // empty: local
  std::vector<std::string> terminals;  // "pts/3"
  std::string kind;                    // terminal, console, no-terminal, graphical
};

struct ExplainedSetting {
  std::string name;
  std::string value;      // as the policy would have it: "5m", "never", "1m, 10s"
  std::string rule;       // which gave it: its name, "defaults" or "built-in"
  std::string file;       // empty: built in
  std::int64_t line = 0;  // 0: built in
};

// One key of a rule's match that the login does not meet.
struct ExplainedMismatch {
  std::string key;
  std::string wanted;
  std::string was;
};

struct ExplainedRule {
  std::string name;
  std::string file;
  std::int64_t line = 0;
  bool matches = false;
  std::vector<ExplainedMismatch> mismatches;  // empty if it matches
  std::vector<std::string> gives;             // the settings that were taken from it
};

struct ExplainReply {
  ExplainedLogin login;
  std::string at;      // RFC 3339: when this holds
  std::string policy;  // where it came from: the file, "built-in" or "last good"
  std::vector<ExplainedSetting> settings;
  std::vector<ExplainedRule> rules;  // in order of precedence
  std::int64_t hidden_rules = 0;     // that do not match and are not the caller's to know
};

struct ReloadReply {
  std::string policy_source;
  std::string warnings;  // as a compiler prints them; empty: none
};

// Parameters of the error PolicyRefused.
struct PolicyRefusedError {
  std::string errors;  // as a compiler prints them
};

// Which events: those of the recent past, those to come, or both.
struct EventsRequest {
  std::string user;     // only of this user's logins; empty: all that the caller may see
  bool past = true;     // those that the daemon still has
  bool follow = false;  // and all that come, until the caller goes
};

// One of the daemon's records; what it is not about is null.
struct Event {
  std::string at;       // RFC 3339 with offset
  std::string kind;     // one of event_kinds.h
  std::string message;  // a sentence
  std::optional<std::string> session;
  std::optional<std::string> user;
  std::optional<std::int64_t> uid;
  std::optional<std::string> service;
  std::optional<std::string> remote_host;
  std::optional<std::int64_t> leader_pid;
  std::vector<std::string> terminals;  // "pts/3"
  std::optional<std::string> cause;    // of the logout that it is about: idle, cap, kick
  std::optional<std::string> rule;
  std::optional<std::int64_t> limit_seconds;
  std::optional<std::int64_t> idle_seconds;
  std::optional<std::string> witness;
  std::optional<std::string> by;      // who holds or kicks
  std::optional<std::string> reason;  // and why
  std::optional<std::int64_t> hold_seconds;
  std::optional<std::string> forged;  // terminals whose times are not believed
  std::optional<std::string> rung;    // how far the end has gone
};

struct EventsReply {
  std::vector<Event> events;  // the oldest first
};

struct NamedCount {
  std::string name;
  std::int64_t count = 0;
};

// How many took at most so long: those below count again.
struct LatencyCount {
  std::int64_t microseconds = 0;
  std::int64_t count = 0;
};

struct MetricsReply {
  std::string version;
  std::string started_at;
  std::vector<NamedCount> sessions;  // now, by state
  std::vector<NamedCount> logouts;   // by cause
  std::vector<NamedCount> events;    // by kind
  std::vector<LatencyCount> registrations_within;
  std::int64_t registrations = 0;
  std::int64_t registering_microseconds = 0;  // of all together
  std::string policy_loaded_at;
  bool policy_has_errors = false;
};

std::string encode(const GetInfoReply& reply);
std::string encode(const GetInterfaceDescriptionRequest& request);
std::string encode(const GetInterfaceDescriptionReply& reply);
std::string encode(const RegisterRequest& request);
std::string encode(const RegisterReply& reply);
std::string encode(const ReleaseRequest& request);
std::string encode(const ListRequest& request);
std::string encode(const SessionInfo& session);
std::string encode(const ListReply& reply);
std::string encode(const KickRequest& request);
std::string encode(const KickReply& reply);
std::string encode(const StillThereError& error);
std::string encode(const HoldRequest& request);
std::string encode(const HoldReply& reply);
std::string encode(const HoldRefusedError& error);
std::string encode(const StatusReply& reply);
std::string encode(const ExplainRequest& request);
std::string encode(const ExplainReply& reply);
std::string encode(const ReloadReply& reply);
std::string encode(const PolicyRefusedError& error);
std::string encode(const EventsRequest& request);
std::string encode(const Event& event);
std::string encode(const EventsReply& reply);
std::string encode(const MetricsReply& reply);

// `T` is one of the types above. The error's text is the name of the field that
// is wrong: what org.varlink.service.InvalidParameter wants to hear.
template <typename T>
Result<T> decode(std::string_view parameters);

// What `idlectl list --json`, `status --json` and `explain --json` print: indented ASCII.
std::string to_json_array(const std::vector<SessionInfo>& sessions);
std::string to_json_text(const StatusReply& status);
std::string to_json_text(const ExplainReply& explanation);
// What `idlectl events --json` prints: one line of ASCII.
std::string to_json_line(const Event& event);

// {"parameter": NAME}, {"id": ID}, {"reason": TEXT}: parameters of errors.
std::string error_parameter(std::string_view name, std::string_view value);
// That one back; empty if it is not there.
std::string error_parameter_of(std::string_view parameters, std::string_view name);

}  // namespace idled::protocol
