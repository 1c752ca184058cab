// `idlectl doctor`: reads this machine, and says what is wrong with it and how to mend it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "tools/command.h"
#include "tools/doctor/checks.h"
#include "tools/doctor/living.h"
#include "tools/doctor/report.h"

namespace idled::tools {
namespace {

constexpr std::size_t kWidth = 80;  // wider lines are hard to read
constexpr std::size_t kLeastWidth = 40;

struct Options {
  bool json = false;
  std::string root = "/";
};

void run_doctor(const Options& options, Context& context) {
  const bool is_image = options.root != "/";
  const doctor::Machine machine(
      options.root, is_image ? std::nullopt : std::optional(doctor::ask_living(context)));
  const doctor::Findings findings = doctor::examine(machine);
  const std::size_t width =
      context.width == 0 ? kWidth : std::clamp(context.width, kLeastWidth, kWidth);
  if (options.json)
    context.out << doctor::to_json(findings) << '\n';
  else
    context.out << doctor::render(findings, width, context.colours);
  if (std::any_of(findings.begin(), findings.end(), [](const doctor::Finding& finding) {
        return finding.severity == doctor::Severity::kWrong;
      }))
    context.code = graver(context.code, ExitCode::kFailed);
}

}  // namespace

void add_doctor(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("doctor", "Say what is wrong with this machine, and how to mend it");
  command->add_flag("--json", options->json, "Print a JSON array, for scripts");
  command->add_option("--root", options->root, "Look at an image's files, and at nothing that runs")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  command->footer("Exit code 1 if something is wrong. As root it sees more.");
  command->callback([options, &context] { run_doctor(*options, context); });
}

}  // namespace idled::tools
