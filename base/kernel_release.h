// Which Linux it is: the release of uname(2) and /proc/sys/kernel/osrelease.
#pragma once

#include <compare>
#include <optional>
#include <string_view>

namespace idled {

struct KernelRelease {
  int major = 0;
  int minor = 0;
  auto operator<=>(const KernelRelease&) const = default;
};

// The first in which all times of a terminal show what is read of it through /dev/tty: before,
// tty_update_time (drivers/tty/tty_io.c) moved those of the node that was read alone.
constexpr KernelRelease kShowsDevTty{6, 5};

// {6, 1} of "6.1.0-28-amd64"; none of what does not begin so.
std::optional<KernelRelease> parse_kernel_release(std::string_view text);

}  // namespace idled
