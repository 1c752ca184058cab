#include "tools/doctor/entrances.h"

#include <array>
#include <string>

namespace idled::tools::doctor {
namespace {

struct Known {
  const char* service;
  Severity without_us;
  const char* program;  // with this one, "other" counts where the service has no file; or null
};

constexpr std::array kKnown{
    Known{"sshd", Severity::kWrong, "/usr/sbin/sshd"},
    Known{"login", Severity::kWrong, "/bin/login"},
    Known{"remote", Severity::kDoubtful, nullptr},  // login -h, for telnetd and rlogind
    Known{"rlogin", Severity::kDoubtful, nullptr},
    Known{"rsh", Severity::kDoubtful, nullptr},
    Known{"dropbear", Severity::kDoubtful, nullptr},
    Known{"xrdp-sesman", Severity::kDoubtful, nullptr},
};

// A second sshd has a service of its own: PAM's is the program's base name.
std::vector<std::string> further_sshds(const Machine& machine) {
  std::vector<std::string> services;
  for (const std::string& file : machine.match("/etc/pam.d/sshd?*")) {
    const std::string name = file.substr(file.rfind('/') + 1);
    const bool is_leftover = name.find('.') != name.npos || name.back() == '~';  // .dpkg-old
    if (!is_leftover) services.push_back(name);
  }
  return services;
}

}  // namespace

std::vector<Entrance> entrances(const Machine& machine) {
  std::vector<Entrance> found;
  const auto add = [&](const std::string& service, Severity without_us) {
    if (std::optional<PamStack> stack = session_stack(machine, service))
      found.push_back({*std::move(stack), without_us});
  };
  for (const Known& known : kKnown)
    if (has_pam_file(machine, known.service) || (known.program && machine.has(known.program)))
      add(known.service, known.without_us);
  for (const std::string& service : further_sshds(machine)) add(service, Severity::kDoubtful);
  return found;
}

}  // namespace idled::tools::doctor
