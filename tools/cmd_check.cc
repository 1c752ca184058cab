// `idlectl check`: what the daemon would say of a policy, before it is asked to take it.
#include <CLI/CLI.hpp>
#include <memory>

#include "tools/command.h"

namespace idled::tools {
namespace {

void check_one(const PolicyPaths& paths, Context& context) {
  const LoadedPolicy loaded = load_policy(paths);
  context.err << loaded.errors << loaded.warnings;
  if (!loaded.policy) {
    context.code = graver(context.code, ExitCode::kFailed);
    return;
  }
  const std::size_t rules = loaded.policy->rule_count();
  context.out << printable(loaded.source, 1024) << ": " << rules
              << (rules == 1 ? " rule" : " rules") << ", no errors\n";
}

}  // namespace

void add_check(CLI::App& app, Context& context) {
  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* command =
      app.add_subcommand("check", "Say what is wrong with the policy, before it is loaded");
  command->add_option("FILE", *files, "Files to check, each on its own")->type_name(" ");
  command->footer("Without FILE: the installed policy with its drop-ins, as the daemon reads it.");
  command->callback([files, &context] {
    if (files->empty()) check_one(context.policy, context);
    for (const std::string& file : *files) check_one(only_file(file, false), context);
  });
}

}  // namespace idled::tools
