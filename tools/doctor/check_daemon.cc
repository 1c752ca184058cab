// The daemon: installed, running, started at boot, and reachable.
#include <array>

#include "base/files.h"
#include "base/version.h"
#include "tools/doctor/checks.h"

namespace idled::tools::doctor {
namespace {

constexpr const char* kEnable = "systemctl enable --now idled.socket idled.service";

bool has_systemd(const Machine& machine) {
  // /run/systemd/system: sd_booted(3).
  return machine.has(machine.living() ? "/run/systemd/system" : "/usr/lib/systemd/systemd");
}

// systemd.unit(5): the administrator's folder first.
constexpr std::array kUnitFolders{"/etc/systemd/system/", "/run/systemd/system/",
                                  "/usr/local/lib/systemd/system/", "/usr/lib/systemd/system/",
                                  "/lib/systemd/system/"};

bool has_unit(const Machine& machine, const std::string& unit) {
  for (const char* folder : kUnitFolders)
    if (machine.has(folder + unit)) return true;
  return false;
}

bool is_masked(const Machine& machine, const std::string& unit) {
  for (const char* folder : {"/etc/systemd/system/", "/run/systemd/system/"})
    if (machine.link_of(folder + unit) == "/dev/null") return true;
  return false;
}

bool is_wanted(const Machine& machine, const std::string& unit) {
  for (const char* folder : kUnitFolders)
    if (!machine.match(folder + std::string("*.wants/") + unit).empty()) return true;
  return false;
}

// match() finds only links that lead somewhere; a mask is enough to look at.
std::string masked_unit(const Machine& machine) {
  for (const char* unit : {"idled.service", "idled.socket"})
    if (is_masked(machine, unit)) return unit;
  return {};
}

}  // namespace

Findings check_installed(const Machine& machine) {
  for (const char* file : {"/usr/sbin/idled", "/usr/local/sbin/idled"})
    if (machine.has(file)) return {};
  return {wrong("daemon.not-installed", "There is no /usr/sbin/idled",
                "Without the daemon nobody is watched and nobody logged out.", "# install idled")};
}

Findings check_daemon(const Machine& machine) {
  if (!machine.living()) return {};
  const Outcome<DaemonAnswer>& answer = machine.living()->daemon;
  if (answer)
    return {good("daemon.runs", "idled " + answer->status.version + " runs and watches " +
                                    std::to_string(answer->status.sessions) +
                                    (answer->status.sessions == 1 ? " session" : " sessions"))};
  const Failure& failure = answer.failure();
  switch (failure.code) {
    case ExitCode::kNoDaemon:
      return {wrong("daemon.absent", "idled does not run: nobody is watched",
                    "Nobody serves " + machine.living()->socket +
                        ". Logins go on; those of now are found once it is started.",
                    kEnable)};
    case ExitCode::kNotPermitted:
      return {wrong("daemon.not-permitted", "idled's socket may not be opened", failure.text,
                    "chmod 0666 " + machine.living()->socket)};
    default:
      return {wrong("daemon.no-answer", "idled does not answer", failure.text,
                    "systemctl restart idled")};
  }
}

Findings check_enabled(const Machine& machine) {
  if (!has_systemd(machine) || !has_unit(machine, "idled.service")) return {};
  if (const std::string unit = masked_unit(machine); !unit.empty())
    return {
        wrong("daemon.masked", unit + " is masked: it cannot be started",
              "A mask is a link to /dev/null in /etc/systemd/system; removing a package without "
              "purging it leaves one.",
              "systemctl unmask " + unit + " && " + kEnable)};
  if (is_wanted(machine, "idled.service"))
    return {good("daemon.enabled", "idled is started at boot")};
  return {wrong("daemon.not-enabled", "idled is not started at boot",
                "No target wants idled.service. The socket alone would start it at the first login "
                "that comes by PAM, and those of others would be found only then.",
                kEnable)};
}

Findings check_socket(const Machine& machine) {
  if (!machine.daemon()) return {};
  const std::string& path = machine.living()->socket;
  const std::string folder = path.substr(0, path.rfind('/'));
  Findings findings;
  if (const auto status = machine.status(folder))
    if (const std::string who = who_else_writes(*status); !who.empty())
      findings.push_back(wrong("daemon.socket-folder", "The socket's folder " + folder + " " + who,
                               "Somebody else could put a socket of their own in its place, and "
                               "logins would be announced to that.",
                               "chown root:root " + folder + " && chmod 0755 " + folder));
  const auto status = machine.status(path);
  if (status && (status->st_mode & 0666U) != 0666U)
    findings.push_back(note("daemon.socket-mode", "Not everybody may speak to " + path,
                            "Rights are checked for each request; with this mode some users cannot "
                            "see how long their own logins have left.",
                            "chmod 0666 " + path));
  return findings;
}

Findings check_version(const Machine& machine) {
  const DaemonAnswer* daemon = machine.daemon();
  if (!daemon || daemon->status.version == kVersion) return {};
  return {
      doubtful("daemon.other-version",
               "idled " + daemon->status.version + " runs, and idlectl is " + kVersion,
               "After an upgrade the old daemon goes on until it is restarted. That logs nobody "
               "out.",
               "systemctl restart idled")};
}

}  // namespace idled::tools::doctor
