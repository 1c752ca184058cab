// What the doctor looks at: a table of small functions, each from the machine to findings.
#pragma once

#include <span>

#include "tools/doctor/finding.h"
#include "tools/doctor/machine.h"

namespace idled::tools::doctor {

using Check = Findings(const Machine&);

// The daemon and its policy.
Check check_installed, check_daemon, check_enabled, check_socket, check_version;
Check check_policy_files, check_policy_in_force, check_policy_effect;
// The PAM stacks of the programs that let people in.
Check check_pam_module, check_pam_stacks, check_pam_twice, check_pam_order, check_pam_socket;
Check check_pam_control, check_pam_skipped, check_pam_arguments, check_no_pam;
// sshd.
Check check_sshd_config, check_sshd_pam, check_sshd_alive, check_sshd_channel_timeout;
Check check_sshd_environment, check_sshd_match;
// The shells' TMOUT.
Check check_profile, check_other_tmouts, check_zsh;
// What else ends sessions.
Check check_logind_idle, check_logind_kill, check_rivals;
// The kernel's part.
Check check_tiocsti, check_dev_tty, check_inotify_limits, check_witnesses, check_hidepid,
    check_utmp;
// Who may change or see what.
Check check_writable, check_admin_group;
// The sessions there are.
Check check_unwatched, check_exempt, check_no_terminal, check_graphical, check_forged;
// What could not be looked at.
Check check_rights;

// All of them, weightier ones first among findings of one severity.
std::span<Check* const> checks();

// What all checks find, worst first.
Findings examine(const Machine& machine);

}  // namespace idled::tools::doctor
