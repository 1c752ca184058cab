// What evidence the kernel gives, and what it still lets users do. Not asked of an image.
#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/kernel_release.h"
#include "tools/doctor/checks.h"
#include "tools/doctor/lines.h"

namespace idled::tools::doctor {
namespace {

std::optional<long> number_in(const Machine& machine, const std::string& file) {
  const std::optional<std::string> text = machine.read(file);
  if (!text) return std::nullopt;
  long number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

std::string sysctl(const std::string& setting) {
  return "echo " + setting +
         " >> /etc/sysctl.d/60-idled.conf\nsysctl -p /etc/sysctl.d/60-idled.conf";
}

}  // namespace

Findings check_tiocsti(const Machine& machine) {
  if (!machine.living()) return {};
  const auto legacy = number_in(machine, "/proc/sys/dev/tty/legacy_tiocsti");
  if (!legacy)
    return {
        note("kernel.tiocsti-unknown", "This kernel cannot forbid TIOCSTI (Linux 6.2 can)",
             "A program can push input into its own terminal. Where the connection is quiet, that "
             "is seen through.")};
  if (*legacy == 0)
    return {good("kernel.tiocsti", "The kernel forbids TIOCSTI: no program types for its user")};
  return {doubtful(
      "kernel.tiocsti-allowed", "Programs may push input into their own terminal (TIOCSTI)",
      "Where the connection is noisy, from keepalives or output, idled cannot tell that "
      "from keys, and the terminal stays.",
      sysctl("dev.tty.legacy_tiocsti=0"))};
}

Findings check_dev_tty(const Machine& machine) {
  if (!machine.living()) return {};
  const std::optional<std::string> text = machine.read("/proc/sys/kernel/osrelease");
  const auto release = text ? parse_kernel_release(*text) : std::nullopt;
  if (!release || *release >= kShowsDevTty) return {};
  return {note(
      "kernel.dev-tty",
      "On this kernel a terminal's times do not show what is read through /dev/tty",
      "So do emacs -nw, fzf, and sudo with use_pty for all that is typed in it. idled sees who "
      "may have, and counts it. Where a connection is never quiet, or there is none, who is "
      "gone may be taken for another who types so, and stays for longer. Linux 6.5 and later "
      "tell.")};
}

Findings check_inotify_limits(const Machine& machine) {
  if (!machine.living()) return {};
  struct Limit {
    const char* name;
    long least;
    const char* why;
  };
  // A watch for each terminal whose times are doubted; two instances. All that runs as root
  // shares them.
  constexpr Limit kLimits[] = {
      {"max_user_watches", 8192, "idled watches each terminal whose times have been set by hand."},
      {"max_user_instances", 64, "idled takes two, and all services that run as root share them."},
  };
  Findings findings;
  for (const Limit& limit : kLimits) {
    const auto value = number_in(machine, std::string("/proc/sys/fs/inotify/") + limit.name);
    if (value && *value < limit.least)
      findings.push_back(doubtful(
          "kernel.inotify-limit",
          std::string("fs.inotify.") + limit.name + " is only " + std::to_string(*value),
          std::string(limit.why) + " Without, it looks at terminals by the clock instead.",
          sysctl(std::string("fs.inotify.") + limit.name + "=" + std::to_string(limit.least))));
  }
  return findings;
}

Findings check_witnesses(const Machine& machine) {
  const DaemonAnswer* daemon = machine.daemon();
  if (!daemon) return {};
  const std::vector<std::string>& witnesses = daemon->status.witnesses;
  const auto has = [&](std::string_view name) {
    return std::any_of(witnesses.begin(), witnesses.end(), [&](const std::string& witness) {
      return witness.find(name) != witness.npos;
    });
  };
  Findings findings;
  if (!has("INET_DIAG"))
    findings.push_back(doubtful("witness.connection",
                                "idled cannot ask how long a connection has been quiet (INET_DIAG)",
                                "Idle times are exact to 8 seconds only, and input that a program "
                                "pushes into its own terminal counts.",
                                "modprobe tcp_diag && systemctl restart idled"));
  if (!has("inotify"))
    findings.push_back(
        doubtful("witness.reads", "idled is not told of reads as they happen (inotify)",
                 "A terminal whose times were set by hand is judged by its connection "
                 "alone, and terminals are looked at more often.",
                 "sysctl fs.inotify.max_user_instances=256 && systemctl restart idled"));
  if (findings.empty() && !witnesses.empty())
    findings.push_back(
        good("witness.all", "The kernel gives all evidence: " + enumerated(witnesses)));
  return findings;
}

Findings check_hidepid(const Machine& machine) {
  if (!machine.living()) return {};
  for (const Line& line : lines_of(machine.read("/proc/mounts").value_or(""))) {
    const std::vector<std::string> fields = words_of(line.text);
    if (fields.size() < 4 || fields[1] != "/proc") continue;
    const std::size_t at = fields[3].find("hidepid=");
    if (at == std::string::npos) continue;
    const std::string option = fields[3].substr(at, fields[3].find(',', at) - at);
    if (option == "hidepid=0" || option == "hidepid=off") continue;
    return {note("kernel.hidepid", "/proc hides processes from other users (" + option + ")",
                 "idled sees them, as long as its unit leaves it CAP_SYS_PTRACE.")};
  }
  return {};
}

Findings check_utmp(const Machine& machine) {
  if (!machine.living()) return {};
  if (machine.has("/run/utmp") || machine.has("/var/run/utmp"))
    return {good("kernel.utmp", "There is a utmp, by which logins without PAM are found")};
  return {note("kernel.no-utmp", "There is no utmp",
               "Logins that PAM has not announced are found by logind, /dev/pts and /proc.")};
}

}  // namespace idled::tools::doctor
