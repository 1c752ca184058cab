#include "base/kernel_release.h"

#include <charconv>

namespace idled {

std::optional<KernelRelease> parse_kernel_release(std::string_view text) {
  KernelRelease release;
  const char* const end = text.data() + text.size();
  const auto [dot, no_major] = std::from_chars(text.data(), end, release.major);
  if (no_major != std::errc() || dot == end || *dot != '.') return std::nullopt;
  const auto [rest, no_minor] = std::from_chars(dot + 1, end, release.minor);
  return no_minor == std::errc() ? std::optional(release) : std::nullopt;
}

}  // namespace idled
