// Every key of `match`, one row each: its name, how its patterns are read, and what
// a login has for it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "policy/local_time.h"
#include "policy/network.h"
#include "policy/subject.h"
#include "policy/time_window.h"

namespace idled::policy {

// In the order of the table.
enum class MatchKey : std::uint8_t { kUser, kGroup, kService, kHost, kTerminal, kKind, kTime };
inline constexpr std::size_t kMatchKeyCount = 7;

// One pattern, without its '!'. `text` is what a name or glob is compared with.
struct Pattern {
  enum class Form : std::uint8_t { kName, kNumber, kGlob, kNetwork, kWindow };
  Form form = Form::kName;
  std::string text;
  std::uint32_t number = 0;  // kNumber: a uid or gid
  std::size_t tail = 0;      // kGlob: plain_tail() of the text
  Network network;
  TimeWindow window;
};

struct Refusal {
  std::string message;
  std::string suggestion;
};

struct MatchRow {
  std::string_view name;
  std::variant<Pattern, Refusal> (*read)(std::string_view text);
  std::string (*print)(const Subject& subject, const LocalTime& now);
  std::span<const std::string_view> words;  // all that it takes; empty: more than words
  std::string_view documentation;
};

std::span<const MatchRow, kMatchKeyCount> match_table();

inline const MatchRow& row_of(MatchKey key) {
  return match_table()[static_cast<std::size_t>(key)];
}

// A host as `host` patterns see it: an address as format_address writes it, with its
// zone if it has one; a name in lower case.
std::string comparable_host(std::string_view host);

}  // namespace idled::policy
