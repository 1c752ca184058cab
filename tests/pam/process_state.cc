#include "tests/pam/process_state.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace fs = std::filesystem;

namespace idled::testing {
namespace {

std::map<int, std::string> descriptors() {
  std::map<int, std::string> open;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;  // the descriptor that reads this very folder
    const fs::path target = fs::read_symlink(entry.path(), gone);
    if (!gone && target.native().find("/fd") == std::string::npos)
      open[std::stoi(entry.path().filename())] = target;
  }
  return open;
}

void write_signals(std::ostream& out) {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action {};
    if (::sigaction(number, nullptr, &action) < 0) continue;
    out << "signal " << number << (sigismember(&mask, number) == 1 ? " blocked " : " ")
        << reinterpret_cast<void*>(action.sa_handler) << ' ' << action.sa_flags << '\n';
  }
}

void write_timers_and_limits(std::ostream& out) {
  for (const auto which : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) {
    itimerval timer{};
    ::getitimer(which, &timer);
    out << "timer " << timer.it_value.tv_sec << ' ' << timer.it_interval.tv_sec << '\n';
  }
  for (const auto which : {RLIMIT_AS, RLIMIT_NOFILE, RLIMIT_CORE, RLIMIT_STACK}) {
    rlimit limit{};
    ::getrlimit(which, &limit);
    out << "limit " << limit.rlim_cur << ' ' << limit.rlim_max << '\n';
  }
}

int cancel_state() {
  int state = 0;
  ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
  ::pthread_setcancelstate(state, nullptr);
  return state;
}

}  // namespace

std::string process_state() {
  std::ostringstream out;
  for (const auto& [fd, target] : descriptors()) out << "fd " << fd << ' ' << target << '\n';
  write_signals(out);
  write_timers_and_limits(out);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  out << "umask " << mask << "\nfolder " << fs::current_path() << '\n';
  std::string environment;  // not shown: logs of test runs are read by many
  for (char** variable = environ; *variable != nullptr; ++variable)
    (environment += *variable) += '\0';
  out << "environment " << std::hash<std::string>()(environment) << '\n';
  out << "locale " << std::setlocale(LC_ALL, nullptr) << '\n';
  const fs::directory_iterator tasks("/proc/self/task");
  out << "threads " << std::distance(begin(tasks), end(tasks)) << '\n';
  out << "uids " << ::getuid() << ' ' << ::geteuid() << ' ' << ::getgid() << ' ' << ::getegid()
      << "\ncancel state " << cancel_state() << '\n';
  return out.str();
}

std::size_t resident_memory() {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t open_descriptors() {
  return descriptors().size();
}

}  // namespace idled::testing
