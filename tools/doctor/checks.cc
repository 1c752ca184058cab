#include "tools/doctor/checks.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "tools/doctor/lines.h"

namespace idled::tools::doctor {
namespace {

constexpr std::array kChecks{
    check_installed,
    check_daemon,
    check_pam_module,
    check_pam_stacks,
    check_sshd_config,
    check_sshd_pam,
    check_policy_files,
    check_policy_in_force,
    check_policy_effect,
    check_enabled,
    check_socket,
    check_version,
    check_writable,
    check_pam_socket,
    check_pam_control,
    check_pam_skipped,
    check_pam_order,
    check_pam_twice,
    check_pam_arguments,
    check_logind_idle,
    check_rivals,
    check_sshd_alive,
    check_sshd_channel_timeout,
    check_other_tmouts,
    check_profile,
    check_zsh,
    check_logind_kill,
    check_forged,
    check_tiocsti,
    check_dev_tty,
    check_witnesses,
    check_inotify_limits,
    check_sshd_environment,
    check_sshd_match,
    check_no_pam,
    check_unwatched,
    check_exempt,
    check_no_terminal,
    check_graphical,
    check_admin_group,
    check_utmp,
    check_hidepid,
    check_rights,
};

// What others may not read is no fault: it is said, and who can look.
void add_denied(const Machine& machine, Findings& findings) {
  if (machine.denied().empty()) return;
  std::vector<std::string> names(machine.denied().begin(), machine.denied().end());
  findings.push_back(note("doctor.unreadable", "Could not be read: " + enumerated(names),
                          "What they say has not been judged.", "# run it as root"));
}

}  // namespace

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::kWrong:
      return "wrong";
    case Severity::kDoubtful:
      return "doubtful";
    case Severity::kNote:
      return "note";
    case Severity::kGood:
      return "good";
  }
  return "";
}

std::span<Check* const> checks() {
  return kChecks;
}

Findings examine(const Machine& machine) {
  Findings findings;
  for (Check* check : checks()) {
    Findings found = check(machine);
    std::move(found.begin(), found.end(), std::back_inserter(findings));
  }
  add_denied(machine, findings);
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
  return findings;
}

}  // namespace idled::tools::doctor
