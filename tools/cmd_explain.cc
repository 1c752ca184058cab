// `idlectl explain`: which rule gives what. For a login that might be, from the policy on
// disk, without the daemon; for one that runs, from the daemon, by the policy in force.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "policy/words.h"
#include "policy_io/accounts.h"
#include "policy_io/explain_message.h"
#include "policy_io/zone.h"
#include "tools/command.h"
#include "tools/daemon_client.h"
#include "tools/point_in_time.h"
#include "tools/terminal_name.h"
#include "tools/usage.h"

namespace idled::tools {
namespace {

using policy::Kind;
using protocol::ExplainReply;

struct Options {
  std::string who;      // user, user@host, terminal or session id
  std::string session;  // an id, whatever it looks like
  std::string service;
  std::string terminal;
  std::string kind;
  std::string at;
  std::string policy;
  bool json = false;

  // Whether a login that might be is described.
  [[nodiscard]] bool describes() const {
    return !service.empty() || !terminal.empty() || !kind.empty() || !at.empty() || !policy.empty();
  }
};

// --- who is meant -----------------------------------------------------------

// What the words of the command line stand for: a login that runs, or one that might be.
struct Meant {
  protocol::ExplainRequest running;
  std::optional<Account> user;
  std::string host;
};

// A name that NSS knows is that user's; USER@HOST is split at the last @, since names of a
// domain have one of their own. What is no user's is a terminal's or a session's.
Outcome<Meant> find_meant(const Options& options) {
  Meant meant;
  const std::string& who = options.who;
  if (!options.session.empty()) {
    meant.running.session = options.session;
  } else if (who.empty()) {
    meant.user = find_account(getuid());
    if (!meant.user)
      return Failure{ExitCode::kFailed, "you have no name here; say which user is meant"};
  } else if ((meant.user = find_account(who))) {
  } else if (const std::size_t at = who.rfind('@'); at != std::string::npos) {
    meant.user = find_account(who.substr(0, at));
    meant.host = who.substr(at + 1);
    if (!meant.user)
      return Failure{ExitCode::kFailed, "there is no user '" + printable(who.substr(0, at)) + "'"};
  } else if (options.describes()) {  // which no login that runs needs
    return Failure{ExitCode::kFailed, "there is no user '" + printable(who) + "'"};
  } else if (is_terminal_name(who)) {
    meant.running.terminal = without_dev(who);
  } else {
    meant.running.session = who;
  }
  return meant;
}

// --- a login that might be --------------------------------------------------

Kind kind_of(const Options& options) {
  const auto words = std::span(policy::Words<Kind>::kAll);
  const auto word = std::find(words.begin(), words.end(), options.kind);
  if (word != words.end()) return static_cast<Kind>(word - words.begin());
  const std::string terminal = without_dev(options.terminal);
  if (terminal.starts_with(':')) return Kind::kGraphical;
  return is_terminal_name(terminal) && terminal.find('/') == std::string::npos ? Kind::kConsole
                                                                               : Kind::kTerminal;
}

// What is not said is as in the login that most people have: by ssh, with a shell.
policy::Subject subject_of(const Options& options, const Meant& meant) {
  policy::Subject login;
  login.user = meant.user->name;
  login.uid = meant.user->uid;
  login.gids = meant.user->gids;
  login.host = meant.host;
  login.kind = kind_of(options);
  const bool console = login.kind == Kind::kConsole;
  login.service = !options.service.empty() ? options.service : console ? "login" : "sshd";
  if (!options.terminal.empty())
    login.terminals = {without_dev(options.terminal)};
  else if (login.kind == Kind::kTerminal || console)
    login.terminals = {console ? "tty1" : "pts/0"};
  return login;
}

Outcome<policy::sys_seconds> instant_of(const Options& options, const Context& context) {
  const auto now = std::chrono::floor<seconds>(context.now());
  if (options.at.empty()) return now;
  const auto instant = parse_point_in_time(options.at, local_time_at(now), offset_at);
  if (!instant) return Failure{ExitCode::kUsage, printable(instant.error().text)};
  return *instant;
}

Outcome<ExplainReply> explain_here(const Options& options, const Meant& meant, Context& context) {
  const auto instant = instant_of(options, context);
  if (!instant) return instant.failure();
  const LoadedPolicy loaded =
      load_policy(options.policy.empty() ? context.policy : only_file(options.policy, false));
  if (!loaded.policy) {
    context.err << loaded.errors;
    return Failure{ExitCode::kFailed, "the policy has errors, so there is nothing to explain"};
  }
  const policy::Subject login = subject_of(options, meant);
  ExplainReply reply =
      to_message(policy::explain(*loaded.policy, login, local_time_at(*instant)), login, "");
  reply.at = format_rfc3339(WallTime(*instant));
  reply.policy = loaded.source;
  return reply;
}

// --- a login that runs ------------------------------------------------------

// Without a daemon a mistyped user looks like a session.
Failure about(const protocol::ExplainRequest& request, Failure failure) {
  if (!request.session.empty())
    failure.text.insert(0, "there is no user '" + printable(request.session) +
                               "', and nobody to ask for a session: ");
  return failure;
}

Outcome<ExplainReply> ask_daemon(const protocol::ExplainRequest& request, const Context& context) {
  auto daemon = DaemonClient::connect(context.socket, context.patience);
  if (!daemon) return about(request, daemon.failure());
  const std::string name = printable(request.session + request.terminal);
  if (auto sent = daemon->send(protocol::kExplain, protocol::encode(request)); !sent)
    return sent.failure();
  const Outcome<protocol::Reply> answer = daemon->take_answer();
  if (!answer) return answer.failure();
  if (answer->error == protocol::kNoSuchSession)
    return Failure{ExitCode::kNoSuchSession,
                   request.session.empty() ? "no session has the terminal " + name
                                           : "there is no session and no user '" + name + "'"};
  if (answer->error == protocol::kPermissionDenied)
    return Failure{ExitCode::kNotPermitted,
                   "there is no user '" + name + "', and no session of yours is called so"};
  if (!answer->error.empty()) return failure_of(*answer);
  return decode_reply<ExplainReply>(*answer);
}

// --- in words ---------------------------------------------------------------

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text.empty() ? "none" : text;
}

std::string groups_of(const protocol::ExplainedLogin& login) {
  std::vector<std::string> names;
  for (const std::uint32_t gid : login.gids)
    names.push_back(name_of_group(gid) + " (" + std::to_string(gid) + ')');
  return joined(names);
}

void print(const ExplainReply& reply, std::ostream& out) {
  constexpr std::size_t kLongest = 1024;
  const protocol::ExplainedLogin& login = reply.login;
  const auto line = [&](const char* label, const std::string& text) {
    out << label << printable(text, kLongest) << '\n';
  };
  if (!login.id.empty()) line("session   ", login.id);
  line("user      ", login.user + " (" + std::to_string(login.uid) + ')');
  line("group     ", groups_of(login));
  line("service   ", login.service.empty() ? "none" : login.service);
  line("host      ", login.remote_host.empty() ? "none (local)" : login.remote_host);
  line("terminal  ", joined(login.terminals));
  line("kind      ", login.kind);
  line("time      ", reply.at);
  line("policy    ", reply.policy + (login.id.empty() ? " (on disk)" : " (in force)"));
  out << '\n' << policy::render(from_message(reply));
  if (reply.hidden_rules > 0)
    out << reply.hidden_rules << (reply.hidden_rules == 1 ? " rule does" : " rules do")
        << " not match; root and the admin group are told which, and why\n";
}

void explain(const Options& options, Context& context) {
  const Outcome<Meant> meant = find_meant(options);
  if (!meant) return context.fail(meant.failure());
  const Outcome<ExplainReply> reply =
      meant->user ? explain_here(options, *meant, context) : ask_daemon(meant->running, context);
  if (!reply) return context.fail(reply.failure());
  if (options.json)
    context.out << protocol::to_json_text(*reply) << '\n';
  else
    print(*reply, context.out);
}

// --- the command line -------------------------------------------------------

void check(const Options& options) {
  const auto& kinds = policy::Words<Kind>::kAll;
  if (!options.kind.empty() && std::find(kinds.begin(), kinds.end(), options.kind) == kinds.end())
    usage_error("--kind takes terminal, console, no-terminal or graphical");
  if (options.session.empty()) return;
  if (!options.who.empty()) usage_error("name a session with --session, or somebody; not both");
  if (options.describes())
    usage_error("a session that runs is explained as it is: --session stands alone");
}

}  // namespace

void add_explain(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("explain", "Tell which rule gives what, and why");
  const auto add = [&](const char* name, std::string& value, const char* help, const char* type) {
    return command->add_option(name, value, help)->type_name(type);
  };
  add("WHO", options->who, "USER, USER@HOST, a terminal or a session id (you)", " ");
  add("--session", options->session, "A session's id, even if a user has that name", "ID");
  add("--service", options->service, "The PAM service: sshd, login", "NAME");
  add("--terminal", options->terminal, "The terminal: pts/3, tty1", "NAME");
  add("--kind", options->kind, "terminal, console, no-terminal or graphical", "KIND");
  add("--at", options->at, "The time: 18:00, 'Mon 18:00', '2026-01-31 18:00'", "TIME");
  add("--policy", options->policy, "This file's policy, instead of the installed one", "FILE");
  command->add_flag("--json", options->json, "Print a JSON object, for scripts");
  command->footer(
      "A user's name asks what their next login would get from the policy on disk; a\n"
      "terminal or a session's id asks the daemon why that session has what it has.");
  command->callback([options, &context] {
    check(*options);
    explain(*options, context);
  });
}

}  // namespace idled::tools
