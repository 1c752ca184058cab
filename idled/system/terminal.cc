#include "idled/system/terminal.h"

#include <fcntl.h>
#include <linux/kd.h>
#include <linux/major.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <sstream>

#include "base/files.h"
#include "base/text.h"
#include "idled/system/namespaces.h"
#include "idled/system/proc.h"

namespace idled::system {
namespace {

constexpr std::size_t kLargestDrivers = std::size_t{64} << 10;  // bytes
constexpr int kOpenFlags = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;

// Its width, tty_ioctl(4). Serial lines, and clients that do not say, have none: 80, as ever.
// Its user may claim any number.
std::size_t columns_of(int fd) {
  constexpr std::size_t kUsual = 80;
  constexpr std::size_t kWidest = 500;
  struct winsize size {};
  if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 || size.ws_col > kWidest) return kUsual;
  return size.ws_col;
}

bool is_ptmx(std::string_view target) {
  return target == "/dev/ptmx" || (target.starts_with("/dev/pts") && target.ends_with("/ptmx"));
}

// 4711 of "socket:[4711]".
std::optional<ino_t> socket_inode(std::string_view target) {
  constexpr std::string_view kPrefix = "socket:[";
  if (!target.starts_with(kPrefix) || !target.ends_with(']')) return std::nullopt;
  target.remove_prefix(kPrefix.size());
  ino_t inode = 0;
  const auto [end, error] =
      std::from_chars(target.data(), target.data() + target.size() - 1, inode);
  return error == std::errc() ? std::optional(inode) : std::nullopt;
}

// "tty-index:\t3" of /proc/PID/fdinfo/FD.
Result<std::optional<unsigned>> tty_index(pid_t pid, int fd) {
  const Result<std::string> info =
      read_record("/proc/" + std::to_string(pid) + "/fdinfo/" + std::to_string(fd));
  if (!info) return info.error();
  constexpr std::string_view kKey = "tty-index:";
  const std::size_t at = info->find(kKey);
  if (at == std::string::npos) return std::optional<unsigned>();
  const std::size_t digits = info->find_first_not_of(" \t", at + kKey.size());
  if (digits == std::string::npos) return std::optional<unsigned>();
  unsigned index = 0;
  const auto [end, error] =
      std::from_chars(info->data() + digits, info->data() + info->size(), index);
  return error == std::errc() ? std::optional(index) : std::nullopt;
}

// A container's manager holds the masters of the container's terminals: its pts/3 is not
// ours.
bool is_of_our_devpts(const struct stat& slave) {
  static const dev_t ours = own_devpts();
  return slave.st_dev == ours;
}

// The number of the descriptor may have come to be that of another file: what TIOCGPTPEER does
// to one that is no master is not for us to try.
bool is_master(int fd) {
  constexpr unsigned kPtmxMinor = 2;  // of TTYAUX_MAJOR, Documentation/admin-guide/devices.txt
  struct stat status {};
  return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) &&
         status.st_rdev == makedev(TTYAUX_MAJOR, kPtmxMinor);
}

// Whether what is typed on a console comes to no program as characters: a display server sees to
// that, K_OFF or the raw modes of ioctl_console(2). Its mode of display alone says nothing: whoever
// sits at a shell may set it.
bool is_without_keys(int console) {
  int mode = K_OFF;
  return ioctl(console, KDGKBMODE, &mode) < 0 || (mode != K_XLATE && mode != K_UNICODE);
}

std::size_t size_of(const struct stat& folder) {
  return folder.st_size > 0 ? static_cast<std::size_t>(folder.st_size) : 0;
}

std::string fd_folder(pid_t pid) {
  return "/proc/" + std::to_string(pid) + "/fd";
}

// Looked at before it is opened: opening some devices does something.
Result<OwnedFd> open_pinned(const std::string& name, const OwnedFd& pinned) {
  const std::string link = "/proc/self/fd/" + std::to_string(pinned.get());
  OwnedFd fd(::open(link.c_str(), kOpenFlags));
  if (!fd) return errno_error("cannot open " + name);
  if (isatty(fd.get()) == 0) return Error{name + " is not a terminal", ENODEV};
  return fd;
}

Result<OwnedFd> open_by_path(const std::string& name, dev_t device, uid_t holder) {
  const std::string path = "/dev/" + name;
  const OwnedFd pinned(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!pinned) return errno_error("cannot look at " + path);
  struct stat status {};
  if (fstat(pinned.get(), &status) < 0) return errno_error("fstat " + path);
  if (!S_ISCHR(status.st_mode) || status.st_rdev != device || !is_of_our_devpts(status))
    return Error{path + " is not the terminal that was meant", ENODEV};
  if (holder != 0 && status.st_uid != holder) return Error{path + " is another user's", EPERM};
  return open_pinned(name, pinned);
}

}  // namespace

