// `idlectl reload`: the daemon reads its policy anew, and the caller hears what has come of it.
#include <CLI/CLI.hpp>

#include "tools/command.h"
#include "tools/daemon_client.h"

namespace idled::tools {
namespace {

// Of the daemon's, but shown on our terminal: line by line, each made safe.
void print_lines(const std::string& text, std::ostream& out) {
  constexpr std::size_t kLongestLine = 1024;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out << printable(text.substr(begin, end - begin), kLongestLine) << '\n';
    begin = end + 1;
  }
}

void reload(Context& context) {
  auto daemon = DaemonClient::connect(context.socket, context.reload_patience);
  if (!daemon) return context.fail(daemon.failure());
  if (auto sent = daemon->send(protocol::kReload, "{}"); !sent) return context.fail(sent.failure());
  const Outcome<protocol::Reply> answer = daemon->take_answer();
  if (!answer) return context.fail(answer.failure());
  if (answer->error == protocol::kPolicyRefused) {
    const auto refused = decode_reply<protocol::PolicyRefusedError>(*answer);
    if (refused) print_lines(refused->errors, context.err);
    return context.fail(
        {ExitCode::kFailed, "the policy has errors, so the one before stays in force"});
  }
  if (!answer->error.empty()) return context.fail(failure_of(*answer));
  const auto reply = decode_reply<protocol::ReloadReply>(*answer);
  if (!reply) return context.fail(reply.failure());
  print_lines(reply->warnings, context.err);
  context.out << "policy in force: " << printable(reply->policy_source, 1024) << '\n';
}

}  // namespace

void add_reload(CLI::App& app, Context& context) {
  app.add_subcommand("reload", "Have the daemon read its policy anew, and say what comes of it")
      ->callback([&context] { reload(context); });
}

}  // namespace idled::tools
