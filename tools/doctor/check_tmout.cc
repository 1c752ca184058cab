// The shells' TMOUT: whether the profile sets it, and who else does.
//
// The daemon's limit is the limit; TMOUT is the backstop at twice that. A shell's own alarm
// does not see keys within a line, so that a TMOUT at the limit ends people who type.
#include <algorithm>
#include <array>
#include <regex>

#include "tools/doctor/checks.h"
#include "tools/doctor/lines.h"
#include "tools/doctor/ordinary.h"

namespace idled::tools::doctor {
namespace {

constexpr const char* kProfile = "/etc/profile.d/idled.sh";

bool is_wanted(const Machine& machine) {
  const auto settings = ordinary_settings(machine);
  return !settings || settings->tmout != policy::Tmout::kOff;
}

// The line of /etc/profile that reads /etc/profile.d; Fedora's speaks of it in a comment, too.
std::optional<int> profile_loop(const Machine& machine) {
  for (const Line& line : lines_of(machine.read("/etc/profile").value_or("")))
    if (line.text.find("profile.d") != std::string::npos) return line.number;
  return std::nullopt;
}

}  // namespace

Findings check_profile(const Machine& machine) {
  if (!is_wanted(machine)) return {};
  if (!machine.has(kProfile))
    return {doubtful("tmout.no-profile", std::string("There is no ") + kProfile,
                     "Shells get no TMOUT: were the daemon gone, nothing would end an idle one.",
                     "# install idled again")};
  if (machine.has("/etc/profile") && !profile_loop(machine))
    return {doubtful("tmout.profile-not-read", "/etc/profile does not read /etc/profile.d",
                     "Shells get no TMOUT: were the daemon gone, nothing would end an idle one.",
                     write_in("/etc/profile, at its end", std::string(". ") + kProfile))};
  return {good("tmout.profile", std::string("Shells get their TMOUT by ") + kProfile)};
}

namespace {

struct Setting {
  std::string file;
  int line;
  bool is_readonly;

