// A machine on which all is right, in a temporary folder, for a test to make wrong.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>

#include "base/version.h"
#include "tools/doctor/checks.h"

namespace idled::tools::doctor {

class DoctorTest : public testing::Test {
 protected:
  DoctorTest() : root_(testing::TempDir() + "idlectl-doctor-XXXXXX") {
    if (!mkdtemp(root_.data())) throw std::runtime_error("mkdtemp");
    write("/usr/sbin/idled", "");
    write("/usr/lib/x86_64-linux-gnu/security/pam_idled.so", "");
    write("/etc/pam.d/common-session",
          "session [default=1] pam_permit.so\nsession requisite pam_deny.so\n"
          "session required pam_permit.so\nsession optional pam_systemd.so\n"
          "session optional pam_idled.so\n");
    write("/etc/pam.d/sshd", "auth required pam_unix.so\n@include common-session\n");
    write("/etc/pam.d/login", "@include common-session\n");
    write("/etc/ssh/sshd_config",
          "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\nClientAliveInterval 60\n"
          "AcceptEnv LANG LC_*\n");
    write("/etc/profile",
          "# /etc/profile.d is read below\nfor i in /etc/profile.d/*.sh; do\n  . $i\ndone\n");
    write("/etc/profile.d/idled.sh", "TMOUT=300\nreadonly TMOUT\nexport TMOUT\n");
    write("/etc/profile.d/idled-bash.sh", "declare -xr TMOUT=300\n");
    write("/etc/systemd/logind.conf", "[Login]\n#StopIdleSessionSec=infinity\n");
    write("/lib/systemd/system/idled.service", "");
    write("/etc/systemd/system/multi-user.target.wants/idled.service", "");
    write("/run/systemd/system/x", "");
    write("/run/idled/io.idled.Sessions", "");
    chmod("/run/idled/io.idled.Sessions", 0666);
    write("/run/utmp", "");
    write("/proc/sys/dev/tty/legacy_tiocsti", "0\n");
    write("/proc/sys/kernel/osrelease", "6.12.48+deb13-amd64\n");
    write("/proc/sys/fs/inotify/max_user_watches", "65536\n");
    write("/proc/sys/fs/inotify/max_user_instances", "128\n");
    write("/proc/mounts", "proc /proc proc rw,relatime 0 0\n");
    write("/etc/group", "root:x:0:\nidled:x:999:\n");
    living_.emplace();
    living_->admins.emplace();
    living_->daemon = answer();
  }
  ~DoctorTest() override { std::filesystem::remove_all(root_); }

  static DaemonAnswer answer() {
    DaemonAnswer answer;
    answer.status.version = kVersion;
    answer.status.policy_source = "built-in";
    answer.status.policy_loaded_at = "2200-01-01T00:00:00Z";
    answer.status.witnesses = {"terminal times", "unread lines", "reads as they happen (inotify)",
                               "connections (INET_DIAG)"};
    return answer;
  }

  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    chmod(path, 0644);
    // Whatever the umask: who may write is one of the things that are looked at.
    for (auto folder = file.parent_path(); folder != root_; folder = folder.parent_path())
      ::chmod(folder.c_str(), 0755);
  }
  void append(const std::string& path, const std::string& text) const {
    std::ofstream(root_ + path, std::ios::app) << text;
  }
  void remove(const std::string& path) const { std::filesystem::remove_all(root_ + path); }
  void chmod(const std::string& path, mode_t mode) const { ::chmod((root_ + path).c_str(), mode); }
  void link(const std::string& path, const std::string& target) const {
    remove(path);
    std::filesystem::create_directories(std::filesystem::path(root_ + path).parent_path());
    std::filesystem::create_symlink(target, root_ + path);
  }
  // The policy on disk, and in force.
  void policy(const std::string& text) {
    write("/etc/idled/policy.json", text);
    daemon().status.policy_source = "/etc/idled/policy.json";
  }
  DaemonAnswer& daemon() { return *living_->daemon; }

  [[nodiscard]] Machine machine() const { return {root_, living_}; }
  [[nodiscard]] Findings findings() const { return examine(machine()); }

  // The ids of what is not good, sorted, each with its severity: "wrong pam.missing".
  [[nodiscard]] std::vector<std::string> ill() const {
    std::vector<std::string> ids;
    for (const Finding& finding : findings())
      if (finding.severity != Severity::kGood)
        ids.push_back(std::string(name_of(finding.severity)) + " " + finding.id);
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  // The finding of that id; one without any text if there is none.
  [[nodiscard]] Finding found(const std::string& id) const {
    for (Finding& finding : findings())
      if (finding.id == id) return std::move(finding);
    ADD_FAILURE() << "no finding " << id;
    return {};
  }

  using Ids = std::vector<std::string>;

  std::string root_;
  std::optional<Living> living_;
};

inline testing::AssertionResult says(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no \"" << part << "\" in \"" << text << '"';
}

}  // namespace idled::tools::doctor
