#include "tools/daemon_client.h"

#include <iterator>

#include "base/duration.h"
#include "base/text.h"

namespace idled::tools {
namespace {

using protocol::Client;
using protocol::Reply;

Failure cannot_connect(const std::string& socket, const Error& error) {
  const std::string why =
      printable(errno_error("cannot connect to " + socket, error.code).text, 512);
  switch (error.code) {
    case ENOENT:
    case ECONNREFUSED:
      return {ExitCode::kNoDaemon,
              "idled is not running (" + why + "). Start it with: systemctl start idled"};
    case EACCES:
    case EPERM:
      return {ExitCode::kNotPermitted, "not permitted to speak to idled (" + why + ")"};
    case ENAMETOOLONG:
      return {ExitCode::kUsage, printable(error.text, 512)};
    case ETIMEDOUT:
      return {ExitCode::kFailed,
              "idled takes no connection (" + why + "). See: systemctl status idled"};
    default:
      return {ExitCode::kFailed, why};
  }
}

std::string parameter(const Reply& reply, std::string_view name) {
  return printable(protocol::error_parameter_of(reply.parameters, name));
}

}  // namespace

Outcome<DaemonClient> DaemonClient::connect(const std::string& socket, seconds patience) {
  const protocol::Deadline deadline = std::chrono::steady_clock::now() + patience;
  Result<Client> client = Client::connect(socket, deadline);
  if (!client) return cannot_connect(socket, client.error());
  return DaemonClient(*std::move(client), deadline, patience);
}

void DaemonClient::be_patient_again() {
  deadline_ = std::chrono::steady_clock::now() + patience_;
}

void DaemonClient::wait_without_end() {
  deadline_ = std::chrono::steady_clock::now() + std::chrono::years(100);
}

Failure DaemonClient::lost(const Error& error) const {
  if (error.code == ETIMEDOUT)
    return {ExitCode::kFailed, "idled has not answered within " + format_duration(patience_)};
  return {ExitCode::kFailed,
          "lost the connection to idled (" + printable(error.text) + "). See: journalctl -u idled"};
}

Outcome<std::monostate> DaemonClient::send(std::string_view method, std::string parameters,
                                           bool more) {
  const protocol::Call call{std::string(method), std::move(parameters), more, false};
  if (Result<void> sent = client_.send(call, deadline_); !sent) return lost(sent.error());
  return std::monostate();
}

Outcome<Reply> DaemonClient::take_answer() {
  Result<Reply> reply = client_.next_reply(deadline_);
  if (!reply) return lost(reply.error());
  return *std::move(reply);
}

Outcome<Reply> DaemonClient::take_reply() {
  Outcome<Reply> reply = take_answer();
  if (reply && !reply->error.empty()) return failure_of(*reply);
  return reply;
}

Outcome<std::vector<protocol::SessionInfo>> DaemonClient::list(
    const protocol::ListRequest& request) {
  if (auto sent = send(protocol::kList, protocol::encode(request), /*more=*/true); !sent)
    return sent.failure();
  std::vector<protocol::SessionInfo> all;
  for (bool continues = true; continues;) {
    Outcome<Reply> reply = take_reply();
    if (!reply) return reply.failure();
    auto chunk = decode_reply<protocol::ListReply>(*reply);
    if (!chunk) return chunk.failure();
    std::move(chunk->sessions.begin(), chunk->sessions.end(), std::back_inserter(all));
    continues = reply->continues;
  }
  return all;
}

Failure failure_of(const Reply& reply) {
  const std::string& name = reply.error;
  if (name == protocol::kNoSuchSession)
    return {ExitCode::kNoSuchSession, "no session " + parameter(reply, "id")};
  if (name == protocol::kPermissionDenied)
    return {ExitCode::kNotPermitted,
            "not permitted: that is for root and the admin group; a user may see and end "
            "their own sessions"};
  if (name == protocol::kInvalidParameter)
    return {ExitCode::kFailed,
            "idled refuses the value of '" + parameter(reply, "parameter") + "'"};
  if (name == protocol::kTooSlow)
    return {ExitCode::kFailed,
            "idled has stopped telling: what it sent was not read. See: journalctl -u idled"};
  if (name == protocol::kMethodNotFound)
    return {ExitCode::kFailed,
            "the idled that runs does not know this command; after an upgrade: "
            "systemctl restart idled"};
  return {ExitCode::kFailed, "idled answers with the error " + printable(name)};
}

Failure nonsense(std::string_view field) {
  return {ExitCode::kFailed, "idled's answer cannot be read: '" + printable(field) + "' is wrong"};
}

}  // namespace idled::tools
