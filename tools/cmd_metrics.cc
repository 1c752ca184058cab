#include <CLI/CLI.hpp>
#include <memory>

#include "base/files.h"
#include "base/text.h"
#include "tools/command.h"
#include "tools/daemon_client.h"
#include "tools/openmetrics.h"

namespace idled::tools {
namespace {

struct Options {
  bool prometheus = false;
  std::string output;
};

void metrics(const Options& options, Context& context) {
  Outcome<DaemonClient> daemon = DaemonClient::connect(context.socket, context.patience);
  if (!daemon) return context.fail(daemon.failure());
  const auto reply = daemon->call<protocol::MetricsReply>(protocol::kMetrics, "{}");
  if (!reply) return context.fail(reply.failure());
  const std::string text = render_metrics(
      *reply, options.prometheus ? MetricsFormat::kPrometheus : MetricsFormat::kOpenMetrics);
  if (options.output.empty()) {
    context.out << text;
    return;
  }
  // Whoever collects it is another user; there is no secret in it.
  if (const Result<void> written = replace_file(options.output, text, 0644); !written)
    context.fail({ExitCode::kFailed, printable(written.error().text, 512)});
}

}  // namespace

void add_metrics(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("metrics", "Print the daemon's numbers, for monitoring (OpenMetrics)");
  command->add_flag("--prometheus", options->prometheus,
                    "In Prometheus' text format, which node_exporter takes");
  command->add_option("-o,--output", options->output, "Into this file, which is replaced whole")
      ->type_name("FILE");
  command->callback([options, &context] { metrics(*options, context); });
}

}  // namespace idled::tools
