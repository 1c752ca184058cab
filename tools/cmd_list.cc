#include <CLI/CLI.hpp>
#include <memory>

#include "tools/command.h"
#include "tools/daemon_client.h"
#include "tools/table.h"

namespace idled::tools {
namespace {

struct Options {
  bool json = false;
  std::string user;
};

void list(const Options& options, Context& context) {
  Outcome<DaemonClient> daemon = DaemonClient::connect(context.socket, context.patience);
  if (!daemon) return context.fail(daemon.failure());
  Outcome<std::vector<protocol::SessionInfo>> sessions = daemon->list({options.user});
  if (!sessions) return context.fail(sessions.failure());
  sort_sessions(*sessions);
  if (options.json) {
    context.out << protocol::to_json_array(*sessions) << '\n';
    return;
  }
  context.out << render_table(*sessions, context.now(), context.width);
  // To stderr: what reads the table should find its header and no more.
  if (sessions->empty()) context.err << "No sessions.\n";
}

}  // namespace

void add_list(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("list", "List the sessions, those that end soonest first");
  command->add_flag("--json", options->json, "Print a JSON array, for scripts");
  command->add_option("--user", options->user, "Only the sessions of this user")->type_name("NAME");
  command->callback([options, &context] { list(*options, context); });
}

}  // namespace idled::tools
