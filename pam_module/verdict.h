// What becomes of a login that could not be registered: may it enter, what does
// the log say, and what its user. Values in, values out.
#pragma once

#include <string>
#include <string_view>

#include "pam_module/registration.h"

namespace idled::pam {

struct Applicant {
  std::string_view user;
  bool is_root_on_console = false;
};

struct Verdict {
  bool is_admitted = true;
  int priority = 0;       // of syslog(3)
  std::string log;        // what happened, what follows, how to mend it
  std::string tell_user;  // one sentence, if the login is refused; else empty
};

Verdict judge(const Failure& failure, const Applicant& applicant, bool fail_closed);

// A terminal that stands in the machine's own room: a virtual console (tty1), a
// serial (ttyS0, ttyAMA0) or a hypervisor's console (hvc0). `tty` is PAM_TTY
// without "/dev/".
bool is_console(std::string_view tty) noexcept;

// Whom even fail=closed lets in, or a broken daemon could never be mended.
inline bool is_root_on_console(bool is_root, std::string_view tty,
                               std::string_view remote_host) noexcept {
  return is_root && remote_host.empty() && is_console(tty);
}

}  // namespace idled::pam
