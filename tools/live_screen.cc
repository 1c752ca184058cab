// A terminal that is somebody's must be given back as it was found, whatever happens. What
// happens comes as a signal most of the time, and must not wait for the daemon's answer, in
// which the program may just be: the handlers do it themselves. All that they call is
// async-signal-safe (signal-safety(7)): write, tcsetattr, sigaction, raise.
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/owned_fd.h"
#include "tools/live_output.h"

namespace idled::tools {
namespace {

using Clock = std::chrono::steady_clock;

// xterm's private modes 1049 (the alternate screen) and 25 (the cursor), and no attributes.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kGiveBack = "\x1b[0m\x1b[?25h\x1b[?1049l";

// What ends a process, and may do so here.
constexpr std::array kFatal{SIGINT,  SIGTERM, SIGHUP, SIGQUIT, SIGABRT,
                            SIGSEGV, SIGBUS,  SIGFPE, SIGILL,  SIGPIPE};

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {  // O_NONBLOCK is the open file's: anybody may have set it
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
      continue;
    }
    if (written <= 0) return;  // the terminal is gone
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

// What the handlers know. Written before they are installed, and not again.
struct Taken {
  int input = -1;  // -1: no keys
  int output = -1;
  int notice = -1;  // an eventfd: something has happened to the screen
  termios found{};
  termios ours{};
};
Taken taken;
volatile std::sig_atomic_t is_ours = 0;
volatile std::sig_atomic_t is_over = 0;

// Whether somebody else has the terminal: then it is as they want it.
bool is_in_background() {
  const pid_t in_front = ::tcgetpgrp(taken.output);  // fails where it is not our controlling one
  return in_front >= 0 && in_front != ::getpgrp();
}

// In the background, tcsetattr() stops the process (SIGTTOU) until it is in front again.
void take() {
  if (is_over != 0) return;
  is_ours = 1;
  if (taken.input >= 0) ::tcsetattr(taken.input, TCSANOW, &taken.ours);
  write_all(taken.output, kEnter);
}

void give_back() {
  if (is_ours == 0 || is_in_background()) return;
  is_ours = 0;
  write_all(taken.output, kGiveBack);
  if (taken.input >= 0) ::tcsetattr(taken.input, TCSANOW, &taken.found);
}

void on_fatal(int number);

void notify() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(taken.notice, &one, sizeof one);
}

// What ends the process is not to be interrupted: a stopped one that is ended (kill %1) gets
// SIGCONT as well, and would first want the terminal again, which it may not have.
void install(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  if (handler == on_fatal)
    ::sigfillset(&action.sa_mask);
  else
    ::sigemptyset(&action.sa_mask);
  ::sigaction(number, &action, nullptr);
}

// Does what the signal does where nobody handles it, here and now.
void raise_by_default(int number) {
  install(number, SIG_DFL);
  ::raise(number);
  sigset_t only;
  ::sigemptyset(&only);
  ::sigaddset(&only, number);
  ::pthread_sigmask(SIG_UNBLOCK, &only, nullptr);  // it is blocked in its own handler
}

void on_fatal(int number) {
  give_back();
  raise_by_default(number);
}

void on_resize(int) {
  const int before = errno;
  notify();
  errno = before;
}

// From Ctrl-Z, and from a stop that nobody was told of: then the shell has had the terminal.
void on_continue(int) {
  const int before = errno;
  take();
  notify();
  errno = before;
}

void on_stop(int number) {
  const int before = errno;
  give_back();
  raise_by_default(number);  // returns with SIGCONT
  install(number, on_stop);
  errno = before;
}

class LiveScreen : public LiveOutput {
 public:
  LiveScreen(int input, int output, bool colours)
      : notice_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), colours_(colours) {
    is_over = 0;
    taken = {-1, output, notice_.get(), {}, {}};
    if (::tcgetattr(input, &taken.found) == 0) {
      taken.input = input;
      taken.ours = taken.found;
      taken.ours.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
      taken.ours.c_cc[VMIN] = 1;
      taken.ours.c_cc[VTIME] = 0;
    }
    for (const int number : kFatal) handle(number, on_fatal);
    handle(SIGTSTP, on_stop);
    handle(SIGCONT, on_continue);
    handle(SIGWINCH, on_resize);
    take();
  }
  LiveScreen(const LiveScreen&) = delete;
  LiveScreen& operator=(const LiveScreen&) = delete;

  ~LiveScreen() override {
    is_over = 1;
    give_back();  // with the handlers in place, or a signal could come between
    for (std::size_t i = 0; i < handled_; ++i)
      ::sigaction(before_[i].number, &before_[i].action, nullptr);
  }

  void show(const LiveView& view) override {
    const ScreenSize size = this->size();
    write_all(taken.output, draw(render_live(view, size, colours_), size));
  }

  Event wait_until(Clock::time_point deadline) override {
    for (;;) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
      if (left.count() <= 0) return Event::kDue;
      std::array<pollfd, 2> sources{{{notice_.get(), POLLIN, 0}, {taken.input, POLLIN, 0}}};
      const int ready = ::poll(sources.data(), sources.size(),
                               static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
      if (ready <= 0) continue;
      if (sources[1].revents != 0 && wants_to_leave()) return Event::kLeave;
      std::uint64_t notices = 0;
      if (::read(notice_.get(), &notices, sizeof notices) > 0) return Event::kRedraw;
    }
  }

 private:
  struct Handled {
    int number = 0;
    struct sigaction action {};
  };

  // What was ignored when the program began (nohup) stays so.
  void handle(int number, void (*handler)(int)) {
    Handled& before = before_[handled_];
    before.number = number;
    ::sigaction(number, nullptr, &before.action);
    if (before.action.sa_handler == SIG_IGN) return;
    ++handled_;
    install(number, handler);
  }

  // Every other key is taken and means nothing. One at a time: what was typed behind the q is
  // for the shell.
  [[nodiscard]] static bool wants_to_leave() {
    char key = 0;
    const ssize_t got = ::read(taken.input, &key, 1);
    if (got < 0) return errno != EINTR && errno != EAGAIN;
    return got == 0 || key == 'q' || key == 'Q';
  }

  // A terminal that does not know its size (a serial line) is of the usual one.
  [[nodiscard]] static ScreenSize size() {
    ScreenSize size;
    winsize told{};
    if (::ioctl(taken.output, TIOCGWINSZ, &told) < 0) return size;
    if (told.ws_row > 0) size.rows = told.ws_row;
    if (told.ws_col > 0) size.columns = told.ws_col;
    return size;
  }

  OwnedFd notice_;
  bool colours_;
  std::array<Handled, kFatal.size() + 3> before_{};
  std::size_t handled_ = 0;
};

}  // namespace

std::unique_ptr<LiveOutput> open_live_screen(int input, int output, bool colours) {
  return std::make_unique<LiveScreen>(input, output, colours);
}

}  // namespace idled::tools
