#include "tools/doctor/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "base/owned_fd.h"

namespace idled::tools::doctor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostOutput = std::size_t{1} << 20;

struct Pipe {
  OwnedFd read;
  OwnedFd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return errno_error("pipe2");
  return Pipe{OwnedFd(ends[0]), OwnedFd(ends[1])};
}

Result<pid_t> spawn(const std::vector<std::string>& argv, const Pipe& out, const Pipe& err) {
  std::vector<char*> words;
  words.reserve(argv.size() + 1);
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  std::string locale = "LC_ALL=C";
  std::array<char*, 3> environment{path.data(), locale.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write.get(), STDERR_FILENO);
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, words[0], &actions, nullptr, words.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return errno_error("cannot run " + argv[0], error);
  return pid;
}

// What there is; false at the end.
bool take(int fd, std::string& text) {
  std::array<char, 4096> buffer{};
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got < 0) return errno == EINTR;
  text.append(buffer.data(), static_cast<std::size_t>(got));
  return got > 0;
}

// Both streams to their ends. False: it took too long, or there was too much.
bool take_all(const Pipe& out, const Pipe& err, Clock::time_point deadline, Output& output) {
  std::array<pollfd, 2> polled{pollfd{out.read.get(), POLLIN, 0},
                               pollfd{err.read.get(), POLLIN, 0}};
  while (polled[0].fd >= 0 || polled[1].fd >= 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0 || output.out.size() + output.err.size() > kMostOutput) return false;
    if (::poll(polled.data(), polled.size(), static_cast<int>(left.count())) < 0) continue;
    if (polled[0].revents != 0 && !take(polled[0].fd, output.out)) polled[0].fd = -1;
    if (polled[1].revents != 0 && !take(polled[1].fd, output.err)) polled[1].fd = -1;
  }
  return true;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<Output> run_program(const std::vector<std::string>& argv, seconds patience) {
  const Clock::time_point deadline = Clock::now() + patience;
  Result<Pipe> out = make_pipe();
  if (!out) return out.error();
  Result<Pipe> err = make_pipe();
  if (!err) return err.error();
  const Result<pid_t> pid = spawn(argv, *out, *err);
  if (!pid) return pid.error();
  out->write.reset();
  err->write.reset();
  Output output;
  const bool is_whole = take_all(*out, *err, deadline, output);
  if (!is_whole) ::kill(*pid, SIGKILL);
  output.status = wait_for(*pid);
  if (!is_whole) return Error{argv[0] + " has not ended in time", ETIMEDOUT};
  return output;
}

}  // namespace idled::tools::doctor
