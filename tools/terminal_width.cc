#include "tools/terminal_width.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <string_view>

namespace idled::tools {
namespace {

constexpr std::size_t kUsual = 80;
constexpr std::size_t kNarrowest = 20;
constexpr std::size_t kWidest = 10'000;

std::size_t from_variable(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && value >= kNarrowest && value <= kWidest ? value : 0;
}

}  // namespace

std::size_t terminal_width(int fd, const char* columns) {
  if (::isatty(fd) == 0) return 0;
  if (columns != nullptr)
    if (const std::size_t value = from_variable(columns); value > 0) return value;
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0) return kUsual;
  return size.ws_col;
}

}  // namespace idled::tools
