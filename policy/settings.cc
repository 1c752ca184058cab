#include "policy/settings.h"

#include <algorithm>

namespace idled::policy {

const Programs& Programs::built_in_never_interrupt() {
  static const Programs kPrograms(
      {// package managers
       "apt", "apt-get", "aptitude", "dpkg", "dpkg-deb", "unattended-upgrade", "dnf", "dnf5",
       "microdnf", "yum", "rpm", "zypper", "pacman", "apk", "snap", "flatpak",
       // file systems, partitions, volumes
       "fsck", "fsck.ext4", "fsck.vfat", "e2fsck", "xfs_repair", "btrfs", "resize2fs", "xfs_growfs",
       "tune2fs", "mkfs", "mkfs.ext4", "mkfs.xfs", "mkfs.btrfs", "mkfs.vfat", "mke2fs", "parted",
       "fdisk", "sfdisk", "gdisk", "sgdisk", "lvm", "cryptsetup", "mdadm", "zpool", "zfs",
       // what a machine boots from
       "update-initramfs", "mkinitramfs", "dracut", "grub-install", "update-grub"});
  return kPrograms;
}

std::span<const seconds> warnings_before(const Settings& settings, seconds limit) {
  const auto first = std::find_if(settings.warn.begin(), settings.warn.end(),
                                  [limit](seconds lead) { return lead < limit; });
  return {first, settings.warn.end()};
}

bool is_never_interrupted(const Settings& settings, std::string_view program) {
  constexpr std::size_t kCommLength = 15;  // TASK_COMM_LEN less its NUL, linux/sched.h
  const std::vector<std::string>& names = settings.never_interrupt.names();
  return std::any_of(names.begin(), names.end(), [program](std::string_view name) {
    return name == program ||
           (program.size() == kCommLength && name.substr(0, kCommLength) == program);
  });
}

}  // namespace idled::policy
