#include "policy_io/group_lookup.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <utility>

namespace idled {
namespace {

// One answer on the pipe: small enough to be written in one piece, pipe(7).
struct Message {
  std::uint32_t index;  // of the name
  std::uint32_t kind;
  std::uint32_t id;
};

// What the daemon has open is not the child's: a listening socket kept open here would keep
// the next daemon from starting.
void keep_only(int fd) {
  if (fd > 3) close_range(3, static_cast<unsigned>(fd) - 1, 0);
  close_range(static_cast<unsigned>(fd) + 1, ~0U, 0);
}

[[noreturn]] void run_child(const std::vector<std::string>& names, int fd, pid_t parent,
                            GroupLookup::Ask ask) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it died before it could be asked for
  prctl(PR_SET_NAME, "idled-groups");
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  keep_only(fd);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const GroupAnswer answer = ask(names[i]);
    const Message message{static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(answer.kind),
                          answer.id};
    if (::write(fd, &message, sizeof message) != sizeof message) _exit(1);
  }
  _exit(0);
}

}  // namespace

GroupLookup::GroupLookup(std::vector<std::string> names, OwnedFd answers_fd, pid_t child)
    : names_(std::move(names)),
      got_(names_.size()),
      answers_fd_(std::move(answers_fd)),
      child_(child) {}

GroupLookup::GroupLookup(GroupLookup&& other) noexcept
    : names_(std::move(other.names_)),
      got_(std::move(other.got_)),
      partial_(std::move(other.partial_)),
      answers_fd_(std::move(other.answers_fd_)),
      child_(std::exchange(other.child_, 0)) {}

GroupLookup& GroupLookup::operator=(GroupLookup&& other) noexcept {
  if (this == &other) return *this;
  end();
  names_ = std::move(other.names_);
  got_ = std::move(other.got_);
  partial_ = std::move(other.partial_);
  answers_fd_ = std::move(other.answers_fd_);
  child_ = std::exchange(other.child_, 0);
  return *this;
}

GroupLookup::~GroupLookup() {
  end();
}

Result<GroupLookup> GroupLookup::start(std::vector<std::string> names, Ask ask) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return errno_error("pipe2");
  OwnedFd ours(ends[0]);
  const OwnedFd theirs(ends[1]);
  if (fcntl(ours.get(), F_SETFL, O_NONBLOCK) < 0) return errno_error("fcntl");
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return errno_error("fork");
  if (child == 0) run_child(names, theirs.get(), parent, ask);
  return GroupLookup(std::move(names), std::move(ours), child);
}

void GroupLookup::end() {
  if (child_ == 0) return;
  kill(child_, SIGKILL);
  while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
  child_ = 0;
}

bool GroupLookup::take() {
  for (;;) {
    char buffer[sizeof(Message) * 64];
    const ssize_t got = ::read(answers_fd_.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return false;
    if (got <= 0) {  // it has ended, by itself or not
      end();
      return true;
    }
    partial_.append(buffer, static_cast<std::size_t>(got));
    while (partial_.size() >= sizeof(Message)) {
      Message message{};
      partial_.copy(reinterpret_cast<char*>(&message), sizeof message);
      partial_.erase(0, sizeof message);
      if (message.index < got_.size())
        got_[message.index] = {static_cast<GroupAnswer::Kind>(message.kind), message.id};
    }
  }
}

bool GroupLookup::wait(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!take()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd poll_fd{answers_fd_.get(), POLLIN, 0};
    ::poll(&poll_fd, 1, static_cast<int>(left.count()));
  }
  return true;
}

GroupAnswers GroupLookup::answers() const {
  GroupAnswers answers;
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (got_[i].kind == GroupAnswer::Kind::kFound) answers.ids[names_[i]] = got_[i].id;
    if (got_[i].kind == GroupAnswer::Kind::kFailed) answers.unanswered.insert(names_[i]);
  }
  return answers;
}

}  // namespace idled
