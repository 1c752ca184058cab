// `idlectl report`: for whoever has to show that idle logins are ended.
#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.h"
#include "tools/command.h"
#include "tools/past.h"
#include "tools/report.h"

namespace idled::tools {
namespace {

struct Options {
  bool json = false;
  std::string since;
  std::string until;
  std::string file;
};

WallTime parse(const char* option, const std::string& text, WallTime now) {
  const Result<WallTime> time = parse_past(text, now);
  if (!time) throw CLI::ValidationError(option, time.error().text);
  return std::chrono::floor<seconds>(*time);
}

void report(const Options& options, Context& context) {
  const WallTime now = context.now();
  const Period period{parse("--since", options.since, now),
                      options.until.empty() ? WallTime(std::chrono::ceil<seconds>(now))
                                            : parse("--until", options.until, now)};
  if (period.until <= period.since)
    throw CLI::ValidationError("--until", "it is not after --since");
  if (!context.read_journal)
    return context.fail({ExitCode::kFailed, "there is no journal to report from"});
  ReportBuilder builder(std::chrono::floor<seconds>(period.since),
                        std::chrono::floor<seconds>(period.until));
  const Result<void> read = context.read_journal(
      period, options.file, [&](const protocol::Event& event) { builder.add(event); });
  if (!read) return context.fail({ExitCode::kFailed, printable(read.error().text, 512)});
  const Report report = builder.finish();
  context.out << (options.json ? report_json(report) + "\n" : report_text(report));
  if (report.records == 0)
    context.fail({ExitCode::kFailed,
                  "the journal has no record of idled's in that time, or not for you: that is no "
                  "evidence of anything"});
}

}  // namespace

void add_report(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("report", "Add up who was logged out, from the journal, for the auditor");
  command->add_option("--since", options->since, "From then on: 30d, yesterday, 2026-01-31")
      ->type_name("TIME")
      ->required();
  command->add_option("--until", options->until, "Until then (default: now)")->type_name("TIME");
  command->add_flag("--json", options->json, "Print a JSON object, for scripts");
  command->add_option("--file", options->file, "A file of the journal, instead of this machine's")
      ->type_name("FILE");
  command->callback([options, &context] { report(*options, context); });
}

}  // namespace idled::tools