  [[nodiscard]] std::string where() const { return place(file, line); }
};

// `TMOUT=`, `export TMOUT=`, `declare -xr TMOUT=`, also after `;` or `&&`, or `TMOUT DEFAULT=`
// in pam_env.conf.
const std::regex& tmout_assignment() {
  static const std::regex pattern(R"((^|[\s;&"'{])TMOUT(:?=|\s+(DEFAULT|OVERRIDE)=))");
  return pattern;
}

std::optional<Setting> tmout_in(const Machine& machine, const std::string& file) {
  std::optional<Setting> found;
  static const std::regex readonly(
      R"((readonly|(declare|typeset|local)\s+-[a-zA-Z]*r[a-zA-Z]*)\b.*\bTMOUT\b)");
  bool is_readonly = false;
  for (const Line& line : lines_of(machine.read(file).value_or(""))) {
    if (!found && std::regex_search(line.text, tmout_assignment()))
      found = Setting{file, line.number, false};
    is_readonly = is_readonly || std::regex_search(line.text, readonly);
  }
  if (found) found->is_readonly = is_readonly;
  return found;
}

std::string take_out(const Setting& setting) {
  return "# take TMOUT out in " + setting.where() +
         "; \"tmout\" in the policy says what it is to be";
}

Finding earlier(const Setting& setting) {
  if (setting.is_readonly)
    return wrong("tmout.earlier-readonly",
                 setting.where() + " sets a readonly TMOUT before idled's",
                 "The first one holds: shells get that one, whatever the policy says. If it is no "
                 "longer than the limit, it ends people in the middle of a line.",
                 take_out(setting));
  return doubtful(
      "tmout.earlier", setting.where() + " sets a TMOUT before idled's",
      "idled's replaces it, but not in tmux and screen and where the policy wants none: "
      "there it ends shells by a rule of its own.",
      take_out(setting));
}

Finding later(const Setting& setting) {
  return wrong("tmout.later", setting.where() + " sets TMOUT after idled has made it readonly",
               "Each login sees an error, and dash gives up the rest of the profile there.",
               take_out(setting));
}

bool is_ours(const std::string& file) {
  return file == kProfile || file == "/etc/profile.d/idled-bash.sh";
}

void add_profile_tmouts(const Machine& machine, Findings& findings) {
  for (const std::string& file : machine.match("/etc/profile.d/*sh"))
    if (!is_ours(file))
      if (const auto setting = tmout_in(machine, file))
        findings.push_back(file < "/etc/profile.d/idled" ? earlier(*setting) : later(*setting));
  const std::optional<Setting> setting = tmout_in(machine, "/etc/profile");
  if (!setting) return;
  const std::optional<int> loop = profile_loop(machine);
  findings.push_back(loop && *loop < setting->line ? later(*setting) : earlier(*setting));
}

void add_rc_tmouts(const Machine& machine, Findings& findings) {
  for (const char* file :
       {"/etc/bash.bashrc", "/etc/bashrc", "/etc/bash/bashrc", "/etc/ksh.kshrc", "/etc/mkshrc",
        "/etc/zshenv", "/etc/zshrc", "/etc/zprofile", "/etc/zlogin", "/etc/zsh/zshenv",
        "/etc/zsh/zshrc", "/etc/zsh/zprofile", "/etc/zsh/zlogin"})
    if (const auto setting = tmout_in(machine, file))
      findings.push_back(doubtful(
          "tmout.second", setting->where() + " sets a TMOUT of its own",
          "Shells that read it, those in tmux and screen too, end by a rule that the policy does "
          "not know, or complain at each start that idled's is readonly.",
          take_out(*setting)));
}

void add_environment_tmouts(const Machine& machine, Findings& findings) {
  for (const char* file : {"/etc/environment", "/etc/default/locale", "/etc/security/pam_env.conf"})
    if (const auto setting = tmout_in(machine, file))
      findings.push_back(
          wrong("tmout.environment",
                setting->where() + " puts TMOUT into everybody's environment (pam_env)",
                "There it is the default timeout of \"read\" in every bash script, too: "
                "scripts lose input that comes late.",
                take_out(*setting)));
}

void add_autologouts(const Machine& machine, Findings& findings) {
  static const std::regex pattern(R"(\bautologout\b\s*=)");
  std::vector<std::string> files = machine.match("/etc/csh/login.d/*");
  files.insert(files.end(), {"/etc/csh.cshrc", "/etc/csh.login", "/etc/csh/csh.cshrc"});
  for (const std::string& file : files) {
    if (file == "/etc/csh/login.d/idled.csh") continue;
    for (const Line& line : lines_of(machine.read(file).value_or("")))
      if (std::regex_search(line.text, pattern)) {
        findings.push_back(doubtful("tmout.autologout",
                                    place(file, line.number) + " sets an autologout of its own",
                                    "tcsh then ends by a rule that the policy does not know.",
                                    "# take autologout out in " + place(file, line.number)));
        break;
      }
  }
}

}  // namespace

Findings check_other_tmouts(const Machine& machine) {
  Findings findings;
  add_profile_tmouts(machine, findings);
  add_environment_tmouts(machine, findings);
  add_rc_tmouts(machine, findings);
  add_autologouts(machine, findings);
  if (findings.empty()) findings.push_back(good("tmout.alone", "No other file sets TMOUT"));
  return findings;
}

Findings check_zsh(const Machine& machine) {
  if (!is_wanted(machine) || !machine.has(kProfile)) return {};
  if (!machine.has("/usr/bin/zsh") && !machine.has("/bin/zsh")) return {};
  for (const char* file : {"/etc/zsh/zprofile", "/etc/zprofile", "/etc/zsh/zlogin", "/etc/zlogin"})
    for (const Line& line : lines_of(machine.read(file).value_or("")))
      if (line.text.find("idled.zsh") != line.text.npos ||
          line.text.find("/etc/profile") != line.text.npos)
        return {};
  return {doubtful("tmout.zsh", "zsh gets no TMOUT: it does not read /etc/profile.d",
                   "Were the daemon gone, nothing would end an idle zsh.",
                   write_in("/etc/zsh/zprofile, at its end",
                            "[[ ! -r /etc/zsh/idled.zsh ]] || source /etc/zsh/idled.zsh"))};
}

}  // namespace idled::tools::doctor
