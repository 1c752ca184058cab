#include "tools/doctor/living.h"

#include <grp.h>
#include <unistd.h>

#include "policy_io/groups.h"
#include "tools/daemon_client.h"
#include "tools/doctor/program.h"

namespace idled::tools::doctor {
namespace {

Outcome<DaemonAnswer> ask_daemon(const Context& context) {
  Outcome<DaemonClient> daemon = DaemonClient::connect(context.socket, context.patience);
  if (!daemon) return daemon.failure();
  Outcome<protocol::StatusReply> status =
      daemon->call<protocol::StatusReply>(protocol::kStatus, "{}");
  if (!status) return status.failure();
  Outcome<std::vector<protocol::SessionInfo>> sessions = daemon->list({});
  if (!sessions) return sessions.failure();
  return DaemonAnswer{*std::move(status), *std::move(sessions)};
}

// `sshd -T` reads the host keys: root's.
void ask_sshd(const Context& context, Living& living) {
  constexpr const char* kSshd = "/usr/sbin/sshd";
  if (!living.is_root || ::access(kSshd, X_OK) != 0) return;
  Result<Output> output = run_program({kSshd, "-T"}, context.patience);
  if (!output) {
    living.sshd_complaint = output.error().text;
  } else if (output->status == 0) {
    living.sshd_settings = std::move(output->out);
  } else {
    living.sshd_complaint = output->err.empty() ? "exit status " + std::to_string(output->status)
                                                : std::move(output->err);
  }
}

std::optional<std::vector<std::string>> members_of(const std::string& group) {
  std::string buffer(std::size_t{1} << 16, '\0');
  struct group entry {};
  struct group* found = nullptr;
  while (::getgrnam_r(group.c_str(), &entry, buffer.data(), buffer.size(), &found) == ERANGE)
    buffer.resize(buffer.size() * 2);
  if (!found) return std::nullopt;
  std::vector<std::string> members;
  for (char** member = found->gr_mem; *member; ++member) members.emplace_back(*member);
  return members;
}

}  // namespace

Living ask_living(const Context& context) {
  Living living;
  living.socket = context.socket;
  living.is_root = ::geteuid() == 0;
  living.daemon = ask_daemon(context);
  living.admins = members_of("idled");
  ask_sshd(context, living);
  return living;
}

}  // namespace idled::tools::doctor
