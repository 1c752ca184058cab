// Which names of the command line are terminals.
#pragma once

#include <string>
#include <string_view>

namespace idled::tools {

// Terminals are named as ps(1), who(1) and tty(1) name them; session ids, which
// come from logind ("3", "c3"), never look like that.
inline bool is_terminal_name(std::string_view text) {
  return text.find('/') != std::string_view::npos || text.starts_with("tty") ||
         text.starts_with("hvc") || text == "console";
}

inline std::string without_dev(std::string_view terminal) {
  if (terminal.starts_with("/dev/")) terminal.remove_prefix(5);
  return std::string(terminal);
}

}  // namespace idled::tools