Result<Holdings> holdings_of(pid_t pid) {
  Holdings held;
  Numbered folder(fd_folder(pid));
  if (folder.fd() < 0)
    if (Error error = errno_error("cannot open " + fd_folder(pid)); is_shortage(error))
      return error;
  // Counted first: what comes while this reads makes another number.
  uid_t holder = 0;  // proc(5): root where its user may not handle the process, "dumpable"
  if (struct stat status{}; fstat(folder.fd(), &status) == 0) {
    held.descriptors = size_of(status);
    holder = status.st_uid;
  }
  std::size_t count = 0;
  while (const std::optional<int> fd = folder.next()) {
    const bool enough = ++count > kMostOfAUser || held.masters.size() == kMostMastersOfAUser;
    if (holder != 0 && enough) break;
    char buffer[64];
    const ssize_t size =
        readlinkat(folder.fd(), std::to_string(*fd).c_str(), buffer, sizeof buffer);
    if (size <= 0) continue;
    const std::string_view target(buffer, static_cast<std::size_t>(size));
    if (const std::optional<ino_t> inode = socket_inode(target)) held.sockets.push_back(*inode);
    if (!is_ptmx(target)) continue;
    const Result<std::optional<unsigned>> read = tty_index(pid, *fd);
    if (!read && is_shortage(read.error())) return read.error();
    const std::optional<unsigned> index = read ? *read : std::nullopt;
    const bool known =
        index && std::any_of(held.masters.begin(), held.masters.end(),
                             [&](const PtyMaster& master) { return master.index == *index; });
    if (index && !known) held.masters.push_back({*fd, *index, holder});
  }
  std::sort(held.masters.begin(), held.masters.end(),
            [](const PtyMaster& a, const PtyMaster& b) { return a.index < b.index; });
  return held;
}

bool may_have_changed(const Holdings& then, pid_t pid) {
  struct stat status {};
  return then.descriptors == 0 || stat(fd_folder(pid).c_str(), &status) < 0 ||
         size_of(status) != then.descriptors;
}

Result<Terminal> Terminal::open(const Process& leader, const PtyMaster& master) {
  const std::string name = "pts/" + std::to_string(master.index);
  const dev_t device = makedev(UNIX98_PTY_SLAVE_MAJOR, master.index);
  Result<OwnedFd> ours = master.holder == 0 ? leader.duplicate_fd(master.remote_fd)
                                            : Error{"it is a user's process", EPERM};
  if (ours) {
    if (!is_master(ours->get())) return Error{"the master of " + name + " is gone", ESTALE};
    OwnedFd slave(ioctl(ours->get(), TIOCGPTPEER, kOpenFlags));
    if (!slave) return errno_error("cannot open " + name + " through its master");
    struct stat status {};
    if (fstat(slave.get(), &status) < 0) return errno_error("fstat " + name);
    if (!is_of_our_devpts(status))
      return Error{name + " belongs to another devpts, that of a container", EXDEV};
    if (status.st_rdev != device) return Error{"the master of " + name + " is gone", ESTALE};
    return Terminal(name, device, std::move(slave), *std::move(ours));
  }
  if (ours.error().code != EPERM) return ours.error();
  if (const Result<void> home = check_home(leader.pid()); !home) return home.error();
  Result<OwnedFd> slave = open_by_path(name, device, master.holder);
  if (!slave) return slave.error();
  return Terminal(name, device, *std::move(slave), OwnedFd());
}

