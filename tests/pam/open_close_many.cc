// open_close_many COUNT: that many logins, one after the other, with a daemon
// that is well and, every tenth, with none at all; half of them with a handle of
// their own, so that the module is loaded and unloaded too. Fails if descriptors
// or memory have grown. For valgrind as well: it then does not look at memory,
// valgrind does.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/pam/interposed.h"
#include "tests/pam/pam_stack.h"
#include "tests/pam/process_state.h"

namespace idled::testing {
namespace {

constexpr const char* kLines = "session required MODULE SOCKET\n";
constexpr std::size_t kGrowth = 524'288;  // bytes that the whole run may add

const Login kLogin{.user = "root", .tty = "ssh", .remote_host = "192.0.2.7"};

bool open_and_close(PamHandle& pam) {
  return pam.open() == PAM_SUCCESS && pam.close() == PAM_SUCCESS;
}

bool run(const PamStack& with_daemon, const PamStack& without, int count) {
  PamHandle kept = with_daemon.start(kLogin);
  for (int i = 0; i < count; ++i) {
    forget_log();
    if (i % 2 == 0) {
      if (!open_and_close(kept)) return false;
      continue;
    }
    PamHandle own = (i % 10 == 9 ? without : with_daemon).start(kLogin);
    if (!open_and_close(own)) return false;
  }
  return true;
}

// Under valgrind the allocator is another one, which returns nothing.
bool measures_memory() {
  const char* const preload = std::getenv("LD_PRELOAD");
  return !IDLED_SANITIZED && (preload == nullptr || std::strstr(preload, "vgpreload") == nullptr);
}

int main(int count) {
  const PamStack with_daemon(kLines);
  const PamStack without(kLines);
  // A long id, so that one that is not freed is soon seen.
  protocol::Reply well;
  well.parameters = protocol::encode(protocol::RegisterReply{std::string(8000, '1'), "600"});
  const std::string reply = protocol::encode_reply(well);
  FakeDaemon daemon(with_daemon.socket(), [&](FakeDaemon::Connection& connection) {
    while (connection.read_call_unrecorded()) connection.reply(reply);
  });
  if (!run(with_daemon, without, 20)) return EXIT_FAILURE;  // until all is warm
  daemon.wait_until_idle();
  const std::size_t fds = open_descriptors();
  const std::size_t memory = resident_memory();

  if (!run(with_daemon, without, count)) return EXIT_FAILURE;
  daemon.wait_until_idle();
  const std::size_t fds_after = open_descriptors();
  const std::size_t memory_after = resident_memory();
  std::printf("%d logins: descriptors %zu, then %zu; resident %zu kB, then %zu kB\n", count, fds,
              fds_after, memory / 1024, memory_after / 1024);
  if (fds_after != fds) return EXIT_FAILURE;
  if (measures_memory() && memory_after > memory + kGrowth) return EXIT_FAILURE;
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace idled::testing

int main(int argc, char** argv) {
  const int count = argc == 2 ? std::atoi(argv[1]) : 0;
  if (count <= 0) {
    std::fprintf(stderr, "usage: open_close_many COUNT\n");
    return 2;
  }
  return idled::testing::main(count);
}
