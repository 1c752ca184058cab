// The daemon as the commands see it: a connection with one deadline over all that
// is done on it, and every error as an exit code and a sentence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "protocol/client.h"
#include "protocol/messages.h"
#include "tools/outcome.h"

namespace idled::tools {

class DaemonClient {
 public:
  // `patience` counts from now, for this and all later calls together.
  static Outcome<DaemonClient> connect(const std::string& socket, seconds patience);

  // The patience counts from now again: for one who keeps the connection and asks later.
  void be_patient_again();
  // From now on no deadline: what is waited for may never come.
  void wait_without_end();

  // Sends without waiting; take_answer() or take_reply() is then due.
  Outcome<std::monostate> send(std::string_view method, std::string parameters, bool more = false);

  // The next reply, which may carry a Varlink error; silence is a failure.
  Outcome<protocol::Reply> take_answer();
  // The next reply; a Varlink error is a failure too.
  Outcome<protocol::Reply> take_reply();

  // Both, for a method with one reply. `Reply` is one of protocol/messages.h.
  template <typename Reply>
  Outcome<Reply> call(std::string_view method, std::string parameters);

  // All replies of List, put together.
  Outcome<std::vector<protocol::SessionInfo>> list(const protocol::ListRequest& request);

 private:
  DaemonClient(protocol::Client client, protocol::Deadline deadline, seconds patience)
      : client_(std::move(client)), deadline_(deadline), patience_(patience) {}

  [[nodiscard]] Failure lost(const Error& error) const;

  protocol::Client client_;
  protocol::Deadline deadline_;
  seconds patience_;
};

// The failure of a reply that carries an error. It speaks of no session by name
// but the one in the reply: a command that knows better says it better.
Failure failure_of(const protocol::Reply& reply);

// The failure of an answer that lacks sense, as `field` shows.
Failure nonsense(std::string_view field);

template <typename T>
Outcome<T> decode_reply(const protocol::Reply& reply) {
  Result<T> decoded = protocol::decode<T>(reply.parameters);
  if (!decoded) return nonsense(decoded.error().text);
  return *std::move(decoded);
}

template <typename Reply>
Outcome<Reply> DaemonClient::call(std::string_view method, std::string parameters) {
  if (auto sent = send(method, std::move(parameters)); !sent) return sent.failure();
  Outcome<protocol::Reply> reply = take_reply();
  if (!reply) return reply.failure();
  return decode_reply<Reply>(*reply);
}

}  // namespace idled::tools
