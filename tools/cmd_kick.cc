// `idlectl kick`: one Kick call for each thing named. They run side by side, each
// on a connection of its own, since with a delay each takes as long as the delay,
// and the daemon answers the calls of one connection one after the other.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <memory>

#include "base/duration.h"
#include "tools/command.h"
#include "tools/daemon_client.h"
#include "tools/terminal_name.h"
#include "tools/usage.h"

namespace idled::tools {
namespace {

using protocol::KickedLogin;
using protocol::KickReply;
using protocol::KickRequest;

constexpr std::size_t kLongestMessage = 1024;  // bytes; a line, not a letter

struct Options {
  std::vector<std::string> targets;
  std::string user;
  std::string message;
  seconds delay{0};
  bool no_wait = false;
};

// One of the things to be logged out, and the call under way for it.
struct Kick {
  KickRequest request;
  Outcome<DaemonClient> daemon;
};

// --- who is meant -----------------------------------------------------------

KickRequest base_request(const Options& options) {
  KickRequest request;
  request.message = options.message;
  request.delay_seconds = options.delay.count();
  request.wait = !options.no_wait;
  return request;
}

std::vector<KickRequest> requests_of(const Options& options) {
  std::vector<KickRequest> requests;
  for (const std::string& target : options.targets) {
    KickRequest& request = requests.emplace_back(base_request(options));
    if (is_terminal_name(target))
      request.terminal = without_dev(target);
    else
      request.session = target;
  }
  if (!options.user.empty()) requests.emplace_back(base_request(options)).user = options.user;
  return requests;
}

// --- in words ---------------------------------------------------------------

std::string named(const KickRequest& request) {
  if (!request.user.empty()) return "user " + printable(request.user);
  if (!request.terminal.empty()) return "terminal " + printable(request.terminal);
  return "session " + printable(request.session);
}

// "alice (session c3, pts/3)"
std::string described(const KickedLogin& login) {
  std::string text = printable(login.user) + " (session " + printable(login.id);
  for (const std::string& terminal : login.terminals) text += ", " + printable(terminal);
  return text + ")";
}

std::string done(const KickRequest& request, const KickedLogin& login) {
  const std::string session = "session " + printable(login.id);
  if (request.wait) return "logged out " + (login.user.empty() ? session : described(login));
  const std::string owned = session + (login.user.empty() ? "" : " of " + printable(login.user));
  if (request.delay_seconds == 0) return owned + " is being logged out";
  return owned + " will be logged out in " + format_duration(seconds(request.delay_seconds));
}

// The logins meant: with their users from a daemon that tells, else bare ids.
std::vector<KickedLogin> logins_of(const KickReply& reply) {
  if (!reply.logins.empty()) return reply.logins;
  std::vector<KickedLogin> logins;
  for (const std::string& id : reply.sessions) logins.push_back({id, "", {}});
  return logins;
}

// --- calls and answers ------------------------------------------------------

Kick start(const KickRequest& request, seconds patience, const Context& context) {
  Kick kick{request, DaemonClient::connect(context.socket, patience)};
  if (!kick.daemon) return kick;
  if (auto sent = kick.daemon->send(protocol::kKick, protocol::encode(request)); !sent)
    kick.daemon = sent.failure();
  return kick;
}

Failure no_session(const KickRequest& request) {
  const std::string what = request.user.empty() ? "no " + named(request) + " is known"
                                                : named(request) + " has no session";
  return {ExitCode::kNoSuchSession, what + ". See: idlectl list"};
}

Failure still_there(const protocol::Reply& reply, const KickRequest& request) {
  const auto error = protocol::decode<protocol::StillThereError>(reply.parameters);
  std::string which;
  if (error)
    for (const std::string& id : error->sessions)
      which += (which.empty() ? "session " : ", ") + printable(id);
  return {ExitCode::kFailed, (which.empty() ? named(request) : which) +
                                 " is still there: idled has hung up and signalled all it may, and "
                                 "something does not die. See: journalctl -u idled"};
}

// Failures that hold for whatever was named need no name; the others do.
Failure about(const KickRequest& request, Failure failure) {
  if (failure.code != ExitCode::kNoDaemon) failure.text.insert(0, named(request) + ": ");
  return failure;
}

Outcome<KickReply> finish(Kick& kick) {
  if (!kick.daemon) return about(kick.request, kick.daemon.failure());
  Outcome<protocol::Reply> reply = kick.daemon->take_answer();
  if (!reply) return about(kick.request, reply.failure());
  if (reply->error == protocol::kNoSuchSession) return no_session(kick.request);
  if (reply->error == protocol::kStillThere) return still_there(*reply, kick.request);
  if (!reply->error.empty()) return about(kick.request, failure_of(*reply));
  auto decoded = decode_reply<KickReply>(*reply);
  if (!decoded) return about(kick.request, decoded.failure());
  if (logins_of(*decoded).empty()) return no_session(kick.request);
  return decoded;
}

bool has_no_daemon(const Kick& kick) {
  return !kick.daemon && kick.daemon.failure().code == ExitCode::kNoDaemon;
}

// Without a daemon for one there is none for the others: say it once.
std::vector<Kick> start_all(const Options& options, seconds patience, const Context& context) {
  std::vector<Kick> kicks;
  for (const KickRequest& request : requests_of(options)) {
    kicks.push_back(start(request, patience, context));
    if (has_no_daemon(kicks.back())) break;
  }
  return kicks;
}

void kick(const Options& options, Context& context) {
  const seconds patience =
      options.no_wait ? context.patience : options.delay + context.kick_patience;
  std::vector<Kick> kicks = start_all(options, patience, context);
  const bool waits = !options.no_wait && options.delay > seconds(0);
  if (waits &&
      std::any_of(kicks.begin(), kicks.end(), [](const Kick& k) { return bool(k.daemon); }))
    context.err << "Waiting until it is done, for at most " << format_duration(patience)
                << " (with --no-wait: not at all).\n";
  for (Kick& one : kicks) {
    const Outcome<KickReply> reply = finish(one);
    if (!reply) {
      context.fail(reply.failure());
      continue;
    }
    for (const KickedLogin& login : logins_of(*reply))
      context.out << done(one.request, login) << std::endl;  // as it happens: more may take long
  }
}

// --- the command line -------------------------------------------------------

std::function<void(const std::string&)> take_delay(Options& options) {
  return [&options](const std::string& text) {
    options.delay = or_usage_error("--in", parse_duration(text));
  };
}

void check(const Options& options) {
  const auto is_empty = [](const std::string& target) { return without_dev(target).empty(); };
  if (std::any_of(options.targets.begin(), options.targets.end(), is_empty))
    usage_error("an empty name means nobody");
  if (options.targets.empty() == options.user.empty())
    usage_error("name session ids or terminals, or give --user NAME (one of the two)");
  if (options.message.size() > kLongestMessage)
    usage_error("the message is longer than " + std::to_string(kLongestMessage) + " bytes");
}

}  // namespace

void add_kick(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("kick", "Log sessions out, and wait until they are gone");
  command->add_option("ID|TTY", options->targets, "Session ids and terminals: c3, pts/3, tty1")
      ->type_name(" ");
  command->add_option("--user", options->user, "All sessions of this user")->type_name("NAME");
  command->add_option("-m,--message", options->message, "A line for the user to read")
      ->type_name("TEXT");
  command
      ->add_option_function<std::string>("--in", take_delay(*options),
                                         "Warn now, log out then: 90s, 5m")
      ->type_name("DURATION");
  command->add_flag("--no-wait", options->no_wait, "Return once it has begun");
  command->footer("Waits until the sessions are gone, for the delay and 60 seconds more at most.");
  command->callback([options, &context] {
    check(*options);
    kick(*options, context);
  });
}

}  // namespace idled::tools
