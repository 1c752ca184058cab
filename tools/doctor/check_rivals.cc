// What else ends sessions on this machine: logind, autolog, timeoutd.
#include <algorithm>
#include <map>
#include <optional>

#include "tools/doctor/checks.h"
#include "tools/doctor/lines.h"

namespace idled::tools::doctor {
namespace {

struct Value {
  std::string text;
  std::string place;
};

std::string name_of_path(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// logind.conf(5): the first of the main files, then drop-ins in the order of their names, of
// which one in /etc replaces one of the same name in /run, and that one in /usr.
std::vector<std::string> logind_files(const Machine& machine) {
  std::vector<std::string> files;
  for (const char* main : {"/etc/systemd/logind.conf", "/run/systemd/logind.conf",
                           "/usr/local/lib/systemd/logind.conf", "/usr/lib/systemd/logind.conf"})
    if (machine.has(main)) {
      files.emplace_back(main);
      break;
    }
  std::map<std::string, std::string> drop_ins;
  for (const char* folder : {"/etc", "/run", "/usr/local/lib", "/usr/lib"})
    for (const std::string& file :
         machine.match(folder + std::string("/systemd/logind.conf.d/*.conf")))
      drop_ins.emplace(name_of_path(file), file);
  for (const auto& [name, file] : drop_ins) files.push_back(file);
  return files;
}

// The last assignment in [Login] holds; an empty one takes it back.
std::optional<Value> logind_value(const Machine& machine, std::string_view key) {
  std::optional<Value> found;
  for (const std::string& file : logind_files(machine)) {
    bool is_login = false;
    for (const Line& line : lines_of(machine.read(file).value_or(""))) {
      if (line.text.front() == '[') is_login = line.text == "[Login]";
      const std::size_t equals = line.text.find('=');
      if (!is_login || equals == line.text.npos || trimmed(line.text.substr(0, equals)) != key)
        continue;
      const std::string_view value = trimmed(std::string_view(line.text).substr(equals + 1));
      found = Value{std::string(value), place(file, line.number)};
      if (value.empty()) found.reset();
    }
  }
  return found;
}

std::string drop_in(const std::string& line) {
  return "mkdir -p /etc/systemd/logind.conf.d\nprintf '[Login]\\n" + line +
         "\\n' > /etc/systemd/logind.conf.d/zz-idled.conf\nsystemctl restart systemd-logind";
}

}  // namespace

Findings check_logind_idle(const Machine& machine) {
  const auto value = logind_value(machine, "StopIdleSessionSec");
  if (!value || value->text == "infinity" || value->text == "0")
    return {good("logind.no-limit", "logind ends no idle sessions")};
  return {
      wrong("logind.stop-idle",
            value->place + ": StopIdleSessionSec=" + value->text + " ends sessions beside idled",
            "Up to 8 seconds before its limit, without a warning, for all alike, with the tmux and "
            "nohup jobs that were to go on; and touch holds it off.",
            drop_in("StopIdleSessionSec=infinity"))};
}

Findings check_logind_kill(const Machine& machine) {
  const auto value = logind_value(machine, "KillUserProcesses");
  if (!value) return {};
  const std::string text = lower(value->text);
  if (text != "yes" && text != "true" && text != "on" && text != "1" && text != "y" && text != "t")
    return {};
  return {doubtful(
      "logind.kill-user-processes",
      value->place + ": KillUserProcesses=" + value->text + " kills what users left running",
      "When a session ends, tmux and nohup jobs die with it, although the policy's "
      "\"leftovers\" may be \"keep\".",
      drop_in("KillUserProcesses=no"))};
}

Findings check_rivals(const Machine& machine) {
  const bool is_debian = machine.has("/etc/debian_version");
  const auto remove = [&](const std::string& name) {
    return is_debian ? "apt purge " + name : "# remove the package " + name;
  };
  Findings findings;
  for (const char* file : {"/usr/sbin/autolog", "/usr/bin/autolog"})
    if (machine.has(file)) {
      findings.push_back(
          wrong("rivals.autolog", std::string("autolog is installed (") + file + ")",
                "It ends logins too, by utmp alone and by rules of its own, about once "
                "a minute.",
                remove("autolog")));
      break;
    }
  for (const char* file : {"/usr/sbin/timeoutd", "/usr/bin/timeoutd"})
    if (machine.has(file)) {
      findings.push_back(wrong("rivals.timeoutd",
                               std::string("timeoutd is installed (") + file + ")",
                               "It ends logins too, by rules of its own, and takes output for use.",
                               remove("timeoutd")));
      break;
    }
  return findings;
}

}  // namespace idled::tools::doctor
