// `idlectl hold`: keeps a login for a while, or ends such a hold. One Hold call for each
// login named.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <functional>
#include <memory>

#include "base/duration.h"
#include "base/text.h"
#include "tools/command.h"
#include "tools/daemon_client.h"
#include "tools/terminal_name.h"
#include "tools/usage.h"

namespace idled::tools {
namespace {

using protocol::HoldReply;
using protocol::HoldRequest;

constexpr std::size_t kLongestReason = 256;  // bytes; a line

struct Options {
  std::vector<std::string> targets;
  std::optional<seconds> duration;
  std::string why;
  bool end = false;
};

// The caller's own login: by logind's word for it, or by the terminal that idlectl is run on.
Outcome<std::string> own_login() {
  if (const char* session = std::getenv("XDG_SESSION_ID"); session && *session)
    return std::string(session);
  if (const char* terminal = ttyname(STDIN_FILENO)) return std::string(terminal);
  return Failure{ExitCode::kUsage,
                 "which session is to be held? Name it: idlectl hold ID --for 30m "
                 "(this one has no XDG_SESSION_ID and no terminal). See: idlectl list"};
}

HoldRequest request_of(const std::string& target, const Options& options) {
  HoldRequest request;
  (is_terminal_name(target) ? request.terminal : request.session) =
      is_terminal_name(target) ? without_dev(target) : target;
  request.seconds = options.duration.value_or(seconds(0)).count();
  request.why = options.why;
  request.end = options.end;
  return request;
}

// --- in words ---------------------------------------------------------------

std::string refusal(const protocol::Reply& reply) {
  const auto error = protocol::decode<protocol::HoldRefusedError>(reply.parameters);
  const std::string reason = error ? error->reason : "";
  const std::string most = error ? format_duration(seconds(error->hold_max_seconds)) : "";
  if (reason == "not-allowed")
    return "its users may not hold it: the policy's hold_max is 0. See: idlectl explain";
  if (reason == "too-long") return "its user may hold it for at most " + most + " (hold_max)";
  if (reason == "used-up")
    return "it has been held for " + most +
           " (hold_max) since anybody last typed there. Type something, then hold it again";
  if (reason == "of-an-admin") return "an administrator holds it already, and may change that";
  if (reason == "ending") return "too late, it is being logged out";
  if (reason == "not-held") return "nobody holds it";
  return "refused by idled" + (reason.empty() ? "" : " (" + printable(reason) + ")");
}

ExitCode code_of(const protocol::Reply& reply) {
  const auto error = protocol::decode<protocol::HoldRefusedError>(reply.parameters);
  const bool failed = error && (error->reason == "ending" || error->reason == "not-held");
  return failed ? ExitCode::kFailed : ExitCode::kNotPermitted;
}

std::string cause_in_words(const std::string& cause) {
  if (cause == "kick") return "somebody ordered its logout";
  return cause == "cap" ? "it will have lasted as long as it may" : "nobody types";
}

// "2026-01-31T09:30:00+01:00" as "09:30:00", with the day if it is another than now's.
std::string time_of(const std::string& rfc3339, WallTime now) {
  const std::string today = format_rfc3339(now).substr(0, 10);
  if (rfc3339.size() < 19) return printable(rfc3339);
  const std::string time = printable(rfc3339.substr(11, 8));
  return rfc3339.starts_with(today) ? time : printable(rfc3339.substr(0, 10)) + " " + time;
}

void tell(const HoldReply& reply, Context& context) {
  const std::string who = "session " + printable(reply.session) + " of " + printable(reply.user);
  const WallTime now = context.now();
  context.out << (reply.until ? who + " is held until " + time_of(*reply.until, now)
                              : who + " is not held any more");
  if (reply.logout_at)
    context.out << "; logout at " << time_of(*reply.logout_at, now) << " if "
                << cause_in_words(reply.logout_cause.value_or(""));
  context.out << std::endl;
  if (reply.until && reply.tmout_seconds)
    context.err << "Its shell was given a TMOUT of "
                << format_duration(seconds(*reply.tmout_seconds))
                << " when it began, and ends itself after that long at a prompt. A program in "
                   "front stays.\n";
}

// --- the call ---------------------------------------------------------------

Outcome<HoldReply> hold_one(const HoldRequest& request, const Context& context) {
  Outcome<DaemonClient> daemon = DaemonClient::connect(context.socket, context.patience);
  if (!daemon) return daemon.failure();
  if (auto sent = daemon->send(protocol::kHold, protocol::encode(request)); !sent)
    return sent.failure();
  const Outcome<protocol::Reply> reply = daemon->take_answer();
  if (!reply) return reply.failure();
  const std::string name = request.session.empty() ? "terminal " + printable(request.terminal)
                                                   : "session " + printable(request.session);
  if (reply->error == protocol::kNoSuchSession)
    return Failure{ExitCode::kNoSuchSession, "no " + name + " is known. See: idlectl list"};
  if (reply->error == protocol::kHoldRefused)
    return Failure{code_of(*reply), name + ": " + refusal(*reply)};
  if (!reply->error.empty()) {
    Failure failure = failure_of(*reply);
    failure.text.insert(0, name + ": ");
    return failure;
  }
  return decode_reply<HoldReply>(*reply);
}

void hold(const Options& options, Context& context) {
  std::vector<std::string> targets = options.targets;
  if (targets.empty()) {
    const Outcome<std::string> own = own_login();
    if (!own) return context.fail(own.failure());
    targets.push_back(*own);
  }
  for (const std::string& target : targets) {
    const Outcome<HoldReply> reply = hold_one(request_of(target, options), context);
    if (reply) {
      tell(*reply, context);
      continue;
    }
    context.fail(reply.failure());
    if (reply.failure().code == ExitCode::kNoDaemon) return;  // nor for the others
  }
}

// --- the command line -------------------------------------------------------

std::function<void(const std::string&)> take_duration(Options& options) {
  return [&options](const std::string& text) {
    options.duration = or_usage_error("--for", parse_duration(text));
    if (*options.duration == seconds(0))
      usage_error("--for: longer than 0; to end a hold, say --end");
  };
}

void check(const Options& options) {
  for (const std::string& target : options.targets)
    if (without_dev(target).empty()) usage_error("an empty name means nobody");
  if (options.end == options.duration.has_value())
    usage_error("say how long with --for DURATION, or --end (one of the two)");
  if (options.why.size() > kLongestReason)
    usage_error("the reason is longer than " + std::to_string(kLongestReason) + " bytes");
}

}  // namespace

void add_hold(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("hold", "Keep sessions from being logged out for a while");
  command->add_option("ID|TTY", options->targets, "Session ids and terminals; none: this session")
      ->type_name(" ");
  command
      ->add_option_function<std::string>("--for", take_duration(*options),
                                         "How long from now: 30m, 2h")
      ->type_name("DURATION");
  command->add_option("--why", options->why, "The reason, for the list and the journal")
      ->type_name("TEXT");
  command->add_flag("--end", options->end, "End the hold that there is");
  command->footer(
      "When it is over, the user is warned before anything ends. Users may hold their\n"
      "own sessions for up to the policy's hold_max; administrators hold any, even\n"
      "against the policy's cap on the whole session.");
  command->callback([options, &context] {
    check(*options);
    hold(*options, context);
  });
}

}  // namespace idled::tools