Result<OwnedFd> Terminal::pin(const std::string& name) {
  const std::string path = "/dev/" + name;
  OwnedFd fd(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return errno_error("cannot look at " + path);
  struct stat status {};
  if (fstat(fd.get(), &status) < 0) return errno_error("fstat " + path);
  // Of serial lines, which have many numbers, we do not know the names.
  const std::string known_as = terminal_name(status.st_rdev);
  const Result<std::string> drivers = read_file("/proc/tty/drivers", kLargestDrivers);
  if (!drivers) return drivers.error();
  if (!S_ISCHR(status.st_mode) || !is_terminal_device(*drivers, status.st_rdev) ||
      (!known_as.empty() && known_as != name))
    return Error{path + " is not a terminal of that name", ENODEV};
  return fd;
}

Result<Terminal> Terminal::open(const std::string& name, const OwnedFd& pinned, uid_t user) {
  struct stat status {};
  if (fstat(pinned.get(), &status) < 0) return errno_error("fstat " + name);
  if (status.st_nlink == 0) return Error{name + " is gone", ENODEV};
  if (status.st_uid != user && status.st_uid != 0)
    return Error{name + " belongs to user " + std::to_string(status.st_uid), EPERM};
  Result<OwnedFd> opened = open_pinned(name, pinned);
  if (!opened) return opened.error();
  OwnedFd slave = *std::move(opened);
  int mode = KD_TEXT;
  if (ioctl(slave.get(), KDGETMODE, &mode) == 0 && mode != KD_TEXT && is_without_keys(slave.get()))
    return Error{name + " shows a graphical session", EBUSY};
  return Terminal(name, status.st_rdev, std::move(slave), OwnedFd());
}

std::optional<pid_t> Terminal::foreground_group(pid_t leader) const {
  // The kernel answers for another session's terminal only through the master.
  pid_t group = 0;
  if (master_)
    return ioctl(master_.get(), TIOCGPGRP, &group) == 0 && group > 0 ? std::optional(group)
                                                                     : std::nullopt;
  const std::optional<ProcStat> on_it = find_on_terminal(leader, device_);
  if (on_it && on_it->tpgid > 0) return on_it->tpgid;
  return std::nullopt;
}

Result<void> Terminal::sample(core::TerminalSample& sample) const {
  struct stat status {};
  if (fstat(slave_.get(), &status) < 0) return errno_error("fstat " + name_);
  sample.name = name_;
  sample.atime = to_wall_time(status.st_atim);
  sample.mtime = to_wall_time(status.st_mtim);
  sample.ctime = to_wall_time(status.st_ctim);
  struct termios mode {};
  sample.canonical =
      tcgetattr(slave_.get(), &mode) == 0 && (mode.c_lflag & (ICANON | EXTPROC)) == ICANON;
  int unread = 0;
  if (ioctl(slave_.get(), TIOCINQ, &unread) == 0 && unread > 0)
    sample.unread = static_cast<std::uint32_t>(unread);
  return {};
}

std::optional<core::ProcessIdentity> Terminal::session_leader(pid_t leader) const {
  pid_t session = 0;
  if (master_)
    return ioctl(master_.get(), TIOCGSID, &session) == 0 && session > 0 ? identify(session)
                                                                        : std::nullopt;
  if (const std::optional<ProcStat> on_it = find_on_terminal(leader, device_))
    return identify(on_it->session);
  for (const pid_t pid : list_pids()) {
    const std::optional<ProcStat> stat = read_stat(pid);
    if (stat && stat->session == pid && stat->tty == device_)
      return core::ProcessIdentity{pid, stat->start_ticks};
  }
  return std::nullopt;
}

bool Terminal::write(std::string_view text) const {
  const std::string filled = fill_lines(text, columns_of(slave_.get()));
  const ssize_t written = ::write(slave_.get(), filled.data(), filled.size());
  return written == static_cast<ssize_t>(filled.size());
}

WallTime Terminal::last_output() const {
  struct stat status {};
  return fstat(slave_.get(), &status) == 0 ? to_wall_time(status.st_mtim) : WallTime();
}

Result<void> Terminal::hang_up() const {
  if (ioctl(slave_.get(), TIOCVHANGUP) < 0) return errno_error("TIOCVHANGUP of " + name_);
  return {};
}

bool is_terminal_device(std::string_view drivers, dev_t device) {
  // "serial  /dev/ttyS  4 64-95 serial": the last four of driver, path, major, minors, type.
  std::istringstream lines{std::string(drivers)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string driver;
    std::string path;
    std::string minors;
    std::string type;
    unsigned group = 0;
    if (!(words >> driver >> path >> group >> minors >> type)) continue;
    if (group != major(device) || type == "pty:master") continue;
    unsigned first = 0;
    const char* const end = minors.data() + minors.size();
    const auto [dash, error] = std::from_chars(minors.data(), end, first);
    unsigned last = first;
    if (dash != end) std::from_chars(dash + 1, end, last);
    if (error == std::errc() && minor(device) >= first && minor(device) <= last) return true;
  }
  return false;
}

std::string terminal_name(dev_t device) {
  const unsigned number = minor(device);
  const unsigned group = major(device);
  if (group >= UNIX98_PTY_SLAVE_MAJOR && group < UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT)
    return "pts/" + std::to_string((group - UNIX98_PTY_SLAVE_MAJOR) * 256 + number);
  if (group == TTY_MAJOR && number > 0)
    return number < 64 ? "tty" + std::to_string(number) : "ttyS" + std::to_string(number - 64);
  return {};
}

}  // namespace idled::system
