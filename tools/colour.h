// Colours, as a terminal takes them (ECMA-48, SGR). The eight that every terminal has: what they
// look like is the user's choice.
#pragma once

#include <array>
#include <string_view>

namespace idled::tools {

inline constexpr const char* kPlain = "\x1b[0m";
inline constexpr const char* kBold = "\x1b[1m";
inline constexpr const char* kAlarm = "\x1b[1;31m";

// Empty for a state that is nothing special, or not known.
constexpr const char* colour_of_state(std::string_view state) {
  if (state == "warned") return "\x1b[1;33m";  // yellow
  if (state == "ending") return kAlarm;        // red
  if (state == "held") return "\x1b[36m";      // cyan
  if (state == "waiting") return "\x1b[35m";   // magenta
  if (state == "exempt") return "\x1b[2m";     // faint
  return "";
}

enum class ColourChoice { kAuto, kAlways, kNever };
inline constexpr std::array<std::string_view, 3> kColourChoices{"auto", "always", "never"};

// Whether the cursor can be moved. `term` is the variable TERM, or null.
constexpr bool can_redraw(bool is_terminal, const char* term) {
  const std::string_view kind = term != nullptr ? term : "";
  return is_terminal && !kind.empty() && kind != "dumb";
}

// What is meant by "auto": a terminal that knows more than text, whose user has not asked
// otherwise. `no_color` and `term` are the variables NO_COLOR (https://no-color.org: set and
// not empty) and TERM, or null.
constexpr bool wants_colours(bool is_terminal, const char* no_color, const char* term) {
  const bool is_refused = no_color != nullptr && *no_color != '\0';
  return !is_refused && can_redraw(is_terminal, term);
}

}  // namespace idled::tools
