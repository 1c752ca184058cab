#include <CLI/CLI.hpp>
#include <memory>
#include <sstream>
#include <utility>

#include "base/duration.h"
#include "base/version.h"
#include "tools/command.h"
#include "tools/daemon_client.h"
#include "tools/rfc3339.h"

namespace idled::tools {
namespace {

using protocol::StatusReply;

constexpr std::size_t kLongest = 1024;  // of a line: a policy error has a path, a place and a hint

std::string shown(const std::string& text) {
  return text.empty() ? "-" : printable(text, kLongest);
}

// "2026-01-31T09:30:00+01:00 (2h05m ago)"
std::string since(const std::string& time, WallTime now) {
  const auto start = parse_rfc3339(time);
  if (!start) return shown(time);
  return shown(time) + " (" + format_brief(std::chrono::floor<seconds>(now) - *start) + " ago)";
}

// A compiler's lines, with a caret below what is meant: kept as lines, each made safe.
void print_policy_error(const std::string& error, std::ostream& out) {
  std::istringstream lines(error);
  const char* label = "    Error: ";
  for (std::string line; std::getline(lines, line);)
    out << std::exchange(label, "           ") << shown(line) << '\n';
  out << "           (the policy on disk is not in force)\n";
}

void print(const StatusReply& status, Context& context) {
  std::ostream& out = context.out;
  const WallTime now = context.now();
  out << "  Version: " << shown(status.version) << " (pid " << status.pid << ")\n"
      << "    Since: " << since(status.started_at, now) << '\n'
      << " Sessions: " << status.sessions << '\n'
      << "   Policy: " << shown(status.policy_source) << '\n'
      << "   Loaded: " << since(status.policy_loaded_at, now) << '\n';
  if (status.policy_error) print_policy_error(*status.policy_error, out);
  const char* label = "Witnesses: ";
  if (status.witnesses.empty()) out << label << "-\n";
  for (const std::string& witness : status.witnesses)
    out << std::exchange(label, "           ") << shown(witness) << '\n';
}

void status(bool json, Context& context) {
  Outcome<DaemonClient> daemon = DaemonClient::connect(context.socket, context.patience);
  if (!daemon) return context.fail(daemon.failure());
  const auto reply = daemon->call<StatusReply>(protocol::kStatus, "{}");
  if (!reply) return context.fail(reply.failure());
  if (json) {
    context.out << protocol::to_json_text(*reply) << '\n';
    return;
  }
  print(*reply, context);
  if (reply->version != kVersion)
    context.err << "idlectl: this is idlectl " << kVersion
                << ", another version than the idled that runs; to bring it up to date: "
                   "systemctl restart idled\n";
}

}  // namespace

void add_status(CLI::App& app, Context& context) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("status", "Tell how the daemon is: version, policy, witnesses");
  command->add_flag("--json", *json, "Print a JSON object, for scripts");
  command->callback([json, &context] { status(*json, context); });
}

}  // namespace idled::tools
