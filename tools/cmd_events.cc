// `idlectl events`: what has happened, from the journal, which keeps it for long; else from the
// daemon, which keeps the last of it and tells users, too. And what happens, from the daemon.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>

#include "base/text.h"
#include "protocol/event_kinds.h"
#include "tools/command.h"
#include "tools/daemon_client.h"
#include "tools/event_line.h"
#include "tools/past.h"
#include "tools/rfc3339.h"

namespace idled::tools {
namespace {

using protocol::Event;

constexpr seconds kRecent = std::chrono::hours(24);

struct Options {
  bool follow = false;
  bool json = false;
  std::string since;
  std::string user;
  std::string file;
  std::vector<std::string> kinds;
};

class Printer {
 public:
  Printer(const Options& options, WallTime since, Context& context)
      : options_(options), since_(std::chrono::floor<seconds>(since)), context_(context) {}

  void print(const Event& event) {
    if (!is_wanted(event)) return;
    printed_ = true;
    if (options_.json)
      context_.out << protocol::to_json_line(event) << '\n';
    else
      context_.out << event_line(event, context_.width) << '\n';
  }
  [[nodiscard]] bool has_printed() const { return printed_; }

 private:
  [[nodiscard]] bool is_wanted(const Event& event) const {
    if (!options_.user.empty() && event.user != options_.user) return false;
    const auto& kinds = options_.kinds;
    if (!kinds.empty() && event.kind != protocol::kMissed &&
        std::find(kinds.begin(), kinds.end(), event.kind) == kinds.end())
      return false;
    const auto at = parse_rfc3339(event.at);
    return !at || *at >= since_;
  }

  const Options& options_;
  std::chrono::sys_seconds since_;
  Context& context_;
  bool printed_ = false;
};

Failure about(Failure failure) {
  if (failure.code == ExitCode::kNoDaemon)
    failure.text += " The journal says nothing of that time, or not to you";
  return failure;
}

// Until the daemon has no more to tell; to follow, for ever.
void ask_daemon(const protocol::EventsRequest& request, Printer& printer, Context& context) {
  Outcome<DaemonClient> daemon = DaemonClient::connect(context.socket, context.patience);
  if (!daemon) return context.fail(request.follow ? daemon.failure() : about(daemon.failure()));
  if (auto sent = daemon->send(protocol::kEvents, protocol::encode(request), /*more=*/true); !sent)
    return context.fail(sent.failure());
  for (bool continues = true; continues;) {
    Outcome<protocol::Reply> reply = daemon->take_reply();
    if (!reply) return context.fail(reply.failure());
    const auto told = decode_reply<protocol::EventsReply>(*reply);
    if (!told) return context.fail(told.failure());
    for (const Event& event : told->events) printer.print(event);
    context.out.flush();
    if (!context.out) return;  // told by who called
    if (request.follow) daemon->wait_without_end();
    continues = reply->continues;
  }
}

// False: there is nothing of idled's in it.
bool ask_journal(const Options& options, const Period& period, Printer& printer, Context& context) {
  bool has_any = false;
  const Result<void> read = context.read_journal(period, options.file, [&](const Event& event) {
    has_any = true;
    printer.print(event);
  });
  if (!read && !options.file.empty())
    context.fail({ExitCode::kFailed, printable(read.error().text, 512)});
  return has_any || !options.file.empty();
}

void events(const Options& options, Context& context) {
  const WallTime now = context.now();
  WallTime since = now - kRecent;
  if (!options.since.empty()) {
    const Result<WallTime> parsed = parse_past(options.since, now);
    if (!parsed) throw CLI::ValidationError("--since", parsed.error().text);
    since = *parsed;
  }
  Printer printer(options, since, context);
  if (options.follow)
    return ask_daemon({options.user, !options.since.empty(), true}, printer, context);
  // What is recorded while it is read belongs to it.
  const Period period{since, now + std::chrono::hours(1)};
  if (!context.read_journal || !ask_journal(options, period, printer, context))
    ask_daemon({options.user, true, false}, printer, context);
  if (!printer.has_printed() && context.code == ExitCode::kDone) context.err << "No events.\n";
}

std::string check_kind(const std::string& kind) {
  const auto& kinds = protocol::kEventKinds;
  if (std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) return "";
  const std::string_view meant = nearest(kind, kinds);
  std::string text = "there is no kind '" + printable(kind) + "'";
  if (!meant.empty()) return text + "; did you mean '" + std::string(meant) + "'?";
  for (const std::string_view each : kinds)
    text.append(each == kinds.front() ? "; it is one of " : ", ").append(each);
  return text;
}

}  // namespace

void add_events(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("events", "Tell what has happened: logins, warnings, logouts");
  command->add_flag("--follow,-f", options->follow, "And what happens, as it comes");
  command->add_flag("--json", options->json, "Print a JSON object a line, for scripts");
  command->add_option("--since", options->since, "From then on: 10m, yesterday (default: 24h)")
      ->type_name("TIME");
  command->add_option("--user", options->user, "Only of this user's sessions")->type_name("NAME");
  command->add_option("--kind", options->kinds, "Only these: warned,logout")
      ->delimiter(',')
      ->type_name("KIND")
      ->check(CLI::Validator(check_kind, "", "kind"));
  command->add_option("--file", options->file, "A file of the journal, instead of this machine's")
      ->type_name("FILE");
  command->callback([options, &context] {
    if (options->follow && !options->file.empty())
      throw CLI::ValidationError("--file", "what is written is not followed");
    events(*options, context);
  });
}

}  // namespace idled::tools
