#include "tools/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/text.h"
#include "base/version.h"
#include "tools/command.h"

namespace idled::tools {
namespace {

constexpr const char* kExamples = R"(Examples:
  idlectl list                        who is idle, for how long, and what is left
  idlectl kick pts/3 -m "Reboot now"  log out the session on a terminal
  idlectl hold c3 --for 2h            keep one from being logged out

Exit codes: 0 done, 1 failed, 2 usage, 3 no such session, 4 not permitted, 5 no daemon.
Options: --socket PATH, --version, -h. More: idlectl COMMAND --help and idlectl(1).)";

constexpr AddCommand* kCommands[] = {
#define IDLECTL_COMMAND(name) add_##name,
#include "tools/commands.def"
#undef IDLECTL_COMMAND
};

// The help is to fit a screen: what idlectl itself takes is one line of the footer.
class Help : public CLI::Formatter {
 public:
  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override {
    const bool of_idlectl =
        std::any_of(options.begin(), options.end(),
                    [](const CLI::Option* option) { return option->check_lname("socket"); });
    return of_idlectl ? "" : Formatter::make_group(std::move(group), is_positional, options);
  }
};

void build(CLI::App& app, Context& context) {
  app.formatter(std::make_shared<Help>());
  app.set_version_flag("--version", std::string("idlectl ") + kVersion,
                       "Print the version and exit");
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.add_option("--socket", context.socket, "The daemon's socket (" + context.socket + ")")
      ->type_name("PATH");
  app.require_subcommand(1);
  app.get_formatter()->column_width(26);
  app.get_formatter()->label("SUBCOMMAND", "COMMAND");
  for (AddCommand* add : kCommands) add(app, context);
  for (CLI::App* command : app.get_subcommands({})) {
    command->group("Commands");
    command->fallthrough();  // so that --socket may stand after the command, too
  }
  app.footer(kExamples);  // last, or the commands would inherit it
}

std::string unknown_command(const CLI::App& app, const std::string& name) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) names.push_back(command->get_name());
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string_view meant = nearest(name, views);
  return "there is no command '" + name + "'" +
         (meant.empty() ? "" : "; did you mean '" + std::string(meant) + "'?");
}

// CLI11 misses the command before it sees the word that stands in its place.
std::string explanation(const CLI::App& app, const CLI::ParseError& error) {
  if (!app.get_subcommands().empty()) return error.what();
  const std::vector<std::string> strays = app.remaining();
  const auto word = std::find_if(strays.begin(), strays.end(), [](const std::string& stray) {
    return stray.empty() || stray.front() != '-';
  });
  if (word != strays.end()) return unknown_command(app, *word);
  if (!strays.empty()) return "there is no option '" + strays.front() + "'";
  return error.get_name() == "RequiredError" ? "a command is needed" : error.what();
}

void usage_error(const CLI::App& app, const CLI::ParseError& error, Context& context) {
  const auto chosen = app.get_subcommands();
  const std::string command = chosen.empty() ? "" : " " + chosen.front()->get_name();
  context.fail({ExitCode::kUsage, printable(explanation(app, error), 512)});
  context.err << "Try: idlectl" << command << " --help\n";
}

// A list that did not fit on the disk is not a list.
void finish_output(Context& context) {
  context.out.flush();
  if (!context.out) context.fail({ExitCode::kFailed, "cannot write the output"});
}

}  // namespace

ExitCode run(std::vector<std::string> arguments, Context& context) {
  CLI::App app{"Shows and ends the sessions that idled, the idle-logout daemon, watches.",
               "idlectl"};
  build(app, context);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0)
      usage_error(app, error, context);
    else
      app.exit(error, context.out, context.err);  // --help, --version
  }
  finish_output(context);
  return context.code;
}

}  // namespace idled::tools
