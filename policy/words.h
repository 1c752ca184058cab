// The words of the settings that take one of a few, in the order of their enums.
#pragma once

#include <array>
#include <string_view>

#include "policy/settings.h"
#include "policy/subject.h"

namespace idled::policy {

template <typename Enum>
struct Words;
template <>
struct Words<Activity> {
  static constexpr std::array<std::string_view, 3> kAll{"input", "output", "job"};
};
template <>
struct Words<NoTerminal> {
  static constexpr std::array<std::string_view, 2> kAll{"ignore", "network"};
};
template <>
struct Words<Leftovers> {
  static constexpr std::array<std::string_view, 2> kAll{"keep", "kill"};
};
template <>
struct Words<Mode> {
  static constexpr std::array<std::string_view, 2> kAll{"enforce", "report"};
};
template <>
struct Words<Tmout> {
  static constexpr std::array<std::string_view, 3> kAll{"backstop", "limit", "off"};
};
template <>
struct Words<Kind> {
  static constexpr std::array<std::string_view, 4> kAll{"terminal", "console", "no-terminal",
                                                        "graphical"};
};

template <typename Enum>
constexpr std::string_view word(Enum value) {
  return Words<Enum>::kAll[static_cast<std::size_t>(value)];
}

}  // namespace idled::policy
