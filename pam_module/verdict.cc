#include "pam_module/verdict.h"

#include <syslog.h>

#include <algorithm>

#include "base/text.h"

namespace idled::pam {
namespace {

// When the daemon will watch the login after all: what it finds, it adopts.
std::string adoption(Failure::Kind kind) {
  switch (kind) {
    case Failure::Kind::kNotRunning:
      return ", and is adopted when the daemon is back";
    case Failure::Kind::kNoAnswer:
    case Failure::Kind::kBroken:
      return ", and is adopted once the daemon finds it";
    case Failure::Kind::kRefused:
      break;
  }
  return "";
}

std::string remedy(Failure::Kind kind) {
  return kind == Failure::Kind::kNotRunning ? "start it ('systemctl start idled')"
                                            : "'idlectl doctor' says more";
}

std::string refusal(Failure::Kind kind) {
  return std::string("Login refused: the idle-logout daemon on this machine ") +
         (kind == Failure::Kind::kNotRunning ? "is not running" : "cannot watch it") +
         "; please tell the administrator.";
}

}  // namespace

Verdict judge(const Failure& failure, const Applicant& applicant, bool fail_closed) {
  const std::string login = "the login of " + printable(applicant.user);
  if (!fail_closed)
    return {true, LOG_WARNING,
            failure.text + "; " + login + " proceeds unwatched" + adoption(failure.kind), ""};
  if (applicant.is_root_on_console)
    return {true, LOG_WARNING,
            failure.text + "; " + login +
                " proceeds unwatched, for fail=closed spares root on a console; " +
                remedy(failure.kind),
            ""};
  return {
      false, LOG_ERR,
      failure.text + "; " + login + " is refused, for fail=closed is set; " + remedy(failure.kind),
      refusal(failure.kind)};
}

bool is_console(std::string_view tty) noexcept {
  if (tty == "console") return true;
  for (const std::string_view prefix : {"tty", "ttyS", "ttyAMA", "ttysclp", "hvc"}) {
    if (!tty.starts_with(prefix)) continue;
    const std::string_view number = tty.substr(prefix.size());
    if (!number.empty() &&
        std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; }))
      return true;
  }
  return false;
}

}  // namespace idled::pam
