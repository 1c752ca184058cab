#include "pam_module/registration.h"

#include <algorithm>
#include <cerrno>

#include "base/duration.h"
#include "base/text.h"

namespace idled::pam {
namespace {

using Clock = std::chrono::steady_clock;

// No answer to this module is longer; and it is read into sshd's memory.
constexpr std::size_t kMaxAnswer = protocol::kMaxMessage;

Result<protocol::Reply> ask(std::string_view method, std::string parameters,
                            const std::string& socket, protocol::Deadline deadline) {
  Result<protocol::Client> client = protocol::Client::connect(socket, deadline, kMaxAnswer);
  if (!client) return client.error();
  return client->call({.method = std::string(method), .parameters = std::move(parameters)},
                      deadline);
}

Failure no_reply(const Error& error, const Arguments& arguments) {
  const std::string socket = printable(arguments.socket);
  if (error.code == ENOENT || error.code == ECONNREFUSED)
    return {Failure::Kind::kNotRunning, "idled is not running (" + printable(error.text) + ")"};
  if (error.code == ETIMEDOUT)
    return {Failure::Kind::kNoAnswer,
            "idled gave no answer within " + format_duration(arguments.timeout) + " on " + socket};
  return {Failure::Kind::kBroken,
          "idled gave no usable answer on " + socket + " (" + printable(error.text) + ")"};
}

// The error's name as far as it says something, and the daemon's reason.
std::string error_text(const protocol::Reply& reply) {
  std::string text = printable(reply.error.substr(reply.error.rfind('.') + 1));
  for (const char* const name : {"reason", "parameter", "method", "interface"}) {
    const std::string value = protocol::error_parameter_of(reply.parameters, name);
    if (!value.empty()) return text + ": " + printable(value);
  }
  return text;
}

}  // namespace

Connection::Connection(const Arguments& arguments)
    : arguments_(arguments), time_left_(arguments.timeout), client_(Error{"not connected"}) {
  const Clock::time_point deadline = Clock::now() + arguments.timeout;
  client_ = protocol::Client::connect(arguments.socket, deadline, kMaxAnswer);
  time_left_ = deadline - Clock::now();
}

Registration Connection::register_login(const protocol::RegisterRequest& request) {
  const protocol::Deadline deadline = Clock::now() + time_left_;
  Result<protocol::Reply> reply =
      client_ ? client_->call(
                    {.method = std::string(protocol::kRegister), .parameters = encode(request)},
                    deadline)
              : client_.error();
  // A daemon that ended since has another in its place; and one that took the login, and could
  // not say so any more, has left its leader known to that one.
  if (!reply && (reply.error().code == ECONNRESET || reply.error().code == EPIPE))
    reply = ask(protocol::kRegister, encode(request), arguments_.socket, deadline);
  if (!reply) return no_reply(reply.error(), arguments_);
  if (!reply->error.empty())
    return Failure{Failure::Kind::kRefused,
                   "idled does not take the login (" + error_text(*reply) + ")"};
  Result<protocol::RegisterReply> decoded =
      protocol::decode<protocol::RegisterReply>(reply->parameters);
  if (!decoded)
    return no_reply(Error{"the reply's field '" + decoded.error().text + "' is of a wrong type"},
                    arguments_);
  return *std::move(decoded);
}

std::string release_login(std::string_view session, const Arguments& arguments) {
  const auto timeout = std::min<std::chrono::milliseconds>(arguments.timeout, kReleaseTimeout);
  const Result<protocol::Reply> reply =
      ask(protocol::kRelease, encode(protocol::ReleaseRequest{std::string(session)}),
          arguments.socket, Clock::now() + timeout);
  if (!reply) return printable(reply.error().text);
  return reply->error.empty() ? std::string() : error_text(*reply);
}

bool is_shell_timeout(std::string_view text) {
  if (text == "off") return true;
  constexpr std::string_view exported = ",export";
  if (text.ends_with(exported)) text.remove_suffix(exported.size());
  constexpr std::size_t longest = 9;  // digits: what any shell's int holds
  return !text.empty() && text.size() <= longest && text.front() != '0' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace idled::pam
