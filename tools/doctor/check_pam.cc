// The module in the PAM stacks that let people in.
#include <algorithm>
#include <array>

#include "base/duration.h"
#include "base/files.h"
#include "tools/doctor/checks.h"
#include "tools/doctor/entrances.h"
#include "tools/doctor/lines.h"

namespace idled::tools::doctor {
namespace {

constexpr const char* kOurLine = "session optional pam_idled.so";

std::string where(const PamLine& line) {
  return place(line.file, line.number);
}

// Calls `look(stack, line, findings)` for each line of ours. What services share is one fault,
// whoever has it.
template <typename Look>
Findings for_our_lines(const Machine& machine, Look look) {
  Findings findings;
  for (const Entrance& entrance : entrances(machine))
    for (const PamLine* line : entrance.stack.all(kOurModule)) {
      Findings found;
      look(entrance.stack, *line, found);
      for (Finding& one : found)
        if (std::none_of(findings.begin(), findings.end(),
                         [&](const Finding& other) { return other.what == one.what; }))
          findings.push_back(std::move(one));
    }
  return findings;
}

std::string how_to_add(const Machine& machine, const PamStack& stack) {
  const bool is_shared = std::any_of(stack.lines.begin(), stack.lines.end(), [](const auto& line) {
    return line.file == "/etc/pam.d/common-session";
  });
  if (is_shared && machine.has("/usr/share/pam-configs/idled"))
    return "pam-auth-update --enable idled";
  return write_in(stack.file + ", after its session lines", kOurLine);
}

bool is_named(const Machine& machine) {
  const std::vector<Entrance> all = entrances(machine);
  return std::any_of(all.begin(), all.end(), [](const Entrance& entrance) {
    return !entrance.stack.all(kOurModule).empty();
  });
}

std::vector<std::string> module_files(const Machine& machine) {
  std::vector<std::string> files;
  for (const char* pattern : {"/usr/lib/*/security/pam_idled.so", "/usr/lib/security/pam_idled.so",
                              "/usr/lib64/security/pam_idled.so", "/lib/*/security/pam_idled.so",
                              "/lib/security/pam_idled.so", "/lib64/security/pam_idled.so"})
    for (std::string& file : machine.match(pattern)) files.push_back(std::move(file));
  return files;
}

Finding missing_module(const std::string& named_at, const std::string& file) {
  return wrong("pam.no-module", named_at + " names " + file + ", which is not there",
               "PAM logs \"unable to dlopen\" at each login and goes on without it, or refuses the "
               "login if the line is required.",
               "# install idled again, or take the line out");
}

}  // namespace

Findings check_pam_module(const Machine& machine) {
  const bool is_in_place = !module_files(machine).empty();
  Findings findings =
      for_our_lines(machine, [&](const PamStack&, const PamLine& line, Findings& out) {
        const bool is_path = line.module.starts_with('/');
        if (is_path ? machine.has(line.module) : is_in_place) return;
        out.push_back(missing_module(
            where(line), is_path ? line.module : "pam_idled.so, as no PAM module folder has it"));
      });
  if (!is_in_place && !is_named(machine))
    findings.push_back(
        wrong("pam.no-module", "pam_idled.so is in no folder of PAM's modules",
              "Without it no login is announced to the daemon, and shells get no TMOUT "
              "of the policy's.",
              "# install idled again"));
  return findings;
}

Findings check_pam_stacks(const Machine& machine) {
  Findings findings;
  std::vector<std::string> in_place;
  for (const Entrance& entrance : entrances(machine)) {
    const PamStack& stack = entrance.stack;
    if (!stack.all(kOurModule).empty()) {
      in_place.push_back(stack.service);
      continue;
    }
    findings.push_back(
        {"pam.missing", entrance.without_us,
         "The session stack of " + stack.service + " lacks pam_idled.so",
         "Its logins are not announced: idled finds those with a terminal by itself (utmp, logind, "
         "/proc), later, and without their connection.",
         how_to_add(machine, stack)});
  }
  if (!in_place.empty())
    findings.push_back(
        good("pam.present", "pam_idled.so is in the session stack of " + enumerated(in_place)));
  return findings;
}

Findings check_pam_twice(const Machine& machine) {
  Findings findings;
  for (const Entrance& entrance : entrances(machine)) {
    const std::vector<const PamLine*> lines = entrance.stack.all(kOurModule);
    if (lines.size() < 2) continue;
    findings.push_back(doubtful(
        "pam.twice", "pam_idled.so is twice in the session stack of " + entrance.stack.service,
        "It makes one login all the same, and costs each login a second call of the daemon. Of two "
        "different options it is hard to say which hold.",
        "# take out one of " + where(*lines[0]) + " and " + where(*lines[1])));
  }
  return findings;
}

Findings check_pam_order(const Machine& machine) {
  Findings findings;
  for (const Entrance& entrance : entrances(machine)) {
    const auto ours = entrance.stack.all(kOurModule);
    const auto logind = entrance.stack.all("pam_systemd.so");
    if (ours.empty() || logind.empty() || ours.front() > logind.front()) continue;
    findings.push_back(wrong(
        "pam.before-systemd",
        "pam_idled.so comes before pam_systemd.so in the session stack of " +
            entrance.stack.service,
        "It does not learn the session's id: loginctl and idlectl call the same login by different "
        "names, and a kick cannot end it through logind.",
        "# move " + where(*ours.front()) + " behind " + where(*logind.front())));
  }
  return findings;
}

Findings check_pam_socket(const Machine& machine) {
  const std::string served =
      machine.living() ? machine.living()->socket : std::string(protocol::kDefaultSocket);
  return for_our_lines(machine, [&](const PamStack&, const PamLine& line, Findings& out) {
    const std::optional<std::string> socket = line.value_of("socket");
    if (!socket || *socket == served) return;
    out.push_back(wrong("pam.other-socket",
                        where(line) + " sends logins to " + *socket + ", not to " + served,
                        "Nobody takes them there, unless another daemon listens: logins go on "
                        "unannounced, after waiting for the timeout.",
                        "# take out socket=" + *socket + " in " + where(line)));
  });
}

namespace {

bool may_refuse(const PamLine& line) {
  return line.control == "required" || line.control == "requisite" ||
         line.control.find("default=bad") != std::string::npos ||
         line.control.find("default=die") != std::string::npos;
}

Finding refuses_in_vain(const PamLine& line) {
  return doubtful("pam.required-but-open",
                  where(line) + " says " + line.control + " without fail=closed",
                  "The module then always succeeds: a login that cannot be registered goes on "
                  "unwatched, as with optional.",
                  write_in(line.file, "session required pam_idled.so fail=closed") +
                      "\n# or, where nobody is to be kept out:\n" + kOurLine);
}

Finding closed_in_vain(const PamLine& line) {
  return wrong("pam.closed-but-optional",
               where(line) + " says fail=closed, and the control is " + line.control,
               "PAM ignores the failure of an optional module: nobody is refused.",
               write_in(line.file, "session required pam_idled.so fail=closed"));
}

Finding closed_for_all(const PamStack& stack, const PamLine& line) {
  return doubtful("pam.closed-in-common",
                  where(line) + " says fail=closed in a file that several services include",
                  "While the daemon is down it stops su and sudo too, with which it could be "
                  "started again.",
                  "# move the line into " + stack.file);
}

}  // namespace

Findings check_pam_control(const Machine& machine) {
  return for_our_lines(machine, [](const PamStack& stack, const PamLine& line, Findings& out) {
    const bool is_closed = line.value_of("fail") == "closed";
    if (may_refuse(line) && !is_closed) out.push_back(refuses_in_vain(line));
    if (is_closed && !may_refuse(line)) out.push_back(closed_in_vain(line));
    if (is_closed && line.file != stack.file) out.push_back(closed_for_all(stack, line));
  });
}

namespace {

// The line, before the one at `ours`, whose success leaves that one out; null if there is none.
const PamLine* skipper_of(const PamStack& stack, std::size_t ours) {
  for (std::size_t i = 0; i < ours; ++i) {
    const PamLine& line = stack.lines[i];
    const int skips = skips_on_success(line.control);
    const bool reaches = skips < 0 || i + static_cast<std::size_t>(skips) >= ours;
    if (skips != 0 && reaches && stack.lines[ours].scope.starts_with(line.scope)) return &line;
  }
  return nullptr;
}

}  // namespace

Findings check_pam_skipped(const Machine& machine) {
  return for_our_lines(machine, [](const PamStack& stack, const PamLine& line, Findings& out) {
    const auto index = static_cast<std::size_t>(&line - stack.lines.data());
    const PamLine* skipper = skipper_of(stack, index);
    if (!skipper) return;
    out.push_back(
        wrong("pam.skipped",
              where(line) + " may be passed over: " + where(*skipper) + " is " + skipper->control,
              "When " + skipper->module +
                  " succeeds, PAM leaves out what follows, and "
                  "with it pam_idled.so.",
              "# move " + where(line) + " before " + where(*skipper)));
  });
}

namespace {

bool is_understood(const std::string& argument) {
  if (argument == "debug" || argument == "fail=open" || argument == "fail=closed") return true;
  if (argument.starts_with("socket=/")) return true;
  if (!argument.starts_with("timeout=")) return false;
  const Result<seconds> timeout = parse_duration(argument.substr(sizeof "timeout=" - 1));
  return timeout && *timeout >= seconds(1) && *timeout <= seconds(60);
}

}  // namespace

Findings check_pam_arguments(const Machine& machine) {
  return for_our_lines(machine, [](const PamStack&, const PamLine& line, Findings& out) {
    for (const std::string& argument : line.arguments)
      if (!is_understood(argument))
        out.push_back(
            wrong("pam.argument", where(line) + ": '" + argument + "' is not understood",
                  "The module logs that and goes on as if it were not there.",
                  "# timeout=2s, socket=PATH, fail=open, fail=closed or debug: see pam_idled(8)"));
  });
}

Findings check_no_pam(const Machine& machine) {
  Findings findings;
  if (machine.has("/usr/sbin/dropbear") && !has_pam_file(machine, "dropbear"))
    findings.push_back(
        note("ways.dropbear", "dropbear opens no PAM session",
             "Its logins are found in utmp and /proc and ended like others; their "
             "shells get the TMOUT of /etc/profile.d/idled.sh, whatever the policy."));
  if (machine.has("/usr/bin/mosh-server"))
    findings.push_back(
        note("ways.mosh", "mosh is a way in of its own",
             "A mosh-server lives on after the ssh login that started it, and runs as "
             "its user: it is found and ended as a login without PAM."));
  return findings;
}

}  // namespace idled::tools::doctor
