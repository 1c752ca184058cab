// Who may change what idled goes by, and who is its administrator.
#include <algorithm>

#include "base/files.h"
#include "tools/doctor/checks.h"
#include "tools/doctor/lines.h"

namespace idled::tools::doctor {

namespace {

// `who` as who_else_writes() says it, without what it advises.
Finding writable(const std::string& path, const std::string& who) {
  return wrong(
      "rights.writable", path + " " + who,
      "Others than root could say who is logged out, and when. Of a policy that others can "
      "write, the daemon takes nothing.",
      "chown root:root " + path + " && chmod go-w " + path);
}

}  // namespace

Findings check_writable(const Machine& machine) {
  std::vector<std::string> paths{"/etc/idled",
                                 "/etc/idled/policy.d",
                                 "/etc/idled/policy.json",
                                 "/etc/profile.d/idled.sh",
                                 "/etc/profile.d/idled-bash.sh",
                                 "/usr/sbin/idled",
                                 "/etc/pam.d"};
  for (const char* pattern : {"/etc/idled/policy.d/*.json", "/usr/lib/*/security/pam_idled.so",
                              "/usr/lib/security/pam_idled.so", "/usr/lib64/security/pam_idled.so"})
    for (std::string& path : machine.match(pattern)) paths.push_back(std::move(path));
  Findings findings;
  for (const std::string& path : paths) {
    const auto status = machine.status(path);
    const std::string who = status ? who_else_writes(*status) : "";
    if (who.empty()) continue;
    findings.push_back(writable(path, who.substr(0, who.find(';'))));
  }
  if (findings.empty())
    findings.push_back(good("rights.files", "Only root may change what idled goes by"));
  return findings;
}

namespace {

// group(5), of an image: its members; none: there is no such group.
std::optional<std::vector<std::string>> members_in_file(const Machine& machine) {
  for (const Line& line : lines_of(machine.read("/etc/group").value_or(""))) {
    if (!line.text.starts_with("idled:")) continue;
    std::string members = line.text.substr(line.text.rfind(':') + 1);
    std::replace(members.begin(), members.end(), ',', ' ');
    return words_of(members);
  }
  return std::nullopt;
}

}  // namespace

Findings check_admin_group(const Machine& machine) {
  const auto members = machine.living() ? machine.living()->admins : members_in_file(machine);
  if (!members)
    return {
        doubtful("rights.no-group", "There is no group idled",
                 "Its members see and end every login; without it only root does. The daemon looks "
                 "it up when it starts.",
                 "groupadd --system idled && systemctl restart idled")};
  if (members->empty()) return {good("rights.group", "Only root sees and ends every login")};
  return {note("rights.members", "Members of the group idled: " + enumerated(*members),
               "They see and end every login, as root does.")};
}

Findings check_rights(const Machine& machine) {
  if (!machine.living())
    return {note("doctor.image", "An image: neither the daemon nor the kernel was asked")};
  if (machine.living()->is_root) return {};
  return {note("doctor.not-root", "You are not root: not everything could be looked at",
               "sshd -T takes root, and of the logins only yours were looked at, unless you are in "
               "the group idled.",
               "# run it as root")};
}

}  // namespace idled::tools::doctor
