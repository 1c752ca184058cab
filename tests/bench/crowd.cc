// crowd SERVICE USER: real logins by the thousand, which do what it is told on standard input.
//
// Each is two processes, as of rlogind, by whose name a daemon finds it that was not told: a
// leader of root's, which opens the PAM session and holds the master of a pty, and on the pty a
// session of the user's, which reads what is typed.
//
//   open N    N more get in, 64 at a time
//   type      a key in each of them, one login after the other
//   close     all leave, as one leaves a shell
//
// Each is answered by a line of JSON: how many there are, how many of them the daemon took, how
// long it all took. The records of utmp(5) are written with the answer to `open`. At the end of
// its input, or of its life, all are killed.
#include <fcntl.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmpx.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kAtOnce = 64;

struct Login {
  pid_t leader = 0;
  pid_t shell = 0;
  int terminal = 0;  // the number in /dev/pts
  bool is_taken = false;
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

int refuse(int, const pam_message**, pam_response**, void*) {
  return PAM_CONV_ERR;
}

// Reads for ever, and shows nothing of it.
[[noreturn]] void be_the_shell(const char* terminal, const passwd& user) {
  setsid();
  const int fd = open(terminal, O_RDWR | O_CLOEXEC);
  if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) < 0 || fchown(fd, user.pw_uid, user.pw_gid) < 0)
    fail(terminal);
  termios settings{};
  tcgetattr(fd, &settings);
  cfmakeraw(&settings);
  tcsetattr(fd, TCSANOW, &settings);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (setgid(user.pw_gid) < 0 || setuid(user.pw_uid) < 0) fail("setuid");
  prctl(PR_SET_NAME, "bash");
  char keys[64];
  while (read(fd, keys, sizeof keys) > 0) continue;
  _exit(0);
}

int open_master(std::string& terminal, int& number) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0 || unlockpt(master) < 0 || ioctl(master, TIOCGPTN, &number) < 0)
    fail("posix_openpt");
  terminal = "/dev/pts/" + std::to_string(number);
  return master;
}

// Tells `told` that it is in, and then does what the signals say.
[[noreturn]] void be_the_leader(const char* service, const passwd& user, int told) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NAME, "in.rlogind");
  sigset_t orders;
  sigemptyset(&orders);
  for (const int number : {SIGUSR1, SIGTERM, SIGCHLD}) sigaddset(&orders, number);
  sigprocmask(SIG_BLOCK, &orders, nullptr);

  const pam_conv conversation{&refuse, nullptr};
  pam_handle_t* pam = nullptr;
  if (pam_start(service, user.pw_name, &conversation, &pam) != PAM_SUCCESS) fail("pam_start");
  pam_open_session(pam, 0);
  Login login{getpid(), 0, 0, pam_getenv(pam, "IDLED_TMOUT") != nullptr};
  std::string terminal;
  const int master = open_master(terminal, login.terminal);
  login.shell = fork();
  if (login.shell == 0) {
    close(told);  // who waits there is to be told when the leader is gone
    be_the_shell(terminal.c_str(), user);
  }
  if (write(told, &login, sizeof login) != sizeof login) fail("write");
  close(told);

  for (int order = 0; sigwait(&orders, &order) == 0 && order == SIGUSR1;)
    if (write(master, "x", 1) < 0) fail("write to a pty");
  pam_close_session(pam, 0);
  pam_end(pam, PAM_SUCCESS);
  kill(login.shell, SIGKILL);
  _exit(0);
}

class Crowd {
 public:
  Crowd(const char* service, const passwd& user) : service_(service), user_(user) {}

  void open(int count) {
    while (count > 0) {
      const int now = std::min(count, kAtOnce);
      open_at_once(now);
      count -= now;
    }
    write_utmp();
  }
  void type() const {
    for (const Login& login : logins_) kill(login.leader, SIGUSR1);
  }
  void close() {
    for (const Login& login : logins_) kill(login.leader, SIGTERM);
    for (const Login& login : logins_) waitpid(login.leader, nullptr, 0);
    logins_.clear();
    write_utmp();
  }
  [[nodiscard]] std::size_t size() const { return logins_.size(); }
  [[nodiscard]] std::ptrdiff_t taken() const {
    return std::count_if(logins_.begin(), logins_.end(), [](const Login& l) { return l.is_taken; });
  }

 private:
  void open_at_once(int count) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) fail("pipe2");
    for (int i = 0; i < count; ++i) {
      const pid_t leader = fork();
      if (leader < 0) fail("fork");
      if (leader > 0) continue;
      ::close(ends[0]);
      be_the_leader(service_, user_, ends[1]);
    }
    ::close(ends[1]);
    Login login;
    for (int i = 0; i < count && read(ends[0], &login, sizeof login) == sizeof login; ++i)
      logins_.push_back(login);
    ::close(ends[0]);
  }

  // All at once: pututxline(3) reads the file from its beginning for each.
  void write_utmp() const {
    std::FILE* file = std::fopen(UTMPX_FILE, "r+");
    if (!file) return;  // there is none: so be it
    for (const Login& login : logins_) {
      utmpx record{};
      record.ut_type = USER_PROCESS;
      record.ut_pid = login.leader;
      const std::string number = std::to_string(login.terminal);
      ("pts/" + number).copy(record.ut_line, sizeof record.ut_line);
      number.copy(record.ut_id, sizeof record.ut_id);
      std::string_view(user_.pw_name).copy(record.ut_user, sizeof record.ut_user);
      record.ut_tv.tv_sec = static_cast<int>(std::time(nullptr));
      std::fwrite(&record, sizeof record, 1, file);
    }
    std::fflush(file);
    if (ftruncate(fileno(file), std::ftell(file)) < 0) fail("ftruncate");
    std::fclose(file);
  }

  const char* service_;
  const passwd& user_;
  std::vector<Login> logins_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: crowd SERVICE USER\n");
    return 2;
  }
  const passwd* const user = getpwnam(argv[2]);
  if (!user) {
    std::fprintf(stderr, "crowd: no user is called %s\n", argv[2]);
    return 2;
  }
  Crowd crowd(argv[1], *user);
  std::string order;
  while (std::cin >> order) {
    const Clock::time_point began = Clock::now();
    int count = 0;
    if (order == "open" && std::cin >> count)
      crowd.open(count);
    else if (order == "type")
      crowd.type();
    else if (order == "close")
      crowd.close();
    else
      fail(order.c_str());
    const std::chrono::duration<double> took = Clock::now() - began;
    std::printf("{\"logins\": %zu, \"taken\": %td, \"seconds\": %.3f}\n", crowd.size(),
                crowd.taken(), took.count());
    std::fflush(stdout);
  }
}
