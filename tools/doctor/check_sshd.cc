// sshd: whether it asks PAM, and what of its own timeouts is mistaken for an idle limit.
#include <algorithm>
#include <array>

#include "base/duration.h"
#include "policy/glob.h"
#include "tools/doctor/checks.h"
#include "tools/doctor/lines.h"
#include "tools/doctor/sshd_settings.h"

namespace idled::tools::doctor {
namespace {

std::string reload_of(const Machine& machine) {
  return machine.has("/etc/debian_version") ? "systemctl reload ssh" : "systemctl reload sshd";
}

std::string write_and_reload(const Machine& machine, const std::string& lines,
                             const std::string& place) {
  return write_in(place, lines, reload_of(machine));
}

std::string spoken(long count) {
  return format_spoken(seconds(count));
}

}  // namespace

// "FILE: line N: Bad configuration option": a fault of the file. Another complaint (no
// /run/sshd, no host keys) is about the moment.
Findings check_sshd_config(const Machine& machine) {
  if (!machine.living() || machine.living()->sshd_complaint.empty()) return {};
  const std::string& complaint = machine.living()->sshd_complaint;
  const std::string first = complaint.substr(0, complaint.find_first_of("\r\n"));
  if (complaint.find(": line ") == complaint.npos && complaint.find(" line ") == complaint.npos)
    return {note("sshd.not-asked", "sshd did not say which settings are in force: " + first,
                 "Its configuration files were read instead.", "sshd -T")};
  return {wrong("sshd.config-broken", "sshd refuses its configuration: " + first,
                "The sshd that runs goes on with what it read before; started again, it would let "
                "nobody in.",
                "sshd -t")};
}

Findings check_sshd_pam(const Machine& machine) {
  const auto settings = read_sshd_settings(machine);
  if (!settings) return {};
  if (lower(settings->value("usepam", "no")) == "yes")
    return {good("sshd.pam", "sshd asks PAM (UsePAM yes)")};
  return {
      wrong("sshd.no-pam", "sshd does not ask PAM (UsePAM no)",
            "The module never runs: logins are not announced, and their shells get no TMOUT of the "
            "policy's.",
            write_and_reload(machine, "UsePAM yes", settings->place_of("usepam")))};
}

namespace {

struct Alive {
  long interval;
  long count;
  bool tcp_keepalive;
};

Alive alive_of(const SshdSettings& settings) {
  const auto number = [&](const char* keyword, const char* otherwise) {
    return std::max(parse_sshd_time(settings.value(keyword, otherwise)), 0L);
  };
  return {number("clientaliveinterval", "0"), number("clientalivecountmax", "3"),
          lower(settings.value("tcpkeepalive", "yes")) != "no"};
}

constexpr const char* kAliveLines = "ClientAliveInterval 60\nClientAliveCountMax 3";

Finding count_zero(const Machine& machine, const SshdSettings& settings, const Alive& alive) {
  return wrong(
      "sshd.alive-count-zero",
      "ClientAliveCountMax 0 with ClientAliveInterval " + std::to_string(alive.interval) +
          " ends nothing",
      "It is believed to be an idle timeout. Since OpenSSH 8.2 a 0 means that no connection "
      "is ended, so not even dead clients go; and before, it asked whether the client's "
      "machine answers, never whether anybody types.",
      write_and_reload(machine, kAliveLines, settings.place_of("clientalivecountmax")));
}

Finding never_asked(const Machine& machine, const SshdSettings& settings, const Alive& alive) {
  const std::string mend =
      write_and_reload(machine, kAliveLines, settings.place_of("clientaliveinterval"));
  if (!alive.tcp_keepalive)
    return wrong("sshd.dead-peers-stay", "sshd never finds out that a client is gone",
                 "Neither ClientAliveInterval nor TCPKeepAlive is on: a connection without a "
                 "terminal (ssh -N, a tunnel) from a machine that went away stays for ever.",
                 mend);
  return note(
      "sshd.dead-peers-linger", "sshd asks no client whether it is still there",
      "ClientAliveInterval is 0: a connection without a terminal (ssh -N) from a machine that "
      "went away stays until the kernel's keepalive ends it, after two hours or more.",
      mend);
}

}  // namespace

Findings check_sshd_alive(const Machine& machine) {
  const auto settings = read_sshd_settings(machine);
  if (!settings) return {};
  const Alive alive = alive_of(*settings);
  if (alive.interval == 0) return {never_asked(machine, *settings, alive)};
  if (alive.count == 0) return {count_zero(machine, *settings, alive)};
  const long until = alive.interval * alive.count;
  constexpr long kLikeAnIdleLimit = 300;
  if (until < kLikeAnIdleLimit)
    return {good("sshd.alive",
                 "sshd ends connections whose client has not answered for " + spoken(until))};
  return {
      note("sshd.alive-is-no-idle-limit",
           "ClientAliveInterval " + std::to_string(alive.interval) + " x ClientAliveCountMax " +
               std::to_string(alive.count) + " (" + spoken(until) + ") is no idle limit",
           "It ends connections whose client does not answer for that long. A client answers by "
           "itself, whether or not anybody is there. The idle limit is idled's.")};
}

Findings check_sshd_channel_timeout(const Machine& machine) {
  const auto settings = read_sshd_settings(machine);
  if (!settings) return {};
  Findings findings;
  for (const std::string& timeout : words_of(settings->value("channeltimeout", "none"))) {
    const std::string type = timeout.substr(0, timeout.find('='));
    const std::string value = timeout.substr(std::min(type.size() + 1, timeout.size()));
    const bool is_session =
        type == "global" || policy::glob_matches("session*", type) || type == "*";
    if (!is_session || value == "0" || value == "none" || value.empty()) continue;
    findings.push_back(doubtful(
        "sshd.channel-timeout", "ChannelTimeout " + timeout + " ends terminals beside idled",
        "Without a warning, by a rule for all alike; a transfer or command that is silent for that "
        "long ends too, and output counts as use, so that a clock on the screen keeps a terminal "
        "for ever.",
        write_and_reload(machine, "ChannelTimeout none", settings->place_of("channeltimeout"))));
  }
  return findings;
}

Findings check_sshd_environment(const Machine& machine) {
  const auto settings = read_sshd_settings(machine);
  if (!settings) return {};
  Findings findings;
  const std::string permitted = lower(settings->value("permituserenvironment", "no"));
  if (permitted != "no")
    findings.push_back(doubtful("sshd.user-environment",
                                "PermitUserEnvironment " + permitted +
                                    " lets users prepare the environment of their login shell",
                                "With TMUX set there, for one, the profile sets no TMOUT. The "
                                "daemon is not fooled: TMOUT is "
                                "its backstop.",
                                write_and_reload(machine, "PermitUserEnvironment no",
                                                 settings->place_of("permituserenvironment"))));
  for (const std::string& value : settings->values("acceptenv"))
    for (const std::string& pattern : words_of(value))
      for (const char* name : {"TMUX", "STY", "IDLED_TMOUT", "TMOUT", "BASH_ENV", "ENV"})
        if (policy::is_valid_glob(pattern) && policy::glob_matches(pattern, name)) {
          findings.push_back(doubtful(
              "sshd.accept-env", "AcceptEnv " + pattern + " lets clients set " + name,
              "Profiles and shells go by it: a client can see to it that its shell gets no TMOUT. "
              "The "
              "daemon is not fooled: TMOUT is its backstop.",
              write_and_reload(machine, "AcceptEnv LANG LC_*", settings->place_of("acceptenv"))));
          break;
        }
  return findings;
}

Findings check_sshd_match(const Machine& machine) {
  const auto settings = read_sshd_settings(machine);
  if (!settings) return {};
  constexpr std::array kOurs{"clientaliveinterval", "clientalivecountmax", "channeltimeout",
                             "permituserenvironment", "acceptenv"};
  Findings findings;
  for (const SshdLine& line : settings->in_match_blocks())
    if (std::find(kOurs.begin(), kOurs.end(), line.keyword) != kOurs.end())
      findings.push_back(note("sshd.match",
                              line.place + " says " + line.keyword + " " + line.value +
                                  " for \"Match " + line.match + "\"",
                              "What stands for everybody has been judged, not what some are given. "
                              "For one user and host:",
                              "sshd -T -C user=NAME,host=HOST,addr=ADDRESS"));
  return findings;
}

}  // namespace idled::tools::doctor
