#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/duration.h"
#include "base/text.h"
#include "tools/colour.h"
#include "tools/command.h"
#include "tools/daemon_client.h"
#include "tools/session_filter.h"
#include "tools/table.h"
#include "tools/usage.h"
#include "tools/watch.h"

namespace idled::tools {
namespace {

struct Options {
  WatchRequest request;
  bool json = false;
  bool watch = false;
  bool for_completion = false;
  ColourChoice colour = ColourChoice::kAuto;
};

bool colours_of(const Options& options, const Context& context) {
  return options.colour == ColourChoice::kAuto ? context.colours
                                               : options.colour == ColourChoice::kAlways;
}

// For the shells' completion, which can split at tabs but read no JSON: a line for each terminal,
// and one for a session that has none. Not for others: it may change at any time.
void print_for_completion(const std::vector<protocol::SessionInfo>& sessions, std::ostream& out) {
  const auto word = [](const std::string& text) { return text.empty() ? "-" : printable(text); };
  for (const protocol::SessionInfo& session : sessions) {
    const std::string of_session =
        word(session.id) + '\t' + word(session.user) + '\t' + word(session.state) + '\t';
    for (const protocol::TerminalInfo& terminal : session.terminals)
      out << of_session << word(terminal.name) << '\n';
    if (session.terminals.empty()) out << of_session << word("") << '\n';
  }
}

void list_once(const Options& options, Context& context) {
  const WatchRequest& request = options.request;
  // Somebody has pressed Tab and waits.
  const seconds patience =
      options.for_completion ? std::min(context.patience, seconds(2)) : context.patience;
  Outcome<DaemonClient> daemon = DaemonClient::connect(context.socket, patience);
  if (!daemon) return context.fail(daemon.failure());
  Outcome<std::vector<protocol::SessionInfo>> sessions = daemon->list({request.filter.user});
  if (!sessions) return context.fail(sessions.failure());
  std::erase_if(*sessions, [&](const auto& one) { return !request.filter.takes(one); });
  sort_sessions(*sessions, request.order);
  if (options.json) {
    context.out << protocol::to_json_array(*sessions) << '\n';
    return;
  }
  if (options.for_completion) return print_for_completion(*sessions, context.out);
  const TableStyle style{context.width, /*bars=*/false, colours_of(options, context)};
  context.out << render_table(*sessions, context.now(), style);
  // To stderr: what reads the table should find its header and no more.
  if (sessions->empty()) context.err << "No sessions.\n";
}

void list_live(const Options& options, Context& context) {
  // Somebody sits there and looks: a daemon that hangs is to be said soon.
  SessionFeed feed(context.socket, std::min(context.patience, seconds(5)));
  const bool colours = colours_of(options, context);
  const auto open = [&]() -> std::unique_ptr<LiveOutput> {
    if (context.open_screen) return context.open_screen(colours);
    return std::make_unique<LivePlain>(context.out, context.err, context.width, colours);
  };
  WatchRequest request = options.request;
  request.terminal = context.terminal;
  if (auto watched = watch(request, feed, context.now, open); !watched)
    context.fail(watched.failure());
}

// --- the command line -------------------------------------------------------

ColourChoice colour_choice(const std::string& text) {
  const auto choice = std::find(kColourChoices.begin(), kColourChoices.end(), text);
  if (choice == kColourChoices.end()) usage_error("--color takes auto, always or never");
  return static_cast<ColourChoice>(choice - kColourChoices.begin());
}

void add_filters(CLI::App& command, Options& options) {
  WatchRequest& request = options.request;
  const auto add = [&](const char* name, const char* help, const char* type, auto take) {
    command.add_option_function<std::string>(name, take, help)->type_name(type);
  };
  add("--user", "Only the sessions of this user", "NAME",
      [&](const std::string& text) { request.filter.user = text; });
  add("--idle-over", "Only those idle for longer: 3m, 1h", "DURATION",
      [&](const std::string& text) {
        request.filter.idle_over = or_usage_error("--idle-over", parse_duration(text));
      });
  add("--state", "active, warned, held, waiting, ending or exempt", "NAME[,NAME]",
      [&](const std::string& text) {
        request.filter.states = or_usage_error("--state", parse_states(text));
      });
  add("--sort", "By logout (default), idle, user or session", "KEY", [&](const std::string& text) {
    request.order = or_usage_error("--sort", parse_sort_key(text));
  });
}

void take_interval(const std::string& text, Options& options) {
  options.watch = true;
  if (text.empty()) return;
  options.request.interval = or_usage_error("--watch", parse_duration(text));
  if (options.request.interval < seconds(1)) usage_error("--watch: every second at most");
}

}  // namespace

void add_list(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("list", "List the sessions, those that end soonest first");
  add_filters(*command, *options);
  command->add_flag("--json", options->json, "Print a JSON array, for scripts");
  command
      ->add_option_function<std::string>(
          "--watch", [options](const std::string& text) { take_interval(text, *options); },
          "Show them live, each second or SECONDS; q leaves")
      ->expected(0, 1)
      ->type_name("[SECONDS]");
  command->add_flag("--for-completion", options->for_completion, "")->group("");  // hidden
  command
      ->add_option_function<std::string>(
          "--color", [options](const std::string& text) { options->colour = colour_choice(text); },
          "auto (where it is a terminal), always or never")
      ->type_name("WHEN");
  command->callback([options, &context] {
    if (options->json && options->watch) usage_error("--watch is for people, --json for scripts");
    if (options->watch)
      list_live(*options, context);
    else
      list_once(*options, context);
  });
}

}  // namespace idled::tools
